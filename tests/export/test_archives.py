"""Archives: hostile ones do no harm, ours are the same bytes anywhere."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.errors import BadFile, ProjectError, UsageError
from dataset.progress import Cancelled
from dataset.project import Project
from dataset.versions.freezing import freeze
from export.archives import unpacking
from export.archives.unpacking import unpacked
from export.formats import writer_for
from export.intake import take_in
from export.operation import export_version
from tests.dataset.picture_bytes import encoded, scene

PICTURE = encoded("png", scene())
ROWS = "0 0.5 0.5 0.25 0.25\n"
YOLO = {
    "set/data.yaml": b"train: images/train\nnames: [bolt]\n",
    "set/images/train/a.png": PICTURE,
    "set/labels/train/a.txt": ROWS.encode(),
}
ENDINGS = ("zip", "tar", "tar.gz", "tgz", "tar.bz2", "tar.xz")
HOSTILE = (
    *("../out.png", "a/../../out.png", "/tmp/out.png", "..\\out.png"),
    *("C:\\out.png", "c:out.png", "//host/out.png"),
)


class Stops:
    """Progress that is cancelled when it is first told of `what`."""

    def __init__(self, what: str) -> None:
        self._what = what

    def step(self, done: int, total: int | None, what: str) -> None:  # noqa: ARG002
        """Stop at the awaited work."""
        if what == self._what:
            raise Cancelled


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A new project without classes."""
    with Project.create(tmp_path / "project", []) as made:
        yield made


def tar_of(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    """A tar archive with these members."""
    mode = {"gz": "w:gz", "tgz": "w:gz", "bz2": "w:bz2", "xz": "w:xz"}
    with tarfile.open(path, mode.get(path.suffix[1:], "w")) as archive:  # type: ignore[call-overload]
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def archive_of(path: Path, files: dict[str, bytes]) -> Path:
    """A tar or zip archive with these files."""
    if path.suffix != ".zip":
        return tar_of(path, *((tarfile.TarInfo(n), d) for n, d in files.items()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return path


def names_in(folder: Path) -> list[str]:
    """Every file below a folder."""
    found = (p for p in folder.rglob("*") if not p.is_dir())
    return sorted(path.relative_to(folder).as_posix() for path in found)


@pytest.mark.parametrize("ending", ENDINGS)
def test_archive_comes_in_like_the_folder_in_it(
    project: Project, tmp_path: Path, ending: str
) -> None:
    done = take_in(project, archive_of(tmp_path / f"set.{ending}", YOLO))

    assert (done.format, done.samples, done.boxes) == ("yolo", 1, 1)
    assert done.skipped == ()


@pytest.mark.parametrize("ending", ["zip", "tar"])
@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_leave_the_folder_are_left_out(
    tmp_path: Path, ending: str, name: str
) -> None:
    path = archive_of(tmp_path / f"set.{ending}", {name: b"x", "a.png": PICTURE})

    with unpacked(path) as found:
        assert names_in(found.path) == ["a.png"]
        assert [problem.what for problem in found.problems] == [
            "left out: its name leaves the folder or is no name here"
        ]

    assert names_in(tmp_path) == [path.name]


def test_links_and_devices_of_a_tar_are_left_out(tmp_path: Path) -> None:
    kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE)
    members = []
    for number, kind in enumerate(kinds):
        info = tarfile.TarInfo(f"odd{number}")
        info.type, info.linkname = kind, "/etc/passwd"
        members.append((info, b""))
    inside = (tarfile.TarInfo("odd0/a.png"), PICTURE)
    path = tar_of(tmp_path / "set.tar", *members, inside)

    with unpacked(path) as found:
        files = [p for p in found.path.rglob("*") if not p.is_dir()]
        assert [(p.name, p.is_symlink()) for p in files] == [("a.png", False)]
        assert len(found.problems) == len(kinds)


def test_links_of_a_zip_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    link = zipfile.ZipInfo("link.png")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("a.png", PICTURE)

    with unpacked(path) as found:
        assert names_in(found.path) == ["a.png"]
        assert "link" in found.problems[0].what


@pytest.mark.parametrize("ending", ["zip", "tar"])
def test_twins_by_case_or_accent_are_left_out_but_for_the_first(
    tmp_path: Path, ending: str
) -> None:
    twins = {"a/B.png": b"1", "A/b.PNG": b"2", "\u00e9.png": b"3", "e\u0301.png": b"4"}

    with unpacked(archive_of(tmp_path / f"set.{ending}", twins)) as found:
        assert len(names_in(found.path)) == 2
        assert {p.what for p in found.problems} == {
            "left out: its name differs from another's in case alone"
        }


def test_file_where_a_folder_lies_is_left_out(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "set.tar", {"a/b": b"1", "a": b"2", "a/b/c": b"3"})

    with unpacked(path) as found:
        assert names_in(found.path.parent) == ["a/b"]
        assert len(found.problems) == 2


@pytest.mark.parametrize("ending", ["zip", "tar.gz"])
def test_bomb_is_refused_and_nothing_stays(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "_GROWTH_FREE_BYTES", 1 << 20)
    monkeypatch.setattr(unpacking.tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    path = archive_of(tmp_path / f"set.{ending}", {"zeros.png": bytes(64 << 20)})

    with pytest.raises(BadFile, match="more than can be believed"), unpacked(path):
        pytest.fail("it was unpacked")

    assert names_in(tmp_path / "temporary") == []


def test_too_many_members_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "_MEMBERS", 10)
    path = archive_of(tmp_path / "set.zip", {f"{n}.txt": b"" for n in range(11)})

    with pytest.raises(BadFile, match="more members"), unpacked(path):
        pytest.fail("it was unpacked")


@pytest.mark.parametrize("ending", ENDINGS)
def test_damaged_archive_is_refused(
    project: Project, tmp_path: Path, ending: str
) -> None:
    path = archive_of(tmp_path / f"set.{ending}", YOLO)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])

    with pytest.raises(BadFile):
        take_in(project, path)

    path.write_bytes(b"no archive at all")
    with pytest.raises(BadFile, match="damaged"):
        take_in(project, path)


