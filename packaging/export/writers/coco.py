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
from contextlib import ExitStack
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..handover.column_texts import float_texts, integer_texts, joined
from ..handover.export_folder import ExportFolder
from ..handover.numbers import Numbers, RisingNumbers
from ..handover.outgoing import OutgoingBatch
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import WrittenExport
from ..handover.rows import RowFile
from .coco_proof import CATEGORIES, END, HEAD, IMAGES, LICENSES, CocoProof


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
        owners = batch.boxes.owners
        parts = [
            (self._splits[name], is_here, is_here[owners])
            for name in sorted(set(splits.tolist()))
            for is_here in (splits == name,)
        ]
        ids, digests = np.array(batch.ids.to_pylist()), _digests(batch)
        images = np.zeros(len(batch), np.uint64)
        boxes = np.zeros(len(owners), np.uint64)
        for rows, is_here, is_own in parts:
            images[is_here] = list(map(rows.image_ids.take, ids[is_here].tolist()))
            own = np.flatnonzero(is_own).tolist()
            boxes[is_own] = rows.box_ids.take_all([digests[at] for at in own])
        image_rows = _image_rows(batch, images)
        box_rows = _box_rows(batch, images[owners], boxes)
        for rows, is_here, is_own in parts:
            rows.images.add_all(image_rows.filter(pa.array(is_here)))
            rows.boxes.add_all(box_rows.filter(pa.array(is_own)))

    def finish(self) -> None:
        """Put each split's file together."""
        categories = ",\n".join(
            _text({"id": item.id, "name": item.name, "supercategory": ""})
            for item in sorted(self.plan.classes, key=lambda item: item.id)
        )
        info = _text({"version": self.plan.frozen.version.id})
        end = END
        middle = f"{end}{CATEGORIES}{categories}{end}{IMAGES}"
        for name, rows in self._splits.items():
            rows.boxes.write_before(
                rows.images,
                _file_name(name),
                head=HEAD,
                middle=middle,
                tail=f'{end}"info":{info},\n{LICENSES}',
            )

    def prove(
        self, written: WrittenExport, batches: Iterator[OutgoingBatch]
    ) -> Iterator[int]:
        """Read each file with Arrow's JSON parser, and compare column by column."""
        with ExitStack() as opened:
            files = {
                name: CocoProof(opened, written.root / _file_name(name))
                for name in self._splits
            }
            for batch in batches:
                splits = np.array(batch.words("split").to_pylist())
                for name in sorted(set(splits.tolist())):
                    files[name].compare(batch, splits == name, self.names)
                yield len(batch)
            for file in files.values():
                file.finish()

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
        self.image_ids = RisingNumbers()
        self.box_ids = Numbers()


def _digests(batch: OutgoingBatch) -> list[bytes]:
    """What the numbers of boxes are made of: sample id and UUID."""
    keys = joined(batch.of_boxes(batch.ids), "/", batch.boxes.ids)
    sha256 = hashlib.sha256
    return [sha256(key).digest() for key in keys.cast(pa.binary()).to_pylist()]


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


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
