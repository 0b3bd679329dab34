from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.backup import MARKER, back_up, restore
from dataset.check import check
from dataset.errors import (
    BadFile,
    BadImage,
    NotAProject,
    ProjectError,
    ReadOnlyProject,
    StorageFull,
)
from dataset.findings import Severity
from dataset.progress import Cancelled
from dataset.project import Project
from dataset.records import LabelState, SampleState
from dataset.versions.freezing import freeze
from tests.small_projects import (
    StopsAt,
    box,
    content,
    files_under,
    filled,
    jpeg,
    new_project,
    new_session,
    read_only,
    tiny_disk,
)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        for sample in filled(made, new_session(made), 3):
            state = LabelState(state=SampleState.LABELED, boxes=(box("a"),))
            made.catalog.labels.put(sample.id, state)
        freeze(made)
        yield made


def same(root: Path, other: Path) -> None:
    with Project.open(root) as one, Project.open(other, read_only=True) as two:
        assert content(one.catalog) == content(two.catalog)
        assert [s.id for s in one.catalog.samples.each()] == [
            p.stem for p in two.images.files()
        ]
        (finding,) = check(two, deep=True)
        assert finding.severity is Severity.OK


def test_backup_is_a_project_with_everything(tmp_path: Path, project: Project) -> None:
    done = back_up(project, tmp_path / "b")

    assert (done.path, done.samples, done.copied) == (tmp_path / "b", 3, 3)
    assert done.size_bytes == sum(s.size_bytes for s in project.catalog.samples.each())
    same(project.root, tmp_path / "b")
    assert files_under(tmp_path / "b") - files_under(project.root) == {MARKER}


def test_next_backup_copies_only_what_is_new(tmp_path: Path, project: Project) -> None:
    back_up(project, tmp_path / "b")
    filled(project, project.catalog.sessions.all()[0], 2, first=7)

    again = back_up(project, tmp_path / "b")

    assert (again.samples, again.copied) == (5, 2)
    same(project.root, tmp_path / "b")


def test_reports_made_after_the_first_backup_come_along(
    tmp_path: Path, project: Project
) -> None:
    back_up(project, tmp_path / "b")
    report = project.root / "versions" / "v1" / "report.html"
    for text in ("first", "longer second"):
        report.write_text(text)
        back_up(project, tmp_path / "b")

        assert (tmp_path / "b" / "versions" / "v1" / "report.html").read_text() == text


def test_backup_that_was_looked_at_can_be_brought_up_to_date(
    tmp_path: Path, project: Project
) -> None:
    back_up(project, tmp_path / "b")
    with Project.open(tmp_path / "b", read_only=True) as looked_at:
        assert looked_at.catalog.samples.count() == 3
    with Project.open(tmp_path / "b") as opened:
        opened.catalog.set_fact("left", "a log beside the catalog")
        left = {p.name: p.read_bytes() for p in (tmp_path / "b").glob("catalog.db-*")}
    for name, data in left.items():
        (tmp_path / "b" / name).write_bytes(data)

    back_up(project, tmp_path / "b")

    same(project.root, tmp_path / "b")


def test_backup_of_a_project_that_is_open_for_reading(
    tmp_path: Path, project: Project
) -> None:
    with Project.open(project.root, read_only=True) as reading:
        back_up(reading, tmp_path / "b")

    same(project.root, tmp_path / "b")


@pytest.mark.parametrize("times", [1, 2])
def test_interrupted_backup_is_no_backup_and_can_be_repeated(
    tmp_path: Path, project: Project, times: int
) -> None:
    if times == 2:
        back_up(project, tmp_path / "b")

    with pytest.raises(Cancelled):
        back_up(project, tmp_path / "b", progress=StopsAt())
    with pytest.raises(NotAProject, match="not a whole backup"):
        restore(tmp_path / "b", tmp_path / "r")
    back_up(project, tmp_path / "b")

    same(project.root, tmp_path / "b")


@pytest.mark.parametrize("place", [".", "inside", "images/ab"])
def test_backup_inside_the_project_is_refused(project: Project, place: str) -> None:
    with pytest.raises(ProjectError, match="inside the project"):
        back_up(project, project.root / place)


def test_backup_through_a_link_into_the_project_is_refused(
    tmp_path: Path, project: Project
) -> None:
    (tmp_path / "link").symlink_to(project.root)

    with pytest.raises(ProjectError, match="inside the project"):
        back_up(project, tmp_path / "link" / "b")


