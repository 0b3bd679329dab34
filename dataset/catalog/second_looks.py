"""Second passes: what another person, or another day, said of labeled samples.

A look is one sample in one pass. Its boxes are kept here, apart from the labels:
nothing that counts, freezes or exports reads them. Boxes lie as JSON rows, so that a
class that is merged or retired meanwhile does not hold them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dataset.errors import NotFound
from dataset.records import Box

from .box_rows import boxes_from_json, boxes_to_json
from .connection import Connection
from .test_runs import CLOSED_GROUPS, closed_splits

WAITING, DONE = "waiting", "done"
_LOOK = (
    "l.n, l.pass_n, s.id, s.session_id, l.state, l.first, l.second, l.person, l.at_us, "
    "p.blind FROM second_looks l JOIN samples s ON s.n = l.sample_n "
    "JOIN second_passes p ON p.n = l.pass_n"
)
# A look whose sample was taken back, skipped or sealed since says nothing now.
_DECIDED = "s.state IN ('labeled', 'empty')"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassLine:
    """One second pass; `waiting` and `done` count its samples."""

    n: int
    way: str
    share: float
    seed: int
    blind: bool
    person: str
    begun_us: int
    waiting: int
    done: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondLook:
    """One sample in a pass; `first` and `second` are the boxes when it was finished."""

    n: int
    pass_n: int
    sample_id: str
    session_id: str
    is_done: bool
    blind: bool
    first: tuple[Box, ...] = ()
    second: tuple[Box, ...] = ()
    person: str = ""
    at_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is drawn in a look so far."""

    boxes: tuple[Box, ...]
    can_undo: bool
    can_redo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What was decided on one dispute, by whom and when."""

    look_n: int
    first_id: str
    second_id: str
    verdict: str
    person: str
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A sample that a second pass may take; `score` is that of its least sure box."""

    sample_id: str
    session_id: str
    score: float | None
    is_seen: bool


