"""What stands in the files of COCO and YOLO."""

from __future__ import annotations

import json
from pathlib import Path

from dataset.versions.frozen_version import FrozenVersion
from export.formats import writer_for
from tests.export.small_version import (
    box,
    small_version,
    with_boxes,
)


def test_coco_keeps_to_what_evaluators_need(
    frozen: FrozenVersion, tmp_path: Path
) -> None:
    out = writer_for("coco").write(frozen, tmp_path / "out").path

    seen: set[int] = set()
    for path in sorted((out / "annotations").iterdir()):
        content = json.loads(path.read_text("utf-8"))
        split = path.stem.removeprefix("instances_")
        assert [c["id"] for c in content["categories"]] == [1, 2, 5]
        images = {image["id"]: image for image in content["images"]}
        for image in images.values():
            assert (out / "images" / split / image["file_name"]).is_file()
            assert (image["width"], image["height"]) == (48, 32)
        for row in content["annotations"]:
            assert row["id"] > 0
            assert row["image_id"] in images
            assert row["area"] == row["bbox"][2] * row["bbox"][3]
            assert (row["iscrowd"], row["segmentation"]) == (0, [])
            seen.add(row["id"])
    assert len(seen) == 14


def test_coco_ids_stay_from_version_to_version(
    frozen: FrozenVersion, tmp_path: Path
) -> None:
    samples = tuple(s for s in frozen.samples if s.id != frozen.samples[0].id)

    writer_for("coco").write(frozen, tmp_path / "one")
    with small_version(frozen.root, samples) as second:
        writer_for("coco").write(second, tmp_path / "two")

    def numbers(folder: Path) -> dict[str, int]:
        files = (folder / "annotations").iterdir()
        loaded = [json.loads(path.read_text("utf-8")) for path in files]
        return {i["file_name"]: i["id"] for part in loaded for i in part["images"]}

    first, again = numbers(tmp_path / "one"), numbers(tmp_path / "two")
    assert again
    assert again.items() <= first.items()


def test_yolo_writes_a_yaml_without_path_and_one_for_each_further_test(
    frozen: FrozenVersion, tmp_path: Path
) -> None:
    out = writer_for("yolo").write(frozen, tmp_path / "out").path

    assert (out / "data.yaml").read_text("utf-8") == (
        "train: images/train\nval: images/val\ntest: images/test-main\n"
        'names: ["bolt", "nut", "Schräubchen \\"M3\\", <b>"]\n'
    )
    assert "test: images/test-night" in (out / "data-test-night.yaml").read_text()


def test_yolo_rows_are_relative_to_the_upright_image(
    frozen: FrozenVersion, tmp_path: Path
) -> None:
    (turned,) = [s for s in frozen.samples if s.orientation == 6]

    out = writer_for("yolo").write(frozen, tmp_path / "out").path

    text = (out / "labels" / "train" / f"{turned.id}.txt").read_text()
    assert text == "0 0.24348958 0.33593750 0.35156250 0.39062500\n"


def test_yolo_writes_equal_boxes_once_and_says_so(
    frozen: FrozenVersion, tmp_path: Path
) -> None:
    sample = with_boxes(frozen.samples[0], box(1, 1, 1, 9, 9), box(2, 1, 1, 9, 9))
    rest = [s for s in frozen.samples if s.id != sample.id]

    with small_version(frozen.root, (sample, *rest)) as version:
        result = writer_for("yolo").write(version, tmp_path / "out")

    assert "Equal boxes were written once: 1 dropped" in result.notes


def test_yolo_update_names_stale_caches(frozen: FrozenVersion, tmp_path: Path) -> None:
    writer_for("yolo").write(frozen, tmp_path / "out")
    (tmp_path / "out" / "labels" / "train.cache").write_bytes(b"cache")

    result = writer_for("yolo").write(frozen, tmp_path / "out", update=True)

    assert any("train.cache" in note for note in result.notes)


def test_retired_class_with_boxes_is_counted_last(
    frozen: FrozenVersion, tmp_path: Path
) -> None:
    sample = with_boxes(frozen.samples[0], box(1, 1, 1, 9, 9, class_id=3))
    rest = [s for s in frozen.samples if s.id != sample.id]

    with small_version(frozen.root, (sample, *rest)) as version:
        writer_for("yolo").write(version, tmp_path / "out")

    names = (tmp_path / "out" / "data.yaml").read_text("utf-8").splitlines()[-1]
    assert names.endswith('"old"]')
