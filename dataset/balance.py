"""Balance: what each class has, what it should have, and what to capture next.

Targets count boxes and groups of a class, and its boxes under a condition. They come
from `fieldset.toml`; where none are set only the ratio between the most and the least
frequent class is judged. Ratio: boxes of the most frequent class over boxes of the
least frequent one (the imbalance ratio of the literature, for example Johnson and
Khoshgoftaar, 2019); classes that are retired do not count.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from .groups import GroupFacts
from .records import LabelClass
from .settings import BalanceSettings, Target

RATIO_LIMIT: Final = 10.0
_MENDING: Final = ("undersample", "repeat", "augment")
_NONE: Final = Target()
_SPOKEN: Final = {
    ("light", "night"): "at night",
    ("light", "day"): "by day",
    ("light", "dusk"): "at dusk",
    ("light", "dawn"): "at dawn",
    ("weather", "rain"): "in rain",
    ("weather", "snow"): "in snow",
    ("weather", "fog"): "in fog",
    ("weather", "sun"): "in sunshine",
}


class BalanceVerdict(StrEnum):
    """What the balance policy says of a version that would be frozen now."""

    BALANCED = "balanced"
    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassBalance:
    """What one class has and lacks.

    `target` and `shortfall` are boxes; `group_target` and `group_shortfall` groups. A
    target of 0 is none. `conditions` holds (condition, boxes, target, shortfall) for
    those that have a target, the condition as `key=value`; `group_conditions` the same
    in groups.
    """

    id: int
    name: str
    boxes: int
    groups: int
    target: int
    shortfall: int
    group_target: int
    group_shortfall: int
    conditions: tuple[tuple[str, int, int, int], ...] = ()
    group_conditions: tuple[tuple[str, int, int, int], ...] = ()

    @property
    def is_full(self) -> bool:
        """Whether the class has targets and meets them all."""
        under = (*self.conditions, *self.group_conditions)
        wanted = self.target or self.group_target or under
        lacks = self.shortfall or self.group_shortfall or any(c[3] for c in under)
        return bool(wanted) and not lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The state of all classes, the verdict, why, and what to capture next.

    `ratio` is None where a class has no box. `reasons` and `next` are in words, the
    most pressing first.
    """

    classes: tuple[ClassBalance, ...]
    ratio: float | None
    verdict: BalanceVerdict
    reasons: tuple[str, ...]
    next: tuple[str, ...]

    @property
    def full(self) -> tuple[str, ...]:
        """The names of the classes that have targets and meet them all."""
        return tuple(row.name for row in self.classes if row.is_full)

    def to_json(self) -> dict[str, Any]:
        """The keys `ratio`, `verdict`, `reasons` and `full` of `status --json`."""
        return {
            "full": list(self.full),
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "verdict": self.verdict.value,
            "reasons": list(self.reasons),
        }


def judge(
    settings: BalanceSettings,
    classes: Sequence[LabelClass],
    groups: Iterable[GroupFacts],
    *,
    ratio_limit: float = RATIO_LIMIT,
) -> Balance:
    """The balance of `groups` against the policy and targets of a project.

    Args:
        settings: the policy, and targets by class name.
        classes: the taxonomy; retired classes are left out.
        groups: those that count, all of them or those of train; best by session, for
            then the boxes of a group stand under the conditions they were taken in.
        ratio_limit: the ratio above which classes are called unequal.
    """
    tally = _Tally(groups)
    targets = dict(settings.targets)
    rows = tuple(
        tally.row(item, targets.get(item.name, _NONE))
        for item in sorted(classes, key=lambda item: item.id)
        if not item.retired
    )
    ratio = _ratio(rows)
    short = _shortfalls(rows)
    reasons = [one.reason for one in short]
    unknown = sorted(set(targets) - {row.name for row in rows})
    reasons += [f"a target names a class that is not there: {name}" for name in unknown]
    if not settings.targets:
        reasons += _unequal(rows, ratio, ratio_limit)
    return Balance(
        classes=rows,
        ratio=ratio,
        verdict=_verdict(settings, bool(reasons)),
        reasons=tuple(reasons),
        next=tuple(one.next for one in short) or _next_without_targets(rows),
    )


def speak(condition: str) -> str:
    """A condition in words: `light=night` is "at night", `lens=dirty` "with ..."."""
    key, _, value = condition.partition("=")
    return _SPOKEN.get((key, value), f"with {condition}")


