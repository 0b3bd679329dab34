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
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from ..handover.export_folder import ExportFolder
from ..handover.numbers import Numbers, RisingNumbers
from ..handover.outgoing import OutgoingBox, OutgoingSample
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
_BOXES_AT_ONCE: Final = 1024


class CocoPages(Pages):
    """The JSON files; rows wait in scratch files, so that memory stays small."""

    format: ClassVar[str] = "coco"

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        super().__init__(plan, folder)
        self._splits = {
            split.name: _SplitRows(self.rows(b",\n"), self.rows(b",\n"))
            for split in plan.splits
        }

    def add(self, sample: OutgoingSample, boxes: Sequence[OutgoingBox]) -> None:
        """Write the image's row and a row for each box."""
        self._splits[sample.split].add(sample, boxes)

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
            rows.flush()
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
    """The rows of one split on their way into its file; boxes wait for numbers."""

    def __init__(self, images: RowFile, boxes: RowFile) -> None:
        self.images = images
        self.boxes = boxes
        self._image_ids = RisingNumbers()
        self._box_ids = Numbers()
        self._waiting: list[tuple[int, OutgoingBox]] = []
        self._digests: list[bytes] = []

    def add(self, sample: OutgoingSample, boxes: Sequence[OutgoingBox]) -> None:
        """Add an image with its boxes."""
        image_id = self._image_ids.take(sample.id)
        self.images.add(
            f'{{"file_name":"{sample.id}.{sample.suffix}","height":{sample.height},'
            f'"id":{image_id},"width":{sample.width}}}'
        )
        for box in boxes:
            self._waiting.append((image_id, box))
            self._digests.append(_digest(f"{sample.id}/{box.id}"))
        if len(self._waiting) >= _BOXES_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Number the boxes that wait, and write their rows."""
        numbers = self._box_ids.take_all(self._digests)
        for number, (image_id, box) in zip(numbers, self._waiting, strict=True):
            _, x0, y0, x1, y1, _, class_id = box
            width, height = x1 - x0, y1 - y0
            self.boxes.add(
                f'{{"area":{width * height!r},'
                f'"bbox":[{x0!r},{y0!r},{width!r},{height!r}],'
                f'"category_id":{class_id},"id":{number},"image_id":{image_id},'
                '"iscrowd":0,"segmentation":[]}'
            )
        self._waiting, self._digests = [], []


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


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
