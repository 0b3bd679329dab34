"""The one connection to a catalog: the SQLite gate, transactions, refusals in words.

Write-ahead logging had a corruption race until SQLite 3.51.3 (fixes in 3.50.7 and
3.44.6 too) that needs two connections, and the window and the command line are
two. So WAL is used only where the library has the fix; elsewhere the catalog is
kept in, or put back into, a rollback journal.
"""

from __future__ import annotations

import shutil
import sqlite3 as standard_sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]  # its own choice

from dataset import durable
from dataset.errors import (
    NewerProject,
    NotAProject,
    ProjectError,
    ReadOnlyProject,
    StorageFull,
    UsageError,
)
from dataset.migrations import catalog_migrations

BUSY_MS = 10_000
_FIXED_BRANCHES = {(3, 44): (3, 44, 6), (3, 50): (3, 50, 7)}
_FIRST_FIXED = (3, 51, 3)
# pysqlite3 brings exceptions of its own; `sqlite_utils` chooses one of the two.
_SqliteError = (sqlite3.Error, standard_sqlite3.Error)
Arguments = Sequence[object] | Mapping[str, object]


def sqlite_version() -> tuple[int, int, int]:
    """The version of the SQLite library in use."""
    major, minor, patch = (int(part) for part in sqlite3.sqlite_version.split("."))
    return major, minor, patch


def wal_is_safe(version: tuple[int, int, int]) -> bool:
    """Whether that SQLite has the fix of the WAL-reset race.

    Source: sqlite.org/wal.html, section on the WAL-reset bug.
    """
    if version >= _FIRST_FIXED:
        return True
    fixed = _FIXED_BRANCHES.get(version[:2])
    return fixed is not None and version >= fixed


