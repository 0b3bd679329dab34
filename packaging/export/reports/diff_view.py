"""A diff's contents brought into the shape that the page's template prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dataset.differences.changes import (
    BoxReidentified,
    Change,
    ClassChange,
    GroupChanged,
    SampleAdded,
    SampleRemoved,
    SizeChanged,
    SplitChanged,
    SplitRetired,
    StateChanged,
)
from dataset.differences.class_table import CountRow
from dataset.differences.three_way import Conflict
from dataset.differences.version_diff import VersionDiff
from dataset.versions.frozen_version import FrozenVersion

from .report_text import DASH, MINUS, safe_colour

CONFLICTS_SHOWN: Final = 40
_KINDS: Final = {
    StateChanged: "samples with another state (as labeled to empty)",
    SizeChanged: "samples with another size",
    GroupChanged: "samples in another group",
    BoxReidentified: "boxes matched by place, with another id",
}
_SPOKEN: Final = {
    "added": "{new} was added",
    "removed": "{old} was removed",
    "renamed": "{old} was renamed to {new}",
    "retired": "{new} was retired",
    "restored": "{new} is in use again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A count that matters, what it counts, and its tone: "", ok, warn or bad."""

    figure: str
    caption: str
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitMove:
    """How many samples went from one split to another, and what it means."""

    old: str
    new: str
    samples: int
    meaning: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreeWayView:
    """A three-way diff: figures, and the conflicts that are shown."""

    base: str
    tiles: tuple[Figure, ...]
    conflicts: tuple[tuple[str, str, str, str], ...]
    more: int
    sealed: int


def tiles(diff: VersionDiff) -> tuple[Figure, ...]:
    """The figures at the top; a moved test member stands out."""
    samples, boxes, splits = diff.samples, diff.boxes, diff.splits
    found = [
        Figure(figure=_both(samples.added, samples.removed), caption="samples"),
        Figure(figure=_both(boxes.added, boxes.removed), caption="boxes"),
        Figure(figure=f"{boxes.relabelled:,}", caption="boxes relabelled"),
        Figure(figure=f"{boxes.moved:,}", caption="boxes moved"),
        Figure(figure=f"{splits.moved:,}", caption="samples in another split"),
        Figure(
            figure=f"{splits.test_moved:,}",
            caption="test members moved",
            tone="bad" if splits.test_moved else "ok",
        ),
    ]
    if splits.retired:
        found.append(Figure(figure=f"{splits.retired:,}", caption="retired to val"))
    return tuple(found)


def signed(cell: tuple[int, int]) -> str:
    """How far the new count is from the old one, with its sign; "" for equal ones."""
    step = cell[1] - cell[0]
    return f"{step:+,}".replace("-", MINUS) if step else ""


def colour_of(row: CountRow) -> str:
    """The colour of a row's class, "" for samples."""
    return safe_colour(row.item.colour) if row.item else ""


def balance_rows(diff: VersionDiff) -> tuple[tuple[str, str, str], ...]:
    """What is said of the balance: name, old, new."""
    old, new = diff.balance
    rows = [
        ("most to least frequent class", _ratio(old.ratio), _ratio(new.ratio)),
        ("the same in train", _ratio(old.train_ratio), _ratio(new.train_ratio)),
        ("classes without a box", _list(old.missing), _list(new.missing)),
        ("policy", old.policy or DASH, new.policy or DASH),
    ]
    return tuple(row for row in rows if row[1:] != (DASH, DASH))


def taxonomy_lines(changes: Sequence[ClassChange]) -> tuple[tuple[int, str], ...]:
    """Each change of a class: its id, and a sentence's part."""
    return tuple(
        (c.class_id, _SPOKEN[c.kind].format(old=c.old, new=c.new)) for c in changes
    )


def split_moves(diff: VersionDiff) -> tuple[SplitMove, ...]:
    """The moves between splits, errors first."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for change in diff.changes:
        if isinstance(change, SplitChanged):
            counts[change.old, change.new, _meaning(change)] += 1
    moves = [
        SplitMove(
            old=old or "no split",
            new=new or "no split",
            samples=samples,
            meaning=_MEANINGS[meaning],
            tone={"test": "bad", "retired": "ok"}.get(meaning, ""),
        )
        for (old, new, meaning), samples in counts.items()
    ]
    return tuple(
        sorted(moves, key=lambda m: (m.tone != "bad", -m.samples, m.old, m.new))
    )


def arrivals(diff: VersionDiff) -> tuple[tuple[str, int, int, int, int], ...]:
    """Samples added and removed by split: name, then samples and boxes of each."""
    counts: dict[str, list[int]] = {}
    for change in diff.changes:
        if isinstance(change, SampleAdded | SampleRemoved):
            at = 0 if isinstance(change, SampleAdded) else 2
            row = counts.setdefault(change.split, [0, 0, 0, 0])
            row[at] += 1
            row[at + 1] += change.boxes
    return tuple(
        (name or "no split", row[0], row[1], row[2], row[3])
        for name, row in sorted(counts.items())
    )


def other_changes(diff: VersionDiff) -> tuple[tuple[str, int], ...]:
    """What changed beside boxes and splits, in words and counted."""
    counts = Counter(type(change) for change in diff.changes)
    return tuple(
        (words, counts[kind]) for kind, words in _KINDS.items() if counts[kind]
    )


def three_way_view(
    diff: VersionDiff, base: FrozenVersion | None
) -> ThreeWayView | None:
    """The three-way part; None without a base."""
    if diff.three_way is None or base is None:
        return None
    three = diff.three_way
    shown = [one for one in three.conflicts if one.sample_id not in diff.sealed]
    figures = (
        (len(three.only_old), f"{diff.old.alias} alone"),
        (len(three.only_new), f"{diff.new.alias} alone"),
        (len(three.both), "both alike"),
        (len(three.conflicts), "conflicts"),
    )
    return ThreeWayView(
        base=base.version.alias,
        tiles=tuple(
            Figure(
                figure=f"{count:,}",
                caption=caption,
                tone="bad" if caption == "conflicts" and count else "",
            )
            for count, caption in figures
        ),
        conflicts=tuple(_conflict(one) for one in shown[:CONFLICTS_SHOWN]),
        more=max(0, len(shown) - CONFLICTS_SHOWN),
        sealed=len(three.conflicts) - len(shown),
    )


_MEANINGS: Final = {
    "test": "error: what a model was tested on is in doubt",
    "retired": "the test set was retired, on record",
    "assigned": "was in no split",
    "released": "quarantined or withdrawn",
    "moved": "moved",
}


def _meaning(change: SplitChanged) -> str:
    if isinstance(change, SplitRetired):
        return "retired"
    if change.is_moved:
        return "test" if change.touches_test else "moved"
    return "assigned" if change.new else "released"


def _conflict(one: Conflict) -> tuple[str, str, str, str]:
    return one.sample_id, one.about, _kinds(one.old), _kinds(one.new)


def _kinds(changes: Sequence[Change]) -> str:
    return ", ".join(dict.fromkeys(c.kind.replace("_", " ") for c in changes))


def _both(added: int, removed: int) -> str:
    return f"+{added:,} {MINUS}{removed:,}"


def _ratio(value: float | None) -> str:
    return DASH if value is None else f"{value:.2f} : 1"


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or DASH
