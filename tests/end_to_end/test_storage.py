"""Full, read-only and failing disks: a sentence, and nothing acknowledged is lost."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dataset.check import check
from dataset.errors import StorageFull
from dataset.findings import Severity
from dataset.project import Project
from dataset.records import Sample, SampleState
from labeling.session import LabelingSession

from . import pictures
from .commands import FIELDSET, Finished, Running, fieldset, running
from .disks import Disk
from .stored import stored
from .strikes import why_no_strace

MakeDisk = Callable[[str], Disk]
CLASSES = ("car", "lorry")


@pytest.fixture
def make_disk(tmp_path: Path) -> Iterator[MakeDisk]:
    disks: list[Disk] = []

    def make(options: str) -> Disk:
        disk = Disk(tmp_path / f"disk-{len(disks)}")
        if reason := disk.mount(options):
            pytest.skip(reason)
        disks.append(disk)
        return disk

    yield make
    for disk in disks:
        disk.unmount()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """More pictures than a small disk holds."""
    return pictures.write_folder(tmp_path / "source", pictures.many(150, "disk"))


def _project_on(disk: Disk) -> Path:
    with Project.create(disk.place / "project", CLASSES) as made:
        return made.root


def _capture(root: Path, source: Path, *more: str) -> Finished:
    return fieldset(
        "--project", root, "capture", "--source", source,
        "--every", "500ms", "--json", *more,
    )  # fmt: skip


def _expect_sentence(end: Finished, *words: str) -> None:
    assert end.code == 3, end.talk
    assert end.talk.startswith("error: ")
    assert "Traceback" not in end.talk
    assert any(word in end.talk for word in words), end.talk


def _expect_mended(root: Path) -> None:
    with Project.open(root) as project:
        found = check(project, deep=True, repair=True, settled_s=0.0)
        again = check(project, deep=True, settled_s=0.0)

    assert not [f for f in found if f.severity is Severity.ERROR]
    assert [f.severity for f in again] == [Severity.OK]


@pytest.mark.parametrize("options", ["size=900k", "size=1100k", "size=1m,nr_inodes=40"])
def test_full_disk_ends_capture_with_a_sentence(
    make_disk: MakeDisk, folder: Path, options: str
) -> None:
    disk = make_disk(options)
    root = _project_on(disk)

    end = _capture(root, folder)

    _expect_sentence(end, "The disk is full")
    assert len(end.samples) > 5
    assert end.lines[-1]["kept"] == len(end.samples)
    assert set(end.samples) == set(stored(root).images)
    assert stored(root).is_ended or "disk" in end.talk
    _expect_mended(root)


def test_capture_goes_on_where_a_full_disk_was_given_room(
    make_disk: MakeDisk, folder: Path
) -> None:
    disk = make_disk("size=700k")
    root = _project_on(disk)
    first = _capture(root, folder)
    disk.grow(20_000)

    second = _capture(root, folder)

    assert second.code == 0, second.talk
    assert second.lines[-1]["known"] == len(first.samples)
    assert len(stored(root).images) == 150
    _expect_mended(root)


def test_labels_on_a_full_disk_are_saved_or_refused_with_a_sentence(
    make_disk: MakeDisk, folder: Path
) -> None:
    disk = make_disk("size=900k")
    root = _project_on(disk)
    _capture(root, folder)

    saved, refusal = _label_until_full(root)

    disk.grow(20_000)
    with Project.open(root) as project:
        found = {s.id: project.catalog.labels.boxes(s.id) for s in _labeled(project)}
    assert isinstance(refusal, StorageFull)
    assert refusal.hint
    assert set(saved) <= set(found)
    assert all(len(boxes) == 1 for boxes in found.values())
    _expect_mended(root)


def _label_until_full(root: Path) -> tuple[list[str], Exception | None]:
    saved: list[str] = []
    with Project.open(root) as project:
        labeling = LabelingSession(project)
        try:
            while (view := labeling.current) is not None:
                labeling.draw((10.0, 20.0, 60.0, 50.0), 1)
                labeling.accept()
                saved.append(view.sample.id)
                _scribble(labeling)
        except StorageFull as error:
            return saved, error
    return saved, None


def _scribble(labeling: LabelingSession) -> None:
    """Fill the journal with edits of the next sample that come to nothing."""
    for _ in range(40):
        view = labeling.draw((1.0, 2.0, 6.0, 5.0), 2)
        if view is not None:
            labeling.delete(view.touched)


def _labeled(project: Project) -> list[Sample]:
    return [
        sample
        for sample in project.catalog.samples.each()
        if sample.state is SampleState.LABELED
    ]


def test_version_and_export_on_a_full_disk_leave_nothing_behind(
    make_disk: MakeDisk, tmp_path: Path
) -> None:
    disk = make_disk("size=4m")
    root = _project_on(disk)
    _label_all(root, pictures.many(20, "frozen"))
    _fill(disk, leave_kilobytes=60)

    frozen = fieldset("--project", root, "version", "create", "--no-report")
    (disk.place / "filling").unlink()
    again = fieldset("--project", root, "version", "create", "--no-report")
    _fill(disk, leave_kilobytes=60)
    target = disk.place / "export"
    exported = fieldset(
        "--project", root, "export", "v1", "--format", "coco", "--to", target
    )

    _expect_sentence(frozen, "The disk is full")
    assert again.code == 0, again.talk
    assert again.out.startswith("v1  ")
    _expect_sentence(exported, "The disk is full")
    assert sorted(path.name for path in disk.place.iterdir()) == ["filling", "project"]
    assert sorted(path.name for path in (root / "versions").iterdir()) == ["v1"]


def _label_all(root: Path, jpegs: tuple[bytes, ...]) -> None:
    with Project.open(root) as project:
        session = project.begin_session()
        for number, data in enumerate(jpegs):
            at_us = session.started_us + number * 1_000_000
            project.take_in(data, session, captured_us=at_us)
        labeling = LabelingSession(project)
        for _ in jpegs:
            labeling.draw((10.0, 20.0, 60.0, 50.0), 1)
            labeling.accept()


def _fill(disk: Disk, *, leave_kilobytes: int) -> None:
    room = os.statvfs(disk.place)
    size = room.f_bavail * room.f_frsize - leave_kilobytes * 1024
    (disk.place / "filling").write_bytes(b"\1" * size)


def test_no_project_is_left_where_a_disk_is_too_small_for_one(
    make_disk: MakeDisk,
) -> None:
    disk = make_disk("size=48k")

    end = fieldset("init", disk.place / "project", "--classes", "car")
    disk.grow(4_000)
    again = fieldset("init", disk.place / "project", "--classes", "car")

    _expect_sentence(end, "The disk is full")
    assert again.code == 0, again.talk


def test_read_only_project_can_be_looked_at_and_refuses_the_rest(
    make_disk: MakeDisk, folder: Path
) -> None:
    disk = make_disk("size=4m")
    root = _project_on(disk)
    _label_all(root, pictures.many(6, "frozen"))
    fieldset("--project", root, "version", "create", "--no-report")
    disk.make_read_only()

    status = fieldset("--project", root, "status", "--json")
    checked = fieldset("--project", root, "check", "--json")
    shown = fieldset("--project", root, "version", "show", "v1")
    refused = [
        _capture(root, folder),
        fieldset("--project", root, "version", "create"),
        fieldset("--project", root, "class", "add", "bus"),
    ]

    assert status.code == 0, status.talk
    assert status.json["samples"]["total"] == 6
    assert checked.code == 0, checked.talk
    assert shown.code == 0, shown.talk
    for end in refused:
        _expect_sentence(end, "reading only", "cannot be written")


def test_project_of_a_killed_capture_is_whole_on_a_read_only_disk(
    make_disk: MakeDisk, folder: Path, tmp_path: Path
) -> None:
    disk = make_disk("size=8m")
    root = _project_on(disk)
    command = ("--project", root, "capture", "--source", folder, "--json")
    with running(tmp_path, *command, "--every", "500ms") as run:
        run.wait_more_lines(10)
        run.end_all()
        acknowledged = {line["sample"] for line in run.lines()}
    disk.make_read_only()

    status = fieldset("--project", root, "status", "--json")
    kept = stored(root)
    refused = _capture(root, folder)

    assert status.code == 0, status.talk
    assert acknowledged <= set(kept.images)
    assert status.json["samples"]["total"] == len(kept.images)
    _expect_sentence(refused, "reading only", "cannot be written")


@pytest.mark.parametrize(
    ("call", "error", "first"),
    [
        ("fsync", "EIO", 5),
        ("pwrite64", "ENOSPC", 25),
        ("pwrite64", "EIO", 25),
        # Files are written by several threads, of which each makes few calls.
        ("rename", "EROFS", 2),
        ("fdatasync,fsync", "ENOSPC", 5),
    ],
)
def test_failing_disk_ends_capture_with_a_sentence(
    project: Path, folder: Path, tmp_path: Path, call: str, error: str, first: int
) -> None:
    if reason := why_no_strace():
        pytest.skip(reason)

    end = _capture_on_failing_disk(
        project, folder, tmp_path, f"{call}:error={error}:when={first}+"
    )

    _expect_sentence(end, "disk", "refused", "cannot be written")
    assert set(end.samples) <= set(stored(project).images)
    _expect_mended(project)


def _capture_on_failing_disk(
    root: Path, source: Path, folder: Path, rule: str
) -> Finished:
    """Capture while strace has calls fail; each thread's calls count by themselves."""
    command = [
        "strace", "-f", "-qq", "-o", "/dev/null",
        "-e", f"trace={rule.partition(':')[0]}", "-e", f"inject={rule}",
        FIELDSET, "--project", str(root), "capture", "--json",
        "--source", str(source), "--every", "500ms", "--count", "40",
    ]  # fmt: skip
    return Running(command, folder, "failing").wait()


@pytest.mark.soak
def test_disk_that_fails_once_or_for_good_loses_nothing_acknowledged(
    tmp_path: Path, folder: Path
) -> None:
    if reason := why_no_strace():
        pytest.skip(reason)
    dice = random.Random(20261121)
    faults = []
    for number in range(60):
        call = dice.choice(("fsync", "pwrite64", "rename", "mkdir", "fchmod"))
        error = dice.choice(("EIO", "ENOSPC", "EROFS", "EDQUOT"))
        last = dice.choice(("", "+"))
        rule = f"{call}:error={error}:when={dice.randint(1, 80)}{last}"
        with Project.create(tmp_path / f"project-{number}", CLASSES) as made:
            root = made.root
        end = _capture_on_failing_disk(root, folder, tmp_path, rule)
        is_said = end.code == 3 and end.talk.startswith("error: ")
        if not (end.code == 0 or is_said) or "Traceback" in end.talk:
            faults.append(f"{rule}: {end.code} {end.talk}")
        if not set(end.samples) <= set(stored(root).images):
            faults.append(f"{rule}: an acknowledged sample is lost")
        _expect_mended(root)

    assert not faults, "\n".join(faults)