@pytest.mark.parametrize("kind", ["files", "project", "backup", "file"])
def test_folder_of_something_else_is_left_alone(
    tmp_path: Path, project: Project, kind: str
) -> None:
    target = tmp_path / "b"
    if kind == "files":
        target.mkdir()
        (target / "thesis.tex").write_text("years of work")
    elif kind == "file":
        target.write_text("a file")
    else:
        with new_project(tmp_path / "other") as other:
            if kind == "backup":
                back_up(other, target)
        if kind == "project":
            target = tmp_path / "other"
    before = files_under(tmp_path)

    with pytest.raises(ProjectError):
        back_up(project, target)

    assert files_under(tmp_path) == before


def test_damaged_image_is_told_and_never_backed_up(
    tmp_path: Path, project: Project
) -> None:
    sample = next(iter(project.catalog.samples.each()))
    path = project.image_path(sample)
    path.chmod(0o644)
    path.write_bytes(bytes(sample.size_bytes))

    with pytest.raises(BadImage, match="not those that were stored"):
        back_up(project, tmp_path / "b")

    assert not (tmp_path / "b" / "images" / sample.id[:2] / path.name).exists()


def test_full_disk_keeps_what_fitted_and_is_no_backup(
    tmp_path: Path, project: Project
) -> None:
    filled(project, project.catalog.sessions.all()[0], 30, first=20, size=24)

    with tiny_disk(tmp_path / "disk") as disk:
        with pytest.raises(StorageFull):
            back_up(project, disk / "b")
        with pytest.raises(NotAProject):
            restore(disk / "b", tmp_path / "r")

        assert not [p for p in files_under(disk) if ".tmp-" in p]


def test_restored_project_is_the_same(tmp_path: Path, project: Project) -> None:
    back_up(project, tmp_path / "b")

    done = restore(tmp_path / "b", tmp_path / "r")

    assert (done.path, done.samples) == (tmp_path / "r", 3)
    same(project.root, tmp_path / "r")
    with Project.open(tmp_path / "r") as restored:
        assert restored.catalog.journal_mode == project.catalog.journal_mode
        assert restored.version("v1").version == project.version("v1").version
        assert not (restored.root / MARKER).exists()
        restored.take_in(jpeg(50), new_session(restored), captured_us=1)


def test_backup_on_a_read_only_disk_is_restored(
    tmp_path: Path, project: Project
) -> None:
    back_up(project, tmp_path / "b")

    with read_only(tmp_path / "b", tmp_path / "view") as view:
        restore(view, tmp_path / "r")

    same(project.root, tmp_path / "r")


def test_restoring_never_writes_over_something(
    tmp_path: Path, project: Project
) -> None:
    back_up(project, tmp_path / "b")

    with pytest.raises(ProjectError, match="holds something"):
        restore(tmp_path / "b", project.root)
    back_up(project, tmp_path / "b2")
    with pytest.raises(ProjectError, match="holds something"):
        restore(tmp_path / "b", tmp_path / "b2")

    same(project.root, tmp_path / "b2")


def test_interrupted_restore_can_be_repeated(
    tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(project, tmp_path / "b")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("dataset.backup._copy_versions", interrupt)
        with pytest.raises(KeyboardInterrupt):
            restore(tmp_path / "b", tmp_path / "r")
    with pytest.raises(NotAProject):
        Project.open(tmp_path / "r")

    restore(tmp_path / "b", tmp_path / "r")

    same(project.root, tmp_path / "r")


def test_damaged_backup_restores_nothing(tmp_path: Path, project: Project) -> None:
    back_up(project, tmp_path / "b")
    image = next(iter((tmp_path / "b" / "images").rglob("*.jpg")))
    image.chmod(0o644)
    image.write_bytes(image.read_bytes()[:-1] + b"!")

    with pytest.raises(BadFile, match="backup is damaged"):
        restore(tmp_path / "b", tmp_path / "r")

    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("marker", [None, "", "[]", '{"state": "begun"}', "\x00"])
def test_folder_that_is_no_backup_is_not_restored(
    tmp_path: Path, project: Project, marker: str | None
) -> None:
    if marker is not None:
        (project.root / MARKER).write_text(marker)

    with pytest.raises(NotAProject, match="not a whole backup"):
        restore(project.root, tmp_path / "r")


def test_place_that_cannot_be_is_a_sentence(tmp_path: Path, project: Project) -> None:
    for place in (tmp_path / ("x" * 300), tmp_path / "p" / "fieldset.toml" / "x"):
        with pytest.raises(ProjectError):
            back_up(project, place)
        with pytest.raises(ProjectError):
            restore(place, tmp_path / "r")


def test_read_only_target_is_a_sentence(tmp_path: Path, project: Project) -> None:
    (tmp_path / "disk").mkdir()
    with (
        read_only(tmp_path / "disk", tmp_path / "view") as view,
        pytest.raises(ReadOnlyProject),
    ):
        back_up(project, view / "b")
