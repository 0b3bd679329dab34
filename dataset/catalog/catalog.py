"""The catalog as a whole: its parts, its facts, its transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pyarrow as pa

from dataset.errors import ProjectError

from .box_features import BoxFeatures
from .changed import Changed
from .claims import Claims
from .class_acts import ClassActs
from .class_hints import ClassHints
from .classes import Classes
from .connection import Connection
from .detections import Detections
from .frozen import frozen_batches
from .groups import Groups
from .journal import Journal
from .labels import Labels
from .looks import Looks
from .made import Made
from .map_rows import MapRows
from .measures import Measures
from .places import Places
from .provenance import Provenance
from .samples import Samples
from .second_looks import SecondLooks
from .sessions import Sessions
from .splits import Splits
from .tables import Tables
from .tallies import Tallies
from .test_runs import TestRuns
from .versions import Versions

# Set once no page of the file can hold what was deleted before `secure_delete`.
_CLEARED = "remnants_cleared"


class Catalog:
    """One open catalog file; safe to share between the threads of a process.

    Attributes:
        sessions, classes, samples, labels, journal, groups, splits, versions,
        measures, looks, tables, tallies, test_runs, made, changed, class_acts, claims,
        places, class_hints, detections, second_looks, box_features, provenance,
        map_rows: the parts, one noun each, over the same connection.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.sessions = Sessions(connection)
        self.classes = Classes(connection)
        self.samples = Samples(connection)
        self.journal = Journal(connection)
        self.labels = Labels(connection, self.journal)
        self.class_acts = ClassActs(connection, self.journal)
        self.class_hints = ClassHints(connection)
        self.claims = Claims(connection)
        self.places = Places(connection)
        self.groups = Groups(connection)
        self.splits = Splits(connection)
        self.versions = Versions(connection)
        self.measures = Measures(connection)
        self.looks = Looks(connection)
        self.tables = Tables(connection)
        self.test_runs = TestRuns(connection)
        self.made = Made(connection)
        self.tallies = Tallies(connection)
        self.changed = Changed(connection)
        self.detections = Detections(connection)
        self.second_looks = SecondLooks(connection)
        self.box_features = BoxFeatures(connection)
        self.provenance = Provenance(connection)
        self.map_rows = MapRows(connection)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Catalog:
        """Open the catalog, bringing an older one up to date after a backup.

        Raises:
            NewerProject: a newer fieldset wrote it.
            ReadOnlyProject: it cannot be written and `read_only` is False.
            ProjectError: it is damaged.
        """
        return cls(Connection(path, read_only=read_only))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Catalog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """The catalog's file."""
        return self._connection.path

    @property
    def read_only(self) -> bool:
        """Whether this catalog was opened for reading alone."""
        return self._connection.read_only

    @property
    def journal_mode(self) -> str:
        """SQLite's journal mode as read back, `wal` or `delete`."""
        return self._connection.journal_mode

    def writing(self) -> AbstractContextManager[None]:
        """One transaction over several calls; all of it or nothing is saved."""
        return self._connection.writing()

    def trying(self) -> AbstractContextManager[None]:
        """One transaction to see what would happen; rolled back at its end."""
        return self._connection.trying()

    def reading(self) -> AbstractContextManager[None]:
        """One consistent view over several calls."""
        return self._connection.reading()

    def fact(self, key: str) -> str | None:
        """A single fact about the project (its id, its salt), or None."""
        value = self._connection.value("SELECT value FROM facts WHERE key = ?", [key])
        return None if value is None else str(value)

    def set_fact(self, key: str, value: str) -> None:
        """Keep a single fact about the project."""
        with self.writing():
            self._connection.run(
                "INSERT INTO facts (key, value) VALUES (?, ?) "
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [key, value],
            )

    def clear_remnants(self) -> bool:
        """Leave nothing of what was deleted, in the file or in its write-ahead log.

        False where another program reads right now: the log stays until it is done.

        Raises:
            StorageFull: a catalog from before this promise has no room to be written
                anew.
        """
        if self.fact(_CLEARED) is None:
            self._connection.write_anew()
            self.note_cleared()
        return self._connection.clear_remnants()

    def note_cleared(self) -> None:
        """Note that no page can hold what was deleted: it is new, or written anew."""
        self.set_fact(_CLEARED, "yes")

    def frozen_batches(self, *, since: int | None = None) -> Iterator[pa.RecordBatch]:
        """What a version freezes, in columns; call it inside `reading`.

        With `since`, only what the change clock touched after that number.
        """
        return frozen_batches(self._connection, since=since)

    def damages(self, *, deep: bool = False) -> tuple[str, ...]:
        """What SQLite's own check finds; empty when the catalog is sound.

        A catalog that is damaged too far to be checked is one finding.
        """
        pragma = "integrity_check" if deep else "quick_check"
        try:
            found = [str(row[0]) for row in self._connection.rows(f"PRAGMA {pragma}")]
            broken = self._connection.rows("PRAGMA foreign_key_check")
        except ProjectError as error:
            return (error.message,)
        found = [line for line in found if line != "ok"]
        return (*found, *(f"a row of {row[0]} points nowhere" for row in broken))

    def back_up(self, target: Path) -> None:
        """Write a consistent copy with SQLite's own backup; `target` must be new."""
        self._connection.copy_to(target)
