"""The split: which group goes where, decided once and never taken back.

The unit is the group, the memory is an append-only ledger. Only groups without a row
are assigned: first those that a test set's rule takes whole, then the others, in an
order that HMAC-SHA-256 with the project's salt gives, each to the split where it mends
most of the shortfall over size, classes and conditions.

The choice is greedy descent on the chi-square-like distance
    F = sum_d w_d sum_s share_sd * (have_sd / (share_sd * total_d) - 1)^2
over splits s and dimensions d, as iterative stratification does with its "desired
number of examples" (Sechidis, Tsoumakas, Vlahavas, 2011), which knows neither groups
nor a past. It differs in that a class is never left to luck: as soon as the groups
left are as few as the splits that still lack a class, they go to those splits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from .groups import GroupFacts, GroupLink
from .records import LedgerAction, LedgerRow, Split, SplitKind
from .split_rule import Answer, SplitRule, keyed_order, parse_rule

_URGENT: Final = 1_000.0
_KIND_ORDER: Final = {SplitKind.TRAIN: 0, SplitKind.VAL: 1, SplitKind.TEST: 2}
_SIZE: Final = ("size", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What to write into the ledger for one group; `reason` is a sentence's part."""

    group_id: str
    split: str
    action: LedgerAction
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitTargets:
    """How much size, classes and conditions weigh, and shares that differ.

    `class_shares` and `condition_shares` override a split's own share for one class
    id, or one (key, value). `class_names` is what reasons call the classes.
    """

    size: float = 1.0
    classes: float = 2.0
    conditions: float = 0.5
    class_shares: Mapping[tuple[str, int], float] = field(default_factory=dict)
    condition_shares: Mapping[tuple[str, str, str], float] = field(default_factory=dict)
    class_names: Mapping[int, str] = field(default_factory=dict)


def current_split(ledger: Iterable[LedgerRow]) -> dict[str, str]:
    """The split that each group of the ledger is in; "" for one that is in none.

    Rows count in their order. A group that has a split keeps it whatever a later
    ASSIGNED row says; QUARANTINED takes it out for good; after WITHDRAWN a new
    ASSIGNED row counts again (a test set that was retired into val).
    """
    current: dict[str, str] = {}
    closed: set[str] = set()
    for row in ledger:
        if row.action is LedgerAction.ASSIGNED:
            if row.group_id not in closed and not current.get(row.group_id):
                current[row.group_id] = row.split
        else:
            current[row.group_id] = ""
            if row.action is LedgerAction.QUARANTINED:
                closed.add(row.group_id)
    return current


def assign(
    groups: Sequence[GroupFacts],
    splits: Sequence[Split],
    ledger: Iterable[LedgerRow],
    *,
    salt: bytes,
    targets: SplitTargets | None = None,
) -> tuple[Assignment, ...]:
    """What to add to the ledger for the groups it does not know yet.

    The same groups, splits, ledger and salt give the same answer whatever their
    order, except that of `splits`: where two rules take a group, the first has it.
    Nothing that has a row gets another one.

    Args:
        groups: all groups, the assigned ones too: shares are shares of everything.
        splits: train, val and the test sets.
        ledger: all rows so far, oldest first.
        salt: the project's secret, so that nobody can steer a group into a test.
        targets: weights and differing shares; by default `SplitTargets()`.

    Raises:
        UsageError: a split has a rule that does not exist.
    """
    current = current_split(ledger)
    rules = [(split, parse_rule(split.rule)) for split in splits]
    fresh = sorted(
        (group for group in groups if group.id not in current),
        key=lambda group: (keyed_order(salt, group.id), group.id),
    )
    found: list[Assignment] = []
    open_groups: list[GroupFacts] = []
    for group in fresh:
        ruled = _ruled(group, rules, salt)
        if ruled is None:
            open_groups.append(group)
        else:
            found.append(ruled)
    pool = [split for split, rule in rules if rule.is_shortfall]
    if pool and open_groups:
        names = {split.name for split in pool}
        held = [group for group in groups if current.get(group.id) in names]
        shortfall = _Shortfall(pool, targets or SplitTargets(), held + open_groups)
        for group in held:
            shortfall.note(group, current[group.id])
        shortfall.expect(open_groups)
        found += [shortfall.place(group) for group in open_groups]
    return tuple(found)


