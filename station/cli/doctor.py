"""`fieldset doctor`: is this machine fit, and what to do where it is not."""

from __future__ import annotations

from pathlib import Path

import click

from .exit_codes import ExitCode
from .options import Duration, json_option, project_folder, project_option
from .output import emit_json, one_line, say


@click.command()
@click.option(
    "--health",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Judge a running capture instead, by the file of `capture --health`.",
)
@click.option(
    "--patience",
    type=Duration(),
    default="60s",
    show_default=True,
    help="With --health: how long a camera may give no picture.",
)
@project_option
@json_option
def doctor(
    health: Path | None, patience: float, folder: Path | None, as_json: bool
) -> int:
    """Look at SQLite, OpenCV, Qt, cameras, free space, the disk and the clock.

    With --health the exit code is 0 where the capture is well and 5 where it is not.
    """
    if health is not None:
        return _judge(health, patience, as_json=as_json)
    from station.doctor import Grade, examine

    lines = list(examine(project_folder(folder).absolute()))
    if as_json:
        emit_json(
            {
                "checks": [
                    {
                        "name": line.name,
                        "status": line.grade.value,
                        "what": line.what,
                        "next": line.next_step,
                    }
                    for line in lines
                ]
            }
        )
    else:
        for line in lines:
            click.echo(f"{line.grade.value:8} {line.name:13} {one_line(line.what)}")
            if line.next_step:
                click.echo(f"{'':22} hint: {one_line(line.next_step)}")
    is_fit = not any(line.grade is Grade.FAULT for line in lines)
    return ExitCode.DONE if is_fit else ExitCode.PROJECT


def _judge(path: Path, patience_s: float, *, as_json: bool) -> int:
    import time

    from dataset.errors import BadFile
    from station.headless.health import fault_of, read_health

    facts = {}
    try:
        health = read_health(path)
        facts = health.to_json()
        fault = fault_of(health, now_s=time.monotonic(), patience_s=patience_s)
    except BadFile as error:
        fault = error.message
    if as_json:
        emit_json({"healthy": not fault, "fault": fault, "health": facts})
    else:
        say(fault or f"well: {facts['kept']} kept, {facts['frames']} frames seen")
    return ExitCode.DEVICE if fault else ExitCode.DONE
