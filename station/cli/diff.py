"""`fieldset diff`: the typed differences of two versions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .exit_codes import ExitCode
from .options import json_option, project_folder, project_option
from .output import emit_json, progress, say

if TYPE_CHECKING:
    from dataset.differences.named_diff import NamedDiff


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--base", help="A common ancestor, for a three-way diff.")
@click.option("--list", "with_changes", is_flag=True, help="List every change.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page with pictures to FILE.",
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
    from dataset.differences.named_diff import named_diff
    from dataset.project_folder import require_project

    from .diff_text import print_diff

    root = require_project(project_folder(folder))
    with progress("comparing") as bar:
        found = named_diff(root, old, new, base, progress=bar)
    for note in found.notes:
        say(f"note: {note}")
    if html is not None:
        _write_page(found, html.absolute())
    if as_json:
        emit_json(found.to_json(with_changes=with_changes))
    else:
        print_diff(found, with_changes=with_changes)
    is_found = exit_code and not found.diff.is_empty
    return ExitCode.FOUND if is_found else ExitCode.DONE


def _write_page(found: NamedDiff, target: Path) -> None:
    from export.diff_page import DiffPage, write_diff_page

    page = DiffPage(
        diff=found.diff,
        old=found.old,
        new=found.new,
        base=found.base,
        semver=found.semver,
        drift=found.drift,
        notes=found.notes,
    )
    with progress("drawing") as bar:
        write_diff_page(target, page, progress=bar)
    say(f"page: {target}")
