"""COCO detection, going out: one JSON file a split.

    annotations/instances_<split>.json      file_name is the bare name of the image
    images/<split>/<sample id>.<suffix>     the image root of that split
    fieldset.json

Image and annotation ids are the first 52 bits of a SHA-256 (of the image's bytes; of
sample id and box UUID), so they stay the same from version to version, are never 0 and
fit into a double. A category's id is the class's permanent id. Keys, classic mistakes
and the evaluator's needs: `area`, `iscrowd` and `segmentation` are always there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..handover.column_texts import float_texts, integer_texts, joined
from ..handover.export_folder import ExportFolder
from ..handover.numbers import Numbers, RisingNumbers
from ..handover.outgoing import OutgoingBatch, OutgoingBox
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport, by_sample
from ..handover.rows import RowFile
from ..handover.texts import framed_rows

_HEAD: Final = b'{"annotations":[\n'
_CATEGORIES: Final = b'"categories":[\n'
_IMAGES: Final = b'"images":[\n'
_LICENSES: Final = b'"licenses":[]}\n'
_END: Final = b"],\n"


class CocoPages(Pages):
    """The JSON files; rows wait in scratch files, so that memory stays small."""

    format: ClassVar[str] = "coco"

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        super().__init__(plan, folder)
        self._splits = {
            split.name: _SplitRows(self.rows(b",\n"), self.rows(b",\n"))
            for split in plan.splits
        }

    def add_all(self, batch: OutgoingBatch) -> None:
        """Write a row for each image and each box."""
        splits = np.array(batch.words("split").to_pylist())
        for name in sorted(set(splits.tolist())):
            self._splits[name].add(batch, splits == name)

    def finish(self) -> None:
        """Put each split's file together."""
        categories = ",\n".join(
            _text({"id": item.id, "name": item.name, "supercategory": ""})
            for item in sorted(self.plan.classes, key=lambda item: item.id)
        )
        info = _text({"version": self.plan.frozen.version.id})
        end = _END.decode()
        middle = f"{end}{_CATEGORIES.decode()}{categories}{end}{_IMAGES.decode()}"
        for name, rows in self._splits.items():
            rows.boxes.write_before(
                rows.images,
                _file_name(name),
                head=_HEAD.decode(),
                middle=middle,
                tail=f'{end}"info":{info},\n{_LICENSES.decode()}',
            )

    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """Each image of each file, its annotations beside it."""
        return by_sample(
            _found(written.root / _file_name(split.name), split.name)
            for split in self.plan.splits
        )

    def card(self) -> str:
        """Where the files are."""
        return (
            "`annotations/instances_<split>.json` is COCO detection; `file_name` is "
            "the bare name of an image in `images/<split>`. A category's id is the "
            "class's permanent id."
        )


class _SplitRows:
    """The rows of one split on their way into its file."""

    def __init__(self, images: RowFile, boxes: RowFile) -> None:
        self.images = images
        self.boxes = boxes
        self._image_ids = RisingNumbers()
        self._box_ids = Numbers()

    def add(self, batch: OutgoingBatch, is_here: NDArray[np.bool_]) -> None:
        """Add the rows of a batch that are of this split, with their boxes."""
        numbers = np.zeros(len(batch), np.uint64)
        own = batch.ids.filter(pa.array(is_here)).to_pylist()
        numbers[is_here] = [self._image_ids.take(sample_id) for sample_id in own]
        self.images.add_all(_image_rows(batch, numbers).filter(pa.array(is_here)))
        boxes = batch.boxes
        is_own = is_here[boxes.owners]
        box_numbers = np.zeros(len(boxes.owners), np.uint64)
        box_numbers[is_own] = self._box_ids.take_all(_digests(batch, is_own))
        rows = _box_rows(batch, numbers[boxes.owners], box_numbers)
        self.boxes.add_all(rows.filter(pa.array(is_own)))


def _digests(batch: OutgoingBatch, is_own: NDArray[np.bool_]) -> list[bytes]:
    """What the numbers of boxes are made of: sample id and UUID."""
    keys = joined(batch.of_boxes(batch.ids), "/", batch.boxes.ids)
    sha256 = hashlib.sha256
    own = keys.filter(pa.array(is_own)).cast(pa.binary()).to_pylist()
    return [sha256(key).digest() for key in own]


def _image_rows(batch: OutgoingBatch, numbers: NDArray[np.uint64]) -> pa.Array:
    width, height = (integer_texts(batch.numbers(s)) for s in ("width", "height"))
    return joined(
        *('{"file_name":"', batch.file_names, '","height":', height),
        *(',"id":', integer_texts(numbers), ',"width":', width, "}"),
    )


def _box_rows(
    batch: OutgoingBatch, images: NDArray[np.uint64], numbers: NDArray[np.uint64]
) -> pa.Array:
    x0, y0, x1, y1 = batch.boxes.corners
    width, height = x1 - x0, y1 - y0
    left, top, *_ = batch.corner_texts
    sides = (float_texts(width), ",", float_texts(height))
    return joined(
        *('{"area":', float_texts(width * height), ',"bbox":['),
        *(left, ",", top, ",", *sides),
        *('],"category_id":', integer_texts(batch.boxes.class_ids)),
        *(',"id":', integer_texts(numbers), ',"image_id":', integer_texts(images)),
        ',"iscrowd":0,"segmentation":[]}',
    )


def _file_name(split: str) -> str:
    return f"annotations/instances_{split}.json"


def _found(path: Path, split: str) -> Iterator[FoundImage]:
    """The images of one file; boxes and images are read side by side."""
    with path.open("rb") as boxes, path.open("rb") as images:
        _require(next(boxes, b""), _HEAD)
        rows = framed_rows(boxes, _END)
        names = _names(images)
        waiting = next(rows, None)
        for image in framed_rows(images, _END):
            held = []
            while waiting is not None and waiting["image_id"] == image["id"]:
                held.append(_box(waiting, names))
                waiting = next(rows, None)
            yield FoundImage(
                f"images/{split}/{image['file_name']}",
                held,
                split,
                (image["width"], image["height"]),
            )
        if waiting is not None:
            raise ValueError("an annotation is of no image, or not in its order")
        json.loads(b"{" + next(images, b"").removesuffix(b",\n") + b"}")
        _require(next(images, b""), _LICENSES)
        _require(next(images, b""), b"")


def _names(lines: Iterator[bytes]) -> dict[int, str]:
    """The classes by their ids; reads on to the first image."""
    for line in lines:
        if line == _CATEGORIES:
            break
    names = {row["id"]: row["name"] for row in framed_rows(lines, _END)}
    _require(next(lines, b""), _IMAGES)
    return names


def _box(row: dict[str, Any], names: dict[int, str]) -> OutgoingBox:
    x, y, width, height = row["bbox"]
    return OutgoingBox(names[row["category_id"]], x, y, x + width, y + height)


def _require(line: bytes, wanted: bytes) -> None:
    if line != wanted:
        raise ValueError(f"a line is not {wanted!r}")


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
