"""What Azure Machine Learning, Custom Vision and Edge Impulse are given."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.records import LabelClass
from dataset.versions.frozen_version import FrozenVersion
from export.formats import writer_for
from tests.export.small_version import (
    box,
    copies_of,
    small_version,
    stored_samples,
    turned_sample,
    with_boxes,
)

FrozenFor = Callable[[str], FrozenVersion]
Export = Callable[[str], Path]


def test_azureml_lines_are_what_automl_reads(
    export: Export, frozen_for: FrozenFor
) -> None:
    out = export("azureml")

    sample = turned_sample(frozen_for("azureml"))
    lines = (out / "train" / "annotations.jsonl").read_text("utf-8").splitlines()
    row = next(json.loads(line) for line in lines if sample.id in line)
    url = f"images/train/{sample.id}.jpg"
    assert row["image_url"].startswith("azureml://subscriptions/")
    assert row["image_url"].endswith(f"/paths/FOLDER/{url}")
    assert (out / url).is_file()
    assert row["image_details"] == {"format": "jpg", "width": 48, "height": 32}
    assert row["label"] == [
        {
            "label": "bolt",
            "topX": 3.25 / 48,
            "topY": 4.5 / 32,
            "bottomX": 20.125 / 48,
            "bottomY": 17 / 32,
            "isCrowd": 0,
        }
    ]
    assert any(json.loads(line)["label"] == [] for line in lines)


def test_azureml_has_a_table_an_asset_and_a_job(
    export: Export, frozen_for: FrozenFor
) -> None:
    out = export("azureml")

    for name in ("train", "val", "test-main", "test-night"):
        table = yaml.safe_load((out / name / "MLTable").read_text())
        assert table["paths"] == [{"file": "./annotations.jsonl"}]
        read, convert = table["transformations"]
        assert read["read_json_lines"]["invalid_lines"] == "error"
        assert convert["convert_column_types"] == [
            {"columns": "image_url", "column_type": "stream_info"}
        ]
        asset = yaml.safe_load((out / f"data-asset-{name}.yaml").read_text())
        assert (asset["type"], asset["path"]) == ("mltable", f"./{name}")
        assert frozen_for("azureml").version.id.startswith(asset["version"])
    images = yaml.safe_load((out / "images-data-asset.yaml").read_text())
    assert (images["type"], images["path"]) == ("uri_folder", "./images")
    job = yaml.safe_load((out / "job.yaml").read_text())
    assert (job["type"], job["task"]) == ("automl", "image_object_detection")
    assert job["target_column_name"] == "label"
    asset = yaml.safe_load((out / "data-asset-train.yaml").read_text())
    path = f"azureml:{asset['name']}:{asset['version']}"
    assert job["training_data"] == {"path": path, "type": "mltable"}


def test_azureml_placeholder_is_filled_by_the_line_of_the_card(export: Export) -> None:
    out = export("azureml")

    card = (out / "README.md").read_text("utf-8")
    (placeholder,) = re.findall(r'sed -i "s#(azureml://\S+)#\$ADDRESS#"', card)
    for path in out.glob("*/annotations.jsonl"):
        lines = path.read_text("utf-8").splitlines()
        assert lines
        assert all(line.count(f'"{placeholder}/images/') == 1 for line in lines)


def test_custom_vision_batches_keep_to_their_limits(tmp_path: Path) -> None:
    root = tmp_path / "project"
    first = stored_samples(root)[0]
    classes = tuple(
        LabelClass(id=n, name=f"c{n}", colour="#E69F00") for n in range(1, 61)
    )
    samples = copies_of(root, first, 150)

    with small_version(root, samples, classes) as version:
        out = writer_for("custom-vision").write(version, tmp_path / "out").path

    batches = [json.loads(p.read_bytes()) for p in sorted(out.glob("batches/train/*"))]
    for batch in batches:
        tags = {r["tag"] for image in batch["images"] for r in image["regions"]}
        assert tags == set(batch["tags"])
        assert len(tags) <= 20
        assert 1 <= len(batch["images"]) <= 64
    files = [image["file"] for batch in batches for image in batch["images"]]
    assert files == sorted(f"images/train/{s.id}.jpg" for s in samples)
    tags = json.loads((out / "tags.json").read_bytes())["tags"]
    assert [tag["name"] for tag in tags] == [item.name for item in classes]


@settings(max_examples=25)
@given(low=st.integers(0, 48 * 1024 - 1), is_high=st.booleans())
def test_custom_vision_regions_never_leave_the_image(
    low: int, is_high: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("cv")
    first = stored_samples(root)[0]
    x0 = low / 1024
    sample = with_boxes(first, box(1, x0, 1, 48, 32 if is_high else 20))

    with small_version(root, (sample,)) as version:
        out = writer_for("custom-vision").write(version, root / "out").path

    batch = json.loads((out / "batches" / "train" / "000000.json").read_bytes())
    (region,) = batch["images"][0]["regions"]
    assert region["left"] + region["width"] <= 1
    assert region["top"] + region["height"] <= 1
    assert min(region["width"], region["height"]) > 0


def test_edge_impulse_files_are_what_the_uploader_reads(
    export: Export, frozen_for: FrozenFor
) -> None:
    out = export("edge-impulse")

    sample = turned_sample(frozen_for("edge-impulse"))
    labels = json.loads((out / "training" / "bounding_boxes.labels").read_bytes())
    entry = {"label": "bolt", "x": 3.25, "y": 4.5, "width": 16.875, "height": 12.5}
    assert (labels["version"], labels["type"]) == (1, "bounding-box-labels")
    assert labels["boundingBoxes"][f"{sample.id}.jpg"] == [entry]
    info = json.loads((out / "info.labels").read_bytes())
    files = {item["path"]: item for item in info["files"]}
    listed = files[f"training/{sample.id}.jpg"]
    assert info["version"] == 1
    assert listed["boundingBoxes"] == [entry]
    assert listed["label"] == {"type": "unlabeled"}
    assert {f["category"] for f in files.values()} == {
        *("training", "validation", "testing")
    }
    tests = {f["metadata"]["split"] for p, f in files.items() if "testing" in p}
    assert tests == {"test-main", "test-night"}
    assert all((out / path).is_file() for path in files)
