"""`fieldset backup` and `fieldset restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import json_option, opened, project_option
from .output import emit_json, progress, say

if TYPE_CHECKING:
    from dataset.backup import BackupSummary


@click.command()
@click.argument("to", type=click.Path(path_type=Path))
@project_option
@json_option
def backup(to: Path, folder: Path | None, as_json: bool) -> None:
    """Back the project up to the folder TO; again later only what is new."""
    from dataset.backup import back_up

    with opened(folder, read_only=True) as project, progress("backing up") as bar:
        _tell("backed up", back_up(project, to, progress=bar), as_json)


@click.command()
@click.argument("source", metavar="FROM", type=click.Path(path_type=Path))
@click.argument("directory", type=click.Path(path_type=Path))
@json_option
def restore(source: Path, directory: Path, as_json: bool) -> None:
    """Make a project in DIRECTORY from the backup FROM, every image proven."""
    from dataset.backup import restore as bring_back

    with progress("restoring") as bar:
        _tell("restored", bring_back(source, directory, progress=bar), as_json)


def _tell(what: str, done: BackupSummary, as_json: bool) -> None:
    if as_json:
        emit_json(
            {
                "path": str(done.path),
                "samples": done.samples,
                "copied": done.copied,
                "bytes": done.size_bytes,
            }
        )
        return
    click.echo(str(done.path))
    say(f"{what} {done.samples} samples, {done.copied} images copied")
