"""Labels: the boxes, proposals and state of a sample, changed as one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dataset.errors import FieldsetError, NotFound, PolicyRefusal, ProjectError
from dataset.records import (
    Box,
    LabelEdit,
    LabelState,
    Proposal,
    SampleState,
    Verdict,
)
from dataset.versions.packed_boxes import pack

from .box_rows import BOX_COLUMNS, box_of_row, boxes_of_sample
from .class_acts import ClassActs
from .connection import Connection
from .journal import ClassEntry, Journal, JournalEntry
from .tallies import Tallies
from .test_runs import closed_split_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """A step that was taken back or made again.

    `sample_id` is a sample of it, "" for class work; `before` and `after` are that
    sample's sides of the edit. `samples` counts what was turned, and `left` says why
    others stay as they are.
    """

    title: str
    sample_id: str = ""
    before: LabelState = field(default_factory=LabelState)
    after: LabelState = field(default_factory=LabelState)
    samples: int = 0
    left: tuple[FieldsetError, ...] = ()


class Labels:
    """The labels of a catalog."""

    def __init__(self, connection: Connection, journal: Journal) -> None:
        self._connection = connection
        self._journal = journal
        self._tallies = Tallies(connection)
        self._class_acts = ClassActs(connection, journal)

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
                boxes=boxes_of_sample(self._connection, n),
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

        False, too, where a sealed test set holds the sample: nothing may change there.

        They replace earlier proposals, but for boxes that are there already; the
        journal does not note them.
        """
        with self._connection.writing():
            before = self.get(sample_id)
            if before.state not in {SampleState.NEW, SampleState.PROPOSED}:
                return False
            if closed_split_of(self._connection, sample_id):
                return False
            present = {box.id for box in before.boxes}
            kept = tuple(p for p in proposals if p.box.id not in present)
            state = SampleState.PROPOSED if kept or present else SampleState.NEW
            self._store(
                sample_id, LabelState(state=state, boxes=before.boxes, proposals=kept)
            )
        return True

    def apply(self, edit: LabelEdit) -> None:
        """Save an edit and note it in the journal; durable when it returns.

        Raises:
            ProjectError: the labels changed since the edit was made (a second
                window or a command edited the same sample); nothing is saved.
            PolicyRefusal: a sealed test set holds the sample.
        """
        self.apply_all([edit])

    def apply_all(self, edits: Iterable[LabelEdit]) -> tuple[int, ...]:
        """Save edits of several samples as one step: all of them or none.

        Gives their numbers in the journal; one undo takes all of them back. The edits
        are asked for inside the transaction, so they may be made from what is there.
        Call it outside of any other one where they are thousands: SQLite's savepoints
        in an open savepoint take longer with each statement before them.

        Raises:
            ProjectError, PolicyRefusal: as for `apply`, at the first that cannot be.
        """
        numbers = []
        with self._journal.one_step(""):
            for edit in edits:
                self.expect(edit.sample_id, edit.before)
                self._store(edit.sample_id, edit.after)
                numbers.append(self._journal.add(edit))
        return tuple(numbers)

    def expect(self, sample_id: str, expected: LabelState) -> None:
        """Pass where the labels are the expected ones.

        Raises:
            ProjectError: they changed since.
        """
        if _comparable(self.get(sample_id)) != _comparable(expected):
            raise _changed_elsewhere(
                sample_id, "look at the sample again, then repeat the change"
            )

    def expect_boxes(
        self, sample_id: str, labels: LabelState, boxes: Sequence[Box]
    ) -> None:
        """Pass where the labels hold these very boxes.

        Raises:
            ProjectError: one of them is gone or was changed.
        """
        if not set(boxes) <= set(labels.boxes):
            raise _changed_elsewhere(
                sample_id, "look at the boxes again, then repeat the change"
            )

    def undo(self) -> Turned | None:
        """Take the last step back; gives it, or None when there is nothing.

        Of a step of many samples those that can be are taken back; what stays is told
        in `left`.

        Raises:
            ProjectError: the sample was changed by something else since; the edit
                stays, and the next undo takes the one before it back. Of a step
                over several samples, the others are taken back all the same.
            PolicyRefusal: the sample's test set was sealed since; likewise.
        """
        return self._turn_step(back=True)

    def redo(self) -> Turned | None:
        """Make the last undone step again; gives it, or None.

        Raises:
            ProjectError: the sample was changed by something else since; the next
                redo makes the edit after this one again.
            PolicyRefusal: the sample's test set was sealed since; likewise.
        """
        return self._turn_step(back=False)

    def put(self, sample_id: str, state: LabelState) -> None:
        """Store labels that came with an import, without a journal entry.

        Raises:
            PolicyRefusal: a sealed test set holds the sample.
        """
        with self._connection.writing():
            self._store(sample_id, state)

    def _turn_step(self, *, back: bool) -> Turned | None:
        journal = self._journal
        turned: list[JournalEntry | ClassEntry] = []
        refusals: list[FieldsetError] = []
        with self._connection.writing():
            entries = journal.last_step() if back else journal.first_undone_step()
            for entry in entries:
                refusal = self._turn(entry, back=back)
                if refusal is None:
                    journal.mark(entry.n, done=not back)
                    turned.append(entry)
                else:
                    journal.abandon(entry.n)
                    refusals.append(refusal)
        if not entries:
            return None
        if not turned:
            raise refusals[0]
        return _told(turned, refusals)

    def _turn(
        self, entry: JournalEntry | ClassEntry, *, back: bool
    ) -> FieldsetError | None:
        """Store one side of an entry where the other is found; else why not.

        Proposals do not count: whoever made new ones took nothing from a person.
        """
        if isinstance(entry, ClassEntry):
            return self._class_acts.turn(entry, back=back)
        expected, wanted = entry.before, entry.after
        if back:
            expected, wanted = wanted, expected
        hint = "undo again takes back the step before this one"
        if not back:
            hint = "redo again makes the step after this one"
        if split := closed_split_of(self._connection, entry.sample_id):
            return _closed(split, hint)
        merged = self._merged_classes()
        found = self.get(entry.sample_id)
        if _decided(found) != _decided(_moved(expected, merged)):
            return _changed_elsewhere(entry.sample_id, hint)
        self._store(entry.sample_id, _moved(wanted, merged))
        return None

    def _merged_classes(self) -> dict[int, int]:
        """Where the boxes of each merged class live now."""
        rows = self._connection.rows(
            "SELECT id, merged_into FROM classes WHERE merged_into IS NOT NULL"
        )
        steps = {int(source): int(target) for source, target in rows}
        ends = dict(steps)
        for source in steps:
            while ends[source] in steps:
                ends[source] = steps[ends[source]]
        return ends

    def _store(self, sample_id: str, state: LabelState) -> None:
        run, run_many = self._connection.run, self._connection.run_many
        n = self._connection.value("SELECT n FROM samples WHERE id = ?", [sample_id])
        if n is None:
            raise NotFound(f"There is no such sample: {sample_id}")
        if split := closed_split_of(self._connection, sample_id):
            raise _closed(split, f"only `fieldset testset retire {split}` opens them")
        self._tallies.take_out(n)
        run(
            "UPDATE samples SET state = ?, skip_reason = ?, reviewed = ?, "
            "revision = revision + 1, packed = ? WHERE n = ?",
            [
                state.state.value,
                state.skip_reason,
                int(state.reviewed),
                pack(state.boxes),
                n,
            ],
        )
        run("DELETE FROM boxes WHERE sample_n = ?", [n])
        run("DELETE FROM proposals WHERE sample_n = ?", [n])
        run_many(
            f"INSERT INTO boxes (sample_n, {BOX_COLUMNS}) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_box_row(n, box) for box in state.boxes],
        )
        run_many(
            f"INSERT INTO proposals (sample_n, {BOX_COLUMNS}, verdict) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(*_box_row(n, p.box), p.verdict.value) for p in state.proposals],
        )
        self._tallies.put_in(n)

    def _proposals(self, n: int) -> tuple[Proposal, ...]:
        rows = self._connection.rows(
            f"SELECT {BOX_COLUMNS}, verdict FROM proposals WHERE sample_n = ? "
            "ORDER BY id",
            [n],
        )
        return tuple(
            Proposal(box=box_of_row(row), verdict=Verdict(row[8])) for row in rows
        )


