"""Groups: samples that must share a split."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from dataset.groups import GroupFacts, whole_groups
from dataset.records import LedgerAction, LedgerRow, SplitKind

from .connection import Connection
from .splits import Splits
from .tables import CURRENT_SPLIT
from .tallies import Tallies
from .test_runs import closed_splits

# Conditions, places and cameras of a session.
_Scene = tuple[tuple[tuple[str, str], ...], tuple[str, ...], tuple[str, ...]]


class Groups:
    """The groups of a catalog; a joined group lives on as the one it joined."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._splits = Splits(connection)
        self._tallies = Tallies(connection)

    def ensure(self, group_id: str) -> str:
        """The living group for that id, created when it is new."""
        with self._connection.writing():
            self._connection.run(
                "INSERT INTO groups (id) VALUES (?) ON CONFLICT (id) DO NOTHING",
                [group_id],
            )
            return self.living(group_id)

    def living(self, group_id: str) -> str:
        """The group that a group is part of by now: itself, or what it joined."""
        target = self._connection.value(
            "WITH RECURSIVE chain(id, step) AS (SELECT ?, 0 UNION ALL "
            "SELECT g.joined_into, step + 1 FROM groups g JOIN chain c ON g.id = c.id "
            "WHERE g.joined_into IS NOT NULL) "
            "SELECT id FROM chain ORDER BY step DESC LIMIT 1",
            [group_id],
        )
        return str(target)

    def join(self, first: str, second: str, *, reason: str, at_us: int) -> str:
        """Make two groups one and give the surviving id.

        The one that has a split survives, else the smaller id. Two groups in
        different splits stay apart, for nothing moves between splits: the side nearer
        to training is quarantined (train before val), and a pair of tests is left as
        it is. A quarantined group takes one without a split along, and no other:
        what it was quarantined for must keep its place when they meet again. A sealed
        test set takes nothing along: what is like it is quarantined.
        """
        with self._connection.writing():
            a, b = sorted((self.ensure(first), self.ensure(second)))
            if a == b:
                return a
            here, there = self._standing(a), self._standing(b)
            if here.may_hold_with(there):
                stays, goes = (b, a) if there.split and not here.split else (a, b)
                self._merge(stays, goes, reason)
                return stays
            loser, keeper = sorted((here, there), key=lambda side: side.rank)
            if loser.rank < keeper.rank:
                self._quarantine(loser, keeper, reason, at_us)
            return keeper.group_id

    def facts(self, *, with_times: bool = True) -> tuple[GroupFacts, ...]:
        """What a split needs of every group that has labels, by id.

        A group of several sessions has the places, cameras and conditions of all of
        them. Without times, which only rules of test sets ask for, no sample is
        looked at.
        """
        times = self._times_by_group() if with_times else {}
        return whole_groups(self.facts_by_session(), times)

    def facts_by_session(self) -> tuple[GroupFacts, ...]:
        """What each session brings to each group, under that session's conditions.

        The id is the group's and comes again where a group holds several sessions,
        the oldest first. For balance: a group that is half day and half night has half
        its boxes in each. Times are left out.
        """
        boxes: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for group_id, session_id, class_id, count in self._connection.rows(
            "SELECT group_id, session_id, class_id, boxes FROM class_tallies "
            "WHERE boxes > 0 ORDER BY 1, 2, 3"
        ):
            boxes.setdefault((group_id, session_id), []).append((class_id, count))
        scenes = self._scenes()
        return tuple(
            GroupFacts(
                id=group_id,
                samples=count,
                boxes=tuple(boxes.get((group_id, session_id), ())),
                conditions=conditions,
                places=places,
                cameras=cameras,
            )
            for group_id, session_id, count in self._connection.rows(
                "SELECT t.group_id, t.session_id, t.samples "
                "FROM group_tallies t JOIN sessions e ON e.id = t.session_id "
                "WHERE t.samples > 0 ORDER BY t.group_id, e.started_us, e.name"
            )
            for conditions, places, cameras in (scenes[session_id],)
        )

    def _scenes(self) -> dict[str, _Scene]:
        """Conditions, place and camera of every session."""
        found: dict[str, _Scene] = {}
        for session_id, conditions, place, source in self._connection.rows(
            "SELECT id, conditions, place, source FROM sessions"
        ):
            pairs = tuple((str(k), str(v)) for k, v in json.loads(conditions))
            places = (str(place),) if place else ()
            found[session_id] = (pairs, places, (str(source),) if source else ())
        return found

    def _times_by_group(self) -> dict[str, tuple[int, int]]:
        rows = self._connection.rows(
            "SELECT group_id, min(captured_us), max(captured_us) FROM samples "
            "WHERE +state IN ('labeled', 'empty') GROUP BY group_id"
        )
        return {group_id: (first, last) for group_id, first, last in rows}

    def joined(self) -> dict[str, tuple[str, str]]:
        """What each group joined that is part of another one, and why."""
        rows = self._connection.rows(
            "SELECT id, joined_into, reason FROM groups WHERE joined_into IS NOT NULL "
            "ORDER BY id"
        )
        return {str(group): (str(into), str(reason)) for group, into, reason in rows}

    def sessions(self) -> dict[str, tuple[str, ...]]:
        """The names of the sessions whose samples each group holds, oldest first."""
        found: dict[str, list[str]] = {}
        for group_id, name in self._connection.rows(
            "SELECT t.group_id, e.name FROM group_tallies t "
            "JOIN sessions e ON e.id = t.session_id WHERE t.samples > 0 "
            "ORDER BY t.group_id, e.started_us, e.name"
        ):
            found.setdefault(str(group_id), []).append(str(name))
        return {group_id: tuple(names) for group_id, names in found.items()}

    def with_joined(self, group_ids: Iterable[str]) -> frozenset[str]:
        """The groups and all that joined them, directly or not."""
        known = set(group_ids)
        pairs = self._connection.rows(
            "SELECT id, joined_into FROM groups WHERE joined_into IS NOT NULL"
        )
        joined: dict[str, list[str]] = {}
        for group_id, target in pairs:
            joined.setdefault(str(target), []).append(str(group_id))
        waiting = list(known)
        while waiting:
            fresh = [g for g in joined.get(waiting.pop(), ()) if g not in known]
            known.update(fresh)
            waiting += fresh
        return frozenset(known)

    def _merge(self, keeper: str, joined: str, reason: str) -> None:
        self._connection.run(
            "UPDATE groups SET joined_into = ?, reason = ? WHERE id = ?",
            [keeper, reason, joined],
        )
        self._connection.run(
            "UPDATE samples SET group_id = ? WHERE group_id = ?", [keeper, joined]
        )
        self._tallies.merge_groups(keeper, joined)

    def _standing(self, group_id: str) -> _Standing:
        rows = self._connection.rows(
            f"WITH {CURRENT_SPLIT} SELECT split, action FROM current "
            "WHERE group_id = ?",
            [group_id],
        )
        if not rows:
            return _Standing(group_id=group_id)
        split, action = str(rows[0][0]), LedgerAction(rows[0][1])
        if action is LedgerAction.WITHDRAWN:
            return _Standing(group_id=group_id)
        kind = next((s.kind for s in self._splits.all() if s.name == split), None)
        return _Standing(
            group_id=group_id,
            split=split,
            is_quarantined=action is LedgerAction.QUARANTINED,
            is_closed=action is LedgerAction.ASSIGNED
            and split in closed_splits(self._connection),
            rank=(
                _QUARANTINE_RANK
                if action is LedgerAction.QUARANTINED
                else _RANK.get(kind, 0)
            ),
        )

    def _quarantine(
        self, loser: _Standing, keeper: _Standing, reason: str, at_us: int
    ) -> None:
        if loser.is_quarantined:
            return
        place = "quarantine" if keeper.is_quarantined else keeper.split
        self._splits.append(
            [
                LedgerRow(
                    group_id=loser.group_id,
                    split=loser.split,
                    action=LedgerAction.QUARANTINED,
                    reason=f"{reason} as in {place} ({keeper.group_id})",
                    at_us=at_us,
                )
            ]
        )


_RANK: dict[SplitKind | None, int] = {
    SplitKind.TRAIN: 0,
    SplitKind.VAL: 1,
    SplitKind.TEST: 3,
}
_QUARANTINE_RANK = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """Where a group stands: "" for no split; a higher rank keeps its place."""

    group_id: str
    split: str = ""
    is_quarantined: bool = False
    is_closed: bool = False
    rank: int = -2

    def may_hold_with(self, other: _Standing) -> bool:
        """Whether both may become one group without anything changing its split."""
        if self.is_quarantined or other.is_quarantined:
            return self.is_quarantined and other.is_quarantined
        if self.is_closed or other.is_closed:
            return self.split == other.split
        return not (self.split and other.split) or self.split == other.split
