"""WebDataset, going out: tar archives whose neighbours belong together.

    <split>-000000.tar ...              <sample id>.<suffix>, <sample id>.json
    classes.json                        the classes in their fixed order

A JSON file holds size, split and boxes (x0, y0, x1, y1 in pixels of the upright image).
Which archive a sample goes into follows from its id, see `handover.shards`.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Final

from ..handover.export_folder import ExportFolder
from ..handover.outgoing import OutgoingBox, OutgoingSample
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport, by_sample
from ..handover.shards import Shards
from ..handover.tar_file import TarFile
from ..handover.texts import json_text

_CLASSES: Final = "classes.json"


class WebDatasetPages(Pages):
    """The archives and the list of classes."""

    format: ClassVar[str] = "webdataset"
    is_packed: ClassVar[bool] = True

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        super().__init__(plan, folder)
        self._shards = Shards(plan, folder, name=_archive_name, make=TarFile)

    def add(self, sample: OutgoingSample, boxes: Sequence[OutgoingBox]) -> None:
        """Add image and JSON to the sample's archive."""
        row = {
            "width": sample.width,
            "height": sample.height,
            "split": sample.split,
            "boxes": [
                {
                    "id": box.id,
                    "class": self.index[box.class_id],
                    "label": box.class_name,
                    "bbox": box.corners,
                }
                for box in boxes
            ],
        }
        archive = self._shards.of(sample)
        archive.add(f"{sample.id}.{sample.suffix}", self.folder.read(sample))
        archive.add(f"{sample.id}.json", json_text(row).encode())

    def finish(self) -> None:
        """End the archives, and write the classes."""
        self._shards.finish()
        names = [item.name for item in self.plan.classes]
        text = json.dumps(names, ensure_ascii=False, indent=1)
        self.folder.write(_CLASSES, f"{text}\n".encode())

    def close(self) -> None:
        """Remove what an interrupted export left; harmless after `finish`."""
        super().close()
        self._shards.discard()

    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """Each pair of members of each archive."""
        names = json.loads((written.root / _CLASSES).read_bytes())
        return by_sample(
            self._archives(written.root, split.name, names)
            for split in self.plan.splits
        )

    def _archives(
        self, root: Path, split: str, names: Sequence[str]
    ) -> Iterator[FoundImage]:
        for name in self._shards.names(split):
            yield from _found(root / name, names)

    def card(self) -> str:
        """What a pair of members holds."""
        patterns = ", ".join(f"`{self._pattern(s.name)}`" for s in self.plan.splits)
        return (
            f"Archives: {patterns}. "
            "Each sample is an image and a `.json` whose `boxes` have `bbox` (x0, y0, "
            "x1, y1 in pixels), `label` and `class` (the index below)."
        )

    def _pattern(self, split: str) -> str:
        last = len(self._shards.names(split)) - 1
        return f"{split}-{{000000..{last:06}}}.tar"


def _archive_name(split: str, number: int, count: int) -> str:  # noqa: ARG001
    return f"{split}-{number:06}.tar"


def _found(archive: Path, names: Sequence[str]) -> Iterator[FoundImage]:
    digest, image = "", PurePosixPath()
    with tarfile.open(archive, "r:") as members:
        for member in members:
            stream = members.extractfile(member)
            data = stream.read() if stream is not None else b""
            path = PurePosixPath(member.name)
            if path.suffix != ".json":
                digest, image = hashlib.sha256(data).hexdigest(), path
            elif path.stem != image.stem:
                raise ValueError("a sample's members are no neighbours")
            else:
                yield _image(image, digest, json.loads(data), names)


def _image(
    image: PurePosixPath, digest: str, row: dict[str, Any], names: Sequence[str]
) -> FoundImage:
    if any(names[box["class"]] != box["label"] for box in row["boxes"]):
        raise ValueError("a class is not the one of its index")
    return FoundImage(
        name=f"images/{row['split']}/{image}",
        split=row["split"],
        size=(row["width"], row["height"]),
        digest=digest,
        boxes=[OutgoingBox(box["label"], *box["bbox"]) for box in row["boxes"]],
    )
