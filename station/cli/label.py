"""`fieldset label`: the window at the queue."""

from __future__ import annotations

from pathlib import Path

import click

from .options import project_folder, project_option


@click.command()
@project_option
def label(folder: Path | None) -> None:
    """Open the window at the labeling queue."""
    open_window(project_folder(folder), page="label")


def open_window(folder: Path | None, *, page: str) -> None:
    """Open the window on a project, and leave with its exit code.

    Raises:
        UsageError: there is no display.
    """
    from station.app import run  # noqa: PLC0415

    click.get_current_context().exit(run(folder, page))
