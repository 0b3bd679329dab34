"""The page of a diff: one HTML file with the changed boxes in pictures.

Like the report of a version it needs nothing beside itself, runs no script, escapes
every name and prints. Boxes of sealed test sets are counted and never pictured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dataset import durable
from dataset.differences.class_table import class_table
from dataset.differences.version_diff import VersionDiff
from dataset.progress import SILENT, Progress
from dataset.versions.frozen_version import FrozenVersion

from .reports import diff_view as view
from .reports import page_template
from .reports.diff_cards import CardGroup, card_groups
from .reports.diff_pictures import card_pictures


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DiffPage:
    """What a diff page shows.

    `semver` is that of the old and the new version, "" where it is not known. `drift`
    is the kept comparison of the two, as `fieldset drift --json` gives it, or empty.
    `base` is the version of a three-way diff; `notes` are sentences for the top.
    """

    diff: VersionDiff
    old: FrozenVersion
    new: FrozenVersion
    base: FrozenVersion | None = None
    semver: tuple[str, str] = ("", "")
    drift: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def write_diff_page(
    target: Path, page: DiffPage, *, progress: Progress = SILENT
) -> None:
    """Write the page whole or not at all, in place of an earlier one.

    Raises:
        BadFile: a version's manifest is damaged. A missing or damaged image is none:
            it becomes a placeholder.
        StorageFull: no room; nothing is left behind.
        ReadOnlyProject: the folder cannot be written.
        Cancelled: the person asked to stop.
    """
    text = render_diff_page(page, progress=progress)
    durable.replace(target, text.encode("utf-8", "replace"))


def render_diff_page(page: DiffPage, *, progress: Progress = SILENT) -> str:
    """The page as the text of one HTML file, LF line ends."""
    names = tuple({c.id: c.name for c in side.classes} for side in (page.old, page.new))
    groups = card_groups(page.diff.shown, *names)
    cards = [card for group in groups for card in group.cards]
    context = {
        "page": page,
        "diff": page.diff,
        "title": f"{page.old.version.alias} → {page.new.version.alias}",
        "tiles": view.tiles(page.diff),
        "table": class_table(page.old, page.new),
        "signed": view.signed,
        "colour_of": view.colour_of,
        "sealed": {s.name for s in page.new.splits if s.sealed},
        "balance": view.balance_rows(page.diff),
        "taxonomy": view.taxonomy_lines(page.diff.taxonomy),
        "moves": view.split_moves(page.diff),
        "arrivals": view.arrivals(page.diff),
        "other": view.other_changes(page.diff),
        "three": view.three_way_view(page.diff, page.base),
        "groups": groups,
        "pictures": card_pictures(page.new, cards, progress=progress),
        "hidden": len(page.diff.changes) - len(page.diff.shown),
        "shown_of": _shown_of(groups),
    }
    return page_template.render("diff.html.j2", context, ("report.css", "diff.css"))


def _shown_of(groups: tuple[CardGroup, ...]) -> tuple[int, int]:
    return sum(len(g.cards) for g in groups), sum(g.total for g in groups)
