"""A three-way comparison: which side changed what since a common base."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from ..records import SampleState
from .changes import LABEL_CHANGES, Change, SampleRemoved, StateChanged, sort_key

Subject = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Something of one sample that both sides changed, each in its own way."""

    sample_id: str
    subject: str
    old: tuple[Change, ...]
    new: tuple[Change, ...]

    @property
    def about(self) -> str:
        """What is in conflict, for a person: the sample, its split, a box."""
        if not self.subject:
            return "the sample"
        is_box = not self.subject.startswith("#")
        return f"box {self.subject[:8]}" if is_box else self.subject[1:]

    def to_json(self) -> dict[str, Any]:
        """The conflict as `diff --base --json` prints it."""
        return {
            "sample": self.sample_id,
            "subject": self.subject,
            "old": [change.to_json() for change in self.old],
            "new": [change.to_json() for change in self.new],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreeWay:
    """Changes since the base: of the old side alone, the new alone, both alike.

    `conflicts` hold what both changed differently; those changes are in none of the
    other three.
    """

    only_old: tuple[Change, ...]
    only_new: tuple[Change, ...]
    both: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]

    def to_json(self, *, hidden: Collection[str] = ()) -> dict[str, Any]:
        """Counts, and each conflict but those of the samples that are `hidden`."""
        shown = [one for one in self.conflicts if one.sample_id not in hidden]
        return {
            "only_old": len(self.only_old),
            "only_new": len(self.only_new),
            "both": len(self.both),
            "conflicts": [conflict.to_json() for conflict in shown],
            "sealed_conflicts": len(self.conflicts) - len(shown),
        }


def three_way(old: Sequence[Change], new: Sequence[Change]) -> ThreeWay:
    """Sorts the changes that two sides made since the same base."""
    left, right = _by_subject(old), _by_subject(new)
    _lift_removed(left, right)
    _lift_removed(right, left)
    _lift_emptied(left, right)
    _lift_emptied(right, left)
    only_old: list[Change] = []
    both: list[Change] = []
    conflicts: list[Conflict] = []
    for subject in sorted(left):
        mine, theirs = left[subject], right.get(subject, [])
        if not theirs:
            only_old += mine
        elif _outcomes(mine) == _outcomes(theirs):
            both += mine
        else:
            conflicts.append(
                Conflict(
                    sample_id=subject[0],
                    subject=subject[1],
                    old=tuple(sorted(mine, key=sort_key)),
                    new=tuple(sorted(theirs, key=sort_key)),
                )
            )
    only_new = [c for subject in right if subject not in left for c in right[subject]]
    return ThreeWay(
        only_old=tuple(sorted(only_old, key=sort_key)),
        only_new=tuple(sorted(only_new, key=sort_key)),
        both=tuple(sorted(both, key=sort_key)),
        conflicts=tuple(conflicts),
    )


def _by_subject(changes: Sequence[Change]) -> dict[Subject, list[Change]]:
    found: dict[Subject, list[Change]] = defaultdict(list)
    for change in changes:
        found[change.sample_id, change.subject].append(change)
    return dict(found)


def _lift_removed(
    removing: dict[Subject, list[Change]], editing: dict[Subject, list[Change]]
) -> None:
    """Edits of a sample that the other side removed become one subject with that."""
    removed = {
        subject[0]
        for subject, changes in removing.items()
        if isinstance(changes[0], SampleRemoved)
    }
    for subject in [s for s in editing if s[0] in removed and s[1]]:
        editing.setdefault((subject[0], ""), []).extend(editing.pop(subject))


def _lift_emptied(
    emptying: dict[Subject, list[Change]], editing: dict[Subject, list[Change]]
) -> None:
    """Boxes drawn where the other side said that nothing is there: one subject.

    Else both would be taken, and an empty sample would gain boxes silently.
    """
    emptied = {
        subject[0]
        for subject, changes in emptying.items()
        if any(isinstance(c, StateChanged) and not _has_boxes(c) for c in changes)
    }
    drawn = {
        subject[0]
        for subject, changes in editing.items()
        if subject[0] in emptied
        and any(isinstance(c, LABEL_CHANGES) and c.outcome is not None for c in changes)
        and _is_box(subject)
    }
    for side in (emptying, editing):
        for subject in [s for s in side if s[0] in drawn and _is_box(s)]:
            side.setdefault((subject[0], "#state"), []).extend(side.pop(subject))


def _has_boxes(change: StateChanged) -> bool:
    return change.new is SampleState.LABELED


def _is_box(subject: Subject) -> bool:
    return bool(subject[1]) and not subject[1].startswith("#")


def _outcomes(changes: Sequence[Change]) -> set[tuple[str, object]]:
    return {(change.kind, change.outcome) for change in changes}
