"""The difference between two versions, in samples, boxes, splits and classes.

Only the buckets of the hash trees that differ are read, and boxes only of samples
whose labels leaf differs. The catalog is never opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .changes import (
    LABEL_CHANGES,
    BoxAdded,
    BoxMoved,
    BoxReidentified,
    BoxRelabelled,
    BoxRemoved,
    Change,
    ClassChange,
    GroupChanged,
    SampleAdded,
    SampleRemoved,
    SizeChanged,
    SplitChanged,
    StateChanged,
    sort_key,
)
from .diff_walk import BLOCK, Block, differing_blocks
from .frozen_version import FrozenVersion
from .hash_tree import BUCKETS
from .matching import corners, iou, match_boxes
from .progress import SILENT, Progress
from .records import Box, LabelClass, SampleState, SplitKind
from .sample_batch import boxes_of
from .three_way import three_way
from .version_diff import (
    BoxCounts,
    ClassDelta,
    SampleCounts,
    SplitCounts,
    VersionDiff,
)

__all__ = ["VersionDiff", "compare"]


def compare(
    old: FrozenVersion,
    new: FrozenVersion,
    base: FrozenVersion | None = None,
    *,
    closed: Collection[str] = (),
    progress: Progress = SILENT,
) -> VersionDiff:
    """What differs from `old` to `new`; with `base`, which side changed what.

    Args:
        old: the version before.
        new: the version after.
        base: the version both come from, for a three-way comparison.
        closed: names of test sets that were sealed since; those that either version
            knows as sealed are added.
        progress: told of the blocks of buckets looked at.

    Raises:
        BadFile: a version's files are damaged.
    """
    sides = None
    if base is not None:
        left = _changes(base, old, progress).changes
        right = _changes(base, new, progress).changes
        sides = three_way(left, right)
    found = _changes(old, new, progress)
    return VersionDiff(
        old=old.version,
        new=new.version,
        samples=found.sample_counts(old.version.samples),
        boxes=found.box_counts(old.version.boxes),
        splits=found.split_counts(),
        classes=_class_deltas(old, new),
        taxonomy=_taxonomy_changes(old.classes, new.classes),
        changes=tuple(found.changes),
        three_way=sides,
        sealed=_sealed_samples(
            (old, new) if base is None else (base, old, new), closed, found.changes
        ),
    )


def _sealed_samples(
    versions: Sequence[FrozenVersion],
    closed: Collection[str],
    changes: Sequence[Change],
) -> frozenset[str]:
    """The samples that sealed sets hold in one of the versions, if any box changed."""
    names = {s.name for frozen in versions for s in frozen.splits if s.sealed}
    names.update(closed)
    if not names or not any(isinstance(change, LABEL_CHANGES) for change in changes):
        return frozenset()
    wanted = pa.array(sorted(names), pa.string())
    found: set[str] = set()
    for frozen in versions:
        for table in frozen.batches(["id", "split"]):
            inside = table.filter(pc.is_in(table.column("split"), value_set=wanted))
            found.update(raw.hex() for raw in inside.column("id").to_pylist())
    return frozenset(found)


class _Found:
    """The changes of a comparison, and the counts that follow from them."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.changed_samples = 0
        self.changed_boxes = 0

    def count(self, kind: type[Change]) -> int:
        return sum(1 for change in self.changes if type(change) is kind)

    def sample_counts(self, total: int) -> SampleCounts:
        removed = self.count(SampleRemoved)
        return SampleCounts(
            added=self.count(SampleAdded),
            removed=removed,
            changed=self.changed_samples,
            unchanged=total - removed - self.changed_samples,
        )

    def box_counts(self, total: int) -> BoxCounts:
        added = self.count(BoxAdded)
        removed = self.count(BoxRemoved)
        for change in self.changes:
            if isinstance(change, SampleAdded):
                added += change.boxes
            elif isinstance(change, SampleRemoved):
                removed += change.boxes
        return BoxCounts(
            added=added,
            removed=removed,
            relabelled=self.count(BoxRelabelled),
            moved=self.count(BoxMoved),
            unchanged=total - removed - self.changed_boxes,
        )

    def split_counts(self) -> SplitCounts:
        counts: Counter[str] = Counter()
        for change in self.changes:
            if isinstance(change, SplitChanged):
                moved = "moved" if change.old else "assigned"
                counts[moved if change.new else "released"] += 1
                counts["test_moved"] += change.is_moved and change.touches_test
        return SplitCounts(**counts)


