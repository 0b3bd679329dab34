"""Accepted boxes over the whole catalog, and what each of them looks like.

A feature is worked out once a box and kept: it holds while the box has the corners
it was taken from, whatever becomes of its class.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dataset.records import Box

from .box_rows import box_of_row
from .connection import Connection
from .test_runs import CLOSED_GROUPS, closed_splits

_BOX = "b.id, b.class_id, b.x0, b.y0, b.x1, b.y1, b.origin, b.score"
_SAMPLE = "s.id, s.suffix, s.width, s.height, s.captured_us, s.reviewed"
_SAME = (
    "f.sample_n = b.sample_n AND f.box_id = b.id AND f.kind = ? AND f.x0 = b.x0 "
    "AND f.y0 = b.y0 AND f.x1 = b.x1 AND f.y1 = b.y1"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxLine:
    """One accepted box with what a list of boxes shows and sorts by."""

    sample_id: str
    suffix: str
    width: int
    height: int
    captured_us: int
    reviewed: bool
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxFilter:
    """Which boxes are wanted; None and "" stand for any."""

    class_id: int | None = None
    session_id: str = ""
    split: str = ""
    reviewed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxFeature:
    """What one box looks like, as bytes that only their maker reads."""

    sample_id: str
    box: Box
    value: bytes


class BoxFeatures:
    """The accepted boxes of a catalog; those of sealed test sets are in no answer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lines(self, wanted: BoxFilter, limit: int) -> tuple[BoxLine, ...]:
        """Accepted boxes, sorted by sample and box; at most `limit`."""
        where, arguments = self._where(wanted)
        rows = self._connection.rows(
            f"SELECT {_BOX}, {_SAMPLE} FROM boxes b JOIN samples s ON s.n = b.sample_n "
            f"WHERE {where} ORDER BY s.id, b.id LIMIT ?",
            [*arguments, limit],
        )
        return tuple(_line(row) for row in rows)

    def count(self, wanted: BoxFilter) -> int:
        """How many accepted boxes are wanted so."""
        where, arguments = self._where(wanted)
        return int(
            self._connection.value(
                "SELECT count(*) FROM boxes b JOIN samples s ON s.n = b.sample_n "
                f"WHERE {where}",
                arguments,
            )
        )

    def missing(self, kind: int) -> tuple[BoxLine, ...]:
        """Boxes without a feature of that kind, sample by sample."""
        where, _ = self._where(BoxFilter())
        rows = self._connection.rows(
            f"SELECT {_BOX}, {_SAMPLE} FROM boxes b JOIN samples s ON s.n = b.sample_n "
            f"WHERE {where} AND NOT EXISTS (SELECT 1 FROM box_features f WHERE {_SAME})"
            " ORDER BY s.n, b.id",
            [kind],
        )
        return tuple(_line(row) for row in rows)

    def put(self, kind: int, features: Iterable[BoxFeature]) -> None:
        """Keep what boxes look like; those of samples that are gone are left out."""
        with self._connection.writing():
            self._connection.run_many(
                "INSERT OR REPLACE INTO box_features "
                "(sample_n, box_id, kind, x0, y0, x1, y1, value) "
                "SELECT n, ?, ?, ?, ?, ?, ?, ? FROM samples WHERE id = ?",
                [
                    (
                        one.box.id,
                        kind,
                        one.box.x0,
                        one.box.y0,
                        one.box.x1,
                        one.box.y1,
                        one.value,
                        one.sample_id,
                    )
                    for one in features
                ],
            )

    def known(self, kind: int) -> tuple[BoxFeature, ...]:
        """What every accepted box looks like, sorted by sample and box."""
        where, _ = self._where(BoxFilter())
        rows = self._connection.rows(
            f"SELECT {_BOX}, s.id, f.value FROM boxes b "
            "JOIN samples s ON s.n = b.sample_n "
            f"JOIN box_features f ON {_SAME} WHERE {where} ORDER BY s.id, b.id",
            [kind],
        )
        return tuple(
            BoxFeature(sample_id=str(r[8]), box=box_of_row(r), value=bytes(r[9]))
            for r in rows
        )

    def _where(self, wanted: BoxFilter) -> tuple[str, list[object]]:
        parts, arguments = ["s.state = 'labeled'"], list[object]()
        if closed_splits(self._connection):
            parts.append(f"s.group_id NOT IN ({CLOSED_GROUPS})")
        if wanted.class_id is not None:
            parts.append("b.class_id = ?")
            arguments.append(wanted.class_id)
        if wanted.session_id:
            parts.append("s.session_id = ?")
            arguments.append(wanted.session_id)
        if wanted.split:
            parts.append(
                "s.group_id IN (SELECT group_id FROM split_ledger GROUP BY group_id "
                "HAVING n = max(n) AND split = ? AND action = 'assigned')"
            )
            arguments.append(wanted.split)
        if wanted.reviewed is not None:
            parts.append("s.reviewed = ?")
            arguments.append(int(wanted.reviewed))
        return " AND ".join(parts), arguments


def _line(row: tuple[object, ...]) -> BoxLine:
    return BoxLine(
        sample_id=str(row[8]),
        suffix=str(row[9]),
        width=int(str(row[10])),
        height=int(str(row[11])),
        captured_us=int(str(row[12])),
        reviewed=bool(row[13]),
        box=box_of_row(row),
    )
