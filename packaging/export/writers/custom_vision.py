"""Azure Custom Vision, going out: the batches that its service takes, as files.

    tags.json                           the tags, in the fixed order of the classes
    batches/<split>/000000.json ...     at most 64 images and 20 tags each
    images/<split>/<sample id>.<suffix>

A region is `left, top, width, height` from 0 to 1 of the upright image, its tag given
by name: the service makes the ids. It knows no splits; upload the batches of train
(and val), and keep those of the test sets for evaluation.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from ..handover.export_folder import ExportFolder
from ..handover.outgoing import OutgoingBox, OutgoingSample
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport, by_sample
from ..handover.target_limits import CV_BATCH_IMAGES, CV_BATCH_TAGS
from ..handover.texts import json_text


class CustomVisionPages(Pages):
    """The batches of each split and the list of tags."""

    format: ClassVar[str] = "custom-vision"
    tolerance_px: ClassVar[float] = 1e-6

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        super().__init__(plan, folder)
        self._batches = {split.name: _Batch() for split in plan.splits}

    def add(self, sample: OutgoingSample, boxes: Sequence[OutgoingBox]) -> None:
        """Add the image to its split's batch; a full one is written."""
        tags = {box.class_name for box in boxes}
        batch = self._batches[sample.split]
        if not batch.has_room_for(tags):
            self._write(sample.split, batch)
        batch.tags |= tags
        batch.images.append(
            {
                "file": self.image_name(sample),
                "sha256": sample.id,
                "regions": [_region(box, sample) for box in boxes],
            }
        )

    def finish(self) -> None:
        """Write the last batches and the tags."""
        for name, batch in self._batches.items():
            if batch.images:
                self._write(name, batch)
        tags = [
            {"name": item.name, "description": f"class {item.id}"}
            for item in self.plan.classes
        ]
        text = json.dumps({"tags": tags}, ensure_ascii=False, indent=1)
        self.folder.write("tags.json", f"{text}\n".encode())

    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """Each image of each batch."""
        tags = json.loads((written.root / "tags.json").read_bytes())["tags"]
        names = {tag["name"] for tag in tags}
        return by_sample(
            self._found(written.root, split.name, names) for split in self.plan.splits
        )

    def _found(self, root: Path, split: str, names: set[str]) -> Iterator[FoundImage]:
        for number in range(self._batches[split].number):
            batch = json.loads((root / _name(split, number)).read_bytes())
            _require_limits(batch, names)
            for row in batch["images"]:
                boxes = list(map(_box, row["regions"]))
                yield FoundImage(
                    row["file"], boxes, split, digest=row["sha256"], is_relative=True
                )

    def card(self) -> str:
        """How the batches are uploaded."""
        return (
            "Make each tag of `tags.json` in the project, then send each file of "
            "`batches/train` as one `create_images_from_files` call (at most "
            f"{CV_BATCH_IMAGES} images and {CV_BATCH_TAGS} tags), with the service's "
            "tag ids in place of the names. The service splits by itself: keep the "
            "batches of test sets for evaluation."
        )

    def _write(self, split: str, batch: _Batch) -> None:
        rows = ",\n".join(json_text(row) for row in batch.images)
        tags = json_text(sorted(batch.tags))
        text = f'{{"images":[\n{rows}],\n"tags":{tags}}}\n'
        self.folder.write(_name(split, batch.number), text.encode())
        batch.begin_next()


class _Batch:
    """The images that wait for their batch to be full; `number` is the batch's."""

    def __init__(self) -> None:
        self.number = 0
        self.images: list[dict[str, Any]] = []
        self.tags: set[str] = set()

    def has_room_for(self, tags: set[str]) -> bool:
        """Whether an image with these tags fits in; an empty batch takes any."""
        fits = len(self.tags | tags) <= CV_BATCH_TAGS
        return not self.images or (fits and len(self.images) < CV_BATCH_IMAGES)

    def begin_next(self) -> None:
        """Forget what was written."""
        self.number += 1
        self.images = []
        self.tags = set()


def _name(split: str, number: int) -> str:
    return f"batches/{split}/{number:06}.json"


def _region(box: OutgoingBox, sample: OutgoingSample) -> dict[str, Any]:
    left, top = box.x0 / sample.width, box.y0 / sample.height
    return {
        "tag": box.class_name,
        "left": left,
        "top": top,
        "width": _length(left, (box.x1 - box.x0) / sample.width),
        "height": _length(top, (box.y1 - box.y0) / sample.height),
    }


def _length(start: float, length: float) -> float:
    """The length, a hair less where rounding would let it leave the image."""
    while start + length > 1:
        length = math.nextafter(length, 0)
    return length


def _require_limits(batch: dict[str, Any], names: set[str]) -> None:
    tags = {region["tag"] for row in batch["images"] for region in row["regions"]}
    is_small = len(batch["images"]) <= CV_BATCH_IMAGES and len(tags) <= CV_BATCH_TAGS
    if not is_small or tags != set(batch["tags"]) or not tags <= names:
        raise ValueError("a batch is none that the service takes")


def _box(item: dict[str, Any]) -> OutgoingBox:
    left, top = item["left"], item["top"]
    return OutgoingBox(
        item["tag"], left, top, left + item["width"], top + item["height"]
    )
