"""Groups: samples that must share a split."""

from __future__ import annotations

import json

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
        different splits stay apart, for nothing moves between splits: the side
        that is not a test set is quarantined (train before val), and a pair of
        tests is left as it is. Then the survivor is the side that keeps its split.
        """
        with self._connection.writing():
            a, b = sorted((self.ensure(first), self.ensure(second)))
            if a == b:
                return a
            split_a, split_b = self._assigned(a), self._assigned(b)
            if split_a and split_b and split_a != split_b:
                return self._quarantine(a, split_a, b, split_b, reason, at_us)
            keeper, joined = (b, a) if split_b and not split_a else (a, b)
            self._connection.run(
                "UPDATE groups SET joined_into = ?, reason = ? WHERE id = ?",
                [keeper, reason, joined],
            )
            self._connection.run(
                "UPDATE samples SET group_id = ? WHERE group_id = ?", [keeper, joined]
            )
            return keeper

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

    def _assigned(self, group_id: str) -> str:
        """The split that holds the group now, or ""."""
        value = self._connection.value(
            f"WITH {CURRENT_SPLIT} SELECT split FROM current "
            "WHERE group_id = ? AND action = 'assigned'",
            [group_id],
        )
        return "" if value is None else str(value)

    def _quarantine(
        self, a: str, split_a: str, b: str, split_b: str, reason: str, at_us: int
    ) -> str:
        rank = {s.name: _RANK[s.kind] for s in self._splits.all()}
        rank_a, rank_b = rank.get(split_a, 2), rank.get(split_b, 2)
        if rank_a == rank_b:
            return a
        loser, split, keeper, other = (
            (a, split_a, b, split_b) if rank_a < rank_b else (b, split_b, a, split_a)
        )
        self._splits.append(
            [
                LedgerRow(
                    group_id=loser,
                    split=split,
                    action=LedgerAction.QUARANTINED,
                    reason=f"{reason} as in {other} ({keeper})",
                    at_us=at_us,
                )
            ]
        )
        return keeper


_RANK = {SplitKind.TRAIN: 0, SplitKind.VAL: 1, SplitKind.TEST: 2}
