"""What stands in the files of each format, as its readers want it."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from defusedxml.ElementTree import parse
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.records import LabelClass, Split, SplitKind
from dataset.sample_batch import batches_of
from dataset.versions.frozen_version import FrozenVersion
from export.contract import Writer
from export.formats import writer_for
from export.handover import shards
from export.handover.plan import make_plan
from export.handover.tf_example import decode, read_records
from export.readers.voc import VocReader
from export.writers.tfrecord import label_map
from tests.export.small_version import (
    box,
    copies_of,
    fitting,
    small_version,
    stored_samples,
    turned_sample,
    with_boxes,
)
from tests.export.test_writers import EVERY, contents
from tests.strategies import class_names

FrozenFor = Callable[[str], FrozenVersion]
Export = Callable[[str], Path]


@EVERY
@settings(max_examples=8)
@given(names=st.lists(class_names(), min_size=3, max_size=3, unique=True))
def test_any_class_names_survive_in_any_format(
    writer: Writer, tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    root = tmp_path_factory.mktemp("names")
    classes = tuple(
        LabelClass(id=class_id, name=name, colour="#E69F00")
        for class_id, name in zip((1, 2, 5), names, strict=True)
    )
    samples = fitting(stored_samples(root), writer.format)[:2]

    with small_version(root, samples, classes) as version:
        result = writer.write(version, root / "out")

    assert result.boxes == sum(len(sample.boxes) for sample in samples)


def test_huggingface_rows_are_structs_of_lists(
    export: Export, frozen_for: FrozenFor
) -> None:
    out = export("huggingface")

    sample = turned_sample(frozen_for("huggingface"))
    lines = (out / "train" / "metadata.jsonl").read_text("utf-8").splitlines()
    row = next(json.loads(line) for line in lines if sample.id in line)
    assert row["file_name"] == f"{sample.id}.jpg"
    assert row["objects"]["bbox"] == [[3.25, 4.5, 16.875, 12.5]]
    assert row["objects"]["categories"] == [0]
    assert len({len(values) for values in row["objects"].values()}) == 1


@pytest.mark.parametrize("name", ["huggingface", "huggingface-parquet"])
def test_huggingface_cards_declare_splits_and_features(
    name: str, export: Export
) -> None:
    out = export(name)

    text = (out / "README.md").read_text("utf-8")
    front = yaml.safe_load(text.split("---\n")[1])
    (config,) = front["configs"]
    assert [f["split"] for f in config["data_files"]] == [
        *("train", "val", "test_main", "test_night")
    ]
    assert all(list(out.glob(f["path"])) for f in config["data_files"])
    features = {f["name"]: f for f in front["dataset_info"]["features"]}
    assert config["features"] == front["dataset_info"]["features"]
    objects = {f["name"]: f for f in features["objects"]["struct"]}
    names = objects["categories"]["sequence"]["class_label"]["names"]
    assert list(names.values()) == ["bolt", "nut", 'Schräubchen "M3", <b>']


def test_parquet_holds_the_files_bytes(export: Export, frozen_for: FrozenFor) -> None:
    out = export("huggingface-parquet")

    version = frozen_for("huggingface-parquet")
    table = pq.read_table(out / "data" / "train-00000-of-00001.parquet")
    for row in table.to_pylist():
        sample = version.sample(row["image_id"])
        stored = (version.root / sample.path).read_bytes()
        assert row["image"] == {
            "bytes": stored,
            "path": f"{sample.id}.{sample.suffix}",
        }
    info = json.loads(table.schema.metadata[b"huggingface"])["info"]
    names = info["features"]["objects"]["categories"]["feature"]["names"]
    assert names[:2] == ["bolt", "nut"]


def test_webdataset_members_are_neighbours_without_a_trace(
    export: Export, frozen_for: FrozenFor
) -> None:
    out = export("webdataset")

    with tarfile.open(out / "train-000000.tar") as archive:
        members = archive.getmembers()
    stems = [member.name.split(".")[0] for member in members]
    assert stems[::2] == stems[1::2] == sorted(set(stems))
    assert all(member.name.endswith(".json") for member in members[1::2])
    for member in members:
        traces = (member.mtime, member.uid, member.gid, member.uname, member.gname)
        assert traces == (0, 0, 0, "", "")
        assert member.mode == 0o644


def test_webdataset_shards_follow_the_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "project"
    samples = copies_of(root, stored_samples(root)[0], 40)
    monkeypatch.setattr(shards, "SHARD_BYTES", 4 * samples[0].size_bytes)
    classes = tuple(
        LabelClass(id=n, name=f"c{n}", colour="#E69F00") for n in range(1, 61)
    )
    with small_version(root, samples, classes) as version:
        one = writer_for("webdataset").write(version, tmp_path / "one").path
    with small_version(root, samples[:-1], classes) as version:
        two = writer_for("webdataset").write(version, tmp_path / "two").path

    first, second = (
        {p.name: p.read_bytes() for p in folder.glob("train-*.tar")}
        for folder in (one, two)
    )
    assert len(first) == 16
    assert sum(first[name] != second[name] for name in first) == 1


def test_shards_are_as_many_as_the_bytes_ask_for(
    frozen: FrozenVersion,
) -> None:
    plan = make_plan(frozen, include_sealed=False)
    whole = sum(s.size_bytes for s in frozen.samples if s.split == "train")

    bits = [
        shards._bits(plan, size)["train"] for size in (whole + 1, whole, whole // 4)
    ]

    assert bits == [0, 1, 3]


def test_tfrecord_has_the_keys_of_the_detection_api(
    export: Export, frozen_for: FrozenFor
) -> None:
    out = export("tfrecord")

    version = frozen_for("tfrecord")
    sample = turned_sample(version)
    records = read_records(out / "train-00000-of-00001.tfrecord")
    found = {row["image/source_id"].values[0]: row for row in map(decode, records)}
    row = found[sample.id.encode()]
    stored = (version.root / sample.path).read_bytes()
    assert row["image/encoded"].values == (stored,)
    assert row["image/format"].values == (b"jpeg",)
    assert (row["image/width"].values, row["image/height"].values) == ((48,), (32,))
    assert row["image/object/class/label"].values == (1,)
    assert row["image/object/class/text"].values == (b"bolt",)
    x0, x1 = (row[f"image/object/bbox/{k}"].values[0] for k in ("xmin", "xmax"))
    assert (x0, x1) == pytest.approx((3.25 / 48, 20.125 / 48))
    lists = [f.values for key, f in row.items() if key.startswith("image/object")]
    assert {len(values) for values in lists} == {1}


def test_tfrecord_label_map_begins_at_one(export: Export) -> None:
    text = (export("tfrecord") / "label_map.pbtxt").read_text("utf-8")

    assert text.startswith('item {\n  id: 1\n  name: "bolt"\n}\n')
    assert label_map(text) == {1: "bolt", 2: "nut", 3: 'Schräubchen "M3", <b>'}
    with pytest.raises(ValueError, match="label map"):
        label_map(f"{text}item {{\n  id: 4\n}}\n")


def test_cvat_is_a_project_with_subsets(export: Export, frozen_for: FrozenFor) -> None:
    out = export("cvat")

    root = parse(out / "annotations.xml").getroot()
    sample = turned_sample(frozen_for("cvat"))
    assert [t.text for t in root.iterfind("meta/project/tasks/task/subset")] == [
        *("train", "val", "test-main", "test-night")
    ]
    names = [t.text for t in root.iterfind("meta/project/labels/label/name")]
    assert names == ["bolt", "nut", 'Schräubchen "M3", <b>']
    image = next(i for i in root.iter("image") if sample.id in i.attrib["name"])
    shape = image[0].attrib
    assert (image.attrib["subset"], image.attrib["width"]) == ("train", "48")
    assert [shape[k] for k in ("label", "xtl", "ytl", "xbr", "ybr")] == [
        *("bolt", "3.25", "4.5", "20.125", "17")
    ]


def test_label_studio_regions_are_percent(
    export: Export, frozen_for: FrozenFor
) -> None:
    out = export("label-studio")

    sample = turned_sample(frozen_for("label-studio"))
    tasks = json.loads((out / "tasks-train.json").read_bytes())
    task: dict[str, Any] = next(t for t in tasks if t["data"]["sample"] == sample.id)
    (region,) = task["annotations"][0]["result"]
    assert region["value"]["x"] == 100 * 3.25 / 48
    assert region["value"]["rectanglelabels"] == ["bolt"]
    assert region["id"] == sample.boxes[0].id
    address, _, path = task["data"]["image"].partition("?d=")
    assert address == "/data/local-files/"
    assert (out / path).is_file()
    config = parse(out / "labeling-config.xml").getroot()
    assert [label.attrib["value"] for label in config.iter("Label")] == [
        *("bolt", "nut", 'Schräubchen "M3", <b>')
    ]


def test_csv_has_a_row_an_image_and_a_row_a_box(
    export: Export, frozen_for: FrozenFor
) -> None:
    out = export("csv")

    sample = turned_sample(frozen_for("csv"))
    name = f"images/train/{sample.id}.jpg"
    boxes = (out / "boxes.csv").read_text("utf-8").splitlines()
    images = (out / "images.csv").read_text("utf-8").splitlines()
    key = sample.boxes[0].id
    assert f"{name},train,bolt,0,3.25,4.5,20.125,17.0,{key}" in boxes
    group = f"{sample.group},{sample.session},yard,0"
    assert f"{name},train,48,32,1,{group},{sample.id}" in images
    assert len(images) == 10


def test_voc_is_plain_and_whole_corners_have_no_point(
    export: Export, frozen_for: FrozenFor
) -> None:
    out = export("voc")

    sample = turned_sample(frozen_for("voc"))
    text = (out / "Annotations" / f"{sample.id}.xml").read_text("utf-8")
    assert "<xmin>3.25</xmin><ymin>4.5</ymin><xmax>20.125</xmax><ymax>17</ymax>" in text
    assert "<width>48</width><height>32</height>" in text
    assert sample.id in (out / "ImageSets" / "Main" / "train.txt").read_text()
    assert (out / "labelmap.txt").read_text("utf-8").splitlines()[1] == (
        "bolt:230,159,0::"
    )


def test_strict_voc_counts_the_first_pixel_as_one(tmp_path: Path) -> None:
    root = tmp_path / "project"
    sample = with_boxes(
        stored_samples(root)[0], box(1, 0, 0, 1, 1), box(2, 3.25, 4.5, 20.125, 17)
    )

    with small_version(root, (sample,)) as version:
        out = writer_for("voc-strict").write(version, tmp_path / "out").path

    text = (out / "Annotations" / f"{sample.id}.xml").read_text("utf-8")
    assert "<xmin>1</xmin><ymin>1</ymin><xmax>1</xmax><ymax>1</ymax>" in text
    assert "<xmin>4</xmin><ymin>5</ymin><xmax>21</xmax><ymax>17</ymax>" in text
    read = VocReader().read(out).images[0].boxes
    assert [b.corners for b in read] == [(0, 0, 1, 1), (3, 4, 21, 17)]


def test_voc_names_classes_that_a_label_map_cannot(tmp_path: Path) -> None:
    root = tmp_path / "project"
    names = ("a:b", "#c", "d")
    classes = tuple(
        LabelClass(id=key, name=name, colour="#E69F00")
        for key, name in zip((1, 2, 5), names, strict=True)
    )

    with small_version(root, stored_samples(root), classes) as version:
        result = writer_for("voc").write(version, tmp_path / "out")

    assert any(note.endswith(": a:b, #c") for note in result.notes)
    lines = (result.path / "labelmap.txt").read_text().splitlines()
    assert lines[1:] == ["d:230,159,0::"]


def test_split_named_like_a_folder_of_the_format_is_no_trouble(tmp_path: Path) -> None:
    root = tmp_path / "project"
    first, second, *_ = stored_samples(root)
    version_samples = (first, replace(second, split="val"))

    for name in ("azureml", "custom-vision", "huggingface", "edge-impulse"):
        with small_version(root, version_samples) as version:
            renamed = _Renamed(version, {"val": "images"})
            writer_for(name).write(renamed, tmp_path / name)

        assert contents(tmp_path / name)


class _Renamed:
    """A version whose splits have other names."""

    def __init__(self, version: FrozenVersion, names: dict[str, str]) -> None:
        self.version, self.classes = version.version, version.classes
        self.policy, self.root = version.policy, version.root
        self.splits = (
            Split(name="train", kind=SplitKind.TRAIN),
            Split(name="images", kind=SplitKind.TEST),
        )
        self.samples = tuple(
            replace(s, split=names.get(s.split, s.split)) for s in version.samples
        )

    def batches(self, _: Sequence[str] | None = None) -> Iterator[pa.Table]:
        return (pa.Table.from_batches([batch]) for batch in batches_of(self.samples))