def _told(
    turned: Sequence[JournalEntry | ClassEntry], refusals: Sequence[FieldsetError]
) -> Turned:
    """What became of a step; the sample that was changed first stands for it."""
    edits = [entry for entry in turned if isinstance(entry, JournalEntry)]
    if not edits:
        return Turned(title=turned[0].title, left=tuple(refusals))
    first = min(edits, key=lambda entry: entry.n)
    return Turned(
        title=first.title,
        sample_id=first.sample_id,
        before=first.before,
        after=first.after,
        samples=len(edits),
        left=tuple(refusals),
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
        *_decided(state),
        sorted(state.proposals, key=lambda proposal: proposal.box.id),
    )


def _decided(state: LabelState) -> tuple[object, ...]:
    """What a person said of the sample; proposals alone are nobody's word."""
    is_open = state.state is SampleState.PROPOSED
    return (
        SampleState.NEW if is_open else state.state,
        state.skip_reason,
        sorted(state.boxes, key=lambda box: box.id),
    )


def _moved(state: LabelState, merged: Mapping[int, int]) -> LabelState:
    """The labels with the classes that were merged since."""
    if not merged:
        return state
    return replace(
        state,
        boxes=tuple(_in_class(box, merged) for box in state.boxes),
        proposals=tuple(
            replace(p, box=_in_class(p.box, merged)) for p in state.proposals
        ),
    )


def _in_class(box: Box, merged: Mapping[int, int]) -> Box:
    return replace(box, class_id=merged.get(box.class_id, box.class_id))


def _closed(split: str, hint: str) -> PolicyRefusal:
    return PolicyRefusal(
        f"The boxes of a sealed test set are closed: {split}", hint=hint
    )


def _changed_elsewhere(sample_id: str, hint: str) -> ProjectError:
    return ProjectError(
        f"The labels of this sample were changed elsewhere: {sample_id[:12]}", hint=hint
    )
