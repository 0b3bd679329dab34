"""Imported pictures that one camera took moments apart are one group."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dataset.images import exif
from dataset.project import Project
from dataset.split import current_split
from export.intake import take_in
from tests.dataset.picture_bytes import encoded, exif_taken, jpeg_with, scene

# By name: when, and by which camera.
TAKEN = {
    "a/1.jpg": ("2024:05:06 07:00:00", "one"),
    "a/2.jpg": ("2024:05:06 07:00:20", "one"),
    "a/3.jpg": ("2024:05:06 07:00:45", "one"),
    "a/4.jpg": ("2024:05:06 07:05:00", "one"),
    "a/5.jpg": ("2024:05:06 07:00:10", "two"),
    "b/6.jpg": ("2024:05:06 07:00:10", "one"),
}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project", ["thing"]) as made:
        yield made


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return write(tmp_path / "pictures", TAKEN)


def write(root: Path, taken: Mapping[str, tuple[str, str]]) -> Path:
    for seed, (name, (when, model)) in enumerate(taken.items()):
        block = exif.PREFIX + exif_taken(when, model=model)
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg_with(encoded("jpg", scene(seed=seed)), block))
        # As after a copy: the files themselves are all of one moment.
        os.utime(path, (1_000_000, 1_000_000))
    return root


def together(project: Project) -> set[frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for sample in project.catalog.samples.each():
        groups.setdefault(sample.group_id, set()).add(sample.source_name)
    return {frozenset(members) for members in groups.values()}


def test_a_gap_in_time_cuts_and_moments_join(project: Project, pictures: Path) -> None:
    take_in(project, pictures)

    assert together(project) == {
        frozenset({"a/1.jpg", "a/2.jpg", "a/3.jpg"}),
        frozenset({"a/4.jpg"}),
        frozenset({"a/5.jpg"}),
        frozenset({"b/6.jpg"}),
    }


def test_times_of_the_camera_are_those_of_the_samples(
    project: Project, pictures: Path
) -> None:
    take_in(project, pictures)

    times = {
        s.source_name: s.captured_us // 1_000_000
        for s in project.catalog.samples.each()
    }
    assert times["a/2.jpg"] - times["a/1.jpg"] == 20
    assert times["a/1.jpg"] > 1_700_000_000


def test_a_second_import_changes_nothing(project: Project, pictures: Path) -> None:
    take_in(project, pictures)
    before = together(project)

    take_in(project, pictures)

    assert together(project) == before


def test_picture_of_the_same_burst_that_comes_later_joins(
    project: Project, pictures: Path
) -> None:
    late = pictures / "a" / "2.jpg"
    data = late.read_bytes()
    late.unlink()
    take_in(project, pictures)
    assert frozenset({"a/1.jpg"}) in together(project)

    late.write_bytes(data)
    take_in(project, pictures)

    assert frozenset({"a/1.jpg", "a/2.jpg", "a/3.jpg"}) in together(project)


def test_who_says_what_belongs_together_is_heard(
    project: Project, pictures: Path
) -> None:
    take_in(project, pictures, group_by="image")

    assert len(together(project)) == len(TAKEN)


def test_times_of_files_are_no_burst(project: Project, tmp_path: Path) -> None:
    for seed in range(3):
        (tmp_path / f"{seed}.png").write_bytes(encoded("png", scene(seed=seed)))

    take_in(project, tmp_path, format="images")

    assert len(together(project)) == 3


def test_a_burst_in_two_splits_of_the_files_is_told(
    project: Project, tmp_path: Path
) -> None:
    root = tmp_path / "set"
    when = TAKEN["a/1.jpg"]
    write(root, {"images/train/1.jpg": when, "images/val/2.jpg": when})
    # One folder for both, so that they are of one burst; the lists say the splits.
    (root / "images" / "val" / "2.jpg").rename(root / "images" / "train" / "2.jpg")
    (root / "labels" / "train").mkdir(parents=True)
    for name in ("1", "2"):
        (root / "labels" / "train" / f"{name}.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    (root / "train.txt").write_text("./images/train/1.jpg\n")
    (root / "val.txt").write_text("./images/train/2.jpg\n")
    (root / "data.yaml").write_text("train: train.txt\nval: val.txt\nnames: [thing]\n")

    done = take_in(project, root)

    assert [reason for _, reason in done.skipped] == [
        "the group is in several splits: train, val"
    ]
    assert current_split(project.catalog.splits.ledger()) == {}
