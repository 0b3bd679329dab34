"""Tables, records and shards from elsewhere, with images inside or beside."""

from __future__ import annotations

import io
import json
import struct
import tarfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.errors import BadFile
from dataset.project import Project
from dataset.records import SampleState
from export.contract import ImportedSet
from export.formats import detect_format, reader_for
from export.handover.crc32c import masked_crc32c
from export.handover.tf_example import Feature, encode, floats, integers, texts
from export.intake import take_in
from tests.dataset.picture_bytes import encoded, scene

PICTURE = encoded("png", scene())
TAR_BLOCK = 512


def whats(found: ImportedSet) -> str:
    """All problems as one text."""
    return "\n".join(f"{problem.path}: {problem.what}" for problem in found.problems)


def read(path: Path) -> ImportedSet:
    """The data set in the format that it is found to be in."""
    return reader_for(detect_format(path)).read(path)


def boxes(found: ImportedSet) -> list[tuple[object, ...]]:
    """Class and corners of all boxes, to a thousandth of a pixel."""
    return [
        (box.class_name, *(round(value, 3) for value in box.corners))
        for image in found.images
        for box in image.boxes
    ]


def folder_with(folder: Path, name: str, text: str) -> Path:
    """A folder with an image of 48x32 and one more file."""
    folder.mkdir(exist_ok=True)
    (folder / "a.png").write_bytes(PICTURE)
    (folder / name).write_text(text, "utf-8")
    return folder


def record(data: bytes) -> bytes:
    """One TFRecord frame."""
    head = struct.pack("<Q", len(data))
    sums = (struct.pack("<I", masked_crc32c(part)) for part in (head, data))
    return head + next(sums) + data + next(sums)


def example(**more: Feature) -> dict[str, Feature]:
    """An Example of one image and one box; two underscores are a slash."""
    found = {
        "image/encoded": texts(PICTURE),
        "image/filename": texts("a.png"),
        "image/object/bbox/xmin": floats([0.25]),
        "image/object/bbox/xmax": floats([0.75]),
        "image/object/bbox/ymin": floats([0.25]),
        "image/object/bbox/ymax": floats([0.5]),
        "image/object/class/label": integers(2),
    }
    return found | {key.replace("__", "/"): value for key, value in more.items()}


def shard(path: Path, *members: tuple[str, bytes]) -> Path:
    """A tar archive with these members."""
    with tarfile.open(path, "w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def parquet(folder: Path, rows: list[dict[str, Any]], **options: Any) -> Path:  # noqa: ANN401
    """A folder with one training table of these rows."""
    folder.mkdir(exist_ok=True)
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, folder / "train-00000-of-00001.parquet", **options)
    return folder


def row(name: str = "a.png", data: bytes | None = PICTURE) -> dict[str, Any]:
    """A row with a box, its class by number."""
    return {
        "image": {"bytes": data, "path": name},
        "objects": {"bbox": [[1.0, 2.0, 10.0, 20.0]], "category": [3]},
    }


@pytest.mark.parametrize(
    ("head", "cells"),
    [
        ("filename,width,height,class,xmin,ymin,xmax,ymax", "a.png,48,32,bolt,1,2,3,4"),
        ("image,xmin,ymin,xmax,ymax,label", "a.png,1,2,3,4,bolt"),
        ("label,path,x1,y1,x2,y2", "bolt,a.png,1,2,3,4"),
        ("file_name,x0,y0,x1,y1,class", "a.png,1,2,3,4,bolt"),
    ],
)
def test_csv_columns_are_known_by_their_usual_names(
    tmp_path: Path, head: str, cells: str
) -> None:
    found = read(folder_with(tmp_path, "train_labels.csv", f"{head}\n{cells}\n"))

    assert (found.format, boxes(found)) == ("csv", [("bolt", 1, 2, 3, 4)])
    assert found.images[0].split == "train"


def test_csv_cells_that_begin_like_a_formula_are_text(tmp_path: Path) -> None:
    text = "image,xmin,ymin,xmax,ymax,label\na.png,1,2,3,4,'=1+1\na.png,1,2,3,4,=2+2\n"

    found = read(folder_with(tmp_path, "boxes.csv", text))

    assert [box[0] for box in boxes(found)] == ["=1+1", "=2+2"]