@pytest.mark.parametrize("ending", ["zip", "tar"])
def test_export_goes_out_as_the_same_archive_anywhere_and_comes_back(
    project: Project, tmp_path: Path, ending: str
) -> None:
    take_in(project, archive_of(tmp_path / "set.zip", YOLO))
    version = freeze(project).version
    places = [tmp_path / name / f"out.{ending}" for name in ("one", "deep/er")]

    for place in places:
        (done,) = export_version(project.root, "v1", formats=["coco"], target=place)
        assert (done.path, done.boxes) == (place, 1)

    assert places[0].read_bytes() == places[1].read_bytes()
    assert names_in(places[0].parent) == [places[0].name]
    folder = writer_for("coco").write(project.version("v1"), tmp_path / "folder").path
    with unpacked(places[0]) as found:
        assert names_in(found.path) == names_in(folder)
        for name in names_in(folder):
            assert (found.path / name).read_bytes() == (folder / name).read_bytes()
    with Project.create(tmp_path / "second", []) as second:
        take_in(second, places[0])
        assert freeze(second).version.id == version.id


def test_several_formats_make_a_folder_each_in_the_archive(
    project: Project, tmp_path: Path
) -> None:
    take_in(project, archive_of(tmp_path / "set.zip", YOLO))
    freeze(project)

    export_version(
        project.root, "v1", formats=["coco", "csv"], target=tmp_path / "out.zip"
    )

    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
        assert tops == {"coco", "csv"}
        assert archive.testzip() is None


@pytest.mark.parametrize("what", ["samples", "packed"])
def test_cancelled_archive_is_absent(
    project: Project, tmp_path: Path, what: str
) -> None:
    take_in(project, archive_of(tmp_path / "set.zip", YOLO))
    freeze(project)

    with pytest.raises(Cancelled):
        export_version(
            project.root,
            "v1",
            formats=["coco"],
            target=tmp_path / "out" / "v1.tar",
            progress=Stops(what),
        )

    assert list((tmp_path / "out").iterdir()) == []


def test_archive_that_is_there_is_neither_replaced_nor_updated(
    project: Project, tmp_path: Path
) -> None:
    take_in(project, archive_of(tmp_path / "set.zip", YOLO))
    freeze(project)
    (tmp_path / "out.tar").write_bytes(b"mine")

    def write(*, update: bool) -> None:
        export_version(
            project.root,
            "v1",
            formats=["coco"],
            target=tmp_path / "out.tar",
            update=update,
        )

    with pytest.raises(ProjectError, match="here already"):
        write(update=False)
    with pytest.raises(UsageError, match="brought up to date"):
        write(update=True)
    assert (tmp_path / "out.tar").read_bytes() == b"mine"


def test_shard_of_webdataset_is_read_as_it_is(project: Project, tmp_path: Path) -> None:
    row = b'{"boxes":[{"label":"bolt","bbox":[1,2,10,20]}],"width":48,"height":32}'
    path = archive_of(tmp_path / "train-0.tar", {"a.png": PICTURE, "a.json": row})

    done = take_in(project, path)

    assert (done.format, done.samples, done.boxes) == ("webdataset", 1, 1)
