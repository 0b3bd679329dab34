"""Classes with permanent ids: renamed, merged and retired, never reused."""

from __future__ import annotations

import re
import unicodedata

from dataset.errors import NotFound, PolicyRefusal, UsageError
from dataset.records import CLASS_COLOURS, CLASS_NAME_LIMIT, LabelClass
from dataset.versions.packed_boxes import pack

from .box_rows import boxes_of_sample
from .connection import Connection
from .tallies import Tallies
from .test_runs import closed_splits_with_class

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINER = "\u200d"  # zero-width, part of many emoji
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and signs that show nothing
_KEYS = (*range(1, 10), 0)
_COLUMNS = "id, name, colour, key, retired"


def checked_class_name(name: str) -> str:
    """The name in normal form (NFC, outer spaces gone), or a refusal.

    Any visible text is a fair name: names are data, never paths or markup. Only
    what cannot be told apart, shown or stored is refused: nothing, control
    characters and invisible formatting, and names longer than 64 characters.

    Raises:
        UsageError: the name cannot be used.
    """
    normal = unicodedata.normalize("NFC", name).strip()
    if all(unicodedata.category(c)[0] in "CMZ" or c in _BLANKS for c in normal):
        raise UsageError(f"A class needs a name: {name!r}", hint="give it a word")
    if len(normal) > CLASS_NAME_LIMIT:
        raise UsageError(
            f"A class name has at most {CLASS_NAME_LIMIT} characters, this one has "
            f"{len(normal)}: {normal[:20]}…",
            hint="shorten it",
        )
    hidden = [c for c in normal if unicodedata.category(c) in _HIDDEN]
    if any(c != _JOINER for c in hidden):
        raise UsageError(
            f"A class name has no control characters: {normal!r}", hint="retype it"
        )
    return normal


def folded_name(name: str) -> str:
    """What two names a person cannot tell apart have in common."""
    return unicodedata.normalize("NFKC", name.replace(_JOINER, "")).casefold()