def test_csv_bad_rows_are_named(tmp_path: Path) -> None:
    rows = """image,xmin,ymin,xmax,ymax,label
a.png,1,2,3,4,bolt
a.png,9,9,3,4,bolt
a.png,x,2,3,4,bolt
a.png,1,2,3,4,
a.png
../a.png,1,2,3,4,bolt
gone.png,1,2,3,4,bolt
gone.png,1,2,3,4,bolt
,1,2,3,4,bolt
"""

    found = read(folder_with(tmp_path, "boxes.csv", rows))

    assert boxes(found) == [("bolt", 1, 2, 3, 4)]
    for words in (
        *("no width or height", "corners are no numbers", "has no class"),
        *("leaves the folder: ../a.png", "missing: gone.png", "names no image"),
    ):
        assert words in whats(found)
    assert whats(found).count("gone.png") == 1


def test_azureml_address_ends_like_the_image_below_the_folder(tmp_path: Path) -> None:
    address = "azureml://subscriptions/s/datastores/d/paths/elsewhere/"
    label = {"label": "bolt", "topX": 0.25, "topY": 0.25, "bottomX": 0.5, "bottomY": 1}
    rows = [
        {
            "image_url": f"{address}images/a.png",
            "label": [label, {**label, "isCrowd": 1}],
        },
        {"image_url": f"{address}gone.png", "label": []},
    ]
    lines = "\n".join(json.dumps(one) for one in rows)
    path = folder_with(tmp_path, "annotations.jsonl", f"{lines}\nno json\n")
    (path / "images").mkdir()
    (path / "a.png").rename(path / "images" / "a.png")

    found = read(path)

    assert (found.format, boxes(found)) == ("azureml", [("bolt", 12, 8, 24, 32)])
    for words in ("crowd", "no address is fetched", "no JSON objects, skipped: 1"):
        assert words in whats(found)


def test_huggingface_names_come_from_the_card(tmp_path: Path) -> None:
    objects = {"bbox": [[1, 2, 3, 4], [1, 2, 3, 4]], "categories": [1, 7]}
    line = json.dumps({"file_name": "a.png", "objects": objects})
    path = folder_with(tmp_path, "metadata.jsonl", line)
    (path / "README.md").write_text(
        "---\nfeatures:\n- sequence:\n    class_label:\n      names:\n"
        "        '0': bolt\n        '1': nut\n---\ntext\n"
    )

    found = read(path)

    assert (found.format, found.classes) == ("huggingface", ("bolt", "nut"))
    assert boxes(found) == [("nut", 1, 2, 4, 6)]
    assert "category is not listed" in whats(found)


def test_huggingface_card_that_is_a_bomb_is_named_and_not_opened(
    tmp_path: Path,
) -> None:
    levels = [f"l{n}: &l{n} [{','.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 9)]
    objects = {"bbox": [[1, 2, 3, 4]], "categories": ["bolt"]}
    line = json.dumps({"file_name": "a.png", "objects": objects})
    path = folder_with(tmp_path, "metadata.jsonl", line)
    bomb = "l0: &l0 [x]\n" + "\n".join(levels)
    (path / "README.md").write_text(f"---\n{bomb}\n---\n")

    found = read(path)

    assert boxes(found) == [("bolt", 1, 2, 4, 6)]
    assert "too many aliases" in whats(found)


def test_line_beyond_reason_ends_the_reading(tmp_path: Path) -> None:
    path = folder_with(tmp_path, "metadata.jsonl", '{"file_name": "a.png"}\n')
    with (path / "metadata.jsonl").open("r+b") as stream:
        stream.truncate(500 << 20)

    found = read(path)

    assert [image.source_name for image in found.images] == ["a.png"]
    assert "a line is too long" in whats(found)


@pytest.mark.parametrize("options", [{}, {"compression": "zstd", "row_group_size": 1}])
def test_parquet_images_come_in_with_their_boxes(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    rows = [row(), row("../b.png", encoded("png", scene(seed=3))), row("c.png", None)]
    path = parquet(tmp_path / "set", rows, **options)

    with Project.create(tmp_path / "project", []) as project:
        done = take_in(project, path)
        names = {sample.source_name for sample in project.catalog.samples.each()}

    assert (done.format, done.samples, done.boxes) == ("huggingface-parquet", 2, 2)
    assert names == {"images/train/a.png", "images/train/b.png"}
    reasons = " ".join(reason for _, reason in done.skipped)
    assert "no bytes of an image" in reasons
    assert "the numbers count as names" in reasons


def test_parquet_of_addresses_is_no_set_of_images(tmp_path: Path) -> None:
    path = parquet(tmp_path, [{"image": "http://127.0.0.1:9/a.png"}])

    with pytest.raises(BadFile):
        detect_format(path)
    with pytest.raises(BadFile):
        reader_for("huggingface-parquet").read(path)


def test_damaged_parquet_is_named(tmp_path: Path) -> None:
    path = parquet(tmp_path, [row()])
    table = path / "train-00000-of-00001.parquet"
    (path / "val-00000-of-00001.parquet").write_bytes(table.read_bytes()[:-20])

    found = read(path)

    assert len(found.images) == 1
    assert "holds no image bytes" in whats(found)


def test_tfrecord_classes_come_from_the_label_map(tmp_path: Path) -> None:
    (tmp_path / "map.pbtxt").write_text("item { name: 'nut' id: 2 }\nitem{id:1}")
    data = record(encode(example())) + record(b"\x08\x01") + record(encode({}))
    (tmp_path / "val-00000-of-00001.tfrecord").write_bytes(data)

    found = read(tmp_path)

    assert (found.format, boxes(found)) == ("tfrecord", [("nut", 12, 8, 36, 16)])
    assert found.images[0].split == "val"
    for words in ("no Example: 1", "holds no image: 2"):
        assert words in whats(found)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-1],
        lambda data: data[:10],
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: (
            struct.pack("<Q", 1 << 60)
            + struct.pack("<I", masked_crc32c(struct.pack("<Q", 1 << 60)))
            + data[12:]
        ),
    ],
)
def test_damaged_record_ends_its_file_and_is_named(tmp_path: Path, spoil: Any) -> None:  # noqa: ANN401
    whole = record(encode(example()))
    path = tmp_path / "train.tfrecord"
    path.write_bytes(whole + spoil(record(encode(example()))))

    found = read(path)

    assert len(found.images) == 1
    assert "the rest cannot be read" in whats(found)


