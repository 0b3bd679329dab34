"""Groups: samples that must share a split."""

from __future__ import annotations

import json
from dataclasses import dataclass

from dataset.groups import GroupFacts
from dataset.records import LedgerAction, LedgerRow, SplitKind

from .connection import Connection
from .splits import Splits
from .tables import CURRENT_SPLIT


class Groups:
    """The groups of a catalog; a joined group lives on as the one it joined."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._splits = Splits(connection)

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
        what it was quarantined for must keep its place when they meet again.
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

    def facts(self) -> tuple[GroupFacts, ...]:
        """What split and balance need of every group that has labels, by id."""
        boxes: dict[str, list[tuple[int, int]]] = {}
        for group_id, class_id, count in self._connection.rows(
            "SELECT s.group_id, b.class_id, count(*) FROM boxes b "
            "JOIN samples s ON s.n = b.sample_n WHERE s.state = 'labeled' "
            "GROUP BY 1, 2 ORDER BY 1, 2"
        ):
            boxes.setdefault(str(group_id), []).append((int(class_id), int(count)))
        # With min() alone SQLite takes the bare columns from the oldest sample.
        rows = self._connection.rows(
            "SELECT s.group_id, count(*), e.conditions, e.place, e.source, "
            "min(s.captured_us), (SELECT max(captured_us) FROM samples t "
            "WHERE t.group_id = s.group_id) "
            "FROM samples s JOIN sessions e ON e.id = s.session_id "
            "WHERE s.state IN ('labeled', 'empty') GROUP BY s.group_id ORDER BY 1"
        )
        return tuple(
            GroupFacts(
                id=str(row[0]),
                samples=int(row[1]),
                boxes=tuple(boxes.get(str(row[0]), ())),
                conditions=tuple((str(k), str(v)) for k, v in json.loads(row[2])),
                place=str(row[3]),
                camera=str(row[4]),
                started_us=int(row[5]),
                ended_us=int(row[6]),
            )
            for row in rows
        )

    def _merge(self, keeper: str, joined: str, reason: str) -> None:
        self._connection.run(
            "UPDATE groups SET joined_into = ?, reason = ? WHERE id = ?",
            [keeper, reason, joined],
        )
        self._connection.run(
            "UPDATE samples SET group_id = ? WHERE group_id = ?", [keeper, joined]
        )

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
    rank: int = -2

    def may_hold_with(self, other: _Standing) -> bool:
        """Whether both may become one group without anything changing its split."""
        if self.is_quarantined or other.is_quarantined:
            return self.is_quarantined and other.is_quarantined
        return not (self.split and other.split) or self.split == other.split
