"""`fieldset class`: categories with permanent ids."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dataset.records import LabelClass

from .options import json_option, opened, project_option
from .output import emit_json, one_line, say, table

if TYPE_CHECKING:
    from dataset.project import Project
    from labeling.class_work import ClassAct, ClassPreview

dry_run = click.option(
    "--dry-run", "is_dry", is_flag=True, help="Show what it touches; change nothing."
)


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
@dry_run
@project_option
@json_option
def add(
    name: str,
    colour: str | None,
    key: int | None,
    is_dry: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Add a class."""
    from labeling.class_work import ClassAct, ClassVerb

    with opened(folder) as project:
        act = ClassAct(verb=ClassVerb.ADD, name=name, colour=colour or "", key=key)
        _run(project, act, "added", is_dry, as_json)


@label_class.command()
@click.argument("name")
@click.argument("new_name")
@dry_run
@project_option
@json_option
def rename(
    name: str, new_name: str, is_dry: bool, folder: Path | None, as_json: bool
) -> None:
    """Give the class NAME another name; its id and boxes stay."""
    _change(folder, name, "rename", "renamed", is_dry, as_json, name=new_name)


@label_class.command()
@click.argument("name")
@click.argument("colour")
@dry_run
@project_option
@json_option
def colour(
    name: str, colour: str, is_dry: bool, folder: Path | None, as_json: bool
) -> None:
    """Give the class NAME another COLOUR, written #RRGGBB."""
    _change(folder, name, "colour", "coloured", is_dry, as_json, colour=colour)


@label_class.command("key")
@click.argument("name")
@click.argument("key", type=click.Choice([*"1234567890", "none"]))
@dry_run
@project_option
@json_option
def change_key(
    name: str, key: str, is_dry: bool, folder: Path | None, as_json: bool
) -> None:
    """Put the class NAME on another digit KEY, or on `none`."""
    digit = None if key == "none" else int(key)
    _change(folder, name, "key", "changed the key of", is_dry, as_json, key=digit)


@label_class.command()
@click.argument("name")
@click.argument("into")
@dry_run
@project_option
@json_option
def merge(
    name: str, into: str, is_dry: bool, folder: Path | None, as_json: bool
) -> None:
    """Move all boxes of NAME to the class INTO, and retire NAME."""
    from labeling.class_work import ClassAct, ClassVerb, do, preview

    with opened(folder) as project:
        classes = project.catalog.classes
        source, target = classes.by_name(name), classes.by_name(into)
        act = ClassAct(verb=ClassVerb.MERGE, class_id=source.id, target_id=target.id)
        if is_dry:
            _tell_preview(preview(project, act), as_json)
            return
        done = do(project, act)
    if as_json:
        emit_json({"class": _json(done.label_class), "boxes_moved": done.boxes_moved})
        return
    say(f"moved {done.boxes_moved} boxes from {source.name} to {target.name}")


@label_class.command()
@click.argument("name")
@click.option("--undo", "is_back", is_flag=True, help="Take it into use again.")
@dry_run
@project_option
@json_option
def retire(
    name: str, is_back: bool, is_dry: bool, folder: Path | None, as_json: bool
) -> None:
    """Take the class NAME out of use; its boxes stay."""
    verb, what = ("bring-back", "brought back") if is_back else ("retire", "retired")
    _change(folder, name, verb, what, is_dry, as_json)


def _change(
    folder: Path | None,
    class_name: str,
    verb: str,
    what: str,
    is_dry: bool,
    as_json: bool,
    **facts: Any,  # noqa: ANN401  (the fields of a ClassAct)
) -> None:
    from labeling.class_work import ClassAct, ClassVerb

    with opened(folder) as project:
        known = project.catalog.classes.by_name(class_name)
        act = ClassAct(verb=ClassVerb(verb), class_id=known.id, **facts)
        _run(project, act, what, is_dry, as_json)


def _run(
    project: Project, act: ClassAct, what: str, is_dry: bool, as_json: bool
) -> None:
    from labeling.class_work import do, preview

    if is_dry:
        _tell_preview(preview(project, act), as_json)
        return
    item = do(project, act).label_class
    if as_json:
        emit_json({"class": _json(item)})
    else:
        say(f"{what} class {item.id}: {item.name}")


def _tell_preview(found: ClassPreview, as_json: bool) -> None:
    """Show what would be touched, then refuse what could not be done."""
    use = found.use
    if as_json:
        emit_json(
            {
                "class": _json(found.label_class),
                "boxes": use.boxes,
                "samples": use.samples,
                "proposals": use.proposals,
                "versions": list(found.versions),
                "sealed": list(use.sealed),
                "notes": list(found.notes),
                "is_possible": found.refusal is None,
            }
        )
    else:
        item = found.label_class
        click.echo(
            f"class {item.id}: {one_line(item.name)}, {use.boxes} boxes in "
            f"{use.samples} samples, {use.proposals} proposals"
        )
        if found.versions:
            held = ", ".join(found.versions)
            click.echo(f"frozen with boxes of it, and left as they are: {held}")
        if use.sealed:
            click.echo(f"sealed test sets with boxes of it: {', '.join(use.sealed)}")
        for note in found.notes:
            click.echo(one_line(note))
        say("nothing was changed")
    if found.refusal is not None:
        raise found.refusal


def _json(item: LabelClass) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": item.name,
        "colour": item.colour,
        "key": item.key,
        "retired": item.retired,
    }
