"""The journal of labels and class work: undo and redo without limit or restart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dataset.records import (
    Box,
    BoxOrigin,
    LabelEdit,
    LabelState,
    Proposal,
    SampleState,
    Verdict,
)

from .connection import Connection

_COLUMNS = "n, kind, sample_id, title, before, after"
# A window takes back its own edits, and those of windows and commands that are gone:
# what another window is working on is not pulled from under it.
_MINE = "holder NOT IN (SELECT id FROM holders WHERE id <> :me)"
# A row as id, name, colour, key, retired, merged_into.
ClassFields = tuple[int, str, str, int | None, int, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One edit of one sample's labels, with the state on both sides."""

    n: int
    sample_id: str
    title: str
    before: LabelState
    after: LabelState


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassEntry:
    """One act of class work, with the classes it concerned on both sides."""

    n: int
    title: str
    before: tuple[ClassFields, ...]
    after: tuple[ClassFields, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One accept: when, of which session, in which window, and what it took.

    `keys` counts keys and drags, `drags` those among them that were drags.
    """

    at_us: int
    boxes: int
    keys: int
    drags: int
    session_id: str
    holder: str


class Journal:
    """The edits of a catalog, oldest first; a row is `done`, `undone` or left.

    A new edit after an undo starts another branch: the undone rows become
    `abandoned` and stay as a record. So does a row that can be turned back no more,
    because something else changed the sample since.

    Attributes:
        holder: the window whose edits these are; "" for a command.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.holder = ""
        self._step: int | None = None
        self._title = ""

    @contextmanager
    def one_step(self, title: str) -> Iterator[None]:
        """A block whose edits are taken back, and made again, as one step."""
        with self._connection.writing():
            if self._step is not None:
                yield
                return
            self._step, self._title = 0, title
            try:
                yield
            finally:
                self._step, self._title = None, ""

    def add(self, edit: LabelEdit) -> int:
        """Note a new edit; gives its number."""
        return self._insert(
            "labels",
            edit.sample_id,
            edit.title,
            (_to_json(edit.before), _to_json(edit.after)),
            (edit.at_us, len(edit.after.boxes), edit.keys, edit.drags),
        )

    def add_class_act(
        self, title: str, before: tuple[ClassFields, ...], at_us: int
    ) -> int:
        """Note that class work begins; gives the number for `end_class_act`."""
        return self._insert(
            "classes", "", title, (json.dumps(before), "[]"), (at_us, 0, 0, 0)
        )

    def end_class_act(self, n: int, after: tuple[ClassFields, ...]) -> None:
        """Note what the classes became."""
        with self._connection.writing():
            self._connection.run(
                "UPDATE journal SET after = ? WHERE n = ?", [json.dumps(after), n]
            )

    def last_step(self) -> tuple[JournalEntry | ClassEntry, ...]:
        """The edits that undo takes back, newest first; none where there is nothing."""
        return self._rows_of("done", "DESC")

    def first_undone_step(self) -> tuple[JournalEntry | ClassEntry, ...]:
        """The edits that redo makes again, oldest first."""
        return self._rows_of("undone", "ASC")

    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return self._next_step("done", "DESC") is not None

    def can_redo(self) -> bool:
        """Whether there is an edit to make again."""
        return self._next_step("undone", "ASC") is not None

    def mark(self, n: int, *, done: bool) -> None:
        """Note that an edit was undone or made again."""
        self._set(n, "done" if done else "undone")

    def abandon(self, n: int) -> None:
        """Note that an edit can be turned back or made again no more."""
        self._set(n, "abandoned")

    def titles(self, limit: int) -> tuple[str, ...]:
        """What the newest steps were, newest first."""
        rows = self._connection.rows(
            "SELECT title FROM journal WHERE status = 'done' "
            "AND (step = 0 OR step = n) ORDER BY n DESC LIMIT ?",
            [limit],
        )
        return tuple(str(row[0]) for row in rows)

    def accepts(self, limit: int) -> tuple[Decision, ...]:
        """The newest accepts with their sessions and windows, newest first.

        An accept is an edit that ended in `labeled` or `empty` and went on.
        """
        rows = self._connection.rows(
            "SELECT j.at_us, j.boxes, j.keys, j.drags, s.session_id, j.holder "
            "FROM (SELECT * FROM journal WHERE status = 'done' AND keys > 0 "
            "ORDER BY n DESC LIMIT ?) j JOIN samples s ON s.id = j.sample_id "
            "ORDER BY j.n DESC",
            [limit],
        )
        return tuple(
            Decision(
                at_us=int(row[0]),
                boxes=int(row[1]),
                keys=int(row[2]),
                drags=int(row[3]),
                session_id=str(row[4]),
                holder=str(row[5]),
            )
            for row in rows
        )

    def _insert(
        self,
        kind: str,
        sample_id: str,
        title: str,
        sides: tuple[str, str],
        figures: tuple[int, int, int, int],
    ) -> int:
        step = self._step or 0
        with self._connection.writing():
            self._connection.run(
                "UPDATE journal SET status = 'abandoned' "
                f"WHERE status = 'undone' AND {_MINE}",
                {"me": self.holder},
            )
            self._connection.run(
                "INSERT INTO journal (kind, sample_id, title, before, after, at_us, "
                "boxes, keys, drags, step, holder) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    kind,
                    sample_id,
                    self._title or title,
                    *sides,
                    *figures,
                    step,
                    self.holder,
                ],
            )
            n = int(self._connection.value("SELECT last_insert_rowid()"))
            if self._step == 0:
                self._step = n
                self._connection.run("UPDATE journal SET step = n WHERE n = ?", [n])
        return n

    def _next_step(self, status: str, way: str) -> int | None:
        found = self._connection.value(
            "SELECT CASE step WHEN 0 THEN n ELSE step END FROM journal "
            f"WHERE status = :status AND {_MINE} ORDER BY n {way} LIMIT 1",
            {"status": status, "me": self.holder},
        )
        return None if found is None else int(found)

    def _rows_of(self, status: str, way: str) -> tuple[JournalEntry | ClassEntry, ...]:
        step = self._next_step(status, way)
        if step is None:
            return ()
        rows = self._connection.rows(
            f"SELECT {_COLUMNS} FROM journal WHERE (n = :step OR step = :step) "
            f"AND status = :status ORDER BY n {way}",
            {"step": step, "status": status},
        )
        return tuple(_entry(row) for row in rows)

    def _set(self, n: int, status: str) -> None:
        with self._connection.writing():
            self._connection.run(
                "UPDATE journal SET status = ? WHERE n = ?", [status, n]
            )


