"""`fieldset class`: categories with permanent ids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dataset.records import LabelClass

from .options import json_option, opened, project_option
from .output import emit_json, say, table


@click.group("class")
def label_class() -> None:
    """Classes; their ids are permanent and never reused."""


@label_class.command("list")
@project_option
@json_option
def list_classes(folder: Path | None, as_json: bool) -> None:
    """List the classes, the retired ones too."""
    with opened(folder, read_only=True) as project:
        found = project.catalog.classes.all(include_retired=True)
        totals = project.catalog.tables.class_totals()
    if as_json:
        rows = [
            {**_json(item), "boxes": totals.get(item.id, (0, 0, 0))[0]}
            for item in found
        ]
        emit_json({"classes": rows})
        return
    table(
        ["id", "class", "key", "colour", "boxes", ""],
        [
            [
                item.id,
                item.name,
                "-" if item.key is None else str(item.key),
                item.colour,
                totals.get(item.id, (0, 0, 0))[0],
                "retired" if item.retired else "",
            ]
            for item in found
        ],
    )


@label_class.command()
@click.argument("name")
@click.option("--colour", help="#RRGGBB; by default one that all eyes tell apart.")
@click.option("--key", type=click.IntRange(0, 9), help="The digit key that chooses it.")
@project_option
@json_option
def add(
    name: str, colour: str | None, key: int | None, folder: Path | None, as_json: bool
) -> None:
    """Add a class."""
    with opened(folder) as project:
        added = project.catalog.classes.add(name, colour=colour, key=key)
    _tell(added, "added", as_json)


@label_class.command()
@click.argument("name")
@click.argument("new_name")
@project_option
@json_option
def rename(name: str, new_name: str, folder: Path | None, as_json: bool) -> None:
    """Give the class NAME another name; its id and boxes stay."""
    with opened(folder) as project:
        classes = project.catalog.classes
        renamed = classes.rename(classes.by_name(name).id, new_name)
    _tell(renamed, "renamed", as_json)


@label_class.command()
@click.argument("name")
@click.argument("into")
@project_option
@json_option
def merge(name: str, into: str, folder: Path | None, as_json: bool) -> None:
    """Move all boxes of NAME to the class INTO, and retire NAME."""
    with opened(folder) as project:
        classes = project.catalog.classes
        source, target = classes.by_name(name), classes.by_name(into)
        moved = classes.merge(source.id, target.id)
    if as_json:
        emit_json({"class": _json(target), "boxes_moved": moved})
        return
    say(f"moved {moved} boxes from {source.name} to {target.name}")


@label_class.command()
@click.argument("name")
@project_option
@json_option
def retire(name: str, folder: Path | None, as_json: bool) -> None:
    """Take the class NAME out of use; its boxes stay."""
    with opened(folder) as project:
        classes = project.catalog.classes
        retired = classes.retire(classes.by_name(name).id)
    _tell(retired, "retired", as_json)


def _tell(item: LabelClass, what: str, as_json: bool) -> None:
    if as_json:
        emit_json({"class": _json(item)})
    else:
        say(f"{what} class {item.id}: {item.name}")


def _json(item: LabelClass) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": item.name,
        "colour": item.colour,
        "key": item.key,
        "retired": item.retired,
    }