class _Tally:
    """Boxes and groups by class, and boxes by class and condition."""

    def __init__(self, groups: Iterable[GroupFacts]) -> None:
        self._boxes: Counter[int] = Counter()
        self._groups: dict[int, set[str]] = defaultdict(set)
        self._under: Counter[tuple[int, str]] = Counter()
        self._groups_under: dict[tuple[int, str], set[str]] = defaultdict(set)
        for group in groups:
            conditions = {f"{key}={value}" for key, value in group.conditions}
            for class_id, count in group.boxes:
                self._boxes[class_id] += count
                if count:
                    self._groups[class_id].add(group.id)
                for condition in conditions:
                    self._under[class_id, condition] += count
                    if count:
                        self._groups_under[class_id, condition].add(group.id)

    def row(self, item: LabelClass, target: Target) -> ClassBalance:
        boxes, groups = self._boxes[item.id], len(self._groups[item.id])
        return ClassBalance(
            id=item.id,
            name=item.name,
            boxes=boxes,
            groups=groups,
            target=target.boxes,
            shortfall=max(0, target.boxes - boxes),
            group_target=target.groups,
            group_shortfall=max(0, target.groups - groups),
            conditions=tuple(
                (condition, have, wanted, max(0, wanted - have))
                for condition, wanted in target.conditions
                for have in (self._under[item.id, condition],)
            ),
            group_conditions=tuple(
                (condition, have, wanted, max(0, wanted - have))
                for condition, wanted in target.group_conditions
                for have in (len(self._groups_under[item.id, condition]),)
            ),
        )


def _shortfalls(rows: Sequence[ClassBalance]) -> list[_Shortfall]:
    """Every shortfall; the one with the largest part missing first."""
    found: list[_Shortfall] = []
    for row in rows:
        for conditions, are_sessions in (
            (row.conditions, False),
            (row.group_conditions, True),
        ):
            found += [
                _Shortfall(
                    name=f"{row.name}, {speak(condition)}",
                    have=have,
                    wanted=wanted,
                    counts_sessions=are_sessions,
                )
                for condition, have, wanted, lack in conditions
                if lack
            ]
        if row.shortfall:
            found.append(_Shortfall(name=row.name, have=row.boxes, wanted=row.target))
        if row.group_shortfall:
            found.append(
                _Shortfall(
                    name=row.name,
                    have=row.groups,
                    wanted=row.group_target,
                    counts_sessions=True,
                )
            )
    return sorted(found, key=lambda one: (-one.urgency, one.next))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shortfall:
    """A target that is missed, in boxes or in sessions; and how it is told."""

    name: str
    have: int
    wanted: int
    counts_sessions: bool = False

    @property
    def urgency(self) -> float:
        """The part of the target that is missing."""
        return (self.wanted - self.have) / self.wanted

    @property
    def reason(self) -> str:
        """What there is of it."""
        unit = "sessions" if self.counts_sessions else "boxes"
        return f"{self.name}: {self.have} of {self.wanted} {unit}"

    @property
    def next(self) -> str:
        """What to capture."""
        lack = self.wanted - self.have
        if not self.counts_sessions:
            return f"{self.name}: {lack} more"
        return f"{self.name}: {lack} more session" + ("" if lack == 1 else "s")


def _unequal(
    rows: Sequence[ClassBalance], ratio: float | None, limit: float
) -> list[str]:
    missing = [row.name for row in rows if not row.boxes]
    if missing:
        return [f"{name} has no box yet" for name in missing]
    if ratio is None or ratio <= limit:
        return []
    most = max(rows, key=lambda row: (row.boxes, -row.id))
    least = min(rows, key=lambda row: (row.boxes, row.id))
    return [
        f"{most.name} has {ratio:.1f} times as many boxes as {least.name}, "
        f"the limit is {limit:g}"
    ]


def rare(rows: Sequence[ClassBalance]) -> tuple[tuple[ClassBalance, int], ...]:
    """The classes below half of the median and the median, the rarest first."""
    if len(rows) < 2:
        return ()
    counts = sorted(row.boxes for row in rows)
    median = counts[len(counts) // 2]
    found = [row for row in rows if row.boxes * 2 < median]
    return tuple(
        (row, median) for row in sorted(found, key=lambda row: (row.boxes, row.id))
    )


def _next_without_targets(rows: Sequence[ClassBalance]) -> tuple[str, ...]:
    return tuple(f"{row.name}: {most - row.boxes} more" for row, most in rare(rows))


def _ratio(rows: Sequence[ClassBalance]) -> float | None:
    counts = [row.boxes for row in rows]
    if not counts or min(counts) == 0:
        return None
    return max(counts) / min(counts)


def _verdict(settings: BalanceSettings, has_reasons: bool) -> BalanceVerdict:
    if not has_reasons:
        return BalanceVerdict.BALANCED
    if settings.effective_policy == "refuse":
        return BalanceVerdict.REFUSE
    return BalanceVerdict.WARN
