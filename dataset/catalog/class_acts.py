"""Class work that the journal notes: each act is one step of undo.

`Classes` changes the rows; here an act is noted with the classes on both sides, and a
merge with the boxes that it moved, so that exactly those move back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dataset.errors import FieldsetError, PolicyRefusal, ProjectError, UsageError
from dataset.records import LabelClass

from .classes import Classes, folded_name
from .connection import Connection
from .journal import ClassEntry, ClassFields, Journal
from .test_runs import CLOSED_GROUPS, closed_splits, closed_splits_with_class

_COLUMNS = "id, name, colour, key, retired, merged_into"
_MOVED = "SELECT sample_n, box_id FROM class_moves WHERE journal_n = :entry"
_HOLDERS = ("boxes", "proposals")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassUse:
    """What a class holds in the catalog.

    `boxes` and `samples` count boxes of samples in any state, `proposals` what nobody
    accepted; `sealed` are the sealed test sets that hold a box of it.
    """

    boxes: int
    samples: int
    proposals: int
    sealed: tuple[str, ...]


class ClassActs:
    """Changes classes and notes it; every method is one transaction."""

    def __init__(self, connection: Connection, journal: Journal) -> None:
        self._connection = connection
        self._journal = journal
        self._classes = Classes(connection)

    def use(self, class_id: int) -> ClassUse:
        """What a class holds.

        Raises:
            NotFound: there is no such class.
        """
        with self._connection.reading():
            self._classes.get(class_id)
            boxes, samples = self._connection.rows(
                "SELECT count(*), count(DISTINCT sample_n) FROM boxes "
                "WHERE class_id = ?",
                [class_id],
            )[0]
            proposals = self._connection.value(
                "SELECT count(*) FROM proposals WHERE class_id = ?", [class_id]
            )
            return ClassUse(
                boxes=int(boxes),
                samples=int(samples),
                proposals=int(proposals),
                sealed=closed_splits_with_class(self._connection, class_id),
            )

    def add(
        self,
        name: str,
        *,
        at_us: int,
        colour: str | None = None,
        key: int | None = None,
    ) -> LabelClass:
        """Add a class; raises as `Classes.add`."""
        with self._connection.writing():
            added = self._classes.add(name, colour=colour, key=key)
            n = self._journal.add_class_act(f"added class {added.name}", (), at_us)
            self._journal.end_class_act(n, self._fields((added.id,)))
        return added

    def rename(self, class_id: int, name: str, *, at_us: int) -> LabelClass:
        """Give a class another name; raises as `Classes.rename`."""
        old = self._classes.get(class_id).name
        return self._act(
            class_id,
            f"renamed class {old}",
            lambda: self._classes.rename(class_id, name),
            at_us,
        )

    def recolour(self, class_id: int, colour: str, *, at_us: int) -> LabelClass:
        """Give a class another colour; raises as `Classes.recolour`."""
        old = self._classes.get(class_id).name
        return self._act(
            class_id,
            f"coloured class {old}",
            lambda: self._classes.recolour(class_id, colour),
            at_us,
        )

    def rekey(self, class_id: int, key: int | None, *, at_us: int) -> LabelClass:
        """Give a class another key; raises as `Classes.rekey`."""
        old = self._classes.get(class_id).name
        return self._act(
            class_id,
            f"changed the key of class {old}",
            lambda: self._classes.rekey(class_id, key),
            at_us,
        )

    def retire(self, class_id: int, *, at_us: int) -> LabelClass:
        """Take a class out of use; raises as `Classes.retire`."""
        old = self._classes.get(class_id).name
        return self._act(
            class_id,
            f"retired class {old}",
            lambda: self._classes.retire(class_id),
            at_us,
        )

    def bring_back(self, class_id: int, *, at_us: int) -> LabelClass:
        """Take a retired class into use again; raises as `Classes.bring_back`."""
        old = self._classes.get(class_id).name
        return self._act(
            class_id,
            f"brought class {old} back",
            lambda: self._classes.bring_back(class_id),
            at_us,
        )

    def merge(self, source_id: int, target_id: int, *, at_us: int) -> int:
        """Move every box of one class to another; gives how many.

        Raises as `Classes.merge`.
        """
        with self._connection.writing():
            source, target = self._classes.get(source_id), self._classes.get(target_id)
            n = self._journal.add_class_act(
                f"merged class {source.name} into {target.name}",
                self._fields((source_id,)),
                at_us,
            )
            self._note_moves(n, source_id)
            moved = self._classes.merge(source_id, target_id)
            self._journal.end_class_act(n, self._fields((source_id,)))
        return moved

    def turn(self, entry: ClassEntry, *, back: bool) -> FieldsetError | None:
        """Take an act back, or make it again; else why that cannot be.

        Call it inside `writing`; where a refusal is given, nothing was changed.
        """
        expected, wanted = entry.before, entry.after
        if back:
            expected, wanted = wanted, expected
        ids = tuple(sorted({fields[0] for fields in (*expected, *wanted)}))
        if self._fields(ids) != expected:
            return ProjectError(
                f"The class was changed elsewhere: {_names(expected or wanted)}",
                hint="see `fieldset class list`, then repeat what is still wanted",
            )
        why = self._refusal(entry, expected, wanted)
        if why is not None:
            return why
        self._move_with(entry, expected, wanted)
        self._store(expected, wanted)
        return None

    def _act(
        self, class_id: int, title: str, do: Callable[[], LabelClass], at_us: int
    ) -> LabelClass:
        with self._connection.writing():
            before = self._fields((class_id,))
            done = do()
            after = self._fields((class_id,))
            if after != before:
                n = self._journal.add_class_act(title, before, at_us)
                self._journal.end_class_act(n, after)
        return done

    def _fields(self, ids: tuple[int, ...]) -> tuple[ClassFields, ...]:
        marks = ", ".join("?" * len(ids))
        rows = self._connection.rows(
            f"SELECT {_COLUMNS} FROM classes WHERE id IN ({marks}) ORDER BY id", ids
        )
        return tuple((r[0], r[1], r[2], r[3], r[4], r[5]) for r in rows)

    def _note_moves(self, n: int, source_id: int) -> None:
        run = self._connection.run
        run("DELETE FROM class_moves WHERE journal_n = ?", [n])
        for is_proposal, table in enumerate(_HOLDERS):
            run(
                "INSERT INTO class_moves (journal_n, sample_n, box_id, is_proposal) "
                f"SELECT ?, sample_n, id, ? FROM {table} WHERE class_id = ?",
                [n, is_proposal, source_id],
            )

    def _refusal(
        self,
        entry: ClassEntry,
        expected: tuple[ClassFields, ...],
        wanted: tuple[ClassFields, ...],
    ) -> FieldsetError | None:
        """Why the classes cannot become the wanted ones."""
        if not wanted and self._is_used(expected[0][0]):
            return UsageError(
                f"There are boxes of the class by now: {_names(expected)}",
                hint="retire it, or merge it into another one",
            )
        for fields in wanted:
            for other in self._classes.all(include_retired=True):
                if other.id != fields[0] and _clash(other, fields):
                    return ProjectError(
                        f"Another class has its name or key by now: {other.name}",
                        hint="give that class another one, then repeat the change",
                    )
        return self._sealed(entry, expected, wanted)

    def _sealed(
        self,
        entry: ClassEntry,
        expected: tuple[ClassFields, ...],
        wanted: tuple[ClassFields, ...],
    ) -> FieldsetError | None:
        merge = _merge_of(expected, wanted)
        if merge is None or not closed_splits(self._connection):
            return None
        source_id, _, is_back = merge
        sealed: object = closed_splits_with_class(self._connection, source_id)
        if is_back:
            sealed = self._connection.value(
                f"SELECT 1 FROM class_moves m JOIN samples s ON s.n = m.sample_n "
                f"WHERE m.journal_n = ? AND s.group_id IN ({CLOSED_GROUPS})",
                [entry.n],
            )
        if not sealed:
            return None
        return PolicyRefusal(
            f"A sealed test set holds boxes of the merge: {_names(expected)}",
            hint="see `fieldset testset list`",
        )

    def _move_with(
        self,
        entry: ClassEntry,
        expected: tuple[ClassFields, ...],
        wanted: tuple[ClassFields, ...],
    ) -> None:
        """Move the boxes of a merge to the other side."""
        merge = _merge_of(expected, wanted)
        if merge is None:
            return
        source_id, target_id, is_back = merge
        if not is_back:
            self._note_moves(entry.n, source_id)
        start, end = (target_id, source_id) if is_back else (source_id, target_id)
        chosen = {"entry": entry.n}
        self._classes.move_boxes(
            start, end, f"{_MOVED} AND is_proposal = 0", dict(chosen)
        )
        self._connection.run(
            "UPDATE proposals SET class_id = :into WHERE class_id = :from "
            f"AND (sample_n, id) IN ({_MOVED} AND is_proposal = 1)",
            {**chosen, "into": end, "from": start},
        )

    def _store(
        self, expected: tuple[ClassFields, ...], wanted: tuple[ClassFields, ...]
    ) -> None:
        run = self._connection.run
        for class_id in {f[0] for f in expected} - {f[0] for f in wanted}:
            # `sqlite_sequence` remembers the id: it is never given again.
            run("DELETE FROM class_tallies WHERE class_id = ?", [class_id])
            run("DELETE FROM classes WHERE id = ?", [class_id])
        for fields in wanted:
            marks = "?, ?, ?, ?, ?, ?"
            run(
                f"INSERT INTO classes ({_COLUMNS}) VALUES ({marks}) "
                "ON CONFLICT (id) DO UPDATE SET name = excluded.name, "
                "colour = excluded.colour, key = excluded.key, "
                "retired = excluded.retired, merged_into = excluded.merged_into",
                fields,
            )

    def _is_used(self, class_id: int) -> bool:
        held = (f"SELECT 1 FROM {table} WHERE class_id = :id" for table in _HOLDERS)
        merged = "SELECT 1 FROM classes WHERE merged_into = :id"
        query = " UNION ALL ".join((*held, merged))
        return self._connection.value(query, {"id": class_id}) is not None


def _clash(other: LabelClass, fields: ClassFields) -> bool:
    same_key = fields[3] is not None and other.key == fields[3]
    return same_key or folded_name(other.name) == folded_name(fields[1])


def _merge_of(
    expected: tuple[ClassFields, ...], wanted: tuple[ClassFields, ...]
) -> tuple[int, int, bool] | None:
    """The source, the target, and whether the merge is taken back; None for none."""
    for was, becomes in zip(expected, wanted, strict=False):
        if was[5] != becomes[5]:
            is_back = becomes[5] is None
            target = was[5] if is_back else becomes[5]
            assert target is not None
            return was[0], target, is_back
    return None


def _names(fields: tuple[ClassFields, ...]) -> str:
    return ", ".join(one[1] for one in fields)
