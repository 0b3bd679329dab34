"""`fieldset doctor`: is this machine fit, and what to do where it is not."""

from __future__ import annotations

from pathlib import Path

import click

from .exit_codes import ExitCode
from .options import json_option, project_folder, project_option
from .output import emit_json, one_line


@click.command()
@project_option
@json_option
def doctor(folder: Path | None, as_json: bool) -> int:
    """Look at SQLite, OpenCV, Qt, cameras, free space, the disk and the clock."""
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
