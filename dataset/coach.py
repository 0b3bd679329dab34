"""The coach: what to capture next, from what classes, conditions and splits lack.

Pure: values in, sentences out. A need is a class, under a condition or for a split or
neither, and how much of it is missing; the one with the largest part missing comes
first. Splits count sessions of their own: a class that train has plenty of may still be
missing from a test set, and only another session can bring it there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .balance import ClassBalance, rare, speak
from .catalog import ClassSplitCount
from .policies.recipes import is_stress
from .records import Split
from .splitting.split_rule import parse_rule
from .splitting.split_targets import SplitTargets

Condition = tuple[str, str]
_SHOWN: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What is missing of one class; equal when every field is.

    `condition` is `key=value` or "", `split` a name or "". `lack` counts boxes, or
    sessions where `counts_sessions`.
    """

    class_id: int
    name: str
    have: int
    wanted: int
    condition: str = ""
    split: str = ""
    counts_sessions: bool = False

    @property
    def lack(self) -> int:
        """How much is missing, above 0."""
        return self.wanted - self.have

    @property
    def urgency(self) -> float:
        """The part of the target that is missing, above 0 and at most 1."""
        return self.lack / self.wanted

    @property
    def sentence(self) -> str:
        """What to capture: `12 more of banana at night`."""
        amount = f"{self.lack} more"
        if self.counts_sessions:
            amount += " session" if self.lack == 1 else " sessions"
        under = f" {speak(self.condition)}" if self.condition else ""
        where = f" in another session, for {self.split}" if self.split else ""
        return f"{amount} of {self.name}{under}{where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Full:
    """A class that has all it should have; `condition` is "" for all of it."""

    class_id: int
    name: str
    condition: str = ""

    @property
    def sentence(self) -> str:
        """`apple by day is full`."""
        under = f" {speak(self.condition)}" if self.condition else ""
        return f"{self.name}{under} is full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What is needed, the most pressing first, and what is full."""

    needs: tuple[Need, ...] = ()
    full: tuple[Full, ...] = ()

    @property
    def line(self) -> str:
        """One line: the first need and what is full; "" where no target is set."""
        return self.line_under(())

    @property
    def lines(self) -> tuple[str, ...]:
        """The line, then a sentence for each further need."""
        rest = (need.sentence for need in self.needs[1:_SHOWN])
        return (self.line, *rest) if self.line else ()

    def line_under(self, conditions: Collection[Condition]) -> str:
        """The line for a session under these conditions.

        What can be captured there comes first: nobody finds a banana by day at night.
        """
        within = [need for need in self.needs if _fits(need.condition, conditions)]
        need = next(iter(within or self.needs), None)
        full = self._shown_full(conditions)
        if need is None:
            return "every target is met" if self.full else ""
        return need.sentence if full is None else f"{need.sentence}; {full.sentence}"

    def warning(self, class_id: int, conditions: Collection[Condition]) -> str:
        """Why no more of a class is wanted under these conditions; "" where it is."""
        if any(
            need.class_id == class_id
            and need.condition
            and _is_under(need.condition, conditions)
            for need in self.needs
        ):
            return ""
        own = [one for one in self.full if one.class_id == class_id]
        under = [c for c in own if c.condition and _is_under(c.condition, conditions)]
        whole = [c for c in own if not c.condition]
        found = next(iter((*under, *whole)), None)
        return "" if found is None else found.sentence

    def _shown_full(self, conditions: Collection[Condition]) -> Full | None:
        """The full one that matters most here: under these conditions, if any is."""
        under = [c for c in self.full if _is_under(c.condition, conditions)]
        partly = [c for c in self.full if c.condition]
        return next(iter((*under, *partly, *self.full)), None)


def advise(
    classes: Sequence[ClassBalance],
    splits: Sequence[Split] = (),
    table: Sequence[ClassSplitCount] = (),
    targets: SplitTargets | None = None,
) -> Advice:
    """The advice of a project's state.

    Args:
        classes: each class with its targets, as `balance.judge` gives them.
        splits: all splits; those that are sealed or filled by hand ask for nothing.
        table: boxes by class and split; split "" is what no split holds yet.
        targets: the shares of classes in the splits; None leaves splits out.
    """
    needs = [need for row in classes for need in _needs_of(row)]
    if targets is not None:
        needs += _split_needs(classes, splits, table, targets)
    if not any(_has_target(row) for row in classes):
        needs = [
            Need(class_id=row.id, name=row.name, have=row.boxes, wanted=wanted)
            for row, wanted in rare(classes)
        ]
    needs.sort(key=lambda need: (-need.urgency, bool(need.split), need.sentence))
    full = tuple(one for row in classes for one in _full_of(row))
    return Advice(needs=tuple(needs), full=full)


def _needs_of(row: ClassBalance) -> Iterator[Need]:
    for entries, are_sessions in (
        ((("", row.boxes, row.target, row.shortfall), *row.conditions), False),
        (
            (
                ("", row.groups, row.group_target, row.group_shortfall),
                *row.group_conditions,
            ),
            True,
        ),
    ):
        for condition, have, wanted, lack in entries:
            if lack:
                yield Need(
                    class_id=row.id,
                    name=row.name,
                    have=have,
                    wanted=wanted,
                    condition=condition,
                    counts_sessions=are_sessions,
                )


def _split_needs(
    classes: Sequence[ClassBalance],
    splits: Sequence[Split],
    table: Sequence[ClassSplitCount],
    targets: SplitTargets,
) -> list[Need]:
    """What open splits lack of a class, beyond what waits to be split."""
    if not any(row.split for row in table):
        # Nothing was split yet, so no split can miss anything.
        return []
    have = {(row.class_id, row.split): row.boxes for row in table}
    taking = [split for split in splits if _takes(split)]
    found = []
    for row in classes:
        shares = targets.shares(taking, ("class", row.id))
        waiting = have.get((row.id, ""), 0)
        for split, share in zip(taking, shares, strict=True):
            wanted = int(row.target * share)
            there = have.get((row.id, split.name), 0)
            if there + waiting < wanted:
                found.append(
                    Need(
                        class_id=row.id,
                        name=row.name,
                        have=there,
                        wanted=wanted,
                        split=split.name,
                    )
                )
    return found


def _takes(split: Split) -> bool:
    """Whether new groups may come into a split by their shares."""
    is_open = not split.sealed and not is_stress(split.rule)
    return is_open and parse_rule(split.rule).is_shortfall


def _full_of(row: ClassBalance) -> Iterator[Full]:
    under: Mapping[str, bool] = {
        condition: all(
            not other[3]
            for other in (*row.conditions, *row.group_conditions)
            if other[0] == condition
        )
        for condition, *_ in (*row.conditions, *row.group_conditions)
    }
    for condition, is_met in under.items():
        if is_met:
            yield Full(class_id=row.id, name=row.name, condition=condition)
    if row.is_full:
        yield Full(class_id=row.id, name=row.name)


def _has_target(row: ClassBalance) -> bool:
    under = (*row.conditions, *row.group_conditions)
    return bool(row.target or row.group_target or under)


def _is_under(condition: str, conditions: Collection[Condition]) -> bool:
    key, _, value = condition.partition("=")
    return (key, value) in conditions


def _fits(condition: str, conditions: Collection[Condition]) -> bool:
    """Whether a session may bring it: no condition of its own says otherwise."""
    key, _, value = condition.partition("=")
    return all(value == own for name, own in conditions if name == key)
