"""What a balance policy does to train: whom it leaves out, repeats, or copies.

Pure planning: rows and levels in, ids out; no pixel is touched here, and no sample of
validation or a test is ever planned for.

**Levels.** With targets, a class's level in train is its target times train's share
of the split: both the most that `undersample` keeps and the least that `repeat` and
`augment` want; a class without a target is left alone, and so is a target in groups,
which no copy can meet. Without targets the wanted ratio between the most and the
least frequent class rules: `undersample` keeps at most ratio times the least frequent
one's boxes, `repeat` and `augment` want at least the most frequent one's over ratio.

**Undersample** never takes a class below its level, never a sample with boxes of a
class that is not above its own, never the last sample that a class has in a group,
and nothing a target under a condition needs. The most redundant goes first: a sample
of the group that has most candidates left, and there the one with the smallest
SHA-256 of its id. Doing it twice does nothing the second time.

**Repeat** and **augment** give the shortest class (by the part it lacks) extra
occurrences of its samples, one each before a second, up to a limit; those with fewest
boxes of other classes first, then by SHA-256 of the id.
"""

from __future__ import annotations

import hashlib
import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..records import LabelClass
from ..settings import BalanceSettings

# A class, and a condition as `key=value` or "" for all of its boxes.
Need = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRow:
    """One labeled sample of train: `boxes` holds (class id, number of boxes)."""

    id: str
    group: str
    conditions: tuple[str, ...] = ()
    boxes: tuple[tuple[int, int], ...] = ()

    def needs(self) -> Iterable[tuple[Need, int]]:
        """Each class, and each class under each condition, with its boxes."""
        for class_id, count in self.boxes:
            yield (class_id, ""), count
            for condition in self.conditions:
                yield (class_id, condition), count


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """How many boxes train shall have: at most `caps`, at least `floors`.

    `classes` are those that count: what is in no class of these is nobody's loss.
    `notes` are sentences on what no policy can mend.
    """

    classes: frozenset[int]
    caps: Mapping[int, int]
    floors: Mapping[Need, int]
    notes: tuple[str, ...] = ()


def levels(
    rows: Sequence[TrainRow],
    settings: BalanceSettings,
    classes: Sequence[LabelClass],
    *,
    train_share: float,
    known_conditions: frozenset[str] | None = None,
) -> Levels:
    """The levels of train under a project's balance settings.

    Args:
        rows: the labeled samples of train.
        settings: the targets by class name, and the ratio.
        classes: the taxonomy; retired classes do not count.
        train_share: the part of every target that train has to hold, 0 to 1.
        known_conditions: every condition, as `key=value`, that a session has; a
            target under another one is named. None means those of `rows`.
    """
    active = {item.id: item.name for item in classes if not item.retired}
    counts = Counter[int]()
    for row in rows:
        counts.update({c: n for c, n in row.boxes if c in active})
    notes = [*_missing(active, counts), *_alone(rows, active)]
    if not settings.targets:
        caps, floors = _by_ratio(counts, settings.ratio)
    else:
        known = known_conditions
        if known is None:
            known = frozenset(c for row in rows for c in row.conditions)
        ids = {name: class_id for class_id, name in active.items()}
        caps, floors = _by_targets(settings, ids, train_share)
        notes += _strange_targets(settings, ids, known)
    return Levels(
        classes=frozenset(active), caps=caps, floors=floors, notes=tuple(notes)
    )


def undersample(rows: Sequence[TrainRow], wanted: Levels) -> tuple[str, ...]:
    """The ids of the samples to leave out of train, sorted."""
    return _Undersampling(rows, wanted).run()


def lift(
    rows: Sequence[TrainRow], wanted: Levels, *, limit: int
) -> tuple[tuple[str, int], ...]:
    """(id, further occurrences) of the samples that shall count more often, by id.

    `limit` is the most that one sample gets; what is still short then stays short.
    """
    have = _counts(rows)
    extra = Counter[str]()
    holders: dict[Need, list[TrainRow]] = defaultdict(list)
    for row in rows:
        for need, _ in row.needs():
            if need in wanted.floors:
                holders[need].append(row)
    for need in _by_urgency(have, wanted):
        order = sorted(holders[need], key=partial(_cost, need))
        for turn in range(1, limit + 1):
            if have[need] >= wanted.floors[need]:
                break
            for row in order:
                if have[need] >= wanted.floors[need]:
                    break
                if extra[row.id] < turn:
                    extra[row.id] += 1
                    have.update(dict(row.needs()))
    return tuple(sorted(extra.items()))


def still_short(
    have: Mapping[Need, int], wanted: Levels, names: Mapping[int, str]
) -> tuple[str, ...]:
    """Sentences on the floors that `have`, boxes by need, does not reach."""
    return tuple(
        f"{names[c]}{f' under {condition}' if condition else ''} stays short in "
        f"train, of {floor} boxes it has: {have.get((c, condition), 0)}"
        for (c, condition), floor in sorted(wanted.floors.items())
        if have.get((c, condition), 0) < floor
    )


def ratio_of(boxes: Iterable[int]) -> float | None:
    """The most over the least frequent, of those that have a box; None for none."""
    counts = [count for count in boxes if count > 0]
    return max(counts) / min(counts) if counts else None


