"""Data sets taken into a project: labels, groups and splits, and only once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.errors import UsageError
from dataset.project import Project
from dataset.records import BoxOrigin, LabelState, SampleState
from dataset.split import current_split
from dataset.versions.freezing import freeze
from export.contract import Writer
from export.formats import READERS, WRITERS, writer_for
from export.intake import take_in, take_in_set
from export.intake_source import opened_set, preview_of
from tests.dataset.picture_bytes import encoded, exif, jpeg_with, scene

TAKEN_IN = {reader.format for reader in READERS}
EVERY = pytest.mark.parametrize(
    "writer",
    [writer for writer in WRITERS if writer.format in TAKEN_IN],
    ids=lambda writer: writer.format,
)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A new project without classes."""
    with Project.create(tmp_path / "project", []) as made:
        yield made


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A YOLO set: two folders of two images each, boxes in three of them."""
    root = tmp_path / "pictures"
    for number, name in enumerate(("a1", "a2", "b1", "b2")):
        split = "train" if name.startswith("a") else "val"
        for kind in ("images", "labels"):
            (root / kind / split).mkdir(parents=True, exist_ok=True)
        image = root / "images" / split / f"{name}.png"
        image.write_bytes(encoded("png", scene(seed=number)))
        rows = "" if name == "b2" else "0 0.5 0.5 0.25 0.25\n1 0.5 0.5 0.5 0.5\n"
        (root / "labels" / split / f"{name}.txt").write_text(rows)
    (root / "data.yaml").write_text(
        "train: images/train\nval: images/val\nnames: [bolt, nut]\n"
    )
    return root


def labels_of(project: Project) -> dict[str, LabelState]:
    """The labels of each sample by its source name."""
    catalog = project.catalog
    return {
        sample.source_name: catalog.labels.get(sample.id)
        for sample in catalog.samples.each()
    }


def test_preview_says_what_an_import_brings_and_writes_nothing(
    project: Project, pictures: Path
) -> None:
    (pictures / "images" / "train" / "a1.png").unlink()
    (pictures / "labels" / "train" / "a2.txt").unlink()

    with opened_set(pictures, gap_s=60.0) as found:
        seen = preview_of(found)
        before = project.catalog.samples.count()
        done = take_in_set(project, found)

    assert (seen.format, seen.images, seen.boxes) == ("yolo", 3, 2)
    assert (seen.empty, seen.unlabeled, seen.sessions) == (1, 1, 0)
    assert seen.classes == (("bolt", 1), ("nut", 1))
    assert seen.splits == (("train", 1), ("val", 2))
    assert (seen.version, before) == ("", 0)
    assert (done.samples, done.boxes) == (seen.images, seen.boxes)
    assert set(seen.remarks) <= set(done.skipped)


def test_images_boxes_classes_and_states_come_in(
    project: Project, pictures: Path
) -> None:
    done = take_in(project, pictures)

    found = labels_of(project)
    assert (done.format, done.samples, done.boxes) == ("yolo", 4, 6)
    assert (done.known, done.skipped) == (0, ())
    assert [c.name for c in project.catalog.classes.all()] == ["bolt", "nut"]
    assert found["images/val/b2.png"].state is SampleState.EMPTY
    first = found["images/train/a1.png"]
    assert first.state is SampleState.LABELED
    assert {box.origin for box in first.boxes} == {BoxOrigin.IMPORTED}
    corners = {(b.class_id, b.x0, b.y0, b.x1, b.y1) for b in first.boxes}
    assert corners == {(1, 18, 12, 30, 20), (2, 12, 8, 36, 24)}


def test_second_import_adds_nothing(project: Project, pictures: Path) -> None:
    take_in(project, pictures)
    before = labels_of(project)
    ledger = project.catalog.splits.ledger()

    again = take_in(project, pictures)

    assert (again.samples, again.boxes, again.known) == (0, 0, 4)
    assert labels_of(project) == before
    assert len(project.catalog.sessions.all()) == 1
    assert project.catalog.splits.ledger() == ledger


def test_imported_boxes_have_the_same_ids_on_every_station(
    project: Project, pictures: Path, tmp_path: Path
) -> None:
    take_in(project, pictures)
    moved = shutil.copytree(pictures, tmp_path / "elsewhere")

    with Project.create(tmp_path / "second", ["nut", "bolt"]) as second:
        take_in(second, moved)
        theirs = {b.id for state in labels_of(second).values() for b in state.boxes}

    ours = {b.id for state in labels_of(project).values() for b in state.boxes}
    assert ours == theirs
    assert len(ours) == 6


def test_splits_of_the_files_become_ledger_rows(
    project: Project, pictures: Path
) -> None:
    take_in(project, pictures)

    splits = current_split(project.catalog.splits.ledger())
    by_name = {
        Path(sample.source_name).stem: splits[sample.group_id]
        for sample in project.catalog.samples.each()
    }
    assert by_name == {"a1": "train", "a2": "train", "b1": "val", "b2": "val"}


def test_splits_can_be_ignored(project: Project, pictures: Path) -> None:
    take_in(project, pictures, ignore_splits=True)

    assert project.catalog.splits.ledger() == ()


def test_group_in_two_splits_is_told_and_left_open(
    project: Project, pictures: Path
) -> None:
    done = take_in(project, pictures, group_by=r"/[ab](\d)")

    assert project.catalog.splits.ledger() == ()
    assert [reason for _, reason in done.skipped] == [
        "the group is in several splits: train, val"
    ] * 2


@pytest.mark.parametrize(
    ("rule", "groups"), [(None, 4), ("image", 4), ("folder", 2), ("val/b", 3)]
)
def test_groups_follow_the_rule(
    project: Project, pictures: Path, rule: str | None, groups: int
) -> None:
    take_in(project, pictures, group_by=rule)

    assert len({s.group_id for s in project.catalog.samples.each()}) == groups


def test_bad_pattern_is_a_wrong_call(project: Project, pictures: Path) -> None:
    with pytest.raises(UsageError, match="pattern"):
        take_in(project, pictures, group_by="(")


def test_unknown_classes_can_be_refused(tmp_path: Path, pictures: Path) -> None:
    with Project.create(tmp_path / "strict", ["nut"]) as project:
        done = take_in(project, pictures, add_classes=False)

        assert [c.name for c in project.catalog.classes.all()] == ["nut"]

    assert done.boxes == 3
    assert {reason for _, reason in done.skipped} == {
        "a box is skipped, its class is not one of the project's: bolt"
    }


def test_boxes_of_a_retired_class_are_skipped(tmp_path: Path, pictures: Path) -> None:
    with Project.create(tmp_path / "old", ["nut", "bolt"]) as project:
        project.catalog.classes.retire(2)
        done = take_in(project, pictures)

    assert done.boxes == 3
    assert "retired" in done.skipped[0][1]


def test_hostile_class_name_is_skipped_and_the_rest_comes_in(
    project: Project, pictures: Path
) -> None:
    names = json.dumps(["x" * 200, "nut"])
    (pictures / "data.yaml").write_text(f"train: images/train\nnames: {names}\n")

    done = take_in(project, pictures)

    assert (done.samples, done.boxes) == (2, 2)
    assert [c.name for c in project.catalog.classes.all()] == ["nut"]


def test_bad_images_are_skipped_and_named(project: Project, pictures: Path) -> None:
    whole = (pictures / "images" / "train" / "a1.png").read_bytes()
    (pictures / "images" / "train" / "a1.png").write_bytes(whole[: len(whole) // 2])

    done = take_in(project, pictures)

    assert done.samples == 3
    assert [where for where, _ in done.skipped] == ["images/train/a1.png"]


def test_work_of_a_person_is_not_overwritten(project: Project, pictures: Path) -> None:
    take_in(project, pictures)
    (sample,) = [
        s for s in project.catalog.samples.each() if s.source_name.endswith("a1.png")
    ]
    project.catalog.labels.put(sample.id, LabelState(state=SampleState.EMPTY))

    again = take_in(project, pictures)

    assert again.boxes == 0
    assert project.catalog.labels.get(sample.id).state is SampleState.EMPTY


def test_labels_come_to_samples_that_nobody_labeled(
    project: Project, pictures: Path
) -> None:
    take_in(project, pictures / "images")

    done = take_in(project, pictures)

    assert (done.samples, done.known, done.boxes) == (0, 4, 6)


def test_place_is_dropped_on_the_way_in(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    block = b"Exif\x00\x00" + exif(6, gps=True)
    (folder / "a.jpg").write_bytes(jpeg_with(encoded("jpg", scene()), block))

    take_in(project, folder)

    (sample,) = project.catalog.samples.each()
    stored = project.images.read(sample.id, sample.suffix)
    assert (sample.width, sample.height, sample.orientation) == (32, 48, 6)
    assert b"\x25\x88" not in stored[:200]
    assert take_in(project, folder).known == 1


@EVERY
def test_complete_export_taken_in_again_has_the_same_version(
    writer: Writer, project: Project, pictures: Path, tmp_path: Path
) -> None:
    take_in(project, pictures)
    sample = next(iter(project.catalog.samples.each()))
    state = project.catalog.labels.get(sample.id)
    drawn = tuple(
        type(box)(id=box.id, class_id=box.class_id, x0=-3.3, y0=1.1 + at, x1=70, y1=20)
        for at, box in enumerate(state.boxes)
    )
    project.catalog.labels.put(
        sample.id, LabelState(state=SampleState.LABELED, boxes=drawn, reviewed=True)
    )
    version = freeze(project).version
    first = writer.write(project.version("latest"), tmp_path / "out")

    with Project.create(tmp_path / "second", []) as second:
        done = take_in(second, tmp_path / "out")
        again = freeze(second).version
        back = writer.write(second.version("latest"), tmp_path / "back")

    assert done.skipped == ()
    assert (again.id, again.roots) == (version.id, version.roots)
    assert back.digest == first.digest
    one, two = (tmp_path / name / "fieldset.json" for name in ("out", "back"))
    assert one.read_bytes() == two.read_bytes()


def test_boxes_changed_in_an_export_come_in_as_new_ones(
    project: Project, pictures: Path, tmp_path: Path
) -> None:
    take_in(project, pictures)
    freeze(project)
    writer_for("yolo").write(project.version("latest"), tmp_path / "out")
    changed = min(
        p for p in (tmp_path / "out" / "labels").rglob("*.txt") if p.stat().st_size
    )
    changed.write_text("1 0.5 0.5 0.5 0.5\n0 0.1 0.1 0.1 0.1\n")
    kept = {b.id for b in project.catalog.labels.get(changed.stem).boxes}

    with Project.create(tmp_path / "second", []) as second:
        take_in(second, tmp_path / "out")
        boxes = second.catalog.labels.get(changed.stem).boxes

    assert len(boxes) == 2
    assert len({box.id for box in boxes} & kept) == 1


def test_damaged_side_car_leaves_a_plain_data_set(
    project: Project, pictures: Path, tmp_path: Path
) -> None:
    take_in(project, pictures)
    freeze(project)
    writer_for("coco").write(project.version("latest"), tmp_path / "out")
    (tmp_path / "out" / "fieldset.json").write_text('{"fieldset": 1}')

    with Project.create(tmp_path / "second", []) as second:
        done = take_in(second, tmp_path / "out")

    assert (done.samples, done.boxes) == (4, 6)
    assert "damaged" in done.skipped[0][1]