class Connection:
    """A catalog file opened by this process; safe to share between threads.

    A lock lets one thread in at a time, so a transaction is never mixed with
    another thread's statements.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self._lock = threading.RLock()
        self._is_reading = False
        with self._translated():
            self._raw = _connect(path, read_only=read_only)
            try:
                self.db = Database(self._raw, execute_plugins=False)
                self._configure()
                self._bring_up_to_date()
            except BaseException:
                self._raw.close()
                raise

    def close(self) -> None:
        """Close the file; the connection cannot be used again."""
        with self._lock:
            self._raw.close()

    @property
    def journal_mode(self) -> str:
        """The journal mode as SQLite reports it, `wal` or `delete`."""
        return str(self.value("PRAGMA journal_mode"))

    def rows(self, sql: str, arguments: Arguments = ()) -> list[tuple[Any, ...]]:
        """All rows of a query as tuples."""
        with self._lock, self._translated():
            return list(self._raw.execute(sql, arguments))

    def each(
        self, sql: str, arguments: Arguments = (), *, chunk: int = 10_000
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of a long query, fetched in chunks.

        Call it inside `reading` or `writing` where the answer must be of one state.
        """
        with self._lock, self._translated():
            cursor = self._raw.execute(sql, arguments)
        while True:
            with self._lock, self._translated():
                batch = cursor.fetchmany(chunk)
            if not batch:
                return
            yield from batch

    def value(self, sql: str, arguments: Arguments = ()) -> Any:  # noqa: ANN401
        """The first column of the first row, or None without a row."""
        rows = self.rows(sql, arguments)
        return rows[0][0] if rows else None

    def run(self, sql: str, arguments: Arguments = ()) -> int:
        """Run one writing statement inside `writing`; gives the rows it touched."""
        with self._lock, self._translated():
            return int(self._raw.execute(sql, arguments).rowcount)

    def run_many(self, sql: str, rows: Iterable[Arguments]) -> None:
        """Run one writing statement for each row, inside `writing`."""
        with self._lock, self._translated():
            self._raw.executemany(sql, rows)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction that takes the write lock at once; nests as a savepoint.

        Durable when the outermost block ends: `synchronous=FULL` flushes the commit.

        Raises:
            ReadOnlyProject: the catalog was opened, or lies, read-only.
            StorageFull: no room for the commit; everything is rolled back.
        """
        if self.read_only:
            raise _read_only(self.path)
        with self._lock, self._translated():
            if self._is_reading:
                # It would be rolled back with the block, or fail as "locked".
                raise RuntimeError("a block of `reading` cannot write")
            if self._raw.in_transaction:
                with self.db.atomic():
                    yield
                return
            try:
                self._raw.execute("BEGIN IMMEDIATE")
                yield
                self._raw.execute("COMMIT")
            except BaseException:
                if self._raw.in_transaction:
                    self._raw.execute("ROLLBACK")
                raise

    @contextmanager
    def trying(self) -> Iterator[None]:
        """One transaction as in `writing` that is rolled back at its end.

        Inside another transaction only what this block did is rolled back.
        """
        with self.writing():
            self._raw.execute("SAVEPOINT trying")
            try:
                yield
            finally:
                self._raw.execute("ROLLBACK TO trying")
                self._raw.execute("RELEASE trying")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A block whose queries all see one state of the catalog."""
        with self._lock, self._translated():
            if self._raw.in_transaction:
                yield
                return
            try:
                self._raw.execute("BEGIN")
                self._is_reading = True
                yield
            finally:
                self._is_reading = False
                if self._raw.in_transaction:
                    self._raw.execute("ROLLBACK")

    def copy_to(self, target: Path) -> None:
        """Write a consistent copy with SQLite's own backup; `target` must be new.

        Raises:
            StorageFull, ReadOnlyProject: nothing is left behind.
        """
        with durable.translated(target):
            target.touch(exist_ok=False)
        with self._lock, self._translated(target):
            copy = sqlite3.connect(str(target))
            try:
                self._raw.backup(copy)
                # A copy that says WAL would need files beside it even to be read.
                copy.execute("PRAGMA journal_mode=DELETE")
            except BaseException:
                copy.close()
                target.unlink(missing_ok=True)
                raise
            copy.close()

    def _configure(self) -> None:
        execute = self._raw.execute
        execute(f"PRAGMA busy_timeout={BUSY_MS}")
        execute("PRAGMA foreign_keys=ON")
        execute("PRAGMA trusted_schema=OFF")
        execute("PRAGMA cell_size_check=ON")
        if self.read_only:
            return
        wanted = "wal" if wal_is_safe(sqlite_version()) else "delete"
        found = execute(f"PRAGMA journal_mode={wanted}").fetchone()[0]
        if found != wanted and not wal_is_safe(sqlite_version()):
            raise ProjectError(
                f"This SQLite cannot keep the catalog safe in `{found}` mode: "
                f"{sqlite3.sqlite_version}",
                hint="close other programs that use the project, then try again",
            )
        execute("PRAGMA synchronous=FULL")
        # What is erased must not be readable in pages that became free.
        execute("PRAGMA secure_delete=ON")

    def _bring_up_to_date(self) -> None:
        _refuse_newer(self.db, self.path)
        pending = catalog_migrations.pending(self.db)
        if not pending:
            return
        if self.read_only:
            raise ReadOnlyProject(
                f"The catalog is older than this program, and open for reading only: "
                f"{self.path}",
                hint="run `fieldset check --repair` once, where it can be written",
            )
        if catalog_migrations.applied(self.db):
            self.copy_to(_backup_name(self.path))
        with self.writing():
            # Another process may have migrated while this one waited.
            if catalog_migrations.pending(self.db):
                self._refuse_foreign()
                catalog_migrations.apply(self.db)

    def _refuse_foreign(self) -> None:
        is_ours = catalog_migrations.applied(self.db)
        if not is_ours and self.value("SELECT 1 FROM sqlite_master"):
            raise ProjectError(
                f"This database was not made by fieldset: {self.path}",
                hint="choose another folder for the project",
            )

    def clear_remnants(self) -> bool:
        """Have nothing of what was deleted in the file or beside it.

        `secure_delete` overwrites what is freed; here the write-ahead log, which holds
        pages as they were, is emptied. False where another program's reading hinders
        it.
        """
        with self._lock, self._translated():
            row = self._raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not row[0]

    def write_anew(self) -> None:
        """Write the whole file anew, without pages that are free.

        Raises:
            StorageFull: there is no room for a second copy.
        """
        with self._lock, self._translated():
            self._raw.execute("VACUUM")

    @contextmanager
    def _translated(self, path: Path | None = None) -> Iterator[None]:
        with translated_errors(path or self.path):
            yield