class _Undersampling:
    """One run of `undersample`: counts that fall as samples go."""

    def __init__(self, rows: Sequence[TrainRow], wanted: Levels) -> None:
        self._wanted = wanted
        self._have = _counts(rows)
        self._least = {
            need: min(count, wanted.floors.get(need, 0) if need[1] else count)
            for need, count in self._have.items()
        }
        for class_id, cap in wanted.caps.items():
            need = (class_id, "")
            if need in self._have:
                self._least[need] = min(self._have[need], max(1, cap))
        self._holding = Counter(
            (row.group, class_id) for row in rows for class_id, _ in row.boxes
        )
        self._candidates: dict[str, list[TrainRow]] = defaultdict(list)
        for row in rows:
            if row.boxes and self._may_go(row):
                self._candidates[row.group].append(row)
        for found in self._candidates.values():
            # The next one is taken from the end.
            found.sort(key=lambda row: _key(row.id), reverse=True)

    def run(self) -> tuple[str, ...]:
        """Take samples away until none may go."""
        heap = [(-len(rows), group) for group, rows in self._candidates.items()]
        heapq.heapify(heap)
        gone: list[str] = []
        while heap:
            _, group = heapq.heappop(heap)
            rows = self._candidates[group]
            row = rows.pop()
            # Counts only fall: who may not go now may not go later either.
            if self._may_go(row):
                gone.append(row.id)
                self._have.subtract(dict(row.needs()))
                self._holding.subtract((group, c) for c, _ in row.boxes)
            if rows:
                heapq.heappush(heap, (-len(rows), group))
        return tuple(sorted(gone))

    def _may_go(self, row: TrainRow) -> bool:
        counting = [c for c, _ in row.boxes if c in self._wanted.classes]
        if not counting:
            return False
        if any(self._holding[row.group, c] <= 1 for c in counting):
            return False
        return all(
            self._have[need] - count >= self._least[need]
            for need, count in row.needs()
            if need[0] in self._wanted.classes
        )


def _counts(rows: Iterable[TrainRow]) -> Counter[Need]:
    found = Counter[Need]()
    for row in rows:
        for need, count in row.needs():
            found[need] += count
    return found


def _by_ratio(
    counts: Mapping[int, int], ratio: float
) -> tuple[dict[int, int], dict[Need, int]]:
    present = {c: n for c, n in counts.items() if n > 0}
    if not present:
        return {}, {}
    least, most = min(present.values()), max(present.values())
    caps = {c: math.floor(least * ratio) for c in present}
    floors = {(c, ""): math.ceil(most / ratio) for c in present}
    return caps, floors


def _by_targets(
    settings: BalanceSettings, ids: Mapping[str, int], share: float
) -> tuple[dict[int, int], dict[Need, int]]:
    caps: dict[int, int] = {}
    floors: dict[Need, int] = {}
    for name, target in settings.targets:
        class_id = ids.get(name)
        if class_id is None:
            continue
        if target.boxes:
            caps[class_id] = floors[class_id, ""] = _part(target.boxes, share)
        for condition, boxes in target.conditions:
            if boxes:
                floors[class_id, condition] = _part(boxes, share)
    return caps, floors


def _part(boxes: int, share: float) -> int:
    """Train's part of a target, upwards; the tolerance is that of binary parts."""
    return max(1, math.ceil(boxes * share - 1e-9))


def _missing(active: Mapping[int, str], counts: Mapping[int, int]) -> list[str]:
    return [
        f"No policy can mend a class without a box in train: {active[class_id]}"
        for class_id in sorted(active)
        if not counts.get(class_id)
    ]


def _alone(rows: Sequence[TrainRow], active: Mapping[int, str]) -> list[str]:
    groups: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        for class_id, _ in row.boxes:
            groups[class_id].add(row.group)
    return [
        f"All boxes of a class in train come from one group, capture it in another "
        f"session: {active[class_id]}"
        for class_id in sorted(active)
        if len(groups[class_id]) == 1
    ]


def _strange_targets(
    settings: BalanceSettings, ids: Mapping[str, int], known: frozenset[str]
) -> list[str]:
    notes = [
        f"A target names a class that is not there: {name}"
        for name, _ in settings.targets
        if name not in ids
    ]
    wanted = {c for _, target in settings.targets for c, _ in target.conditions}
    return notes + [
        f"A target names a condition that no session has: {condition}"
        for condition in sorted(wanted - known)
    ]


def _by_urgency(have: Mapping[Need, int], wanted: Levels) -> list[Need]:
    short = [n for n, floor in wanted.floors.items() if 0 < have.get(n, 0) < floor]
    return sorted(short, key=lambda need: (have[need] / wanted.floors[need], need))


def _cost(need: Need, row: TrainRow) -> tuple[float, bytes]:
    own = sum(count for class_id, count in row.boxes if class_id == need[0])
    return sum(count for _, count in row.boxes) / own, _key(row.id)


def _key(sample_id: str) -> bytes:
    """The order of samples that are alike; nobody steers it, every station has it."""
    return hashlib.sha256(f"balance:{sample_id}".encode()).digest()


def repeats_to_json(extra: Iterable[tuple[str, int]]) -> dict[str, list[str]]:
    """A repeat list as a version's policy keeps it: ids by how often they count.

    `extra` is what `lift` gives: (id, further occurrences).
    """
    found: dict[str, list[str]] = defaultdict(list)
    for sample_id, times in sorted(extra):
        found[str(1 + times)].append(sample_id)
    return dict(sorted(found.items(), key=lambda item: int(item[0])))


def repeats_of(policy: Mapping[str, Any]) -> dict[str, int]:
    """How often a trainer shall see a sample, by id, where that is more than once.

    Args:
        policy: that of a version.
    """
    found = policy.get("repeat", {})
    return {sample_id: int(times) for times, ids in found.items() for sample_id in ids}
