"""The real data sets through `fieldset import`: counts are those of their SOURCE.md."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from dataset.project import Project
from export.intake import take_in
from labeling.session import LabelingSession

from . import pictures
from .commands import fieldset


@dataclass(frozen=True, slots=True, kw_only=True)
class RealSet:
    """What SOURCE.md says of a set; `skipped` are boxes that no reader can take."""

    path: str
    format: str
    samples: int
    boxes: dict[str, int]
    skipped: int = 0


SETS = (
    RealSet(
        path="boxes-bccd",
        format="voc",
        samples=364,
        # 4155 RBC, two of them without width or height.
        boxes={"RBC": 4153, "WBC": 372, "Platelets": 361},
        skipped=2,
    ),
    RealSet(
        path="boxes-cards",
        format="voc",
        samples=67,
        boxes={
            "ace": 26, "queen": 26, "nine": 26, "jack": 24, "king": 23, "ten": 18
        },
    ),
    RealSet(
        path="boxes-fruit-yolo",
        format="yolo",
        samples=61,
        boxes={
            "grape": 272, "cherry": 143, "strawberry": 59, "orange": 41, "mango": 40,
            "kiwi": 40, "banana": 59, "chikkoo": 23, "apple": 13,
        },
    ),
    RealSet(
        path="boxes-traffic-coco",
        format="coco",
        samples=97,
        boxes={"motorbike": 362, "car": 72},
    ),
    RealSet(
        path="ei-dog-ball-toy",
        format="edge-impulse",
        samples=64,
        boxes={"dog": 62, "ball": 59, "toy": 58},
    ),
    RealSet(
        path="formats-labelme",
        format="labelme",
        samples=3,
        boxes={"person": 6, "bus": 2, "car": 1},
    ),
    RealSet(path="images-exif-orientation", format="images", samples=9, boxes={}),
    RealSet(path="track-mot-tud-campus", format="images", samples=71, boxes={}),
    RealSet(path="track-otb-crossing", format="images", samples=120, boxes={}),
)  # fmt: skip


@pytest.mark.parametrize("real", SETS, ids=lambda real: real.path)
def test_real_set_is_taken_in_whole_and_only_once(
    tmp_path: Path, shared_data: Path, real: RealSet
) -> None:
    root = _new(tmp_path / "project")
    folder = shared_data / real.path

    first = fieldset("--project", root, "import", folder, "--json")
    with Project.open(root) as project:
        second = take_in(project, folder)

    assert first.code == 0, first.talk
    assert first.json["format"] == real.format
    assert first.json["samples"] == real.samples
    assert first.json["boxes"] == sum(real.boxes.values())
    assert len(_without_width(first.json["skipped"])) == real.skipped
    assert (second.samples, second.boxes) == (0, 0)
    assert second.known == real.samples
    assert _boxes_by_class(root) == real.boxes


def test_odd_images_are_taken_in_or_named(tmp_path: Path, shared_data: Path) -> None:
    root = _new(tmp_path / "project")
    folder = shared_data / "images-odd-pillow"

    end = fieldset("--project", root, "import", folder, "--json")

    skipped = {item["path"]: item["reason"] for item in end.json["skipped"]}
    assert end.code == 0, end.talk
    assert end.json["samples"] > 40
    assert all(skipped.values())
    assert {"truncated_jpeg.jpg", "broken.png", "bmp/b/reallybig.bmp"} <= set(skipped)


def test_complete_export_taken_in_again_is_the_same_version(
    tmp_path: Path, shared_data: Path
) -> None:
    root = _new(tmp_path / "project")
    with Project.open(root) as project:
        take_in(project, shared_data / "boxes-fruit-yolo")

    made, again = _there_and_back(root, tmp_path, "coco")

    assert again == made


def test_export_of_captured_samples_taken_in_again_is_the_same_version(
    tmp_path: Path,
) -> None:
    root = _captured_and_labeled(tmp_path)

    made, again = _there_and_back(root, tmp_path, "yolo")

    assert again == made


def _new(root: Path, classes: tuple[str, ...] = ()) -> Path:
    with Project.create(root, classes) as project:
        return project.root


def _captured_and_labeled(folder: Path) -> Path:
    root = _new(folder / "project", ("car", "lorry"))
    place = folder / "source"
    for part in ("day", "dusk", "night"):
        pictures.write_folder(place / part, pictures.many(5, part))
    end = fieldset(
        "--project", root, "capture", "--source", place, "--every", "500ms",
        "--condition", "light=day", "--place", "bridge 7",
    )  # fmt: skip
    assert end.code == 0, end.talk
    with Project.open(root) as project:
        labeling = LabelingSession(project)
        for number in range(15):
            labeling.draw((10.25 + number, 20.5, 60.125, 50.0), 1 + number % 2)
            if number % 5 == 4:
                labeling.mark_empty()
            else:
                labeling.accept()
    return root


def _there_and_back(root: Path, folder: Path, form: str) -> tuple[str, str]:
    """Freeze, export, take the export in elsewhere, freeze there: both ids."""
    create = ("version", "create", "--no-report", "--json")
    made = fieldset("--project", root, *create)
    export = folder / "export"
    exported = fieldset(
        "--project", root, "export", "v1", "--format", form, "--to", export
    )
    other = _new(folder / "elsewhere")
    taken = fieldset("--project", other, "import", export)
    again = fieldset("--project", other, *create)
    assert [end.code for end in (made, exported, taken, again)] == [0] * 4
    return made.json["id"], again.json["id"]


def _without_width(skipped: list[dict[str, str]]) -> list[dict[str, str]]:
    return [item for item in skipped if "no width or height" in item["reason"]]


def _boxes_by_class(root: Path) -> dict[str, int]:
    with Project.open(root, read_only=True) as project:
        names = {item.id: item.name for item in project.catalog.classes.all()}
        counts = dict.fromkeys(names.values(), 0)
        for sample in project.catalog.samples.each():
            for box in project.catalog.labels.boxes(sample.id):
                counts[names[box.class_id]] += 1
    return counts
