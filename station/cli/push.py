"""`fieldset push`: sends a version to a folder or to the cloud, resumable."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import json_option, project_folder, project_option
from .output import emit_json, many, one_line, progress, say
from .person import acting_person
from .targets import Overrides, line_options, open_named

if TYPE_CHECKING:
    from export.push import PushResult


@click.command()
@click.argument("version")
@click.argument("target")
@click.option("--verify", is_flag=True, help="Read every blob back; compare SHA-256.")
@click.option(
    "--include-sealed",
    is_flag=True,
    help="Send sealed test sets, too; needs --reason, and is recorded.",
)
@click.option("--reason", default="", help="Why sealed test sets leave the house.")
@line_options
@project_option
@json_option
def push(
    version: str,
    target: str,
    verify: bool,
    include_sealed: bool,
    reason: str,
    folder: Path | None,
    as_json: bool,
    **overrides: Overrides,
) -> None:
    """Send VERSION to TARGET: a folder, or azure://CONTAINER/PREFIX.

    Nothing is overwritten and nothing is sent twice. Cut, killed or refused, the same
    command goes on where it was. Sealed test sets stay at home.
    """
    from contextlib import closing

    from dataset.errors import UsageError
    from dataset.project_folder import require_project
    from export.push import push_version

    if reason and not include_sealed:
        raise UsageError(
            f"A reason is only for sealed test sets: {reason}",
            hint="add `--include-sealed`, or leave the reason out",
        )
    root = require_project(project_folder(folder))
    store, settings = open_named(target, root, overrides)
    with closing(store), progress("pushing") as bar:
        done = push_version(
            root,
            version,
            store,
            settings,
            include_sealed=include_sealed,
            reason=reason,
            by=acting_person(None) if include_sealed else None,
            verify=verify,
            progress=bar,
        )
    if as_json:
        emit_json({**_fields(done), "left_out": dict(done.left_out)})
    else:
        _tell(done)


def _fields(done: PushResult) -> dict[str, Any]:
    names = ("version", "target", "sent", "skipped", "bytes", "verified")
    return {name: getattr(done, name) for name in names}


def _tell(done: PushResult) -> None:
    click.echo(one_line(done.target))
    say(
        f"{done.version}: {many(done.sent, 'blob')} sent, {done.skipped} there before, "
        f"{done.bytes:,} bytes"
    )
    if done.verified:
        say(f"{many(done.verified, 'blob')} read back and equal")
    for why, count in done.left_out:
        say(f"left out {count}: {one_line(why)}")
