"""`fieldset init`: makes a project."""

from __future__ import annotations

from pathlib import Path

import click

from .options import json_option
from .output import emit_json, say


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--classes",
    default="",
    help="Class names, separated by commas; more can be added later.",
)
@json_option
def init(directory: Path, classes: str, as_json: bool) -> None:
    """Make a project in DIRECTORY."""
    from dataset.project import Project

    names = classes.split(",") if classes else []
    with Project.create(directory, names) as project:
        root = project.root
        count = len(project.catalog.classes.all())
    if as_json:
        emit_json({"path": str(root), "classes": count})
        return
    click.echo(str(root))
    classes = "1 class" if count == 1 else f"{count} classes"
    say(f"A project with {classes}; next: `fieldset --project {directory}`")