def quarantine(
    links: Iterable[GroupLink], splits: Sequence[Split], ledger: Iterable[LedgerRow]
) -> tuple[Assignment, ...]:
    """Takes the train side of links between splits out, for good.

    Of two linked groups in different splits the one nearer to training leaves: train
    before val, val before a test. Nothing leaves a test set; two test sets may share
    a link. Groups without a split are `groups.join_groups`' matter.
    """
    current = current_split(ledger)
    rank = {split.name: _KIND_ORDER[split.kind] for split in splits}
    found: dict[str, Assignment] = {}
    for link in sorted(set(links)):
        sides = [
            (rank[current[group_id]], group_id)
            for group_id in (link.first, link.second)
            if current.get(group_id) in rank
        ]
        if len(sides) < 2 or sides[0][0] == sides[1][0]:
            continue
        (_, loser), (_, keeper) = sorted(sides)
        found.setdefault(
            loser,
            Assignment(
                group_id=loser,
                split=current[loser],
                action=LedgerAction.QUARANTINED,
                reason=f"{link.reason} as in {current[keeper]} ({keeper})",
            ),
        )
    return tuple(found[group_id] for group_id in sorted(found))


def _ruled(
    group: GroupFacts, rules: Sequence[tuple[Split, SplitRule]], salt: bytes
) -> Assignment | None:
    """What the rules of the test sets make of a group; None if they leave it."""
    embargo: Assignment | None = None
    for split, rule in rules:
        answer = rule.answer(group, split.name, salt)
        if answer is Answer.TAKES:
            return Assignment(
                group_id=group.id,
                split=split.name,
                action=LedgerAction.ASSIGNED,
                reason=f"rule {split.rule}",
            )
        if answer is Answer.EMBARGO and embargo is None:
            embargo = Assignment(
                group_id=group.id,
                split="",
                action=LedgerAction.QUARANTINED,
                reason=f"inside the embargo of {split.name}, {split.rule}",
            )
    return embargo