def _entry(row: tuple[Any, ...]) -> JournalEntry | ClassEntry:
    n, kind, sample_id, title, before, after = row
    if kind == "classes":
        return ClassEntry(
            n=int(n),
            title=str(title),
            before=tuple(tuple(fields) for fields in json.loads(before)),
            after=tuple(tuple(fields) for fields in json.loads(after)),
        )
    return JournalEntry(
        n=int(n),
        sample_id=str(sample_id),
        title=str(title),
        before=_from_json(before),
        after=_from_json(after),
    )


def _to_json(state: LabelState) -> str:
    return json.dumps(
        {
            "state": state.state.value,
            "skip_reason": state.skip_reason,
            "reviewed": state.reviewed,
            "boxes": [_box_row(box) for box in state.boxes],
            "proposals": [[*_box_row(p.box), p.verdict.value] for p in state.proposals],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _from_json(text: str) -> LabelState:
    raw = json.loads(text)
    return LabelState(
        state=SampleState(raw["state"]),
        skip_reason=raw["skip_reason"],
        reviewed=raw["reviewed"],
        boxes=tuple(_box(row) for row in raw["boxes"]),
        proposals=tuple(
            Proposal(box=_box(row[:8]), verdict=Verdict(row[8]))
            for row in raw["proposals"]
        ),
    )


def _box_row(box: Box) -> list[Any]:
    return [
        box.id,
        box.class_id,
        box.x0,
        box.y0,
        box.x1,
        box.y1,
        box.origin.value,
        box.score,
    ]


def _box(row: list[Any]) -> Box:
    return Box(
        id=row[0],
        class_id=row[1],
        x0=row[2],
        y0=row[3],
        x1=row[4],
        y1=row[5],
        origin=BoxOrigin(row[6]),
        score=row[7],
    )
