from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest

from dataset.durable import TEMPORARY_PREFIX
from dataset.errors import BadImage, ProjectError, ReadOnlyProject, StorageFull
from dataset.image_store import ImageStore
from tests.small_projects import files_under, read_only, tiny_disk

DATA = b"the bytes of a picture"
ID = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "images")


def test_image_lies_under_its_hash_and_is_read_only(store: ImageStore) -> None:
    given = store.put(DATA, "jpg")

    path = store.root / ID[:2] / f"{ID}.jpg"
    assert given == ID
    assert store.path(ID, "jpg") == path
    assert path.read_bytes() == DATA == store.read(ID, "jpg")
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_known_bytes_are_left_alone(store: ImageStore) -> None:
    store.put(DATA, "jpg")
    before = store.path(ID, "jpg").stat()

    store.put(DATA, "jpg")

    after = store.path(ID, "jpg").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("damaged", [b"the bytes of a p_cture", b"", b"cut"])
def test_damaged_file_is_mended_by_the_same_picture(
    store: ImageStore, damaged: bytes
) -> None:
    store.put(DATA, "jpg")
    path = store.path(ID, "jpg")
    path.chmod(0o644)
    path.write_bytes(damaged)

    store.put(DATA, "jpg")

    store.verify(ID, "jpg")


def test_known_bytes_are_flushed_again_before_they_are_acknowledged(
    store: ImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(DATA, "jpg")
    flushed: list[int] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (flushed.append(1), real(handle)))

    store.put(DATA, "jpg")

    assert flushed


def test_changed_bytes_are_found(store: ImageStore) -> None:
    store.put(DATA, "jpg")
    path = store.path(ID, "jpg")
    path.chmod(0o644)
    path.write_bytes(DATA[:-1] + b"!")

    with pytest.raises(BadImage, match="not those that were stored"):
        store.verify(ID, "jpg")


def test_missing_image_is_named(store: ImageStore) -> None:
    with pytest.raises(ProjectError, match=f"No such file.*{ID}.jpg"):
        store.read(ID, "jpg")
    with pytest.raises(ProjectError):
        store.verify(ID, "jpg")


def test_files_are_listed_without_leftovers(store: ImageStore) -> None:
    ids = sorted(store.put(bytes([n]), "png") for n in range(20))
    leftover = store.path(ids[0], "png").with_name(f"{TEMPORARY_PREFIX}abc")
    leftover.write_bytes(b"half")
    (store.root / f"{TEMPORARY_PREFIX}def").write_bytes(b"half")
    (store.root / "ff.txt").write_bytes(b"a note")
    (store.root / "fe").write_bytes(b"a file where a folder should be")

    assert [path.stem for path in store.files()] == ids
    assert {path.name for path in store.leftovers()} == {
        f"{TEMPORARY_PREFIX}abc",
        f"{TEMPORARY_PREFIX}def",
    }


def test_empty_store_holds_nothing(store: ImageStore) -> None:
    assert list(store.files()) == list(store.leftovers()) == []


def test_full_disk_leaves_earlier_images_and_nothing_else(tmp_path: Path) -> None:
    with tiny_disk(tmp_path / "disk") as disk:
        store = ImageStore(disk / "images")
        first = store.put(bytes(1_000_000), "png")

        with pytest.raises(StorageFull):
            store.put(bytes(1_500_000), "png")

        assert files_under(disk) == {f"images/{first[:2]}/{first}.png"}
        store.verify(first, "png")


def test_read_only_store_is_a_sentence(tmp_path: Path, store: ImageStore) -> None:
    store.put(DATA, "jpg")
    with read_only(tmp_path / "images", tmp_path / "view") as view:
        with pytest.raises(ReadOnlyProject):
            ImageStore(view).put(b"new", "jpg")

        assert ImageStore(view).read(ID, "jpg") == DATA


def test_folder_in_the_place_of_an_image_is_a_sentence(store: ImageStore) -> None:
    store.path(ID, "jpg").mkdir(parents=True)

    with pytest.raises(ProjectError):
        store.put(DATA, "jpg")
