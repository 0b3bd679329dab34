"""Every writer reads back what it wrote, and a difference ends the export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dataset.errors import BadFile
from dataset.progress import Cancelled, Progress
from dataset.versions.frozen_version import FrozenVersion
from export.formats import WRITERS, writer_for
from export.handover import delivery
from export.handover.outgoing import OutgoingBox
from export.handover.proof import (
    FoundImage,
    WantedImage,
    by_sample,
    prove,
    same_boxes,
)

# What a fault of disk or program might make of a class, a corner, an image's bytes.
SPOILT = {
    "coco": ("annotations/*.json", b'"category_id":1,', b'"category_id":2,'),
    "yolo": ("labels/*/*.txt", b"0 0.010", b"1 0.010"),
    "voc": ("Annotations/*.xml", b"<name>bolt</name>", b"<name>nut</name>"),
    "voc-strict": ("Annotations/*.xml", b"<xmin>1</xmin>", b"<xmin>2</xmin>"),
    "azureml": ("*/annotations.jsonl", b'"label":"bolt"', b'"label":"nut"'),
    "custom-vision": ("batches/*/*.json", b'"left":0.0,', b'"left":0.01,'),
    "edge-impulse": ("*/bounding_boxes.labels", b'"bolt","x":0', b'"bolt","x":1'),
    "huggingface": ("*/metadata.jsonl", b'"categories":[0', b'"categories":[1'),
    "huggingface-parquet": ("data/*.parquet", b"\xff\xd8\xff", b"\xff\xd8\xfe"),
    "webdataset": ("*.tar", b"\xff\xd8\xff", b"\xff\xd8\xfe"),
    "tfrecord": ("*.tfrecord", b"\xff\xd8\xff", b"\xff\xd8\xfe"),
    "cvat": ("annotations.xml", b'label="bolt"', b'label="nut"'),
    "label-studio": ("tasks-*.json", b'"x":0.0,', b'"x":0.1,'),
    "csv": ("boxes.csv", b",bolt,0,0.0,", b",bolt,0,0.5,"),
}
# COCO is compared in columns, by code of its own.
COCO = [
    (b'"bbox":[3.25,', b'"bbox":[3.5,', "boxes are others"),
    (b'"bbox":[3.25,4.5,', b'"bbox":[3.25,4.75,', "boxes are others"),
    (b'"bbox":[', b'"bbox":[1.0,', "not understood"),
    (b'"width":48', b'"width":49', "another size"),
    (b'"height":32', b'"height":31', "another size"),
    (b'"file_name":"', b'"file_name":"f', "is missing"),
    (b'"name":"bolt"', b'"name":"nut"', "boxes are others"),
    (b'"iscrowd":0', b'"crowd":0', "not understood"),
    (b'"area":', b'"area":x', "not understood"),
    (b'],\n"categories"', b'],"more":[],\n"categories"', "not understood"),
    (b'"licenses":[]}', b'"licenses":[]', "not understood"),
    (b'"licenses":[]}\n', b'"licenses":[]}\n{}', "not understood"),
    (b'{"annotations":[\n', b'{"annotations":[\n{},\n', "not understood"),
]
MISPLACED = {
    "csv": ("images.csv", b",train,", b",val,"),
    "cvat": ("annotations.xml", b'subset="train"', b'subset="val"'),
    "edge-impulse": ("info.labels", b'"split":"train"', b'"split":"val"'),
    "label-studio": ("tasks-train.json", b'"split":"train"', b'"split":"val"'),
    "webdataset": ("train-*.tar", b'"split":"train"', b'"split":"trail"'),
}
LOST = {
    "coco": "annotations/instances_train.json",
    "yolo": "labels/train/*.txt",
    "voc": "Annotations/*.xml",
    "azureml": "train/annotations.jsonl",
    "custom-vision": "batches/train/000000.json",
    "edge-impulse": "info.labels",
    "huggingface": "train/metadata.jsonl",
    "huggingface-parquet": "data/train-*.parquet",
    "webdataset": "train-*.tar",
    "tfrecord": "label_map.pbtxt",
    "cvat": "annotations.xml",
    "label-studio": "labeling-config.xml",
    "csv": "images.csv",
}

Spoil = Callable[[Callable[[Path], None]], None]


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Spoil:
    """Have the files of the next export changed before they are read back."""
    real = delivery._Export.prove

    def arm(change: Callable[[Path], None]) -> None:
        def prove_later(
            export: delivery._Export, progress: Progress, *, is_alone: bool
        ) -> None:
            change(export.folder.root)
            real(export, progress, is_alone=is_alone)

        monkeypatch.setattr(delivery._Export, "prove", prove_later)

    return arm


def replaced(pattern: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    """Puts `new` for the first `old` in the first file that has it."""

    def change(root: Path) -> None:
        for path in sorted(root.glob(pattern)):
            data = path.read_bytes()
            if old in data:
                path.write_bytes(data.replace(old, new, 1))
                return
        raise AssertionError(f"nothing to spoil: {pattern} {old!r}")

    return change


def test_every_format_is_spoilt_here() -> None:
    assert set(SPOILT) == {writer.format for writer in WRITERS}


@pytest.mark.parametrize("name", SPOILT)
def test_changed_files_end_the_export(
    name: str, spoil: Spoil, frozen_for: Callable[[str], FrozenVersion], tmp_path: Path
) -> None:
    spoil(replaced(*SPOILT[name]))

    with pytest.raises(BadFile, match="read back differs"):
        writer_for(name).write(frozen_for(name), tmp_path / "out")

    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("old", "new", "what"), COCO)
def test_each_part_of_a_coco_file_is_compared(
    old: bytes,
    new: bytes,
    what: str,
    spoil: Spoil,
    frozen_for: Callable[[str], FrozenVersion],
    tmp_path: Path,
) -> None:
    spoil(replaced("annotations/*.json", old, new))

    with pytest.raises(BadFile, match=what):
        writer_for("coco").write(frozen_for("coco"), tmp_path / "out")


def test_coco_boxes_of_another_image_or_order_are_a_difference(
    spoil: Spoil, frozen_for: Callable[[str], FrozenVersion], tmp_path: Path
) -> None:
    def turn(root: Path) -> None:
        path = root / "annotations" / "instances_train.json"
        head, first, second, *rest = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join([head, second, first, *rest]))

    spoil(turn)

    with pytest.raises(BadFile, match="boxes are others"):
        writer_for("coco").write(frozen_for("coco"), tmp_path / "out")


@pytest.mark.parametrize("name", MISPLACED)
def test_another_split_ends_the_export(
    name: str, spoil: Spoil, frozen_for: Callable[[str], FrozenVersion], tmp_path: Path
) -> None:
    spoil(replaced(*MISPLACED[name]))

    with pytest.raises(BadFile, match="read back differs"):
        writer_for(name).write(frozen_for(name), tmp_path / "out")


@pytest.mark.parametrize("name", LOST)
def test_lost_file_ends_the_export(
    name: str, spoil: Spoil, frozen_for: Callable[[str], FrozenVersion], tmp_path: Path
) -> None:
    spoil(lambda root: min(root.glob(LOST[name])).unlink())

    with pytest.raises(BadFile):
        writer_for(name).write(frozen_for(name), tmp_path / "out")


@pytest.mark.parametrize("name", LOST)
def test_cut_file_ends_the_export(
    name: str, spoil: Spoil, frozen_for: Callable[[str], FrozenVersion], tmp_path: Path
) -> None:
    def cut(root: Path) -> None:
        longest = max(root.glob(LOST[name]), key=lambda path: path.stat().st_size)
        longest.write_bytes(longest.read_bytes()[: longest.stat().st_size * 2 // 3])

    spoil(cut)

    with pytest.raises(BadFile):
        writer_for(name).write(frozen_for(name), tmp_path / "out")


BOX = OutgoingBox("bolt", 1, 2, 3, 4, "its id", 1)
WANTED = WantedImage(
    name="in/a", boxes=[BOX], size=(48, 32), split="train", digest="ab"
)
FOUND = FoundImage(name="in/a", boxes=[BOX], split="train", size=(48, 32), digest="ab")
PART = OutgoingBox("bolt", 1 / 48, 2 / 32, 3 / 48, 4 / 32)


def test_equal_images_are_proven() -> None:
    more = WANTED._replace(name="in/b", boxes=[])

    found = [FOUND, FoundImage(name="in/b", boxes=[])]
    assert list(prove(found, [[WANTED], [more]], 0)) == [1, 1]


def test_corners_that_are_parts_of_the_image_are_compared_in_pixels() -> None:
    found = FoundImage(name="in/a", boxes=[PART], is_relative=True)

    assert list(prove([found], [[WANTED]], 1e-9)) == [1]
    with pytest.raises(BadFile, match="boxes are others"):
        list(prove([found], [[WANTED._replace(size=(48, 33))]], 1e-9))


@pytest.mark.parametrize(
    ("found", "what"),
    [
        ([], "not found again"),
        ([FOUND, FOUND], "too many, or there twice"),
        ([FoundImage(name="in/0", boxes=[]), FOUND], "too many"),
        ([FOUND, FoundImage(name="in/b", boxes=[])], "too many"),
        ([FoundImage(name="in/b", boxes=[])], "not found again"),
        ([FOUND._replace(name="else/a")], "too many"),
        ([FoundImage(name="in/a", boxes=[])], "boxes are others"),
        ([FoundImage(name="in/a", boxes=[BOX, BOX])], "boxes are others"),
        ([FOUND._replace(split="val")], "split is another"),
        ([FOUND._replace(size=(32, 48))], "size is another"),
        ([FOUND._replace(digest="cd")], "bytes are others"),
    ],
)
def test_each_difference_is_named(found: list[FoundImage], what: str) -> None:
    with pytest.raises(BadFile, match=what):
        list(prove(found, [[WANTED]], 0))


def test_files_of_several_splits_are_read_in_the_order_of_the_samples() -> None:
    one = [FoundImage(name=f"z/{n}.jpg", boxes=[]) for n in (1, 4)]
    two = [FoundImage(name=f"a/{n}.png", boxes=[]) for n in (2, 3, 5)]

    assert [image.key[0] for image in by_sample([one, two])] == list("12345")


def test_boxes_are_compared_in_any_order_and_one_by_one() -> None:
    other = OutgoingBox("nut", 5, 6, 7, 8)
    near = OutgoingBox("bolt", 1.004, 2, 3, 4)

    assert same_boxes([BOX, other], [other, BOX], 0)
    assert same_boxes([near], [BOX], 0.01)
    assert not same_boxes([near], [BOX], 0.001)
    assert not same_boxes([BOX, BOX], [BOX, other], 1)


def test_reading_back_can_be_cancelled(
    frozen_for: Callable[[str], FrozenVersion], tmp_path: Path
) -> None:
    class ImpatientReader:
        def step(self, _: int, __: int, what: str) -> None:
            if what == "samples read back":
                raise Cancelled

    with pytest.raises(Cancelled):
        writer_for("tfrecord").write(
            frozen_for("tfrecord"), tmp_path / "out", progress=ImpatientReader()
        )

    assert [path.name for path in tmp_path.iterdir()] == ["project"]