@contextmanager
def translated_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite refuses into sentences about the catalog at `path`."""
    try:
        yield
    except _SqliteError as error:
        refusal = _refusal(error, path)
        if refusal is None:
            raise
        raise refusal from error
    except UnicodeEncodeError as error:
        raise UsageError(f"A text is no valid Unicode: {error.object!r}") from error


def _connect(path: Path, *, read_only: bool) -> Any:  # noqa: ANN401  (two drivers)
    address = path.resolve().as_uri()
    if not read_only:
        return _opened(f"{address}?mode=rwc")
    raw = _opened(f"{address}?mode=ro")
    try:
        raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except _SqliteError as error:
        raw.close()
        if not _is_out_of_reach(error):
            raise
        _refuse_unfinished(path)
        # A WAL catalog on a read-only disk cannot make its -shm file; nothing
        # else can be writing there either, so it may be read as it lies.
        raw = _opened(f"{address}?mode=ro&immutable=1")
    return raw


def _opened(address: str) -> Any:  # noqa: ANN401  (two drivers)
    return sqlite3.connect(
        address,
        timeout=BUSY_MS / 1000,
        check_same_thread=False,
        isolation_level=None,
        uri=True,
    )


def _is_out_of_reach(error: Exception) -> bool:
    return "readonly" in str(error) or "unable to open" in str(error)


def _refuse_unfinished(path: Path) -> None:
    """Refuse to read past commits that only a journal beside the file holds."""
    for ending in ("-wal", "-journal"):
        journal = path.with_name(path.name + ending)
        if journal.exists() and journal.stat().st_size:
            raise ReadOnlyProject(
                f"The catalog was not closed and cannot be mended here: {path}",
                hint="copy the project to a place that can be written, and open it",
            )


def _refuse_newer(db: Database, path: Path) -> None:
    known = {step.name for step in catalog_migrations.pending(db)}
    applied = {step.name for step in catalog_migrations.applied(db)}
    program = known | applied if not applied else _program_steps()
    unknown = sorted(applied - program)
    if unknown:
        raise NewerProject(
            f"The catalog was written by a newer fieldset (it knows "
            f"`{unknown[-1]}`): {path}",
            hint="update fieldset on this machine",
        )


def _program_steps() -> set[str]:
    memory = Database(memory=True)
    try:
        return {step.name for step in catalog_migrations.pending(memory)}
    finally:
        memory.close()


def _backup_name(path: Path) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    name = path.with_name(f"{path.stem}-before-migration-{stamp}{path.suffix}")
    free = shutil.disk_usage(path.parent).free
    if free < path.stat().st_size * 2:
        raise StorageFull(
            f"There is no room to back up the catalog before its migration: {path}",
            hint="free some space, then open the project again",
        )
    return name


def _read_only(path: Path) -> ReadOnlyProject:
    return ReadOnlyProject(
        f"The project is open for reading only: {path.parent}",
        hint="check the rights of the folder, or copy the project elsewhere",
    )


def _refusal(error: Exception, path: Path) -> ProjectError | None:
    """The sentence for an SQLite error that is the world's fault, else None."""
    text = str(error)
    if "disk is full" in text:
        return StorageFull(
            f"The disk is full, the last change was not saved: {path}",
            hint="free some space, then try again",
        )
    if _is_out_of_reach(error):
        if not path.exists():
            return NotAProject(
                f"There is no catalog: {path}", hint="run `fieldset init DIR`"
            )
        return _read_only(path)
    if "locked" in text or "busy" in text:
        return ProjectError(
            f"Another program has held the catalog for over 10 s: {path}",
            hint="wait for it or close it, then try again",
        )
    if "not a database" in text or "malformed" in text:
        return ProjectError(
            f"The catalog is damaged ({text}): {path}",
            hint="bring a backup back with `fieldset restore`; the images stay",
        )
    if "disk I/O error" in text:
        return ProjectError(
            f"The disk failed while the catalog was used: {path}",
            hint="check the disk, then run `fieldset check`",
        )
    return None