def _changes(old: FrozenVersion, new: FrozenVersion, progress: Progress) -> _Found:
    tests = {
        split.name
        for split in (*old.splits, *new.splits)
        if split.kind is SplitKind.TEST
    }
    found = _Found()
    for done, block in enumerate(differing_blocks(old, new), start=1):
        found.changes += [
            SampleRemoved(sample_id=sample_id, split=split, boxes=boxes)
            for sample_id, split, boxes in _whole_samples(old, block.removed)
        ]
        found.changes += [
            SampleAdded(sample_id=sample_id, split=split, boxes=boxes)
            for sample_id, split, boxes in _whole_samples(new, block.added)
        ]
        found.changes += _size_changes(old, new, block)
        found.changes += _split_changes(old, new, block, tests)
        for own, boxes in _label_changes(old, new, block):
            found.changes += own
            found.changed_boxes += boxes
        found.changed_samples += len(block.old)
        progress.step(done, BUCKETS // BLOCK, "blocks of samples")
    found.changes.sort(key=sort_key)
    return found


def _whole_samples(
    frozen: FrozenVersion, rows: NDArray[np.int64]
) -> Iterator[tuple[str, str, int]]:
    """Id, split and number of boxes of some samples."""
    if not len(rows):
        return
    columns = ["id", "split", "boxes.list.element.class_id"]
    table = frozen.manifest.take(rows, columns).combine_chunks()
    counts = table.column("boxes").combine_chunks().value_lengths().to_pylist()
    ids = table.column("id").to_pylist()
    splits = table.column("split").to_pylist()
    for raw, split, count in zip(ids, splits, counts, strict=True):
        yield raw.hex(), split, count


def _size_changes(
    old: FrozenVersion, new: FrozenVersion, block: Block
) -> Iterator[Change]:
    columns = ("width", "height")
    for sample_id, a, b in _pairs(old, new, block, block.images, columns):
        yield SizeChanged(sample_id=sample_id, old=(a[0], a[1]), new=(b[0], b[1]))


def _split_changes(
    old: FrozenVersion, new: FrozenVersion, block: Block, tests: set[str]
) -> Iterator[Change]:
    columns = ("split", "group")
    for sample_id, a, b in _pairs(old, new, block, block.splits, columns):
        if a[0] != b[0]:
            touches = bool(a[0]) and not tests.isdisjoint((a[0], b[0]))
            yield SplitChanged(
                sample_id=sample_id, old=a[0], new=b[0], touches_test=touches
            )
        if a[1] != b[1]:
            yield GroupChanged(sample_id=sample_id, old=a[1], new=b[1])


def _label_changes(
    old: FrozenVersion, new: FrozenVersion, block: Block
) -> Iterator[tuple[list[Change], int]]:
    """For each sample: the changes, and how many boxes that both hold differ."""
    columns = ("state", "boxes")
    for sample_id, a, b in _pairs(old, new, block, block.labels, columns):
        found, boxes = _box_changes(sample_id, a[1], b[1])
        if a[0] != b[0]:
            states = {"old": SampleState(a[0]), "new": SampleState(b[0])}
            found.append(StateChanged(sample_id=sample_id, **states))
        yield found, boxes


def _pairs(
    old: FrozenVersion,
    new: FrozenVersion,
    block: Block,
    mask: NDArray[np.bool_],
    columns: Sequence[str],
) -> Iterator[tuple[str, tuple[Any, ...], tuple[Any, ...]]]:
    """Id, old values and new values of the common samples that a mask picks."""
    picked = np.flatnonzero(mask)
    if not len(picked):
        return
    before = _values(old, block.old[picked], columns)
    after = _values(new, block.new[picked], columns)
    ids = [block.sample_ids[at] for at in picked.tolist()]
    yield from zip(ids, before, after, strict=True)


def _values(
    frozen: FrozenVersion, rows: NDArray[np.int64], columns: Sequence[str]
) -> list[tuple[Any, ...]]:
    table = frozen.manifest.take(rows, columns)
    lists = [
        boxes_of(table.column(name))
        if name == "boxes"
        else table.column(name).to_pylist()
        for name in columns
    ]
    return list(zip(*lists, strict=True))


def _box_changes(
    sample_id: str, old: Sequence[Box], new: Sequence[Box]
) -> tuple[list[Change], int]:
    """The changes, and how many boxes of both versions they are about."""
    matching = match_boxes(old, new)
    found: list[Change] = [
        BoxRemoved(sample_id=sample_id, box=box) for box in matching.removed
    ]
    found += [BoxAdded(sample_id=sample_id, box=box) for box in matching.added]
    changed = 0
    for before, after in matching.pairs:
        is_relabelled = before.class_id != after.class_id
        is_moved = corners(before) != corners(after)
        changed += is_relabelled or is_moved
        if is_relabelled:
            found.append(BoxRelabelled(sample_id=sample_id, old=before, new=after))
        if is_moved:
            found.append(_moved(sample_id, before, after))
        if before.id != after.id:
            found.append(BoxReidentified(sample_id=sample_id, old=before, new=after))
    return found, changed


def _moved(sample_id: str, old: Box, new: Box) -> BoxMoved:
    shift_x = (new.x0 + new.x1 - old.x0 - old.x1) / 2
    shift_y = (new.y0 + new.y1 - old.y0 - old.y1) / 2
    return BoxMoved(
        sample_id=sample_id,
        old=old,
        new=new,
        iou=iou(old, new),
        shift=(shift_x, shift_y),
        area_ratio=new.area / old.area,
    )


def _class_deltas(old: FrozenVersion, new: FrozenVersion) -> tuple[ClassDelta, ...]:
    counts: dict[int, dict[str, list[int]]] = {}
    for side, frozen in enumerate((old, new)):
        for row in frozen.record.class_counts:
            splits = counts.setdefault(row.class_id, {})
            splits.setdefault(row.split, [0, 0])[side] += row.boxes
    names = _names(old.classes) | _names(new.classes)
    return tuple(
        ClassDelta(
            class_id=class_id,
            name=names.get(class_id, f"class {class_id}"),
            old=sum(pair[0] for pair in counts.get(class_id, {}).values()),
            new=sum(pair[1] for pair in counts.get(class_id, {}).values()),
            splits=tuple(
                (name, before, after)
                for name, (before, after) in sorted(counts.get(class_id, {}).items())
            ),
        )
        for class_id in sorted(counts.keys() | names.keys())
    )


def _taxonomy_changes(
    old: Sequence[LabelClass], new: Sequence[LabelClass]
) -> tuple[ClassChange, ...]:
    before, after = {c.id: c for c in old}, {c.id: c for c in new}
    found: list[ClassChange] = []
    for class_id in sorted(before.keys() | after.keys()):
        a, b = before.get(class_id), after.get(class_id)
        names = {"old": a.name if a else "", "new": b.name if b else ""}
        kinds = []
        if a is None or b is None:
            kinds.append("added" if a is None else "removed")
        else:
            if a.name != b.name:
                kinds.append("renamed")
            if a.retired != b.retired:
                kinds.append("retired" if b.retired else "restored")
        found += [ClassChange(kind=k, class_id=class_id, **names) for k in kinds]
    return tuple(found)


def _names(classes: Sequence[LabelClass]) -> dict[int, str]:
    return {item.id: item.name for item in classes}
