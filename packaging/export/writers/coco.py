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
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar

from dataset.errors import ProjectError
from dataset.progress import SILENT, Progress
from dataset.records import Split, VersionSample

from ..coco import CocoReader
from ..contract import ExportResult, FrozenSamples, ImportedBox, Reader
from ..handover.delivery import deliver
from ..handover.export_folder import ExportFolder
from ..handover.plan import Plan, clipped_boxes

_ID_DIGITS = 13


@dataclass(frozen=True, slots=True)
class CocoWriter:
    """Writes versions as COCO detection."""

    format: ClassVar[str] = "coco"

    def write(
        self,
        version: FrozenSamples,
        target: Path,
        *,
        update: bool = False,
        include_sealed: bool = False,
        progress: Progress = SILENT,
    ) -> ExportResult:
        """Write the version into `target`, as `contract.Writer` says."""
        return deliver(
            version,
            target,
            make_pages=_Pages,
            format_name=self.format,
            update=update,
            include_sealed=include_sealed,
            progress=progress,
        )


class _Pages:
    """The JSON files; rows wait in scratch files, so that memory stays small."""

    format: ClassVar[str] = "coco"
    tolerance_px: ClassVar[float] = 1e-9

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        self._plan = plan
        self._folder = folder
        self._names = plan.class_names()
        self._splits = {split.name: _SplitRows(split, folder) for split in plan.splits}

    def image_name(self, sample: VersionSample) -> str:
        """`images/<split>/<id>.<suffix>`."""
        return f"images/{sample.split}/{sample.id}.{sample.suffix}"

    def add(self, sample: VersionSample) -> list[ImportedBox]:
        """Write the image's row and a row for each box."""
        rows = self._splits[sample.split]
        image_id = rows.image_ids.take(sample.id)
        rows.add_image(
            f'{{"file_name":"{sample.id}.{sample.suffix}","height":{sample.height},'
            f'"id":{image_id},"width":{sample.width}}}'
        )
        held = clipped_boxes(sample, self._names)
        for box, shown in held:
            number = rows.box_ids.take(_digest(f"{sample.id}/{box.id}"))
            width, height = shown.x1 - shown.x0, shown.y1 - shown.y0
            rows.add_box(
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
            for item in sorted(self._plan.classes, key=lambda item: item.id)
        )
        info = _text({"version": self._plan.frozen.version.id})
        for name, rows in self._splits.items():
            boxes, images = rows.close()
            self._folder.write_joined(
                f"annotations/instances_{name}.json",
                [
                    b'{"annotations":[\n',
                    boxes,
                    f'],\n"categories":[\n{categories}],\n"images":[\n'.encode(),
                    images,
                    f'],\n"info":{info},\n"licenses":[]}}\n'.encode(),
                ],
            )

    def close(self) -> None:
        """Remove scratch files that are left."""
        for rows in self._splits.values():
            for path in rows.close():
                path.unlink(missing_ok=True)

    def reader(self) -> Reader:
        """The COCO reader."""
        return CocoReader()

    def notes(self) -> tuple[str, ...]:
        """Nothing: COCO holds every box."""
        return ()


class _SplitRows:
    """The rows of one split on their way into its file."""

    def __init__(self, split: Split, folder: ExportFolder) -> None:
        self.split = split
        self.image_ids = _Numbers()
        self.box_ids = _Numbers()
        self._images = _Rows(folder.scratch())
        self._boxes = _Rows(folder.scratch())
        self.add_image = self._images.add
        self.add_box = self._boxes.add

    def close(self) -> tuple[Path, Path]:
        """Close both scratch files; boxes first, then images."""
        return self._boxes.close(), self._images.close()


class _Rows:
    """Lines in a scratch file, with a comma between them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream: IO[bytes] = path.open("wb")
        self._separator = b""

    def add(self, line: str) -> None:
        """Add one line."""
        self._stream.write(self._separator + line.encode())
        self._separator = b",\n"

    def close(self) -> Path:
        """Close the file and give its path."""
        self._stream.close()
        return self._path


class _Numbers:
    """Permanent numbers from digests: 52 bits, above 0, each at most once."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def take(self, digits: str) -> int:
        """The number of a hexadecimal digest; further digits if it is taken."""
        for start in range(0, len(digits) - _ID_DIGITS, _ID_DIGITS):
            number = int(digits[start : start + _ID_DIGITS], 16)
            if number and number not in self._taken:
                self._taken.add(number)
                return number
        raise ProjectError(f"Two records of an export have one number: {digits}")


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
