from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset import durable
from dataset.errors import ProjectError, ReadOnlyProject, StorageFull
from tests.small_projects import files_under, read_only, tiny_disk


class Calls:
    """Notes the operating system's calls in order, and lets them through."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        for name in ("write", "fsync", "close", "rename", "replace"):
            patch.setattr(os, name, self._noting(name, getattr(os, name)))

    def _noting(self, name: str, real: object) -> object:
        def call(*arguments: object, **named: object) -> object:
            self.names.append(name)
            return real(*arguments, **named)  # type: ignore[operator]

        return call


def test_file_is_whole_and_nothing_is_beside_it(tmp_path: Path) -> None:
    durable.write_new(tmp_path / "a.bin", b"data")

    assert files_under(tmp_path) == {"a.bin"}
    assert (tmp_path / "a.bin").read_bytes() == b"data"


def test_file_is_flushed_renamed_and_its_folder_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls(monkeypatch)

    durable.write_new(tmp_path / "a.bin", b"data")

    wanted = ["write", "fsync", "close", "replace", "fsync", "close"]
    assert [name if name != "rename" else "replace" for name in calls.names] == wanted


def test_replacing_keeps_one_file(tmp_path: Path) -> None:
    durable.write_new(tmp_path / "a", b"old")

    durable.replace(tmp_path / "a", b"new")

    assert (tmp_path / "a").read_bytes() == b"new"
    assert files_under(tmp_path) == {"a"}


def test_read_only_file_can_be_replaced_and_is_read_only(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    durable.write_new(path, b"old", mode=0o444)

    durable.write_new(path, b"new", mode=0o444)

    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_file_system_without_rights_takes_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fchmod", refuse)

    durable.write_new(tmp_path / "a.jpg", b"data", mode=0o444)

    assert (tmp_path / "a.jpg").read_bytes() == b"data"


@pytest.mark.parametrize("failing", ["fsync", "write", "replace"])
def test_failure_leaves_the_old_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    durable.write_new(tmp_path / "a", b"old")

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, failing, fail)
    monkeypatch.setattr(os, "rename", fail if failing == "replace" else os.rename)
    with pytest.raises(ProjectError, match="Input/output error"):
        durable.replace(tmp_path / "a", b"new")
    monkeypatch.undo()

    assert (tmp_path / "a").read_bytes() == b"old"
    assert files_under(tmp_path) == {"a"}


def test_short_writes_are_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, data[:3]))

    durable.write_new(tmp_path / "a", b"twelve bytes")

    assert (tmp_path / "a").read_bytes() == b"twelve bytes"


def test_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    with tiny_disk(tmp_path / "disk") as disk:
        durable.write_new(disk / "first", bytes(1_000_000))

        with pytest.raises(StorageFull, match=f": {disk}/second") as caught:
            durable.write_new(disk / "second", bytes(1_500_000))

        assert files_under(disk) == {"first"}
        assert caught.value.hint == "free some space, then try again"


def test_read_only_place_is_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    with read_only(folder, tmp_path / "view") as view:
        with pytest.raises(ReadOnlyProject, match="cannot be written"):
            durable.write_new(view / "a", b"data")
        with pytest.raises(ReadOnlyProject):
            durable.make_folder(view / "b" / "c")


@pytest.mark.parametrize(
    "name", ["x" * 300, "file/inside", "n" * 250 + "/" + "x" * 300]
)
def test_place_that_cannot_be_is_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(ProjectError, match="The system refused"):
        durable.make_folder(tmp_path / name)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ProjectError, match=f"No such file or directory.*: {tmp_path}/a"
    ):
        durable.read_bytes(tmp_path / "a")


def test_folders_are_made_with_their_parents_once(tmp_path: Path) -> None:
    durable.make_folder(tmp_path / "a" / "b" / "c")
    durable.make_folder(tmp_path / "a" / "b" / "c")

    assert (tmp_path / "a" / "b" / "c").is_dir()


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5))
def test_last_write_wins_as_a_whole(contents: list[bytes]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a")
        for data in contents:
            durable.replace(path, data)

        assert path.read_bytes() == contents[-1]
        assert files_under(Path(folder)) == {"a"}


def test_reader_sees_the_old_or_the_new_file_never_a_mixture(tmp_path: Path) -> None:
    path = tmp_path / "a"
    contents = [letter * 200_000 for letter in (b"a", b"b")]
    durable.replace(path, contents[0])
    seen: set[bytes] = set()
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(20):
        for data in contents:
            durable.replace(path, data)
    is_over.set()
    reader.join()

    assert seen <= set(contents)
