"""What samples look like, and the index that finds those that look alike.

A look stands under each of its keys (`dataset.near_duplicates.look`), so that a new one
reads what its own keys hit and nothing else. Of one camera only the first `CROWD`
samples stand under a key: the background of a fixed camera has the same keys in every
picture, and more of them would say no more.

The keys of a look lie all over the index, so that entering a few looks would rewrite
much of a large one. New rows therefore stand on level 0, close together; `tidy` moves
them to level 1 when they have become many.

`look_queue` holds the decided samples that were not compared since their labels last
changed; triggers keep it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dataset.near_duplicates.look import FIRST_CROP_KEY, KEY_FAMILY, Fingerprint

from .connection import Connection

CROWD: Final = 24
# Level 0 may hold half a million rows, or those of every tenth sample.
_FRESH_ROWS: Final = 500_000
_FRESH_ROWS_A_SAMPLE: Final = 5
_MANY: Final = 500
_DECIDED = "s.state IN ('labeled', 'empty')"
_FACTS = "s.n, s.id, s.suffix, s.revision, s.group_id, e.source, e.place, s.captured_us"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A labeled or empty sample, with what it takes to look for near-duplicates.

    `look` is its kept look, None where that is of an earlier revision or none is kept.
    """

    n: int
    id: str
    suffix: str
    revision: int
    group: str
    camera: str
    place: str
    captured_us: int
    look: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A sample's look as the index takes it; camera 0 is an unknown one."""

    n: int
    revision: int
    camera: int
    captured_us: int
    value: bytes
    keys: NDArray[np.int64]


