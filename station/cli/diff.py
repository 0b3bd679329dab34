"""`fieldset diff`: the typed differences of two versions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .exit_codes import ExitCode
from .options import json_option, project_folder, project_option
from .output import emit_json, one_line, table

if TYPE_CHECKING:
    from dataset.version_diff import VersionDiff

SHOWN = 200


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--base", help="A common ancestor, for a three-way diff.")
@click.option("--list", "with_changes", is_flag=True, help="List every change.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page to FILE.",
)
@click.option("--exit-code", is_flag=True, help="Exit 1 where there is a difference.")
@project_option
@json_option
def diff(
    old: str,
    new: str,
    base: str | None,
    with_changes: bool,
    html: Path | None,
    exit_code: bool,
    folder: Path | None,
    as_json: bool,
) -> int:
    """Show what it takes to come from version OLD to version NEW."""
    from dataset.diff import compare
    from dataset.kept_drift import drift_summary
    from dataset.project_folder import require_project
    from dataset.published_seals import closed_names
    from dataset.version import read_version

    root = require_project(project_folder(folder))
    before, after = read_version(root, old), read_version(root, new)
    ancestor = read_version(root, base) if base else None
    closed = closed_names(root, (*before.splits, *after.splits))
    found = compare(before, after, ancestor, closed=closed)
    content = found.to_json(with_changes=with_changes)
    content["drift"] = drift_summary(after, before.version.id)
    if html is not None:
        from export.report import ReportInput, write_report

        title = f"{found.old.alias} to {found.new.alias}"
        page = ReportInput(
            title=title, version=found.new, classes=after.classes, diff=content
        )
        write_report(html.absolute(), page)
    if as_json:
        emit_json(content)
    else:
        _print(found, content, with_changes)
    is_found = exit_code and not found.is_empty
    return ExitCode.FOUND if is_found else ExitCode.DONE


def _print(found: VersionDiff, content: dict[str, Any], with_changes: bool) -> None:
    click.echo(f"{found.old.alias} -> {found.new.alias}")
    if found.is_empty:
        click.echo("the same content")
    for part in ("samples", "boxes", "splits"):
        counts = ", ".join(f"{n} {kind}" for kind, n in content[part].items() if n)
        click.echo(f"  {part:8} {counts or 'none'}")
    if found.classes:
        click.echo()
        table(
            ["class", found.old.alias, found.new.alias, "difference"],
            [[c.name, c.old, c.new, c.new - c.old] for c in found.classes],
        )
    for change in found.taxonomy:
        click.echo(f"class {one_line(str(change.to_json()))}")
    drift = content["drift"]
    if drift:
        click.echo()
        click.echo(f"drift: {drift['verdict']}. {drift['summary']}")
    if with_changes:
        click.echo()
        for change in content["changes"]:
            click.echo(one_line("  ".join(f"{k}={v}" for k, v in change.items())))
        if content["sealed_changes"]:
            click.echo(f"in sealed test sets, not shown: {content['sealed_changes']}")