def test_tfrecord_lists_of_different_lengths_are_named(tmp_path: Path) -> None:
    short = example(image__object__class__text=texts("nut", "bolt"))
    (tmp_path / "a.tfrecord").write_bytes(record(encode(short)))

    found = read(tmp_path)

    assert boxes(found) == []
    assert found.images[0].state is None
    assert "different lengths" in whats(found)


def test_webdataset_members_without_boxes_or_names_are_told_apart(
    tmp_path: Path,
) -> None:
    good = {"boxes": [{"label": "nut", "bbox": [1, 2, 3, 4]}, {"bbox": [1, 2, 3, 4]}]}
    shard(
        tmp_path / "train-000000.tar",
        ("a.png", PICTURE),
        ("a.json", json.dumps(good).encode()),
        ("../../b.png", PICTURE),
        ("c.png", PICTURE),
        ("c.json", b"[1"),
        ("d.txt", b"text"),
        ("e.png", PICTURE),
        ("e.json", b'{"boxes":[]}'),
    )

    found = read(tmp_path)

    assert {i.source_name: i.state for i in found.images} == {
        "images/train/a.png": SampleState.LABELED,
        "images/train/b.png": None,
        "images/train/c.png": None,
        "images/train/e.png": SampleState.EMPTY,
    }
    assert boxes(found) == [("nut", 1, 2, 3, 4)]
    for words in ("has no class", "lists no `boxes`"):
        assert words in whats(found)


def test_webdataset_links_are_passed_over_and_a_cut_is_named(tmp_path: Path) -> None:
    rows = (("a.png", PICTURE), ("a.json", b'{"boxes":[]}'), ("b.png", PICTURE))
    path = shard(tmp_path / "train-000000.tar", *rows)
    link = tarfile.TarInfo("c.png")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(path, "a") as archive:
        archive.addfile(link)
    whole = path.read_bytes().rstrip(b"\x00")
    path.write_bytes(whole + b"\x01" * TAR_BLOCK * 2)

    found = read(path)

    assert [Path(image.source_name).name for image in found.images] == [
        "a.png",
        "b.png",
    ]


@given(data=st.binary(max_size=200), cut=st.integers(0, 400))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, cut: int
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any_packed"
    folder.mkdir(exist_ok=True)
    whole = record(encode(example()))
    names = {
        "tfrecord": "a.tfrecord",
        "webdataset": "a.tar",
        "huggingface-parquet": "a.parquet",
        "csv": "a.csv",
    }

    for name, file in names.items():
        (folder / file).write_bytes(whole[:cut] + data if name == "tfrecord" else data)
        try:
            found = reader_for(name).read(folder / file)
        except BadFile:
            continue
        for image in found.images:
            assert image.path.is_relative_to(folder)
