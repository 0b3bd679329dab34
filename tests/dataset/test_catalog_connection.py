from __future__ import annotations

import contextlib
import json
import sqlite3 as standard
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset import migrations
from dataset.catalog import Catalog, connection
from dataset.catalog.connection import sqlite_version, wal_is_safe
from dataset.errors import (
    NewerProject,
    NotAProject,
    ProjectError,
    ReadOnlyProject,
    StorageFull,
    UsageError,
)
from dataset.project import Project
from tests.small_projects import (
    bare_session,
    content,
    files_under,
    new_project,
    read_only,
    tiny_disk,
)

ROOT = Path(__file__).resolve().parents[2]
HIDE = "import sys; sys.modules['pysqlite3'] = None\n"
needs_two_libraries = pytest.mark.skipif(
    wal_is_safe(standard.sqlite_version_info) or not wal_is_safe(sqlite_version()),
    reason="needs an old SQLite in Python and a new one beside it",
)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "catalog.db") as opened:
        yield opened


def python(code: str, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def writer(project: Path, name: str, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.dataset.catalog_writer"]
    return subprocess.Popen(
        [*command, str(project), name, *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("version", "is_safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 9), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_wal_is_safe_only_with_the_fix(
    version: tuple[int, int, int], is_safe: bool
) -> None:
    assert wal_is_safe(version) is is_safe


def test_settings_of_the_connection_are_read_back(catalog: Catalog) -> None:
    raw = catalog._connection
    found = {
        name: raw.value(f"PRAGMA {name}")
        for name in ("synchronous", "foreign_keys", "busy_timeout", "trusted_schema")
    }

    assert found == {
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
        "trusted_schema": 0,
    }
    assert catalog.journal_mode == (
        "wal" if wal_is_safe(sqlite_version()) else "delete"
    )


@needs_two_libraries
def test_library_without_the_fix_keeps_a_rollback_journal(tmp_path: Path) -> None:
    code = HIDE + (
        "from pathlib import Path\n"
        "from dataset.project import Project\n"
        "with Project.create(Path(sys.argv[1]), ['car']) as project:\n"
        "    print(project.catalog.journal_mode, end='')"
    )

    mode = python(code, tmp_path / "p")

    assert mode == "delete"
    with Project.open(tmp_path / "p") as project:
        assert project.catalog.classes.by_name("car").id == 1
        assert project.catalog.journal_mode == "wal"


@needs_two_libraries
def test_library_without_the_fix_turns_wal_into_a_rollback_journal(
    tmp_path: Path,
) -> None:
    with new_project(tmp_path / "p", "car") as project:
        assert project.catalog.journal_mode == "wal"
    code = HIDE + (
        "from pathlib import Path\n"
        "from dataset.project import Project\n"
        "with Project.open(Path(sys.argv[1])) as project:\n"
        "    project.catalog.classes.add('bike')\n"
        "    print(project.catalog.journal_mode, end='')"
    )

    mode = python(code, tmp_path / "p")

    assert mode == "delete"
    with Project.open(tmp_path / "p", read_only=True) as project:
        assert [c.name for c in project.catalog.classes.all()] == ["car", "bike"]
        assert project.catalog.journal_mode == "delete"


@needs_two_libraries
def test_library_without_the_fix_is_refused_while_wal_is_in_use(tmp_path: Path) -> None:
    code = HIDE + (
        "from pathlib import Path\n"
        "from dataset.catalog import connection\n"
        "from dataset.errors import ProjectError\n"
        "from dataset.project import Project\n"
        "connection.BUSY_MS = 100\n"
        "try:\n"
        "    Project.open(Path(sys.argv[1]))\n"
        "except ProjectError as error:\n"
        "    print(error.message.partition(':')[0], end='')"
    )
    with new_project(tmp_path / "p", "car") as project:
        said = python(code, tmp_path / "p")

        project.catalog.classes.add("bike")
        assert project.catalog.journal_mode == "wal"
    assert said.startswith(("Another program has held", "This SQLite cannot keep"))


@pytest.mark.parametrize("options", [(), ("--reopen",)])
def test_two_processes_write_at_once(tmp_path: Path, options: tuple[str, ...]) -> None:
    new_project(tmp_path / "p").close()

    writers = [writer(tmp_path / "p", name, *options) for name in ("a", "b")]
    done = [json.loads(each.communicate(timeout=60)[0]) for each in writers]

    assert [each["errors"] for each in done] == [[], []]
    assert all(each["rounds"] > 0 for each in done)
    with Project.open(tmp_path / "p") as project:
        assert int(project.catalog.fact("total") or 0) == sum(
            each["rounds"] for each in done
        )
        assert project.catalog.damages(deep=True) == ()


@needs_two_libraries
def test_two_processes_write_at_once_in_a_rollback_journal(tmp_path: Path) -> None:
    new_project(tmp_path / "p").close()
    options = ("--standard", "--seconds", "1.5")
    # The first opening converts the catalog; two at once would wait for each other.
    first = writer(tmp_path / "p", "x", "--standard", "--seconds", "0.1")
    first.communicate(timeout=60)

    writers = [writer(tmp_path / "p", name, *options) for name in ("a", "b")]
    done = [json.loads(each.communicate(timeout=60)[0]) for each in writers]

    assert [(each["errors"], each["mode"]) for each in done] == [([], "delete")] * 2
    with Project.open(tmp_path / "p") as project:
        parts = [int(project.catalog.fact(f"rounds of {n}") or 0) for n in "xab"]
        assert int(project.catalog.fact("total") or 0) == sum(parts)


def test_threads_of_one_process_share_a_catalog(catalog: Catalog) -> None:
    failures: list[BaseException] = []

    def count() -> None:
        try:
            for _ in range(100):
                with catalog.writing():
                    total = int(catalog.fact("total") or 0)
                    catalog.set_fact("total", str(total + 1))
        except BaseException as error:  # noqa: BLE001  (told to the main thread)
            failures.append(error)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert catalog.fact("total") == "400"


def test_catalog_held_by_another_program_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_MS", 50)
    path = tmp_path / "catalog.db"
    with Catalog.open(path) as first, Catalog.open(path) as second:
        with (
            first.writing(),
            pytest.raises(ProjectError, match="Another program has held"),
            second.writing(),
        ):
            pass

        second.set_fact("after", "1")
        assert first.fact("after") == "1"


def test_failed_block_leaves_nothing(catalog: Catalog) -> None:
    def interrupted() -> None:
        with catalog.writing():
            catalog.set_fact("a", "1")
            with catalog.writing():
                catalog.set_fact("b", "2")
            raise KeyboardInterrupt

    before = content(catalog)

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert content(catalog) == before


def test_failed_inner_block_takes_only_its_own_writes_back(catalog: Catalog) -> None:
    def failing() -> None:
        with catalog.writing():
            catalog.set_fact("lost", "2")
            raise RuntimeError("inner")

    with catalog.writing():
        catalog.set_fact("kept", "1")
        with pytest.raises(RuntimeError, match="inner"):
            failing()

    assert (catalog.fact("kept"), catalog.fact("lost")) == ("1", None)


def test_writing_inside_reading_is_a_bug_and_not_a_silent_loss(
    catalog: Catalog,
) -> None:
    with catalog.reading(), pytest.raises(RuntimeError, match="reading"):
        catalog.set_fact("a", "1")

    assert catalog.fact("a") is None


def test_reading_sees_one_state(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    with Catalog.open(path) as reader, Catalog.open(path) as other:
        with reader.reading():
            before = reader.fact("a")
            if reader.journal_mode == "wal":
                other.set_fact("a", "1")
            during = reader.fact("a")

        assert before is during is None
        assert reader.fact("a") == other.fact("a")


def test_newer_catalog_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    with Catalog.open(path) as catalog, catalog.writing():
        catalog._connection.run(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('fieldset', 'm0099_from_the_future', 'now')"
        )
    before = path.read_bytes()

    with pytest.raises(NewerProject, match="m0099_from_the_future") as caught:
        Catalog.open(path)
    with pytest.raises(NewerProject):
        Catalog.open(path, read_only=True)

    assert caught.value.hint == "update fieldset on this machine"
    assert path.read_bytes() == before


@pytest.fixture
def later_migration() -> Iterator[None]:
    steps = migrations.catalog_migrations._migrations
    before = list(steps)

    @migrations.catalog_migrations()
    def m0002_later(db: object) -> None:
        db.execute("CREATE TABLE later (a)")  # type: ignore[attr-defined]

    yield
    steps[:] = before


def test_migration_backs_the_catalog_up_first(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / "catalog.db"
    with Catalog.open(path) as catalog:
        catalog.set_fact("a", "1")
    request.getfixturevalue("later_migration")

    with Catalog.open(path) as catalog:
        assert catalog._connection.db["later"].exists()
        assert catalog.fact("a") == "1"

    (backup,) = tmp_path.glob("catalog-before-migration-*.db")
    with contextlib.closing(connection.sqlite3.connect(str(backup))) as old:
        assert old.execute("SELECT value FROM facts").fetchall() == [("1",)]
        tables = old.execute("SELECT name FROM sqlite_master").fetchall()
        assert ("later",) not in tables


def test_older_catalog_opened_for_reading_is_a_sentence(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / "catalog.db"
    Catalog.open(path).close()
    request.getfixturevalue("later_migration")

    with pytest.raises(ReadOnlyProject, match="older than this program"):
        Catalog.open(path, read_only=True)

    assert list(tmp_path.glob("*before-migration*")) == []


def test_migration_that_fails_leaves_the_catalog_as_it_was(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / "catalog.db"
    Catalog.open(path).close()
    request.getfixturevalue("later_migration")

    @migrations.catalog_migrations()
    def m0003_fails(db: object) -> None:
        raise RuntimeError("a bug in a migration")

    with pytest.raises(RuntimeError, match="a bug in a migration"):
        Catalog.open(path)

    del migrations.catalog_migrations._migrations[-2:]
    with Catalog.open(path) as catalog:
        assert not catalog._connection.db["later"].exists()


def test_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    other = connection.sqlite3.connect(str(path))
    other.execute("CREATE TABLE songs (name)")
    other.close()

    with pytest.raises(ProjectError, match="not made by fieldset"):
        Catalog.open(path)


def test_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    data = b"no database at all, but long enough to look at" * 100
    path.write_bytes(data)

    with pytest.raises(ProjectError, match="is damaged"):
        Catalog.open(path)

    assert path.read_bytes() == data


def test_missing_catalog_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(NotAProject):
        Catalog.open(tmp_path / "catalog.db", read_only=True)

    assert files_under(tmp_path) == set()


def test_damaged_pages_are_found(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    with Catalog.open(path) as catalog:
        for number in range(200):
            catalog.sessions.add(bare_session(f"session {number}"))
    data = bytearray(path.read_bytes())
    page = data.index(b"session 150") // 4096 * 4096
    data[page : page + 4096] = bytes(4096)
    path.write_bytes(data)

    with Catalog.open(path) as catalog:
        damages = catalog.damages(deep=True)

    assert damages


def test_read_only_catalog_refuses_to_write(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    Catalog.open(path).close()

    with (
        Catalog.open(path, read_only=True) as catalog,
        pytest.raises(ReadOnlyProject, match="reading only"),
    ):
        catalog.set_fact("a", "1")


def test_catalog_on_a_read_only_disk_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    with Catalog.open(folder / "catalog.db") as catalog:
        catalog.set_fact("a", "1")

    with read_only(folder, tmp_path / "view") as view:
        with Catalog.open(view / "catalog.db", read_only=True) as catalog:
            assert catalog.fact("a") == "1"
        with pytest.raises(ReadOnlyProject):
            Catalog.open(view / "catalog.db")


@pytest.mark.skipif(not wal_is_safe(sqlite_version()), reason="needs WAL")
@pytest.mark.parametrize("with_index", [True, False])
def test_commits_of_a_killed_writer_are_never_read_past(
    tmp_path: Path, with_index: bool
) -> None:
    """What only the log holds is read, or the catalog is refused; never left out."""
    live, copy = tmp_path / "live", tmp_path / "copy"
    live.mkdir()
    copy.mkdir()
    with Catalog.open(live / "catalog.db") as catalog:
        catalog.set_fact("a", "1")
        for path in live.iterdir():
            if with_index or not path.name.endswith("-shm"):
                (copy / path.name).write_bytes(path.read_bytes())

    with read_only(copy, tmp_path / "view") as view:
        try:
            with Catalog.open(view / "catalog.db", read_only=True) as catalog:
                found = catalog.fact("a")
        except ReadOnlyProject as error:
            found = error.message.partition(":")[0]

    assert found in {"1", "The catalog was not closed and cannot be mended here"}
    assert (found == "1") is with_index


def test_full_disk_takes_the_last_change_back(tmp_path: Path) -> None:
    with (
        tiny_disk(tmp_path / "disk") as disk,
        Catalog.open(disk / "catalog.db") as catalog,
    ):
        catalog.set_fact("kept", "1")

        for number in range(1000):
            with contextlib.suppress(StorageFull):
                catalog.set_fact(f"big {number}", "x" * 20_000)
        with pytest.raises(StorageFull, match="was not saved"):
            catalog.set_fact("one more", "x" * 200_000)

        assert catalog.fact("kept") == "1"
        assert catalog.damages(deep=True) == ()


def test_copy_on_a_full_disk_leaves_nothing(tmp_path: Path, catalog: Catalog) -> None:
    for number in range(60):
        catalog.set_fact(f"big {number}", "x" * 50_000)

    with tiny_disk(tmp_path / "disk") as disk:
        with pytest.raises(StorageFull):
            catalog.back_up(disk / "copy.db")

        assert files_under(disk) == set()


def test_copy_needs_no_file_beside_it(tmp_path: Path, catalog: Catalog) -> None:
    catalog.set_fact("a", "1")

    catalog.back_up(tmp_path / "copy.db")

    with Catalog.open(tmp_path / "copy.db", read_only=True) as copy:
        assert copy.fact("a") == "1"
    assert {p.name for p in tmp_path.glob("copy*")} == {"copy.db"}


def test_text_that_is_no_unicode_is_a_sentence(catalog: Catalog) -> None:
    with pytest.raises(UsageError, match="no valid Unicode"):
        catalog.sessions.by_name("half a \udcff name")


def test_bug_in_a_statement_is_not_taken_for_the_worlds_fault(catalog: Catalog) -> None:
    with pytest.raises(connection._SqliteError, match="no such table"):
        catalog._connection.rows("SELECT * FROM nowhere")
