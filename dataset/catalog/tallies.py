"""Tallies: what each group holds, kept current at each edit.

Counting a million samples anew takes seconds; adding and taking away one sample's
share takes a moment. Only labeled samples count for classes, labeled and empty ones
for groups. `differences` proves the tallies against the rows they stand for.
"""

from __future__ import annotations

from .connection import Connection

_CLASS_SHARE = (
    "INSERT INTO class_tallies (group_id, session_id, class_id, boxes, samples) "
    "SELECT s.group_id, s.session_id, b.class_id, :sign * count(*), "
    ":sign * count(DISTINCT s.n) FROM samples s JOIN boxes b ON b.sample_n = s.n "
    "WHERE s.state = 'labeled' AND {which} GROUP BY 1, 2, 3 "
    "ON CONFLICT (group_id, session_id, class_id) DO UPDATE SET "
    "boxes = boxes + excluded.boxes, samples = samples + excluded.samples"
)
_GROUP_SHARE = (
    "INSERT INTO group_tallies (group_id, session_id, samples, boxes) "
    "SELECT s.group_id, s.session_id, :sign * count(*), :sign * coalesce(sum("
    "CASE s.state WHEN 'labeled' THEN "
    "(SELECT count(*) FROM boxes b WHERE b.sample_n = s.n) END), 0) "
    "FROM samples s WHERE s.state IN ('labeled', 'empty') AND {which} GROUP BY 1, 2 "
    "ON CONFLICT (group_id, session_id) DO UPDATE SET "
    "samples = samples + excluded.samples, boxes = boxes + excluded.boxes"
)
_COUNTED_CLASSES = (
    "SELECT s.group_id, s.session_id, b.class_id, count(*), count(DISTINCT s.n) "
    "FROM samples s JOIN boxes b ON b.sample_n = s.n WHERE s.state = 'labeled' "
    "GROUP BY 1, 2, 3"
)
_KEPT_CLASSES = (
    "SELECT group_id, session_id, class_id, boxes, samples FROM class_tallies "
    "WHERE boxes <> 0 OR samples <> 0"
)


class Tallies:
    """The counters of a catalog; other parts call them inside their transactions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take_out(self, sample_n: int) -> None:
        """Take a sample's share away, before something of it changes."""
        self._shift(sample_n, -1)

    def put_in(self, sample_n: int) -> None:
        """Add a sample's share, after it changed."""
        self._shift(sample_n, 1)

    def merge_groups(self, keeper: str, joined: str) -> None:
        """Add one group's tallies to another's."""
        for table, columns, counts, key in (
            (
                "class_tallies",
                "session_id, class_id, boxes, samples",
                ("boxes", "samples"),
                "group_id, session_id, class_id",
            ),
            (
                "group_tallies",
                "session_id, samples, boxes",
                ("samples", "boxes"),
                "group_id, session_id",
            ),
        ):
            sums = ", ".join(f"{name} = {name} + excluded.{name}" for name in counts)
            self._connection.run(
                f"INSERT INTO {table} (group_id, {columns}) "
                f"SELECT ?, {columns} FROM {table} WHERE group_id = ? "
                f"ON CONFLICT ({key}) DO UPDATE SET {sums}",
                [keeper, joined],
            )
            self._connection.run(f"DELETE FROM {table} WHERE group_id = ?", [joined])

    def recount_classes(self, class_ids: tuple[int, ...]) -> None:
        """Count the boxes of some classes anew, after many changed at once."""
        for class_id in class_ids:
            self._connection.run(
                "DELETE FROM class_tallies WHERE class_id = ?", [class_id]
            )
            self._connection.run(
                _CLASS_SHARE.format(which="b.class_id = :class_id"),
                {"sign": 1, "class_id": class_id},
            )

    def rebuild(self) -> None:
        """Count everything anew."""
        with self._connection.writing():
            self._connection.run("DELETE FROM class_tallies")
            self._connection.run("DELETE FROM group_tallies")
            for share in (_CLASS_SHARE, _GROUP_SHARE):
                self._connection.run(share.format(which="true"), {"sign": 1})

    def differences(self) -> int:
        """How many tallies are not what the rows say; 0 in a sound catalog."""
        return int(
            self._connection.value(
                f"SELECT count(*) FROM (SELECT * FROM ({_COUNTED_CLASSES}) "
                f"EXCEPT SELECT * FROM ({_KEPT_CLASSES}))"
            )
        ) + int(
            self._connection.value(
                f"SELECT count(*) FROM (SELECT * FROM ({_KEPT_CLASSES}) "
                f"EXCEPT SELECT * FROM ({_COUNTED_CLASSES}))"
            )
        )

    def _shift(self, sample_n: int, sign: int) -> None:
        for share in (_CLASS_SHARE, _GROUP_SHARE):
            self._connection.run(
                share.format(which="s.n = :n"), {"sign": sign, "n": sample_n}
            )