class Classes:
    """The classes of a catalog."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tallies = Tallies(connection)

    def all(self, *, include_retired: bool = False) -> tuple[LabelClass, ...]:
        """The classes by id."""
        where = "" if include_retired else "WHERE retired = 0"
        rows = self._connection.rows(
            f"SELECT {_COLUMNS} FROM classes {where} ORDER BY id"
        )
        return tuple(_label_class(row) for row in rows)

    def get(self, class_id: int) -> LabelClass:
        """The class of that id.

        Raises:
            NotFound: there is none.
        """
        return self._one("id", class_id)

    def by_name(self, name: str) -> LabelClass:
        """The class of that name, retired or not.

        Raises:
            NotFound: there is none.
        """
        return self._one("name", unicodedata.normalize("NFC", name).strip())

    def add(
        self, name: str, *, colour: str | None = None, key: int | None = None
    ) -> LabelClass:
        """Add a class; colour and digit key follow from its id unless given.

        Raises:
            UsageError: the name is empty, too long, hidden or taken, the colour is
                not `#RRGGBB`, or the key is no digit or taken.
        """
        normal = checked_class_name(name)
        _refuse_bad_look(colour, key)
        with self._connection.writing():
            self._refuse_taken(normal)
            self._refuse_taken_key(key)
            number = 1 + int(
                self._connection.value(
                    "SELECT coalesce(max(seq), 0) FROM sqlite_sequence "
                    "WHERE name = 'classes'"
                )
                or 0
            )
            chosen = colour or CLASS_COLOURS[(number - 1) % len(CLASS_COLOURS)]
            self._connection.run(
                "INSERT INTO classes (id, name, colour, key) VALUES (?, ?, ?, ?)",
                [number, normal, chosen, self._free_key() if key is None else key],
            )
        return self.get(number)

    def rename(self, class_id: int, name: str) -> LabelClass:
        """Give a class another name; its id and boxes stay.

        Raises:
            UsageError: the name cannot be used or is taken.
            NotFound: there is no such class.
        """
        normal = checked_class_name(name)
        with self._connection.writing():
            if self.get(class_id).name != normal:
                self._refuse_taken(normal, but=class_id)
                self._connection.run(
                    "UPDATE classes SET name = ? WHERE id = ?", [normal, class_id]
                )
        return self.get(class_id)

    def recolour(self, class_id: int, colour: str) -> LabelClass:
        """Give a class another colour.

        Raises:
            UsageError: the colour is not `#RRGGBB`.
            NotFound: there is no such class.
        """
        _refuse_bad_look(colour, None)
        return self._change(class_id, "colour", colour)

    def rekey(self, class_id: int, key: int | None) -> LabelClass:
        """Give a class another digit key, or none.

        Raises:
            UsageError: the key is no digit or taken, or the class is retired.
            NotFound: there is no such class.
        """
        _refuse_bad_look(None, key)
        with self._connection.writing():
            known = self.get(class_id)
            if known.retired:
                raise UsageError(
                    f"A retired class has no key: {known.name}",
                    hint="bring it back first",
                )
            if known.key != key:
                self._refuse_taken_key(key)
            return self._change(class_id, "key", key)

    def bring_back(self, class_id: int) -> LabelClass:
        """Take a retired class into use again, on a free key.

        Raises:
            UsageError: it was merged into another one.
            NotFound: there is no such class.
        """
        with self._connection.writing():
            known, target = self.get(class_id), self.merged_into(class_id)
            if target != class_id:
                raise UsageError(
                    f"The boxes of {known.name} are in another class since a merge: "
                    f"{self.get(target).name}",
                    hint="undo the merge, or add a class of another name",
                )
            if known.retired:
                self._connection.run(
                    "UPDATE classes SET retired = 0, key = ? WHERE id = ?",
                    [self._free_key(), class_id],
                )
        return self.get(class_id)

    def retire(self, class_id: int) -> LabelClass:
        """Take a class out of use; its boxes stay and its id is never reused."""
        with self._connection.writing():
            self.get(class_id)
            self._connection.run(
                "UPDATE classes SET retired = 1, key = NULL WHERE id = ?", [class_id]
            )
        return self.get(class_id)

    def merge(self, source_id: int, target_id: int) -> int:
        """Move every box of one class to another and retire the first.

        Gives the number of boxes moved.

        Raises:
            UsageError: both are the same class, or the second one is retired.
            NotFound: one of them does not exist.
            PolicyRefusal: a sealed test set holds boxes of the first.
        """
        with self._connection.writing():
            source, target = self.get(source_id), self.get(target_id)
            if source_id == target_id:
                raise UsageError(f"A class cannot be merged into itself: {source.name}")
            if target.retired:
                raise UsageError(
                    f"Boxes are not moved to a retired class: {target.name}",
                    hint="merge the other way round",
                )
            self._refuse_sealed(source)
            boxes = "SELECT sample_n, id FROM boxes WHERE class_id = :source"
            moved = self.move_boxes(source_id, target_id, boxes, {"source": source_id})
            self._connection.run(
                "UPDATE proposals SET class_id = ? WHERE class_id = ?",
                [target_id, source_id],
            )
            self.retire(source_id)
            self._connection.run(
                "UPDATE classes SET merged_into = ? WHERE id = ?",
                [target_id, source_id],
            )
        return moved

    def move_boxes(
        self, source_id: int, target_id: int, chosen: str, arguments: dict[str, object]
    ) -> int:
        """Move those boxes of a class that a query of (sample_n, id) chooses.

        Gives their number; call it inside `writing`.
        """
        connection = self._connection
        touched = connection.rows(
            f"SELECT DISTINCT sample_n FROM ({chosen})", arguments
        )
        moved = connection.run(
            "UPDATE boxes SET class_id = :into WHERE class_id = :from "
            f"AND (sample_n, id) IN ({chosen})",
            {**arguments, "into": target_id, "from": source_id},
        )
        connection.run_many(
            "UPDATE samples SET revision = revision + 1, packed = ? WHERE n = ?",
            [(pack(boxes_of_sample(connection, n)), n) for (n,) in touched],
        )
        self._tallies.recount_classes((source_id, target_id))
        return moved

    def merged_into(self, class_id: int) -> int:
        """Where boxes of that class live now: itself unless it was merged."""
        target = self._connection.value(
            "SELECT merged_into FROM classes WHERE id = ?", [class_id]
        )
        return class_id if target is None else self.merged_into(int(target))

    def _change(self, class_id: int, column: str, value: object) -> LabelClass:
        with self._connection.writing():
            self.get(class_id)
            self._connection.run(
                f"UPDATE classes SET {column} = ? WHERE id = ?", [value, class_id]
            )
            return self.get(class_id)

    def _one(self, column: str, value: object) -> LabelClass:
        rows = self._connection.rows(
            f"SELECT {_COLUMNS} FROM classes WHERE {column} = ?", [value]
        )
        if not rows:
            raise NotFound(
                f"There is no class of that {column}: {value}",
                hint="see `fieldset class list`",
            )
        return _label_class(rows[0])

    def _refuse_taken(self, name: str, *, but: int | None = None) -> None:
        folded = folded_name(name)
        for other in self.all(include_retired=True):
            if other.id != but and folded_name(other.name) == folded:
                state = "retired class" if other.retired else "class"
                raise UsageError(
                    f"There is a {state} of that name already: {other.name}",
                    hint="choose another name, or merge the two with "
                    "`fieldset class merge`",
                )

    def _refuse_sealed(self, source: LabelClass) -> None:
        sealed = closed_splits_with_class(self._connection, source.id)
        if sealed:
            raise PolicyRefusal(
                f"A sealed test set holds boxes of {source.name}: {', '.join(sealed)}",
                hint=f"merge after `fieldset testset retire {sealed[0]}`",
            )

    def _refuse_taken_key(self, key: int | None) -> None:
        for other in self.all():
            if key is not None and other.key == key:
                raise UsageError(
                    f"The key {key} chooses another class already: {other.name}",
                    hint="choose another digit, or give that class another one first",
                )

    def _free_key(self) -> int | None:
        taken = {c.key for c in self.all()}
        return next((key for key in _KEYS if key not in taken), None)


def _refuse_bad_look(colour: str | None, key: int | None) -> None:
    if key is not None and key not in _KEYS:
        raise UsageError(f"A class's key is a digit: {key}")
    if colour is not None and not _COLOUR.fullmatch(colour):
        raise UsageError(
            f"A colour is written #RRGGBB: {colour}", hint="orange is #ff8800"
        )


def _label_class(row: tuple[object, ...]) -> LabelClass:
    return LabelClass(
        id=int(str(row[0])),
        name=str(row[1]),
        colour=str(row[2]),
        key=None if row[3] is None else int(str(row[3])),
        retired=bool(row[4]),
    )
