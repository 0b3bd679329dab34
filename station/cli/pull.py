"""`fieldset pull`: fetches a pushed version, every byte proven."""

from __future__ import annotations

from pathlib import Path

import click

from .options import json_option
from .output import emit_json, many, progress, say
from .targets import Overrides, line_options, open_named


@click.command()
@click.argument("version")
@click.argument("target")
@click.argument("folder", type=click.Path(path_type=Path))
@line_options
@json_option
def pull(
    version: str, target: str, folder: Path, as_json: bool, **overrides: Overrides
) -> None:
    """Fetch VERSION from TARGET into FOLDER, new or empty; every byte is proven.

    VERSION is an alias, an id or `latest`. `fieldset import FOLDER` or `fieldset merge
    FOLDER` take it into a project. Cut or killed, the same command goes on.
    """
    from contextlib import closing

    from export.pull import pull_version

    store, settings = open_named(target, None, overrides)
    with closing(store), progress("pulling") as bar:
        done = pull_version(store, version, folder.absolute(), settings, progress=bar)
    if as_json:
        emit_json(
            {
                "version": done.version,
                "project": done.project,
                "path": str(done.path),
                "complete": done.complete,
                "samples": done.samples,
                "boxes": done.boxes,
                "sent": done.sent,
                "skipped": done.skipped,
                "bytes": done.bytes,
                "verified": done.verified,
            }
        )
        return
    click.echo(str(done.path))
    say(
        f"{done.version}: {many(done.sent, 'blob')} fetched, {done.skipped} here "
        f"before, {done.verified} proven, {done.bytes:,} bytes"
    )
    if not done.complete:
        say("sealed or unlabeled samples of the version were not pushed")
