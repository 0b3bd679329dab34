"""The journal of label edits: undo and redo without limit, across restarts."""

from __future__ import annotations

import json
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

_COLUMNS = "n, sample_id, title, before, after"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One edit of one sample's labels, with the state on both sides."""

    n: int
    sample_id: str
    title: str
    before: LabelState
    after: LabelState


class Journal:
    """The label edits of a catalog, oldest first; a row is `done`, `undone` or left.

    A new edit after an undo starts another branch: the undone rows become
    `abandoned` and stay as a record. So does a row that can be turned back no more,
    because something else changed the sample since.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, edit: LabelEdit) -> int:
        """Note a new edit; gives its number."""
        with self._connection.writing():
            self._connection.run(
                "UPDATE journal SET status = 'abandoned' WHERE status = 'undone'"
            )
            self._connection.run(
                "INSERT INTO journal "
                "(sample_id, title, before, after, at_us, boxes, keys) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    edit.sample_id,
                    edit.title,
                    _to_json(edit.before),
                    _to_json(edit.after),
                    edit.at_us,
                    len(edit.after.boxes),
                    edit.keys,
                ],
            )
            return int(self._connection.value("SELECT last_insert_rowid()"))

    def last_done(self) -> JournalEntry | None:
        """The edit that undo takes back, or None."""
        return self._one("WHERE status = 'done' ORDER BY n DESC LIMIT 1")

    def first_undone(self) -> JournalEntry | None:
        """The edit that redo makes again, or None."""
        return self._one("WHERE status = 'undone' ORDER BY n LIMIT 1")

    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return self._has("done")

    def can_redo(self) -> bool:
        """Whether there is an edit to make again."""
        return self._has("undone")

    def mark(self, n: int, *, done: bool) -> None:
        """Note that an edit was undone or made again."""
        self._set(n, "done" if done else "undone")

    def abandon(self, n: int) -> None:
        """Note that an edit can be turned back or made again no more."""
        self._set(n, "abandoned")

    def titles(self, limit: int) -> tuple[str, ...]:
        """What the newest edits were, newest first."""
        rows = self._connection.rows(
            "SELECT title FROM journal WHERE status = 'done' ORDER BY n DESC LIMIT ?",
            [limit],
        )
        return tuple(str(row[0]) for row in rows)

    def decisions(self, limit: int) -> tuple[tuple[int, int, int], ...]:
        """The newest accepts as (at_us, boxes, keys), newest first.

        An accept is an edit that ended in `labeled` or `empty` and went on.
        """
        rows = self._connection.rows(
            "SELECT at_us, boxes, keys FROM journal "
            "WHERE status = 'done' AND keys > 0 ORDER BY n DESC LIMIT ?",
            [limit],
        )
        return tuple((int(at), int(boxes), int(keys)) for at, boxes, keys in rows)

    def _has(self, status: str) -> bool:
        found = self._connection.value(
            "SELECT 1 FROM journal WHERE status = ? LIMIT 1", [status]
        )
        return found is not None

    def _set(self, n: int, status: str) -> None:
        with self._connection.writing():
            self._connection.run(
                "UPDATE journal SET status = ? WHERE n = ?", [status, n]
            )

    def _one(self, where: str) -> JournalEntry | None:
        rows = self._connection.rows(f"SELECT {_COLUMNS} FROM journal {where}")
        if not rows:
            return None
        n, sample_id, title, before, after = rows[0]
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
