"""The changes between two versions as a tree: kind, sample, box.

Made once in a worker; what a line says is put into words when it is looked at, so that
a comparison of a million changes costs its list alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from dataset.differences.changes import (
    BoxAdded,
    BoxMoved,
    BoxRelabelled,
    BoxRemoved,
    Change,
    ClassChange,
    SampleAdded,
    SampleRemoved,
    SplitChanged,
)
from dataset.differences.version_diff import VersionDiff
from dataset.records import Box

from ..language import MINUS, NONE, TIMES, tr
from ..views.versions.versions_contract import ChangeNode

SHORT_ID = 10
TEST_MOVED, SPLIT_MOVED = "test_moved", "split_moved"
SPLIT_GIVEN, SPLIT_LEFT = "split_assigned", "split_released"
CLASSES, SEALED = "classes", "sealed"
ORDER = (
    TEST_MOVED,
    BoxMoved.kind,
    BoxRelabelled.kind,
    BoxAdded.kind,
    BoxRemoved.kind,
    SampleAdded.kind,
    SampleRemoved.kind,
    SPLIT_MOVED,
    SPLIT_GIVEN,
    SPLIT_LEFT,
)


class DiffTree:
    """The changes that may be shown of one comparison; see `ChangeTree`.

    `closed` are the names of sealed test sets: their samples have no picture.
    """

    def __init__(
        self,
        found: VersionDiff,
        names: Mapping[int, str],
        closed: Collection[str] = (),
    ) -> None:
        self.old, self.new = found.old.alias, found.new.alias
        self.closed = frozenset(closed)
        self._names = names
        self._kinds: dict[str, list[Change]] = {}
        for change in found.shown:
            self._kinds.setdefault(kind_of(change), []).append(change)
        self._starts = {
            kind: _sample_starts(changes)
            for kind, changes in self._kinds.items()
            if _box_of(changes[0]) is not None
        }
        self._taxonomy = found.taxonomy
        hidden = len(found.changes) - len(found.shown)
        self.roots = self._roots(hidden)

    def children(self, node: ChangeNode, start: int, stop: int) -> list[ChangeNode]:
        """Some of the lines below one, in their order."""
        level, kind, *place = node.key
        if level == "sample":
            first, last = self._span(str(kind), int(str(place[0])))
            changes = self._kinds[str(kind)][first:last][start:stop]
            return [
                self._box_node(str(kind), first + start + at, change)
                for at, change in enumerate(changes)
            ]
        if kind == CLASSES:
            return [_class_node(change) for change in self._taxonomy[start:stop]]
        return [
            self._sample_node(str(kind), at)
            for at in range(start, min(stop, node.children))
        ]

    def changes(self, node: ChangeNode) -> list[Change]:
        """The changes that a line stands for: of a sample, or one of a box."""
        level, kind, *place = node.key
        if level == "sample":
            first, last = self._span(str(kind), int(str(place[0])))
            return self._kinds[str(kind)][first:last]
        if level == "box":
            return [self._kinds[str(kind)][int(str(place[0]))]]
        return []

    def _roots(self, hidden: int) -> tuple[ChangeNode, ...]:
        titles = kind_titles()
        known = [kind for kind in ORDER if kind in self._kinds]
        others = sorted(set(self._kinds) - set(ORDER))
        found = [
            ChangeNode(
                key=("kind", kind),
                text=titles.get(kind, kind.replace("_", " ").capitalize()),
                count=len(self._kinds[kind]),
                tone="bad" if kind == TEST_MOVED else "text",
                children=len(self._starts.get(kind, self._kinds[kind])),
            )
            for kind in (*known, *others)
        ]
        if self._taxonomy:
            count = len(self._taxonomy)
            text = tr("Classes changed")
            node = ChangeNode(
                key=("kind", CLASSES), text=text, count=count, children=count
            )
            found.append(node)
        if hidden:
            text = tr("In sealed tests, not shown")
            found.append(
                ChangeNode(key=("kind", SEALED), text=text, count=hidden, tone="muted")
            )
        return tuple(found)

    def _span(self, kind: str, at: int) -> tuple[int, int]:
        """The first change of a sample, and the one after its last."""
        starts = self._starts.get(kind)
        if starts is None:
            return at, at + 1
        stop = starts[at + 1] if at + 1 < len(starts) else len(self._kinds[kind])
        return starts[at], stop

    def _sample_node(self, kind: str, at: int) -> ChangeNode:
        first, last = self._span(kind, at)
        change = self._kinds[kind][first]
        has_boxes = kind in self._starts
        closed = not self.closed.isdisjoint(_splits_of(change))
        return ChangeNode(
            key=("sample", kind, at),
            text=f"{change.sample_id[:SHORT_ID]}…",
            detail=_box_count(last - first) if has_boxes else self._words(change),
            tone="bad" if kind == TEST_MOVED else "text",
            children=last - first if has_boxes else 0,
            has_picture=not closed,
        )

    def _box_node(self, kind: str, at: int, change: Change) -> ChangeNode:
        box = _box_of(change)
        return ChangeNode(
            key=("box", kind, at),
            text=self._class_words(change, box),
            detail=self._words(change),
            has_picture=True,
        )

    def _class_words(self, change: Change, box: Box | None) -> str:
        if isinstance(change, BoxRelabelled):
            return f"{self._name(change.old)} → {self._name(change.new)}"
        return self._name(box)

    def _name(self, box: Box | None) -> str:
        if box is None:
            return NONE
        return self._names.get(box.class_id, f"{tr('class')} {box.class_id}")

    def _words(self, change: Change) -> str:
        """What of a change stands beside its name."""
        if isinstance(change, BoxMoved):
            return move_words(change)
        if isinstance(change, (SampleAdded, SampleRemoved)):
            split = change.split or tr("no split")
            return f"{split}, {_box_count(change.boxes)}"
        if isinstance(change, BoxRelabelled):
            return ""
        box = _box_of(change)
        if box is not None:
            return tr("{size} px").format(
                size=f"{box.width:.0f} {TIMES} {box.height:.0f}"
            )
        return _before_after(change)


def kind_of(change: Change) -> str:
    """Give the kind of a change as the tree tells them apart."""
    if not isinstance(change, SplitChanged):
        return change.kind
    if change.is_moved:
        return TEST_MOVED if change.touches_test else SPLIT_MOVED
    return SPLIT_GIVEN if change.new else SPLIT_LEFT


def kind_titles() -> dict[str, str]:
    """Give the titles of the kinds that are known."""
    return {
        TEST_MOVED: tr("Test members moved"),
        BoxMoved.kind: tr("Boxes moved"),
        BoxRelabelled.kind: tr("Boxes relabelled"),
        BoxAdded.kind: tr("Boxes added"),
        BoxRemoved.kind: tr("Boxes removed"),
        SampleAdded.kind: tr("Samples added"),
        SampleRemoved.kind: tr("Samples removed"),
        SPLIT_MOVED: tr("Moved to another split"),
        SPLIT_GIVEN: tr("Came into a split"),
        SPLIT_LEFT: tr("Left every split"),
        "state_changed": tr("Labeled or emptied"),
        "size_changed": tr("Sizes changed"),
        "group_changed": tr("Groups joined"),
        "box_reidentified": tr("Boxes with another id"),
        "box_retired": tr("Boxes of retired classes"),
        "sample_retired": tr("Samples retired"),
        "retired": tr("Retired"),
    }


def move_words(change: BoxMoved) -> str:
    """Say how far a box moved: overlap, and the way of its centre in pixels."""
    x, y = (_signed(value) for value in change.shift)
    return tr("IoU {iou}, shift {x}, {y} px").format(iou=f"{change.iou:.2f}", x=x, y=y)


def boxes_before_after(changes: list[Change]) -> tuple[list[Box], list[Box]]:
    """Give the boxes that changes speak of, as they were and as they are."""
    before: list[Box] = []
    after: list[Box] = []
    for change in changes:
        old, new = getattr(change, "old", None), getattr(change, "new", None)
        single = getattr(change, "box", None)
        if isinstance(change, BoxRemoved):
            old = single
        elif isinstance(single, Box):
            new = single
        before += [old] if isinstance(old, Box) else []
        after += [new] if isinstance(new, Box) else []
    return before, after


def _box_of(change: Change) -> Box | None:
    for name in ("new", "box", "old"):
        found: Any = getattr(change, name, None)
        if isinstance(found, Box):
            return found
    return None


def _splits_of(change: Change) -> tuple[str, ...]:
    if isinstance(change, SplitChanged):
        return change.old, change.new
    return (change.split,) if isinstance(change, (SampleAdded, SampleRemoved)) else ()


def _sample_starts(changes: list[Change]) -> list[int]:
    """Where each sample's changes begin; changes come sorted by sample."""
    starts: list[int] = []
    last = ""
    for at, change in enumerate(changes):
        if change.sample_id != last:
            starts.append(at)
            last = change.sample_id
    return starts


def _before_after(change: Change) -> str:
    old, new = getattr(change, "old", None), getattr(change, "new", None)
    if old is None and new is None:
        return ""
    return f"{_said(old)} → {_said(new)}"


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return f" {TIMES} ".join(str(part) for part in value)
    return str(value) or tr("no split")


def _box_count(count: int) -> str:
    if count == 1:
        return tr("1 box")
    return tr("{count} boxes").format(count=f"{count:,}")


def _signed(value: float) -> str:
    sign = MINUS if value < -0.05 else "+" if value > 0.05 else ""
    return f"{sign}{abs(value):.1f}"


def _class_node(change: ClassChange) -> ChangeNode:
    words = {
        "added": tr("added"),
        "removed": tr("removed"),
        "renamed": tr("renamed from {old}").format(old=change.old),
        "retired": tr("retired"),
        "restored": tr("restored"),
    }
    return ChangeNode(
        key=("class", change.kind, change.class_id),
        text=change.new or change.old,
        detail=words.get(change.kind, change.kind),
    )