class Looks:
    """The looks of a catalog."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def waiting(self, *, after: int = 0, limit: int = -1) -> tuple[Decided, ...]:
        """Decided samples that were not compared as they are now, by number.

        Those behind the number `after`, at most `limit` (-1: all).
        """
        rows = self._connection.rows(
            # CROSS JOIN: the queue first, however few SQLite thinks its rows are.
            f"SELECT {_FACTS}, l.value FROM look_queue q "
            "CROSS JOIN samples s ON s.n = q.sample_n "
            "JOIN sessions e ON e.id = s.session_id "
            "LEFT JOIN looks l ON l.sample_n = s.n AND l.revision = s.revision "
            f"WHERE q.sample_n > ? AND {_DECIDED} ORDER BY q.sample_n LIMIT ?",
            [after, limit],
        )
        return tuple(_decided(row) for row in rows)

    def count_waiting(self) -> int:
        """How many samples `waiting` gives, or a few more."""
        return int(self._connection.value("SELECT count(*) FROM look_queue"))

    def put(self, looks: Sequence[Look]) -> None:
        """Keep looks and enter them in the index, in place of earlier ones."""
        self.meet(looks, votes=1, best=0)

    def meet(
        self, looks: Sequence[Look], *, votes: int, best: int, keep: bool = True
    ) -> set[int]:
        """Numbers of samples that share at least `votes` keys with one of these.

        Of each at most the `best` ones; samples of these looks are not among them.
        Within one camera only the keys of boxes' crops count. With `keep` the looks
        are kept and entered in the index, in place of earlier ones.
        """
        connection = self._connection
        with connection.writing() if keep else connection.reading():
            # The keys are put where SQLite can join them; in `reading` the table of
            # this connection alone is taken back at the end.
            connection.run("DROP TABLE IF EXISTS temp.probes")
            connection.run("CREATE TEMP TABLE probes (key INTEGER, camera INTEGER, n)")
            connection.run_many(
                "INSERT INTO temp.probes (key, camera, n) VALUES (?, ?, ?)",
                _rows_by_key(looks),
            )
            found = self._sharing(votes, best) if best else set()
            if keep:
                self._enter(looks)
            connection.run("DROP TABLE temp.probes")
        return found - {look.n for look in looks}

    def _sharing(self, votes: int, best: int) -> set[int]:
        rows = self._connection.rows(
            "SELECT DISTINCT other FROM (SELECT other, row_number() OVER "
            "(PARTITION BY n ORDER BY shared DESC, other) AS place FROM ("
            "SELECT p.n AS n, k.sample_n AS other, count(*) AS shared "
            "FROM temp.probes p CROSS JOIN look_keys k ON k.level IN (0, 1) "
            "AND k.key = p.key WHERE k.sample_n <> p.n "
            "AND (k.camera <> p.camera OR k.camera = 0 OR p.key >= ?) "
            "GROUP BY 1, 2 HAVING count(*) >= ?)) WHERE place <= ?",
            [FIRST_CROP_KEY, votes, best],
        )
        return {int(other) for (other,) in rows}

    def _enter(self, looks: Sequence[Look]) -> None:
        for look in looks:
            self._forget_other(look)
        self._connection.run_many(
            "INSERT OR REPLACE INTO looks (sample_n, revision, camera, captured_us, "
            "value) SELECT ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM samples "
            "WHERE n = ?)",
            [(k.n, k.revision, k.camera, k.captured_us, k.value, k.n) for k in looks],
        )
        self._connection.run(
            "INSERT OR IGNORE INTO look_keys (level, key, camera, sample_n) "
            "SELECT 0, p.key, p.camera, p.n FROM temp.probes p WHERE (SELECT count(*) "
            "FROM (SELECT 1 FROM look_keys k WHERE k.level IN (0, 1) "
            f"AND k.key = p.key AND k.camera = p.camera LIMIT {CROWD})) < {CROWD}"
        )

    def tidy(self) -> None:
        """Move the new rows of the index to the others where they have become many.

        In short transactions: who labels meanwhile is not kept waiting.
        """
        connection = self._connection
        fresh = int(connection.value("SELECT count(*) FROM look_keys WHERE level = 0"))
        newest = connection.value("SELECT max(sample_n) FROM looks") or 0
        if fresh <= max(_FRESH_ROWS, _FRESH_ROWS_A_SAMPLE * int(newest)):
            return
        last = int(connection.value("SELECT max(key) FROM look_keys WHERE level = 0"))
        for first in range(0, last + 1, KEY_FAMILY):
            part = [first, first + KEY_FAMILY]
            with connection.writing():
                connection.run(
                    "INSERT OR IGNORE INTO look_keys (level, key, camera, sample_n) "
                    "SELECT 1, key, camera, sample_n FROM look_keys "
                    "WHERE level = 0 AND key >= ? AND key < ? ORDER BY key",
                    part,
                )
                connection.run(
                    "DELETE FROM look_keys WHERE level = 0 AND key >= ? AND key < ?",
                    part,
                )

    def _forget_other(self, look: Look) -> None:
        """Take another look of the same sample out; the same one may stay."""
        is_same = self._connection.value(
            "SELECT camera = ? AND value = ? FROM looks WHERE sample_n = ?",
            [look.camera, look.value, look.n],
        )
        if is_same == 0:
            self.forget(look.n)

    def forget(self, n: int) -> None:
        """Take a sample's look and its keys out; part of the caller's transaction."""
        value = self._connection.value(
            "SELECT value FROM looks WHERE sample_n = ?", [n]
        )
        if value is None:
            return
        camera = self._connection.value(
            "SELECT camera FROM looks WHERE sample_n = ?", [n]
        )
        known = Fingerprint.from_bytes(bytes(value))
        if known is not None:
            self._connection.run_many(
                "DELETE FROM look_keys WHERE level IN (0, 1) AND key = ? "
                "AND camera = ? AND sample_n = ?",
                [(key, camera, n) for key in known.keys.tolist()],
            )
        self._connection.run("DELETE FROM looks WHERE sample_n = ?", [n])

    def near_in_time(self, looks: Sequence[Look], gap_us: int) -> set[int]:
        """Numbers of kept samples of the same camera that are at most so far apart."""
        found: set[int] = set()
        for look in looks:
            if look.camera and look.captured_us:
                rows = self._connection.rows(
                    "SELECT l.sample_n FROM looks l JOIN samples s ON s.n = l.sample_n "
                    "WHERE l.camera = ? AND l.captured_us BETWEEN ? AND ? "
                    "AND s.group_id <> (SELECT group_id FROM samples WHERE n = ?)",
                    [
                        look.camera,
                        look.captured_us - gap_us,
                        look.captured_us + gap_us,
                        look.n,
                    ],
                )
                found.update(int(n) for (n,) in rows)
        return found

    def kept(self, numbers: Iterable[int]) -> Iterator[Decided]:
        """Decided samples of those numbers with their present looks, by number."""
        wanted = sorted(numbers)
        for start in range(0, len(wanted), _MANY):
            part = wanted[start : start + _MANY]
            marks = ", ".join("?" * len(part))
            yield from map(
                _decided,
                self._connection.rows(
                    f"SELECT {_FACTS}, l.value FROM looks l JOIN samples s "
                    "ON s.n = l.sample_n JOIN sessions e ON e.id = s.session_id "
                    f"WHERE l.sample_n IN ({marks}) AND l.revision = s.revision "
                    f"AND {_DECIDED} ORDER BY s.n",
                    part,
                ),
            )

    def of_group(self, group_id: str, limit: int) -> tuple[bytes, ...]:
        """Looks of a group's decided samples, oldest first, evenly at most `limit`."""
        rows = self._connection.rows(
            "SELECT l.value FROM samples s JOIN looks l ON l.sample_n = s.n "
            f"WHERE s.group_id = ? AND {_DECIDED} ORDER BY s.captured_us, s.id",
            [group_id],
        )
        step = -(-len(rows) // limit) or 1
        return tuple(bytes(value) for (value,) in rows[::step])

    def settle(self, compared: Iterable[tuple[int, int]]) -> None:
        """Take samples, as (number, revision), off the queue.

        One that was edited meanwhile stays.
        """
        with self._connection.writing():
            self._connection.run_many(
                "DELETE FROM look_queue WHERE sample_n = ? AND EXISTS (SELECT 1 "
                "FROM samples WHERE n = look_queue.sample_n AND revision = ?)",
                list(compared),
            )


def _rows_by_key(looks: Sequence[Look]) -> Iterator[tuple[int, int, int]]:
    """(key, camera, number) in the index's own order, which is kind to its pages."""
    if not looks:
        return iter(())
    counts = [len(look.keys) for look in looks]
    key = np.concatenate([look.keys for look in looks])
    camera = np.repeat(np.array([look.camera for look in looks], np.int64), counts)
    number = np.repeat(np.array([look.n for look in looks], np.int64), counts)
    order = np.lexsort((number, camera, key))
    return zip(
        key[order].tolist(), camera[order].tolist(), number[order].tolist(), strict=True
    )


def _decided(row: tuple[object, ...]) -> Decided:
    value = row[8]
    return Decided(
        n=int(str(row[0])),
        id=str(row[1]),
        suffix=str(row[2]),
        revision=int(str(row[3])),
        group=str(row[4]),
        camera=str(row[5]),
        place=str(row[6]),
        captured_us=int(str(row[7])),
        look=bytes(value) if isinstance(value, bytes) else None,
    )
