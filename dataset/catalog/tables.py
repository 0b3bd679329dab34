"""Tables over the whole catalog: what status, split and freeze read."""

from __future__ import annotations

import json
from dataclasses import dataclass

from .connection import Connection

# The newest ledger row of each group. SQLite takes the bare columns from the row
# that holds max(n): sqlite.org/lang_select.html, "Bare columns in an aggregate".
CURRENT_SPLIT = (
    "current AS (SELECT group_id, split, action, reason, max(n) AS n "
    "FROM split_ledger GROUP BY group_id)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSplitCount:
    """How much of a class a split holds; split "" is what no split holds."""

    class_id: int
    split: str
    boxes: int
    samples: int
    groups: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitCount:
    """How much a split holds of everything that is labeled or empty."""

    split: str
    samples: int
    groups: int
    boxes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    """One group as a person reads it."""

    id: str
    sessions: tuple[str, ...]
    samples: int
    split: str
    action: str
    reason: str


class Tables:
    """Read-only summaries of a catalog."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def class_by_split(self) -> tuple[ClassSplitCount, ...]:
        """Boxes, samples and groups of each class in each split, labeled ones only."""
        rows = self._connection.rows(
            f"WITH {CURRENT_SPLIT} SELECT t.class_id, coalesce(c.split, ''), "
            "sum(t.boxes), sum(t.samples), count(DISTINCT t.group_id) "
            "FROM class_tallies t LEFT JOIN current c "
            "ON c.group_id = t.group_id AND c.action = 'assigned' "
            "WHERE t.boxes > 0 GROUP BY 1, 2 ORDER BY 1, 2"
        )
        return tuple(
            ClassSplitCount(
                class_id=int(row[0]),
                split=str(row[1]),
                boxes=int(row[2]),
                samples=int(row[3]),
                groups=int(row[4]),
            )
            for row in rows
        )

    def class_totals(self) -> dict[int, tuple[int, int, int]]:
        """Boxes, samples and groups of each class over all labeled samples."""
        rows = self._connection.rows(
            "SELECT class_id, sum(boxes), sum(samples), count(DISTINCT group_id) "
            "FROM class_tallies WHERE boxes > 0 GROUP BY 1"
        )
        return {int(c): (int(b), int(s), int(g)) for c, b, s, g in rows}

    def by_split(self) -> tuple[SplitCount, ...]:
        """Samples, groups and boxes of each split, labeled and empty samples."""
        rows = self._connection.rows(
            f"WITH {CURRENT_SPLIT} SELECT coalesce(c.split, ''), sum(t.samples), "
            "count(DISTINCT t.group_id), sum(t.boxes) FROM group_tallies t "
            "LEFT JOIN current c ON c.group_id = t.group_id AND c.action = 'assigned' "
            "WHERE t.samples > 0 GROUP BY 1 ORDER BY 1"
        )
        return tuple(
            SplitCount(
                split=str(row[0]),
                samples=int(row[1]),
                groups=int(row[2]),
                boxes=int(row[3]),
            )
            for row in rows
        )

    def group_lines(self) -> tuple[GroupLine, ...]:
        """Every group with its sessions, size and newest ledger row."""
        rows = self._connection.rows(
            f"WITH {CURRENT_SPLIT} SELECT s.group_id, "
            "json_group_array(DISTINCT e.name), count(*), "
            "coalesce(c.split, ''), coalesce(c.action, ''), coalesce(c.reason, '') "
            "FROM samples s JOIN sessions e ON e.id = s.session_id "
            "LEFT JOIN current c ON c.group_id = s.group_id "
            "GROUP BY s.group_id ORDER BY min(e.started_us), s.group_id"
        )
        return tuple(
            GroupLine(
                id=str(row[0]),
                sessions=tuple(sorted(json.loads(row[1]))),
                samples=int(row[2]),
                split=str(row[3]),
                action=str(row[4]),
                reason=str(row[5]),
            )
            for row in rows
        )

    def samples_by_session(self) -> dict[str, int]:
        """How many samples each session holds, by session id."""
        rows = self._connection.rows(
            "SELECT session_id, count(*) FROM samples GROUP BY session_id"
        )
        return {str(session_id): int(count) for session_id, count in rows}
