"""The difference between two versions, in samples, boxes, splits and classes.

Only the buckets of the hash trees that differ are read, and boxes only of samples
whose labels leaf differs; what is read is proven. The catalog is never opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from .differences.changes import (
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
    SplitRetired,
    StateChanged,
    sort_key,
)
from .differences.diff_rows import DiffRows
from .differences.diff_walk import BLOCK, Block, differing_blocks
from .differences.matching import corners, iou, match_boxes
from .differences.three_way import three_way
from .differences.version_diff import (
    BoxCounts,
    ClassDelta,
    SampleCounts,
    SplitCounts,
    VersionDiff,
)
from .progress import SILENT, Progress
from .records import Box, LabelClass, SampleState, SplitKind
from .sealed.retirement import retired_sets
from .versions.frozen_version import FrozenVersion
from .versions.hash_tree import BUCKETS
from .versions.version_balance import version_balance

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
    versions = (old, new) if base is None else (base, old, new)
    sealed = _sealed_sets(versions, closed)
    three = None
    hidden: set[str] = set()
    if base is not None:
        left, right = (_changes(base, side, sealed, progress) for side in (old, new))
        three = three_way(left.changes, right.changes)
        hidden = left.sealed | right.sealed
    found = _changes(old, new, sealed, progress)
    return VersionDiff(
        old=old.version,
        new=new.version,
        samples=found.sample_counts(old.version.samples),
        boxes=found.box_counts(old.version.boxes),
        splits=found.split_counts(),
        classes=_class_deltas(old, new),
        taxonomy=_taxonomy_changes(old.classes, new.classes),
        balance=(version_balance(old.record), version_balance(new.record)),
        changes=tuple(found.changes),
        three_way=three,
        sealed=frozenset(found.sealed | hidden),
    )


def _sealed_sets(
    versions: Sequence[FrozenVersion], closed: Collection[str]
) -> frozenset[str]:
    """The test sets whose boxes are not shown; a retired one is closed no more."""
    names = {s.name for frozen in versions for s in frozen.splits if s.sealed}
    retired = (retired_sets(frozen.policy) for frozen in versions)
    return frozenset(names.union(closed).difference(*retired))


class _Found:
    """The changes of a comparison, and the counts that follow from them."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.sealed: set[str] = set()
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
            if isinstance(change, SplitRetired):
                counts["retired"] += 1
            elif isinstance(change, SplitChanged):
                moved = "moved" if change.old else "assigned"
                counts[moved if change.new else "released"] += 1
                counts["test_moved"] += change.is_moved and change.touches_test
        return SplitCounts(**counts)


def _changes(
    old: FrozenVersion,
    new: FrozenVersion,
    sealed: Collection[str],
    progress: Progress,
) -> _Found:
    moves = _Moves(old, new)
    found = _Found()
    with DiffRows(old, new) as rows:
        for done, block in enumerate(differing_blocks(old, new), start=1):
            for sample_id, split, boxes, content in rows.removed(block):
                found.changes.append(
                    SampleRemoved(
                        sample_id=sample_id, split=split, boxes=boxes, content=content
                    )
                )
            for sample_id, split, boxes, content in rows.added(block):
                found.changes.append(
                    SampleAdded(
                        sample_id=sample_id, split=split, boxes=boxes, content=content
                    )
                )
            for sample_id, a, b in rows.pairs(block, "images"):
                found.changes.append(SizeChanged(sample_id=sample_id, old=a, new=b))
            for sample_id, a, b in rows.pairs(block, "splits"):
                found.changes += moves.changes(sample_id, a, b)
            _add_label_changes(found, rows, block, sealed)
            found.changed_samples += len(block.old)
            progress.step(done, BUCKETS // BLOCK, "blocks of samples")
    found.changes.sort(key=sort_key)
    return found


def _add_label_changes(
    found: _Found, rows: DiffRows, block: Block, sealed: Collection[str]
) -> None:
    for sample_id, a, b in rows.pairs(block, "labels", with_split=bool(sealed)):
        own, boxes = _box_changes(sample_id, a[1], b[1])
        if a[0] != b[0]:
            states = {"old": SampleState(a[0]), "new": SampleState(b[0])}
            own.append(StateChanged(sample_id=sample_id, **states))
        found.changes += own
        found.changed_boxes += boxes
        if sealed and (a[2] in sealed or b[2] in sealed):
            found.sealed.add(sample_id)


class _Moves:
    """Tells what it means that a sample is in another split or group."""

    def __init__(self, old: FrozenVersion, new: FrozenVersion) -> None:
        splits = (*old.splits, *new.splits)
        self._tests = {s.name for s in splits if s.kind is SplitKind.TEST}
        self._validation = {s.name for s in splits if s.kind is SplitKind.VAL}
        before, after = retired_sets(old.policy), retired_sets(new.policy)
        self._left = after - before
        self._back = before - after

    def changes(
        self, sample_id: str, old: Sequence[str], new: Sequence[str]
    ) -> Iterator[Change]:
        """The changes between (split, group) of the old and the new version."""
        if old[0] != new[0]:
            yield self._split_change(sample_id, old[0], new[0])
        if old[1] != new[1]:
            yield GroupChanged(sample_id=sample_id, old=old[1], new=new[1])

    def _split_change(self, sample_id: str, old: str, new: str) -> Change:
        is_retired = (old in self._left and new in self._validation) or (
            new in self._back and old in self._validation
        )
        if is_retired:
            return SplitRetired(sample_id=sample_id, old=old, new=new)
        touches = bool(old) and not self._tests.isdisjoint((old, new))
        return SplitChanged(sample_id=sample_id, old=old, new=new, touches_test=touches)


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