class SecondLooks:
    """The second passes of a catalog."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(
        self,
        sample_ids: Sequence[str],
        *,
        way: str,
        share: float,
        seed: int,
        blind: bool,
        person: str,
        at_us: int,
    ) -> PassLine:
        """Begin a pass over these samples, in this order."""
        with self._connection.writing():
            self._connection.run(
                "INSERT INTO second_passes (way, share, seed, blind, person, begun_us) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                [way, share, seed, int(blind), person, at_us],
            )
            n = int(self._connection.value("SELECT last_insert_rowid()"))
            self._connection.run_many(
                "INSERT INTO second_looks (pass_n, sample_n, place) "
                "SELECT ?, n, ? FROM samples WHERE id = ?",
                [(n, place, sample_id) for place, sample_id in enumerate(sample_ids)],
            )
        return next(line for line in self.passes() if line.n == n)

    def passes(self) -> tuple[PassLine, ...]:
        """Every pass, the newest first; sealed and undecided samples do not count."""
        rows = self._connection.rows(
            "SELECT p.n, p.way, p.share, p.seed, p.blind, p.person, p.begun_us, "
            "coalesce(sum(c.state = 'waiting'), 0), coalesce(sum(c.state = 'done'), 0) "
            "FROM second_passes p LEFT JOIN (SELECT l.pass_n, l.state "
            "FROM second_looks l JOIN samples s ON s.n = l.sample_n "
            f"WHERE {self._open()}) c ON c.pass_n = p.n GROUP BY p.n ORDER BY p.n DESC"
        )
        return tuple(
            PassLine(
                n=int(r[0]),
                way=str(r[1]),
                share=float(r[2]),
                seed=int(r[3]),
                blind=bool(r[4]),
                person=str(r[5]),
                begun_us=int(r[6]),
                waiting=int(r[7]),
                done=int(r[8]),
            )
            for r in rows
        )

    def candidates(self) -> tuple[Candidate, ...]:
        """Decided samples without a second yes, by id; none of a sealed set."""
        rows = self._connection.rows(
            "SELECT s.id, s.session_id, (SELECT min(b.score) FROM boxes b "
            "WHERE b.sample_n = s.n), EXISTS (SELECT 1 FROM second_looks l "
            "WHERE l.sample_n = s.n) FROM samples s "
            f"WHERE {self._open()} AND s.reviewed = 0 ORDER BY s.id"
        )
        return tuple(
            Candidate(
                sample_id=str(r[0]),
                session_id=str(r[1]),
                score=None if r[2] is None else float(r[2]),
                is_seen=bool(r[3]),
            )
            for r in rows
        )

    def of_pass(self, pass_n: int) -> tuple[SecondLook, ...]:
        """The looks of a pass in their order; sealed and undecided ones are left."""
        return self._looks(
            f"WHERE l.pass_n = ? AND {self._open()} ORDER BY l.place", [pass_n]
        )

    def finished(self) -> tuple[SecondLook, ...]:
        """The newest finished look of each sample, session by session."""
        return self._looks(
            "JOIN sessions e ON e.id = s.session_id "
            f"WHERE l.state = 'done' AND {self._open()} "
            "AND l.n = (SELECT max(o.n) FROM second_looks o "
            "WHERE o.sample_n = l.sample_n AND o.state = 'done') "
            "ORDER BY e.started_us, e.name, s.sequence",
            [],
        )

    def get(self, look_n: int) -> SecondLook:
        """One look.

        Raises:
            NotFound: its sample was erased, or its pass given up.
        """
        found = self._looks("WHERE l.n = ?", [look_n])
        if not found:
            raise NotFound(
                f"There is no such second look any more: {look_n}",
                hint="go on with the next sample",
            )
        return found[0]

    def draft(self, look_n: int) -> Draft | None:
        """What is drawn so far; None where nothing was touched yet."""
        rows = self._connection.rows(
            "SELECT boxes, undone FROM second_edits WHERE look_n = ? ORDER BY n",
            [look_n],
        )
        if not rows:
            return None
        done = [str(boxes) for boxes, undone in rows if not undone]
        return Draft(
            boxes=_living(done[-1], self._merged()) if done else (),
            can_undo=len(done) > 1,
            can_redo=len(done) < len(rows),
        )

    def redraw(self, look_n: int, boxes: Sequence[Box]) -> None:
        """Keep the boxes as one more edit of a look; what was undone is given up."""
        with self._connection.writing():
            self._connection.run(
                "DELETE FROM second_edits WHERE look_n = ? AND undone = 1", [look_n]
            )
            self._connection.run(
                "INSERT INTO second_edits (look_n, boxes) VALUES (?, ?)",
                [look_n, boxes_to_json(boxes)],
            )

    def undo(self, look_n: int) -> bool:
        """Take the newest edit of a look back; the first one is where it began."""
        with self._connection.writing():
            return bool(
                self._connection.run(
                    "UPDATE second_edits SET undone = 1 WHERE n = (SELECT max(n) "
                    "FROM second_edits WHERE look_n = ? AND undone = 0) AND n > "
                    "(SELECT min(n) FROM second_edits WHERE look_n = ?)",
                    [look_n, look_n],
                )
            )

    def redo(self, look_n: int) -> bool:
        """Make the edit again that was taken back last."""
        with self._connection.writing():
            return bool(
                self._connection.run(
                    "UPDATE second_edits SET undone = 0 WHERE n = (SELECT min(n) "
                    "FROM second_edits WHERE look_n = ? AND undone = 1)",
                    [look_n],
                )
            )

    def finish(
        self,
        look_n: int,
        *,
        first: Sequence[Box],
        second: Sequence[Box],
        person: str,
        at_us: int,
    ) -> None:
        """Keep both sides of a look as they are now; finishing again replaces them."""
        with self._connection.writing():
            self._connection.run(
                "UPDATE second_looks SET state = 'done', first = ?, second = ?, "
                "person = ?, at_us = ? WHERE n = ?",
                [boxes_to_json(first), boxes_to_json(second), person, at_us, look_n],
            )

    def give_up(self, pass_n: int) -> int:
        """Forget the looks of a pass that are not finished; gives how many."""
        with self._connection.writing():
            return self._connection.run(
                "DELETE FROM second_looks WHERE pass_n = ? AND state = 'waiting'",
                [pass_n],
            )

    def settle(self, settlement: Settlement, *, journal_n: int) -> None:
        """Note what was decided; it holds while that row of the journal does.

        The verdict `edit` holds once the sample has a later row.
        """
        with self._connection.writing():
            self._connection.run(
                "INSERT INTO settlements (look_n, first_id, second_id, verdict, "
                "person, at_us, journal_n) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    settlement.look_n,
                    settlement.first_id,
                    settlement.second_id,
                    settlement.verdict,
                    settlement.person,
                    settlement.at_us,
                    journal_n,
                ],
            )

    def newest_edit(self) -> int:
        """The number of the journal's newest row; 0 where it is empty."""
        return int(self._connection.value("SELECT coalesce(max(n), 0) FROM journal"))

    def settlements(self) -> tuple[Settlement, ...]:
        """What is settled now, oldest first: what was undone is not."""
        rows = self._connection.rows(
            "SELECT t.look_n, t.first_id, t.second_id, t.verdict, t.person, t.at_us "
            "FROM settlements t JOIN second_looks l ON l.n = t.look_n "
            "JOIN samples s ON s.n = l.sample_n WHERE CASE t.verdict WHEN 'edit' "
            "THEN EXISTS (SELECT 1 FROM journal j WHERE j.sample_id = s.id "
            "AND j.n > t.journal_n AND j.status = 'done') "
            "ELSE EXISTS (SELECT 1 FROM journal j WHERE j.n = t.journal_n "
            "AND j.status = 'done') END ORDER BY t.n"
        )
        return tuple(
            Settlement(
                look_n=int(r[0]),
                first_id=str(r[1]),
                second_id=str(r[2]),
                verdict=str(r[3]),
                person=str(r[4]),
                at_us=int(r[5]),
            )
            for r in rows
        )

    def _open(self) -> str:
        """Which samples a second pass may look at: decided, and in no sealed set."""
        if closed_splits(self._connection):
            return f"{_DECIDED} AND s.group_id NOT IN ({CLOSED_GROUPS})"
        return _DECIDED

    def _looks(self, where: str, arguments: Sequence[object]) -> tuple[SecondLook, ...]:
        rows = self._connection.rows(f"SELECT {_LOOK} {where}", arguments)
        merged = self._merged() if rows else {}
        return tuple(
            SecondLook(
                n=int(r[0]),
                pass_n=int(r[1]),
                sample_id=str(r[2]),
                session_id=str(r[3]),
                is_done=r[4] == DONE,
                first=_living(str(r[5]), merged),
                second=_living(str(r[6]), merged),
                person=str(r[7]),
                at_us=int(r[8]),
                blind=bool(r[9]),
            )
            for r in rows
        )

    def _merged(self) -> dict[int, int]:
        """Where the boxes of each merged class went."""
        rows = self._connection.rows(
            "SELECT id, merged_into FROM classes WHERE merged_into IS NOT NULL"
        )
        return {int(source): int(target) for source, target in rows}


def _living(text: str, merged: Mapping[int, int]) -> tuple[Box, ...]:
    """Boxes in the classes that they would have today."""
    found = []
    for box in boxes_from_json(text):
        class_id = box.class_id
        while class_id in merged:
            class_id = merged[class_id]
        found.append(replace(box, class_id=class_id))
    return tuple(found)