class _Shortfall:
    """What each split has and lacks, over size, classes and conditions.

    Groups in test sets that a rule fills, or in none, do not count: the shares are
    shares of what is left. Dimensions are numbered. Lists rather than arrays: a
    group touches a handful of dimensions, where Python is faster than numpy.
    """

    def __init__(
        self,
        splits: Sequence[Split],
        targets: SplitTargets,
        groups: Sequence[GroupFacts],
    ) -> None:
        self._splits = sorted(
            splits, key=lambda s: (_KIND_ORDER[s.kind], -s.share, s.name)
        )
        self._targets = targets
        self._names, self._vectors = _number(groups)
        count = len(self._names)
        self._weights = self._weigh()
        self._shares = self._share_out()
        self._have = [[0.0] * count for _ in self._splits]
        self._left = [0] * count
        self._lacking = [
            sum(1 for shares in self._shares if shares[at] > 0) for at in range(count)
        ]

    def note(self, group: GroupFacts, split: str) -> None:
        """Count a group that the ledger put into a split."""
        for place, candidate in enumerate(self._splits):
            if candidate.name == split:
                self._add(place, self._vectors[group.id])

    def expect(self, groups: Sequence[GroupFacts]) -> None:
        """Count the groups that are still to be placed."""
        for group in groups:
            for at, _ in self._vectors[group.id]:
                self._left[at] += 1

    def place(self, group: GroupFacts) -> Assignment:
        """Give a group to the split where it mends most."""
        vector = self._vectors[group.id]
        urgent = [at for at, _ in vector if self._left[at] <= self._lacking[at]]
        scores = [
            self._gain(place, vector) + self._urgency(place, urgent)
            for place in range(len(self._splits))
        ]
        best = max(range(len(scores)), key=lambda place: (scores[place], -place))
        reason = self._reason(best, vector, urgent)
        self._add(best, vector)
        for at, _ in vector:
            self._left[at] -= 1
        return Assignment(
            group_id=group.id,
            split=self._splits[best].name,
            action=LedgerAction.ASSIGNED,
            reason=reason,
        )

    def _gain(self, place: int, vector: Sequence[tuple[int, float]]) -> float:
        """How far F falls, halved, when `place` takes the group."""
        shares, have = self._shares[place], self._have[place]
        gain = 0.0
        for at, part in vector:
            share = shares[at]
            if share > 0:
                lack = 1.0 - (have[at] + 0.5 * part) / share
                gain += self._weights[at] * part * lack
            else:
                gain -= self._weights[at] * part * _URGENT
        return gain

    def _urgency(self, place: int, urgent: Sequence[int]) -> float:
        have, shares = self._have[place], self._shares[place]
        return sum(
            _URGENT * self._weights[at]
            for at in urgent
            if have[at] == 0 and shares[at] > 0
        )

    def _reason(
        self, place: int, vector: Sequence[tuple[int, float]], urgent: Sequence[int]
    ) -> str:
        have, shares = self._have[place], self._shares[place]
        for at in urgent:
            if have[at] == 0 and shares[at] > 0:
                return f"the first with {self._words(at)}"
        at = max(
            (at for at, _ in vector),
            key=lambda at: (
                self._weights[at] * (1 - _ratio(have[at], shares[at])),
                -at,
            ),
        )
        percent = 100 * _ratio(have[at], shares[at])
        return f"{self._words(at)} at {percent:.0f} % of its share"

    def _add(self, place: int, vector: Sequence[tuple[int, float]]) -> None:
        have, shares = self._have[place], self._shares[place]
        for at, part in vector:
            if have[at] == 0 and part > 0 and shares[at] > 0:
                self._lacking[at] -= 1
            have[at] += part

    def _weigh(self) -> list[float]:
        """The weight of each dimension; the classes share theirs, as conditions do."""
        count = Counter(kind for kind, _ in self._names)
        of = {
            "size": self._targets.size,
            "class": self._targets.classes,
            "condition": self._targets.conditions,
        }
        return [of[kind] / count[kind] for kind, _ in self._names]

    def _share_out(self) -> list[list[float]]:
        """The share of each split in each dimension; those of a dimension sum to 1."""
        table = [
            [self._share(split, name) for name in self._names] for split in self._splits
        ]
        for at in range(len(self._names)):
            total = sum(row[at] for row in table)
            for place, row in enumerate(table):
                row[at] = row[at] / total if total else float(place == 0)
        return table

    def _words(self, at: int) -> str:
        kind, what = self._names[at]
        if kind == "class" and isinstance(what, int):
            return self._targets.class_names.get(what, f"class {what}")
        if kind == "condition" and isinstance(what, tuple):
            return f"{what[0]}={what[1]}"
        return "samples"

    def _share(self, split: Split, name: tuple[str, object]) -> float:
        kind, what = name
        if kind == "class" and isinstance(what, int):
            return self._targets.class_shares.get((split.name, what), split.share)
        if kind == "condition" and isinstance(what, tuple):
            key = (split.name, what[0], what[1])
            return self._targets.condition_shares.get(key, split.share)
        return split.share


def _number(
    groups: Sequence[GroupFacts],
) -> tuple[list[tuple[str, object]], dict[str, list[tuple[int, float]]]]:
    """The dimensions, and by group id which part of each one's total it holds."""
    index: dict[tuple[str, object], int] = {}
    totals: list[float] = []
    amounts: dict[str, list[tuple[int, float]]] = {}
    for group in groups:
        own = amounts[group.id] = []
        for key, amount in _dimensions(group):
            at = index.setdefault(key, len(totals))
            if at == len(totals):
                totals.append(0.0)
            totals[at] += amount
            own.append((at, amount))
    vectors = {
        group_id: [(at, amount / totals[at]) for at, amount in own]
        for group_id, own in amounts.items()
    }
    return list(index), vectors


def _dimensions(group: GroupFacts) -> list[tuple[tuple[str, object], float]]:
    """What a group counts for: samples, boxes by class, samples by condition."""
    samples = float(max(group.samples, 1))
    found: list[tuple[tuple[str, object], float]] = [(_SIZE, samples)]
    found += [(("class", c), float(n)) for c, n in sorted(group.boxes) if n > 0]
    found += [(("condition", pair), samples) for pair in sorted(set(group.conditions))]
    return found


def _ratio(have: float, share: float) -> float:
    return have / share if share > 0 else 1.0
