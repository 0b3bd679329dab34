"""`fieldset camera health`: what became of a camera since its commissioning."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .exit_codes import ExitCode
from .options import json_option, opened, project_option
from .output import emit_json, progress, say, table

if TYPE_CHECKING:
    from dataset.camera_health import CameraHealth
    from dataset.health.health_trend import HealthTrend


@click.command()
@click.argument("source")
@click.option(
    "--reference",
    metavar="NAME",
    help="A session or version of the camera that is good; by default its first "
    "session.",
)
@click.option("--exit-code", is_flag=True, help="Exit 1 where there is a fault.")
@project_option
@json_option
def health(
    source: str,
    reference: str | None,
    exit_code: bool,
    folder: Path | None,
    as_json: bool,
) -> int:
    """Compare the camera of SOURCE with how it was at first.

    SOURCE and the reference are each `session:NAME`, a version, a folder, or a source
    (a picture a second of it, 24 at most). Each finding is a fault, fine, or not enough
    data. Trends over the camera's sessions are shown for a session.
    """
    from dataset.camera_health import HealthVerdict
    from station.health_side import first_session_like, health_of, trends

    with opened(folder, read_only=True) as project, progress("examining") as bar:
        known = reference or first_session_like(project, source)
        found = health_of(project, source, known, progress=bar)
        wandering = trends(project, source, progress=bar)
    if as_json:
        head = {"source": source, "reference": known, **found.to_json()}
        emit_json({**head, "trends": [one.to_json() for one in wandering]})
    else:
        say(f"The reference is: {known}")
        _print(found, wandering)
    verdicts = {found.verdict, *(one.verdict for one in wandering)}
    is_fault = exit_code and HealthVerdict.FAULT in verdicts
    return ExitCode.FOUND if is_fault else ExitCode.DONE


def _print(found: CameraHealth, wandering: tuple[HealthTrend, ...]) -> None:
    rows = [
        [one.name, one.verdict.value, f"{one.sentence} {_advice(one.next_step)}"]
        for one in found.findings
    ]
    rows += [
        [f"{one.name} trend", one.verdict.value, one.sentence] for one in wandering
    ]
    table(["what", "verdict", "finding"], rows)


def _advice(step: str) -> str:
    return f"{step[:1].upper()}{step[1:]}." if step else ""
