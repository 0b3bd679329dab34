"""What changed since a version was frozen: the change clock and its marks.

Triggers give every row that a version reads (samples, the sessions and groups they
belong to) the next number of one clock when it changes. A version that was frozen
from the catalog alone notes the clock of the state it was frozen from: its mark.
"""

from __future__ import annotations

from dataclasses import dataclass

from .connection import Connection

# CROSS JOIN keeps SQLite from walking a million samples to look up a few groups:
# sqlite.org/optoverview.html, "Manual Control Of Query Plans Using CROSS JOIN".
CHANGED_SAMPLES = (
    "SELECT n FROM samples WHERE touched > :mark "
    "UNION ALL SELECT s.n FROM groups g CROSS JOIN samples s ON s.group_id = g.id "
    "WHERE g.touched > :mark "
    "UNION ALL SELECT s.n FROM sessions e CROSS JOIN samples s ON s.session_id = e.id "
    "WHERE e.touched > :mark"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The state of the catalog that a version was frozen from.

    `manifest_sha256` names the manifest that was written then: a version of the same
    id from another station may tell other places and names.
    """

    version_id: str
    clock: int
    manifest_sha256: str


class Changed:
    """The change clock of a catalog."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def clock(self) -> int:
        """The number of the last change, inside `reading` that of what is read."""
        return int(self._connection.value("SELECT n FROM change_clock"))

    def mark(self, mark: Mark) -> None:
        """Note the state that a version was frozen from."""
        with self._connection.writing():
            self._connection.run(
                "INSERT OR REPLACE INTO frozen_marks (version_id, mark, "
                "manifest_sha256) VALUES (?, ?, ?)",
                [mark.version_id, mark.clock, mark.manifest_sha256],
            )

    def last_mark(self) -> Mark | None:
        """The newest state that a version was frozen from, if any was noted."""
        rows = self._connection.rows(
            "SELECT version_id, mark, manifest_sha256 FROM frozen_marks "
            "ORDER BY mark DESC, version_id LIMIT 1"
        )
        if not rows:
            return None
        version_id, clock, digest = rows[0]
        return Mark(
            version_id=str(version_id),
            clock=int(clock),
            manifest_sha256=str(digest),
        )

    def count(self, mark: Mark) -> int:
        """How many samples changed or came since, at most; none that left is in it."""
        return int(
            self._connection.value(
                f"SELECT count(*) FROM ({CHANGED_SAMPLES})", {"mark": mark.clock}
            )
        )

    def sample_ids(self, mark: Mark) -> tuple[str, ...]:
        """Ids of the samples that changed, came or left since, sorted."""
        rows = self._connection.rows(
            f"SELECT id FROM samples WHERE n IN ({CHANGED_SAMPLES}) "
            "UNION SELECT sample_id FROM departures WHERE touched > :mark ORDER BY 1",
            {"mark": mark.clock},
        )
        return tuple(str(row[0]) for row in rows)
