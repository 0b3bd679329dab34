"""`fieldset version report`: drift statistics and report of versions, made later."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import json_option, opened, project_option
from .output import emit_json, progress, say

if TYPE_CHECKING:
    from dataset.progress import Progress
    from dataset.project import Project
    from station.version_report import VersionReport


@click.command()
@click.argument("name", required=False)
@click.option("--again", is_flag=True, help="Make them anew where they are, too.")
@project_option
@json_option
def report(name: str | None, again: bool, folder: Path | None, as_json: bool) -> None:
    """Make drift.json and report.html of version NAME, or of all versions.

    What is there and whole stays. A run that was killed goes on where it stopped: what
    was measured and examined is kept as it comes.
    """
    from dataset.drift_statistics.made_report import is_made
    from dataset.version import read_version, readable_versions

    made: dict[str, VersionReport] = {}
    with opened(folder) as project, progress("measuring") as bar:
        names = (
            [name] if name else [one.alias for one in readable_versions(project.root)]
        )
        for one in names:
            if again or not is_made(read_version(project.root, one)):
                made[one] = _made(project, one, bar)
    if as_json:
        emit_json({"reports": [_json(one, done) for one, done in made.items()]})
        return
    for done in made.values():
        click.echo(done.page)
    if not made:
        say("Every report is there already; `--again` makes it anew.")


def _made(project: Project, name: str, bar: Progress) -> VersionReport:
    # Matplotlib takes a second to import: not where everything is there already.
    from station.version_report import write_version_report

    return write_version_report(project, name, progress=bar)


def _json(name: str, done: VersionReport) -> dict[str, str]:
    return {"version": name, "drift": str(done.drift), "report": str(done.page)}
