"""Claims: which window at the queue has which samples before it.

A claim keeps two windows from showing one sample; what is saved is guarded by the
state it was made on (`Labels.apply`), whoever claimed it. No clock stands here: clocks
of two machines differ and are set. A holder counts beats, and who watches them judges
by a clock of their own how long they have stood still (`labeling.hold`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A window at the queue: the machine and process it runs in, and its beats."""

    id: str
    machine: str
    process: str
    beats: int = 0


class Claims:
    """The windows at the queue of a catalog, and what they hold."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def beat(self, holder: Holder) -> None:
        """Note that a window is there; it is entered where it is not known."""
        with self._connection.writing():
            self._connection.run(
                "INSERT INTO holders (id, machine, process) VALUES (?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET beats = beats + 1",
                [holder.id, holder.machine, holder.process],
            )

    def holders(self) -> tuple[Holder, ...]:
        """The windows that are there, or were when they died."""
        rows = self._connection.rows(
            "SELECT id, machine, process, beats FROM holders ORDER BY id"
        )
        return tuple(
            Holder(id=str(r[0]), machine=str(r[1]), process=str(r[2]), beats=int(r[3]))
            for r in rows
        )

    def leave(self, holder_ids: Iterable[str]) -> None:
        """Forget windows, with what they hold."""
        with self._connection.writing():
            self._connection.run_many(
                "DELETE FROM holders WHERE id = ?", [(each,) for each in holder_ids]
            )

    def release(self, holder_id: str) -> None:
        """Let go of all that a window holds."""
        with self._connection.writing():
            self._connection.run("DELETE FROM claims WHERE holder = ?", [holder_id])

    def take(self, holder_id: str, sample_ids: Sequence[str]) -> None:
        """Hold these samples, and no other; what another window holds is left to it.

        A window that was forgotten meanwhile holds nothing until its next beat.
        """
        with self._connection.writing():
            self.release(holder_id)
            self._connection.run_many(
                "INSERT INTO claims (sample_n, holder) "
                "SELECT s.n, h.id FROM samples s JOIN holders h ON h.id = :holder "
                "WHERE s.id = :sample ON CONFLICT (sample_n) DO NOTHING",
                [{"holder": holder_id, "sample": each} for each in sample_ids],
            )

    def held_by(self, holder_id: str) -> frozenset[str]:
        """Ids of the samples that a window holds."""
        return self._ids("c.holder = ?", holder_id)

    def held_by_others(self, holder_id: str) -> frozenset[str]:
        """Ids of the samples that other windows hold."""
        return self._ids("c.holder <> ?", holder_id)

    def _ids(self, which: str, holder_id: str) -> frozenset[str]:
        rows = self._connection.rows(
            "SELECT s.id FROM claims c JOIN samples s ON s.n = c.sample_n "
            f"WHERE {which}",
            [holder_id],
        )
        return frozenset(str(row[0]) for row in rows)
