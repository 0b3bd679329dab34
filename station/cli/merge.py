"""`fieldset merge`: two stations made one."""

from __future__ import annotations

from pathlib import Path

import click

from .options import json_option, opened, project_option
from .output import emit_json, many, one_line, progress, say


@click.command()
@click.argument("pulled", metavar="DIR", type=click.Path(path_type=Path))
@project_option
@json_option
def merge(pulled: Path, folder: Path | None, as_json: bool) -> None:
    """Unite the project with what another station pushed and `pull` fetched.

    DIR is a pulled version, or a folder of several. Samples are known again by their
    bytes; what was decided here stays, and what disagrees is listed.
    """
    from export.merge import merge_pulled

    with opened(folder) as project, progress("merging") as bar:
        done = merge_pulled(project, pulled.absolute(), progress=bar)
    if as_json:
        emit_json(
            {
                "versions": list(done.versions),
                "samples": done.samples,
                "boxes": done.boxes,
                "known": done.known,
                "groups_joined": done.groups_joined,
                "conflicts": [
                    {"kind": item.kind, "where": item.where, "kept": item.kept}
                    for item in done.conflicts
                ],
            }
        )
        return
    say(
        f"{many(done.samples, 'sample')} and {done.boxes} boxes taken in, "
        f"{done.known} known already, {many(done.groups_joined, 'group')} joined, "
        f"{many(len(done.conflicts), 'conflict')}"
    )
    for item in done.conflicts:
        say(f"{item.kind} {one_line(item.where)}: {one_line(item.kept)}")
