"""The options of a capture that tells how it is, and the watch they ask for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import Command, Duration
from .output import emit_json_line, say

if TYPE_CHECKING:
    from station.headless.health_watch import HealthWatch
    from station.recorder import Recorder


def health_options(command: Command) -> Command:
    """`--health FILE` and `--health-every TIME`."""
    file = click.option(
        "--health",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Keep a file that says how the capture is; `doctor --health` judges it.",
    )
    every = click.option(
        "--health-every",
        type=Duration(),
        default="10s",
        show_default=True,
        help="How often; with --json as a line, too.",
    )
    return file(every(command))


def health_watch(
    recorder: Recorder, folder: Path, given: dict[str, Any], *, as_json: bool
) -> HealthWatch:
    """The watch over a capture; with a file and JSON it prints lines, too.

    A folder that is not there stops no capture, but is told: who watches for the file
    would wait for ever.
    """
    from station.headless.health_watch import HealthWatch, tell_nobody
    from station.headless.service_manager import ServiceManager

    path: Path | None = given["health"]
    if path is not None and not path.absolute().parent.is_dir():
        say(f"warning: The folder of the health file is not there: {path}")

    def tell(health: dict[str, Any]) -> None:
        emit_json_line({"health": health})

    return HealthWatch(
        recorder,
        source=given["source"],
        folder=folder,
        every_s=given["health_every"],
        path=path,
        tell=tell if as_json and path is not None else tell_nobody,
        manager=ServiceManager(os.environ),
    )
