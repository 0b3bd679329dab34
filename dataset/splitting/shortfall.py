"""Which split lacks most of what a group has: the choice behind `split.assign`.

It descends on the chi-square-like distance
    F = sum_d w_d sum_s share_sd * (have_sd / (share_sd * total_d) - 1)^2
over splits s and dimensions d: size in samples, each class in boxes, each condition in
samples. Groups come in a given order, each goes where F falls most; then the last of
them are taken out and placed again until none wants to move. Iterative stratification
(Sechidis, Tsoumakas, Vlahavas, 2011) likewise follows a "desired number of examples",
and knows neither groups nor a past. It differs too in that a class is not left to luck:
as soon as the groups left are as few as the splits that lack a class, they go to those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ..groups import GroupFacts
from ..records import Split, SplitKind
from .split_targets import Name, SplitTargets

KIND_ORDER: Final = {SplitKind.TRAIN: 0, SplitKind.VAL: 1, SplitKind.TEST: 2}
_URGENT: Final = 1_000.0
# Of many groups the last ones suffice to level out what the others left.
_REFINED: Final = 4_000
_PASSES: Final = 6
_LEVELLED: Final = 20
_UNLIKE: Final = 150
# What rounding may leave of a share.
_HAIR: Final = 1e-9
_SIZE: Final = ("size", "")

# Dimension, amount, and weight times the amount's part of the total.
Entry = tuple[int, int, float]


class Shortfall:
    """What each split has and lacks; groups are placed by it, in a given order.

    Groups in test sets that a rule fills, or in none, do not belong here: the shares
    are shares of what is left. Lists rather than arrays: a group touches a handful of
    dimensions, where Python is faster than numpy. Amounts are whole numbers, so that
    taking a group out leaves no rounding behind.
    """

    def __init__(
        self,
        splits: Sequence[Split],
        targets: SplitTargets,
        groups: Sequence[GroupFacts],
    ) -> None:
        self._splits = sorted(
            splits, key=lambda s: (KIND_ORDER[s.kind], -s.share, s.name)
        )
        self._targets = targets
        self._names, totals, amounts = _number(groups)
        weights = self._weigh()
        self._vectors: dict[str, list[Entry]] = {
            group_id: [(at, n, weights[at] * n / totals[at]) for at, n in own]
            for group_id, own in amounts.items()
        }
        self._weights = weights
        self._wanted = self._share_out(totals)
        self._have = [[0] * len(totals) for _ in self._splits]
        self._members = [[0] * len(totals) for _ in self._splits]
        self._left = [0] * len(totals)
        self._largest = self._largest_groups(amounts.values())

    def note(self, group_id: str, split: str) -> None:
        """Count a group that the ledger put into a split."""
        for place, candidate in enumerate(self._splits):
            if candidate.name == split:
                self._put(place, self._vectors[group_id], 1)

    def fill(self, group_ids: Sequence[str]) -> list[tuple[str, str, str]]:
        """(group, split, reason) for groups, placed in that order."""
        for group_id in group_ids:
            for at, _, _ in self._vectors[group_id]:
                self._left[at] += 1
        places = {group_id: self._place_first(group_id) for group_id in group_ids}
        refined = group_ids[-_REFINED:]
        for _ in range(_PASSES):
            moved = [self._place_again(group_id, places) for group_id in refined]
            if not any(moved):
                break
        self._level(refined, places)
        return [
            (
                group_id,
                self._splits[places[group_id]].name,
                self._reason(group_id, place),
            )
            for group_id, place in places.items()
        ]

    def _place_first(self, group_id: str) -> int:
        vector = self._vectors[group_id]
        # A dimension is urgent when no group more is left than splits lack it.
        urgent = [
            at
            for at, _, _ in vector
            if self._left[at] <= len(self._splits)
            and self._left[at] <= self._lacking(at)
        ]
        best = self._best(vector, urgent)
        self._put(best, vector, 1)
        for at, _, _ in vector:
            self._left[at] -= 1
        return best

    def _place_again(self, group_id: str, places: dict[str, int]) -> bool:
        vector, before = self._vectors[group_id], places[group_id]
        self._put(before, vector, -1)
        best = self._best(vector, [at for at, _, _ in vector])
        self._put(best, vector, 1)
        places[group_id] = best
        return best != before

    def _level(self, group_ids: Sequence[str], places: dict[str, int]) -> None:
        """Trade groups while some class is off by more than its largest group.

        F weighs relative deviations against one another, and now and then leaves one
        class a little further off than the others needed. Of all moves of one group,
        and swaps of two, the one is done that lessens most what lies beyond, until
        none does. None takes the last of a class out of a split.
        """
        for _ in range(_LEVELLED):
            beyond = [self._beyond_all(place) for place in range(len(self._splits))]
            here = beyond.index(max(beyond))
            trades = self._trades(here, group_ids, places) if any(beyond) else []
            gain, mine, there, theirs = max(
                trades, key=lambda trade: trade[0], default=(0.0, "", 0, "")
            )
            if gain <= _HAIR:
                return
            for group_id, source, target in (
                (mine, here, there),
                (theirs, there, here),
            ):
                if group_id:
                    self._put(source, self._vectors[group_id], -1)
                    self._put(target, self._vectors[group_id], 1)
                    places[group_id] = target

    def _trades(
        self, here: int, group_ids: Sequence[str], places: Mapping[str, int]
    ) -> list[tuple[float, str, int, str]]:
        """(gain, group of here, other split, its group) of what could be traded.

        Either group may be "", for none. Of groups that hold the same only the first
        is looked at.
        """
        unlike: list[dict[tuple[Entry, ...], str]] = [{} for _ in self._splits]
        for group_id in group_ids:
            own = unlike[places[group_id]]
            if len(own) < _UNLIKE:
                own.setdefault(tuple(self._vectors[group_id]), group_id)
        return [
            (self._gain_of_trade(here, mine, there, theirs), mine, there, theirs)
            for there in range(len(self._splits))
            if there != here
            for mine in ("", *unlike[here].values())
            for theirs in ("", *unlike[there].values())
        ]

    def _gain_of_trade(self, here: int, mine: str, there: int, theirs: str) -> float:
        """How much less lies beyond the largest groups; 0 for what must not be."""
        change: dict[int, int] = {}
        for group_id, place, sign in ((mine, here, -1), (theirs, there, 1)):
            for at, amount, _ in self._vectors.get(group_id, ()):
                if self._members[place][at] < 2 or not self._wanted[here][at]:
                    return 0.0
                if not self._wanted[there][at]:
                    return 0.0
                change[at] = change.get(at, 0) + sign * amount
        return sum(
            self._beyond(place, at) - self._beyond(place, at, sign * amount)
            for at, amount in change.items()
            for place, sign in ((here, 1), (there, -1))
        )

    def _beyond_all(self, place: int) -> float:
        return sum(self._beyond(place, at) for at in range(len(self._largest)))

    def _beyond(self, place: int, at: int, more: int = 0) -> float:
        """How far a split is off its share, less the largest group, in such groups."""
        largest = self._largest[at]
        if not largest:
            return 0.0
        off = abs(self._have[place][at] + more - self._wanted[place][at])
        return max(0.0, off / largest - 1.0)

    def _best(self, vector: Sequence[Entry], urgent: Sequence[int]) -> int:
        scores = [
            self._gain(place, vector) + self._urgency(place, urgent)
            for place in range(len(self._splits))
        ]
        return scores.index(max(scores))

    def _gain(self, place: int, vector: Sequence[Entry]) -> float:
        """How far F falls, halved, when `place` takes the group."""
        wanted, have = self._wanted[place], self._have[place]
        gain = 0.0
        for at, amount, weight in vector:
            if wanted[at] > 0:
                gain += weight * (1.0 - (have[at] + 0.5 * amount) / wanted[at])
            else:
                gain -= weight * _URGENT
        return gain

    def _urgency(self, place: int, urgent: Sequence[int]) -> float:
        members, wanted = self._members[place], self._wanted[place]
        return sum(
            _URGENT * self._weights[at]
            for at in urgent
            if not members[at] and wanted[at] > 0
        )

    def _lacking(self, at: int) -> int:
        return sum(
            1
            for members, wanted in zip(self._members, self._wanted, strict=True)
            if not members[at] and wanted[at] > 0
        )

    def _put(self, place: int, vector: Sequence[Entry], sign: int) -> None:
        have, members = self._have[place], self._members[place]
        for at, amount, _ in vector:
            have[at] += sign * amount
            members[at] += sign

    def _reason(self, group_id: str, place: int) -> str:
        """What the split would lack most without the group; of equals not the size."""
        have, wanted = self._have[place], self._wanted[place]
        lacks = [
            ((have[at] - amount) / wanted[at] if wanted[at] else 1.0, at == 0, at)
            for at, amount, _ in self._vectors[group_id]
        ]
        rate, _, at = min(lacks)
        if rate == 0:
            return f"the only one with {self._words(at)}"
        return f"{self._words(at)} at {100 * rate:.0f} % of its share without it"

    def _words(self, at: int) -> str:
        kind, what = self._names[at]
        if kind == "class" and isinstance(what, int):
            return self._targets.class_names.get(what, f"class {what}")
        if kind == "condition" and isinstance(what, tuple):
            return f"{what[0]}={what[1]}"
        return "size"

    def _largest_groups(
        self, amounts: Iterable[Sequence[tuple[int, int]]]
    ) -> list[int]:
        """The largest group of the size and of each class; 0 for what is not levelled.

        A class in no more groups than there are splits goes to one after the other.
        Conditions are no reason to trade a group, and neither is the size where some
        class or condition is to be split otherwise.
        """
        targets = self._targets
        levelled = {
            "class": targets.classes > 0,
            "size": targets.size > 0 and targets.is_plain,
            "condition": False,
        }
        largest, holders = [0] * len(self._names), [0] * len(self._names)
        for own in amounts:
            for at, amount in own:
                largest[at] = max(largest[at], amount)
                holders[at] += 1
        return [
            most if levelled[kind] and count > len(self._splits) else 0
            for (kind, _), most, count in zip(
                self._names, largest, holders, strict=True
            )
        ]

    def _weigh(self) -> list[float]:
        """The weight of each dimension; the classes share theirs, as conditions do."""
        count = Counter(kind for kind, _ in self._names)
        of = {
            "size": self._targets.size,
            "class": self._targets.classes,
            "condition": self._targets.conditions,
        }
        return [of[kind] / count[kind] for kind, _ in self._names]

    def _share_out(self, totals: Sequence[int]) -> list[list[float]]:
        """How much each split should have in each dimension; they sum to the total."""
        table = [[0.0] * len(totals) for _ in self._splits]
        for at, (name, amount) in enumerate(zip(self._names, totals, strict=True)):
            shares = self._targets.shares(self._splits, name)
            for place, row in enumerate(table):
                row[at] = amount * (shares[place] if any(shares) else place == 0)
        return table


def _number(
    groups: Sequence[GroupFacts],
) -> tuple[list[Name], list[int], dict[str, list[tuple[int, int]]]]:
    """The dimensions, their totals, and how much of each a group holds."""
    index: dict[Name, int] = {}
    totals: list[int] = []
    amounts: dict[str, list[tuple[int, int]]] = {}
    for group in groups:
        own = amounts[group.id] = []
        for key, amount in _dimensions(group):
            at = index.setdefault(key, len(totals))
            if at == len(totals):
                totals.append(0)
            totals[at] += amount
            own.append((at, amount))
    return list(index), totals, amounts


def _dimensions(group: GroupFacts) -> list[tuple[Name, int]]:
    """What a group counts for: samples, boxes by class, samples by condition."""
    samples = max(group.samples, 1)
    found: list[tuple[Name, int]] = [(_SIZE, samples)]
    found += [(("class", c), n) for c, n in sorted(group.boxes) if n > 0]
    found += [(("condition", pair), samples) for pair in sorted(set(group.conditions))]
    return found
