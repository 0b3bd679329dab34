"""Each way out meets each bad target: a sentence, and nothing of others is touched."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dataset.errors import FieldsetError, ProjectError, StorageFull
from dataset.project import Project
from export.merge import merge_pulled
from export.operation import export_version
from export.pull import pull_version
from export.push import push_version
from export.stored_export import export_to_store
from export.stores.folder_store import LocalFolderStore
from tests.export.pushed import QUICK, blobs_of, heads_of
from tests.sealed_projects import frozen, sealable_project
from tests.small_projects import files_under, new_project, read_only, tiny_disk
from tests.station.two_versions import freeze_two

NOBODY = 65534


def into_folder(root: Path, place: Path, _pushed: Path) -> None:
    export_version(root, "v1", formats=["coco"], target=place / "out")


def into_archive(root: Path, place: Path, _pushed: Path) -> None:
    export_version(root, "v1", formats=["coco"], target=place / "out.tar")


def into_store(root: Path, place: Path, _pushed: Path) -> None:
    store = LocalFolderStore(place / "store")
    export_to_store(root, "v1", store, QUICK, formats=["coco"])


def by_push(root: Path, place: Path, _pushed: Path) -> None:
    push_version(root, "v1", LocalFolderStore(place / "usb"), QUICK)


def by_pull(_root: Path, place: Path, pushed: Path) -> None:
    pull_version(LocalFolderStore(pushed), "v1", place / "got", QUICK)


Way = Callable[[Path, Path, Path], None]
WAYS: list[Way] = [into_folder, into_archive, into_store, by_push, by_pull]
REPLACING: list[Way] = [into_folder, into_archive, into_store, by_pull]


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that every user of the machine may look into."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        freeze_two(folder / "p")
        push_version(folder / "p", "v1", LocalFolderStore(folder / "pushed"), QUICK)
        yield folder


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another project with a version of its own."""
    with sealable_project(tmp_path / "other") as project:
        project.catalog.versions.add(frozen(project))
    return tmp_path / "other"


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, to whom no folder is closed."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("way", WAYS)
def test_full_disk_is_a_sentence(way: Way, outside: Path, tmp_path: Path) -> None:
    with tiny_disk(tmp_path / "disk", "32k") as disk:
        with pytest.raises(StorageFull):
            way(outside / "p", disk, outside / "pushed")

        whole = [path for path in disk.glob("*") if path.name.startswith("out")]
        assert whole == []


@pytest.mark.parametrize("way", WAYS)
def test_read_only_disk_is_a_sentence(way: Way, outside: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    with (
        read_only(tmp_path / "disk", tmp_path / "view") as view,
        pytest.raises(ProjectError, match="cannot be written"),
    ):
        way(outside / "p", view, outside / "pushed")

    assert files_under(tmp_path / "disk") == set()


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such rights")
@pytest.mark.parametrize("mode", [0o555, 0o000])
@pytest.mark.parametrize("way", WAYS)
def test_folder_of_others_is_a_sentence(way: Way, mode: int, outside: Path) -> None:
    place = outside / "closed"
    place.mkdir()
    place.chmod(mode)

    try:
        with as_nobody(), pytest.raises(ProjectError, match="cannot be written"):
            way(outside / "p", place, outside / "pushed")
    finally:
        place.chmod(0o755)
        left = files_under(place)
        shutil.rmtree(place)

    assert left == set()


@pytest.mark.parametrize("way", REPLACING)
def test_data_of_another_project_stays_as_it_is(
    way: Way, outside: Path, other: Path, tmp_path: Path
) -> None:
    place = tmp_path / "place"
    push_version(other, "v1", LocalFolderStore(tmp_path / "theirs"), QUICK)
    way(other, place, tmp_path / "theirs")
    before = {name: (place / name).read_bytes() for name in files_under(place)}

    with pytest.raises(FieldsetError):
        way(outside / "p", place, outside / "pushed")

    after = {name: (place / name).read_bytes() for name in files_under(place)}
    assert after == before


def test_pushes_of_two_projects_lie_side_by_side(
    outside: Path, other: Path, tmp_path: Path
) -> None:
    place = tmp_path / "place"
    by_push(other, place, place)
    theirs = blobs_of(place / "usb")

    by_push(outside / "p", place, place)

    assert theirs.items() <= blobs_of(place / "usb").items()
    assert len(heads_of(place / "usb")) == 2


def test_merge_into_a_full_project_is_a_sentence_and_goes_on(
    outside: Path, tmp_path: Path
) -> None:
    with tiny_disk(tmp_path / "disk", "8m") as disk:
        new_project(disk / "q", "car", "bike").close()
        filler = disk / "filler"
        filler.write_bytes(bytes(_free(disk) - 40_000))
        by_pull(outside, tmp_path, outside / "pushed")

        with Project.open(disk / "q") as project, pytest.raises(StorageFull):
            merge_pulled(project, tmp_path / "got")
        filler.unlink()
        with Project.open(disk / "q") as project:
            merged = merge_pulled(project, tmp_path / "got")
            held = project.catalog.samples.count()

    assert held == 24
    assert merged.conflicts == ()


def _free(place: Path) -> int:
    return shutil.disk_usage(place).free
