"""A diff in words: what `fieldset diff` prints where nobody asked for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from .output import one_line, table

if TYPE_CHECKING:
    from dataset.differences.named_diff import NamedDiff
    from dataset.differences.three_way import ThreeWay
    from dataset.differences.version_diff import VersionDiff
    from dataset.versions.frozen_version import FrozenVersion

CONFLICTS_SHOWN = 20
_WIDTH = 9
_TAXONOMY = {
    "added": "{new} was added",
    "removed": "{old} was removed",
    "renamed": "{old} was renamed to {new}",
    "retired": "{new} was retired",
    "restored": "{new} is in use again",
}


def print_diff(found: NamedDiff, *, with_changes: bool) -> None:
    """Print counts, classes by split, balance, drift, and each change if asked."""
    for line in _head(found):
        click.echo(one_line(line))
    _print_classes(found.old, found.new)
    for line in _tail(found):
        click.echo(one_line(line))
    if with_changes:
        _print_changes(found)


def _head(found: NamedDiff) -> Iterator[str]:
    diff = found.diff
    sides = zip((diff.old.alias, diff.new.alias), found.semver, strict=True)
    yield " -> ".join(f"{alias} ({n})" if n else alias for alias, n in sides)
    step = diff.semver_step
    if diff.is_empty:
        yield "the same content"
    if step.value:
        yield f"{step.value}: {step.reason}"
    samples, boxes = diff.samples, diff.boxes
    yield _line(
        "samples",
        f"+{samples.added} -{samples.removed}",
        (samples.changed, "changed"),
        (samples.unchanged, "unchanged"),
    )
    yield _line(
        "boxes",
        f"+{boxes.added} -{boxes.removed}",
        (boxes.relabelled, "relabelled"),
        (boxes.moved, "moved"),
        (boxes.unchanged, "unchanged"),
    )
    yield from _splits(diff)


def _splits(diff: VersionDiff) -> Iterator[str]:
    splits = diff.splits
    yield _line(
        "splits",
        f"{splits.moved} moved",
        *(
            (count, words)
            for count, words in (
                (splits.retired, "retired into validation"),
                (splits.assigned, "assigned"),
                (splits.released, "quarantined or withdrawn"),
            )
            if count
        ),
    )
    if splits.test_moved:
        yield _line(
            "error",
            f"samples that left or entered a test set: {splits.test_moved}; what "
            "models were tested on is in doubt",
        )


def _print_classes(old: FrozenVersion, new: FrozenVersion) -> None:
    from dataset.differences.class_table import class_table

    found = class_table(old, new)
    if not found.splits:
        return
    click.echo()
    rows = [
        [row.name, *(_change(*cell) for cell in (*row.cells, row.total))]
        for row in (*found.rows, found.samples)
    ]
    names = [split or "no split" for split in found.splits]
    table(["boxes", *names, "all"], rows)
    click.echo()


def _tail(found: NamedDiff) -> Iterator[str]:
    diff = found.diff
    before, after = diff.balance
    yield _line(
        "balance",
        "most to least frequent class "
        + _change(_ratio(before.ratio), _ratio(after.ratio)),
        f"in train {_change(_ratio(before.train_ratio), _ratio(after.train_ratio))}",
        *([f"policy {_change(before.policy, after.policy)}"] if after.policy else []),
        *(f"without a box: {name}" for name in after.missing),
    )
    for change in diff.taxonomy:
        words = _TAXONOMY[change.kind].format(old=change.old, new=change.new)
        yield _line("class", f"{words} (class {change.class_id})")
    yield from _drift(found)
    if diff.three_way is not None and found.base is not None:
        yield from _three_way(diff, diff.three_way, found.base.version.alias)


def _drift(found: NamedDiff) -> Iterator[str]:
    drift = found.drift
    if drift:
        yield _line("drift", f"{drift['verdict']}. {drift['summary']}")
    elif not found.diff.is_empty:
        names = f"{found.diff.old.alias} {found.diff.new.alias}"
        yield _line("drift", f"not kept for this pair: `fieldset drift {names}`")


def _three_way(diff: VersionDiff, three: ThreeWay, base: str) -> Iterator[str]:
    yield _line(
        "since " + base,
        f"{diff.old.alias} alone {len(three.only_old)}",
        f"{diff.new.alias} alone {len(three.only_new)}",
        f"both alike {len(three.both)}",
        f"conflicts {len(three.conflicts)}",
    )
    shown = [one for one in three.conflicts if one.sample_id not in diff.sealed]
    for one in shown[:CONFLICTS_SHOWN]:
        yield _line(
            "conflict",
            f"{one.sample_id[:12]}  {one.about}: "
            f"{diff.old.alias} {_kinds(one.old)}, {diff.new.alias} {_kinds(one.new)}",
        )
    if len(shown) > CONFLICTS_SHOWN:
        more = len(shown) - CONFLICTS_SHOWN
        yield _line("conflict", f"and {more} more; `--json` lists all")
    if hidden := len(three.conflicts) - len(shown):
        yield _line("conflict", f"in sealed test sets, not shown: {hidden}")


def _print_changes(found: NamedDiff) -> None:
    names = {
        item.id: item.name
        for frozen in (found.old, found.new)
        for item in frozen.classes
    }
    click.echo()
    shown = found.diff.shown
    for change in shown:
        facts = change.to_json()
        words = facts["kind"].replace("_", " ")
        told = "  ".join(_facts(facts, names))
        click.echo(one_line(f"{change.sample_id[:12]}  {words:16}  {told}".rstrip()))
    if hidden := len(found.diff.changes) - len(shown):
        click.echo(f"in sealed test sets, not shown: {hidden}")


def _facts(facts: Mapping[str, Any], names: Mapping[int, str]) -> Iterator[str]:
    """What a change is, for each kind: class, place, overlap, split."""
    kind = facts["kind"]

    def name(key: str) -> str:
        return names.get(facts[key], f"class {facts[key]}")

    if kind in ("sample_added", "sample_removed"):
        yield f"{facts['split'] or 'no split'}, boxes: {facts['boxes']}"
    elif kind in ("box_added", "box_removed"):
        yield f"{name('class')} at {_place(facts['corners'])}"
    elif kind == "box_relabelled":
        yield f"{name('old_class')} -> {name('new_class')}"
    elif kind == "box_moved":
        x, y = facts["shift"]
        yield f"{name('class')} to {_place(facts['new'])}"
        yield f"IoU {facts['iou']:.2f}"
        yield f"shift {x:+.1f}, {y:+.1f} px"
        yield f"area x{facts['area_ratio']:.2f}"
    elif kind == "box_reidentified":
        yield f"{facts['old_box']} -> {facts['box']}"
    else:
        yield f"{_word(facts['old'])} -> {_word(facts['new'])}"
        if facts.get("touches_test") and facts["new"]:
            yield "error: a test set is touched"


def _word(value: object) -> str:
    if isinstance(value, list):
        return "x".join(str(part) for part in value)
    return str(value) or "no split"


def _place(corners: Iterable[float]) -> str:
    x0, y0, x1, y1 = (f"{value:g}" for value in (round(c, 1) for c in corners))
    return f"{x0},{y0} to {x1},{y1}"


def _kinds(changes: Iterable[Any]) -> str:
    return ", ".join(dict.fromkeys(c.kind.replace("_", " ") for c in changes))


def _line(head: str, *parts: str | tuple[int, str]) -> str:
    words = (
        part if isinstance(part, str) else f"{part[0]} {part[1]}" for part in parts
    )
    return f"{head:{_WIDTH}} {', '.join(words)}"


def _change(old: object, new: object) -> str:
    return f"{new}" if old == new else f"{old} -> {new}"


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
