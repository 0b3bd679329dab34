"""Labels: the boxes, proposals and state of a sample, changed as one value."""

from __future__ import annotations

from dataset.errors import NotFound, ProjectError
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
from .journal import Journal, JournalEntry

_BOX_COLUMNS = "id, class_id, x0, y0, x1, y1, origin, score"


class Labels:
    """The labels of a catalog."""

    def __init__(self, connection: Connection, journal: Journal) -> None:
        self._connection = connection
        self._journal = journal

    def get(self, sample_id: str) -> LabelState:
        """All that is labelled of a sample.

        Raises:
            NotFound: there is no such sample.
        """
        with self._connection.reading():
            rows = self._connection.rows(
                "SELECT n, state, skip_reason, reviewed FROM samples WHERE id = ?",
                [sample_id],
            )
            if not rows:
                raise NotFound(f"There is no such sample: {sample_id}")
            n, state, skip_reason, reviewed = rows[0]
            return LabelState(
                state=SampleState(state),
                skip_reason=skip_reason,
                reviewed=bool(reviewed),
                boxes=self._boxes(n),
                proposals=self._proposals(n),
            )

    def boxes(self, sample_id: str) -> tuple[Box, ...]:
        """The accepted or drawn boxes of a sample, by id."""
        return self.get(sample_id).boxes

    def proposals(self, sample_id: str) -> tuple[Proposal, ...]:
        """The kept proposals of a sample, by id."""
        return self.get(sample_id).proposals

    def propose(self, sample_id: str, proposals: tuple[Proposal, ...]) -> bool:
        """Keep proposals for a sample that no person has labelled; else False.

        They replace earlier proposals; the journal does not note them.
        """
        with self._connection.writing():
            before = self.get(sample_id)
            if before.state not in {SampleState.NEW, SampleState.PROPOSED}:
                return False
            state = SampleState.PROPOSED if proposals or before.boxes else before.state
            self._store(
                sample_id,
                LabelState(state=state, boxes=before.boxes, proposals=proposals),
            )
        return True

    def apply(self, edit: LabelEdit) -> None:
        """Save an edit and note it in the journal; durable when it returns.

        Raises:
            ProjectError: the labels changed since the edit was made (a second
                window or a command edited the same sample); nothing is saved.
        """
        with self._connection.writing():
            self._expect(edit.sample_id, edit.before)
            self._store(edit.sample_id, edit.after)
            self._journal.add(edit)

    def undo(self) -> JournalEntry | None:
        """Take the last edit back; gives it, or None when there is nothing.

        Raises:
            ProjectError: the sample was changed by something else since.
        """
        with self._connection.writing():
            entry = self._journal.last_done()
            if entry is not None:
                self._expect(entry.sample_id, entry.after)
                self._store(entry.sample_id, entry.before)
                self._journal.mark(entry.n, done=False)
        return entry

    def redo(self) -> JournalEntry | None:
        """Make the last undone edit again; gives it, or None.

        Raises:
            ProjectError: the sample was changed by something else since.
        """
        with self._connection.writing():
            entry = self._journal.first_undone()
            if entry is not None:
                self._expect(entry.sample_id, entry.before)
                self._store(entry.sample_id, entry.after)
                self._journal.mark(entry.n, done=True)
        return entry

    def put(self, sample_id: str, state: LabelState) -> None:
        """Store labels that came with an import, without a journal entry."""
        with self._connection.writing():
            self._store(sample_id, state)

    def _expect(self, sample_id: str, expected: LabelState) -> None:
        found = self.get(sample_id)
        if _comparable(found) != _comparable(expected):
            raise ProjectError(
                f"The labels of this sample were changed elsewhere: {sample_id[:12]}",
                hint="look at the sample again, then repeat the change",
            )

    def _store(self, sample_id: str, state: LabelState) -> None:
        run, run_many = self._connection.run, self._connection.run_many
        n = self._connection.value("SELECT n FROM samples WHERE id = ?", [sample_id])
        if n is None:
            raise NotFound(f"There is no such sample: {sample_id}")
        run(
            "UPDATE samples SET state = ?, skip_reason = ?, reviewed = ?, "
            "revision = revision + 1 WHERE n = ?",
            [state.state.value, state.skip_reason, int(state.reviewed), n],
        )
        run("DELETE FROM boxes WHERE sample_n = ?", [n])
        run("DELETE FROM proposals WHERE sample_n = ?", [n])
        run_many(
            f"INSERT INTO boxes (sample_n, {_BOX_COLUMNS}) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_box_row(n, box) for box in state.boxes],
        )
        run_many(
            f"INSERT INTO proposals (sample_n, {_BOX_COLUMNS}, verdict) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(*_box_row(n, p.box), p.verdict.value) for p in state.proposals],
        )

    def _boxes(self, n: int) -> tuple[Box, ...]:
        rows = self._connection.rows(
            f"SELECT {_BOX_COLUMNS} FROM boxes WHERE sample_n = ? ORDER BY id", [n]
        )
        return tuple(box_of_row(row) for row in rows)

    def _proposals(self, n: int) -> tuple[Proposal, ...]:
        rows = self._connection.rows(
            f"SELECT {_BOX_COLUMNS}, verdict FROM proposals WHERE sample_n = ? "
            "ORDER BY id",
            [n],
        )
        return tuple(
            Proposal(box=box_of_row(row), verdict=Verdict(row[8])) for row in rows
        )


def box_of_row(row: tuple[object, ...]) -> Box:
    """The box in a row whose first columns are id, class, corners, origin, score."""
    return Box(
        id=str(row[0]),
        class_id=int(str(row[1])),
        x0=float(str(row[2])),
        y0=float(str(row[3])),
        x1=float(str(row[4])),
        y1=float(str(row[5])),
        origin=BoxOrigin(str(row[6])),
        score=None if row[7] is None else float(str(row[7])),
    )


def _box_row(n: int, box: Box) -> tuple[object, ...]:
    return (
        n,
        box.id,
        box.class_id,
        box.x0,
        box.y0,
        box.x1,
        box.y1,
        box.origin.value,
        box.score,
    )


def _comparable(state: LabelState) -> tuple[object, ...]:
    """What two people would both have to keep: not the order of boxes."""
    return (
        state.state,
        state.skip_reason,
        sorted(state.boxes, key=lambda box: box.id),
        sorted(state.proposals, key=lambda proposal: proposal.box.id),
    )
