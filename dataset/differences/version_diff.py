"""What a comparison of two versions comes to: counts, changes and their JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..records import Version
from ..versions.semver_step import Step
from ..versions.version_balance import VersionBalance
from .changes import LABEL_CHANGES, Change, ClassChange, SampleAdded
from .three_way import ThreeWay


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCounts:
    """Samples of both versions: unchanged + changed + removed = those of the old."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxCounts:
    """Boxes of both versions, those of added and removed samples counted in.

    A box that was both relabelled and moved counts in both; `unchanged` are those
    that were neither.
    """

    added: int = 0
    removed: int = 0
    relabelled: int = 0
    moved: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitCounts:
    """Samples by what became of their split.

    `moved` from one to another, `test_moved` those of them that a test set is part
    of, `retired` between a test set and validation by a retirement on record (not
    among `moved`), `assigned` from none, `released` into none (quarantined or
    withdrawn).
    """

    moved: int = 0
    test_moved: int = 0
    retired: int = 0
    assigned: int = 0
    released: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassDelta:
    """Boxes of one class in the old and new version; by split as (old, new)."""

    class_id: int
    name: str
    old: int
    new: int
    splits: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionDiff:
    """What it takes to come from `old` to `new`; changes by sample, kind and box.

    `balance` is that of the old and of the new version. `sealed` are the ids of
    changed samples that a sealed test set holds: what changed of their boxes is
    counted, and not shown.
    """

    old: Version
    new: Version
    samples: SampleCounts
    boxes: BoxCounts
    splits: SplitCounts
    classes: tuple[ClassDelta, ...]
    taxonomy: tuple[ClassChange, ...]
    balance: tuple[VersionBalance, VersionBalance]
    changes: tuple[Change, ...] = field(repr=False)
    three_way: ThreeWay | None = None
    sealed: frozenset[str] = frozenset()

    @property
    def shown(self) -> tuple[Change, ...]:
        """The changes without those of boxes of sealed test sets."""
        if not self.sealed:
            return self.changes
        return tuple(change for change in self.changes if not self._is_closed(change))

    @property
    def is_empty(self) -> bool:
        """Whether both hold the same content under the same classes."""
        return not self.changes and not self.taxonomy

    @property
    def semver_step(self) -> Step:
        """What the step from old to new is as Croissant 1.1 defines versions."""
        if self.old.id == self.new.id:
            return Step.NONE
        if self.is_empty:
            return Step.PATCH
        only_added = all(isinstance(change, SampleAdded) for change in self.changes)
        only_new = all(change.kind == "added" for change in self.taxonomy)
        return Step.MINOR if only_added and only_new else Step.MAJOR

    def to_json(self, *, with_changes: bool = False) -> dict[str, Any]:
        """The keys that `diff --json` promises.

        `drift` and the numbers of `semver` are filled in by the caller; what stands in
        `changes` is written down in `dataset.differences.changes`.
        """
        content: dict[str, Any] = {
            "old": {"id": self.old.id, "alias": self.old.alias},
            "new": {"id": self.new.id, "alias": self.new.alias},
            "samples": _fields(self.samples),
            "boxes": _fields(self.boxes),
            "splits": _fields(self.splits),
            "classes": {
                str(delta.class_id): {
                    "name": delta.name,
                    "old": delta.old,
                    "new": delta.new,
                    "splits": {n: {"old": a, "new": b} for n, a, b in delta.splits},
                }
                for delta in self.classes
            },
            "taxonomy": {
                kind: [c.to_json() for c in self.taxonomy if c.kind == kind]
                for kind in ("added", "removed", "renamed", "retired", "restored")
            },
            "drift": {},
            "balance": {
                side: balance.to_json()
                for side, balance in zip(("old", "new"), self.balance, strict=True)
            },
            "semver": {"old": None, "new": None, "step": self.semver_step.value},
        }
        if with_changes:
            shown = self.shown
            content["changes"] = [change.to_json() for change in shown]
            content["sealed_changes"] = len(self.changes) - len(shown)
        if self.three_way is not None:
            content["three_way"] = self.three_way.to_json(hidden=self.sealed)
        return content

    def _is_closed(self, change: Change) -> bool:
        return isinstance(change, LABEL_CHANGES) and change.sample_id in self.sealed


def _fields(counts: object) -> Mapping[str, int]:
    return {name: getattr(counts, name) for name in type(counts).__slots__}  # type: ignore[attr-defined]
