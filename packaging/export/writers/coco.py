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
from typing import ClassVar

from dataset.records import VersionSample

from ..contract import ImportedBox
from ..handover.export_folder import ExportFolder
from ..handover.numbers import Numbers
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport, read_through
from ..handover.rows import RowFile
from ..readers.coco import CocoReader


class CocoPages(Pages):
    """The JSON files; rows wait in scratch files, so that memory stays small."""

    format: ClassVar[str] = "coco"

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        super().__init__(plan, folder)
        self._splits = {
            split.name: _SplitRows(self.rows(b",\n"), self.rows(b",\n"))
            for split in plan.splits
        }

    def add(self, sample: VersionSample) -> list[ImportedBox]:
        """Write the image's row and a row for each box."""
        rows = self._splits[sample.split]
        image_id = rows.image_ids.take(sample.id)
        rows.images.add(
            f'{{"file_name":"{sample.id}.{sample.suffix}","height":{sample.height},'
            f'"id":{image_id},"width":{sample.width}}}'
        )
        held = self.held(sample)
        for box, shown in held:
            number = rows.box_ids.take(_digest(f"{sample.id}/{box.id}"))
            width, height = shown.x1 - shown.x0, shown.y1 - shown.y0
            rows.boxes.add(
                f'{{"area":{width * height!r},'
                f'"bbox":[{shown.x0!r},{shown.y0!r},{width!r},{height!r}],'
                f'"category_id":{box.class_id},"id":{number},"image_id":{image_id},'
                '"iscrowd":0,"segmentation":[]}'
            )
        return [shown for _, shown in held]

    def finish(self) -> None:
        """Put each split's file together."""
        categories = ",\n".join(
            _text({"id": item.id, "name": item.name, "supercategory": ""})
            for item in sorted(self.plan.classes, key=lambda item: item.id)
        )
        info = _text({"version": self.plan.frozen.version.id})
        middle = f'],\n"categories":[\n{categories}],\n"images":[\n'
        for name, rows in self._splits.items():
            rows.boxes.write_before(
                rows.images,
                f"annotations/instances_{name}.json",
                head='{"annotations":[\n',
                middle=middle,
                tail=f'],\n"info":{info},\n"licenses":[]}}\n',
            )

    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """What the COCO reader finds."""
        return read_through(CocoReader(), written)

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
        self.image_ids = Numbers()
        self.box_ids = Numbers()


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
