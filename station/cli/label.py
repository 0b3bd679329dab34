"""`fieldset label`: the window at the queue."""

from __future__ import annotations

from pathlib import Path

import click

from dataset.errors import UsageError

from .options import project_folder, project_option


@click.command()
@project_option
def label(folder: Path | None) -> None:
    """Open the window at the labeling queue."""
    open_window(project_folder(folder), page="label")


def open_window(folder: Path | None, *, page: str) -> None:
    """Open the window on a project, and leave with its exit code.

    Raises:
        UsageError: there is no display, or Qt's system libraries are missing.
    """
    try:
        from station.app import run
    except ImportError as error:
        raise UsageError(
            f"The window cannot open on this machine: {error}",
            hint="install the system libraries that README.md names, or use the "
            "commands: fieldset --help",
        ) from error

    click.get_current_context().exit(run(folder, page))
