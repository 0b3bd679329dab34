"""What one format writes beside the images; made anew for each export."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar

import pyarrow as pa

from .export_folder import ExportFolder
from .outgoing import HeldBoxes, OutgoingBatch, OutgoingBox, OutgoingSample
from .plan import Plan
from .proof import FoundImage, WrittenExport, prove, wanted_images
from .rows import RowFile


class Pages(ABC):
    """The files of one format: written sample by sample, then read back.

    `tolerance_px` is how far a corner read back may lie from the version's: nothing
    but what the format's own numbers lose. `is_packed` says that the images are inside
    these files, not beside them.
    """

    format: ClassVar[str]
    tolerance_px: ClassVar[float] = 1e-9
    is_packed: ClassVar[bool] = False

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        self.plan = plan
        self.folder = folder
        self.names = plan.class_names()
        self.index = plan.class_index()
        self._open: list[RowFile] = []

    def image_folder(self, split: str) -> str:
        """Where the images of a split go, relative and with forward slashes."""
        return f"images/{split}"

    def image_name(self, sample: OutgoingSample) -> str:
        """Where the sample's image goes."""
        return f"{self.image_folder(sample.split)}/{sample.id}.{sample.suffix}"

    def fit(self, boxes: HeldBoxes) -> HeldBoxes:
        """What the format can hold of the boxes; asked again by the proof."""
        return boxes

    def batch(self, rows: pa.Table) -> OutgoingBatch:
        """Some rows of the manifest as this format shows them."""
        folders = {
            split.name: self.image_folder(split.name) for split in self.plan.splits
        }
        return OutgoingBatch(rows, self.names, folders=folders, fit=self.fit)

    def add_all(self, batch: OutgoingBatch) -> None:
        """Write what the format says of some samples, which come by id."""
        for sample in batch.samples():
            self.add(sample, sample.boxes)

    def add(self, sample: OutgoingSample, boxes: Sequence[OutgoingBox]) -> None:
        """Write what the format says of one sample; for those without `add_all`."""
        raise NotImplementedError

    @abstractmethod
    def finish(self) -> None:
        """Write what speaks of all samples."""

    def prove(
        self, written: WrittenExport, batches: Iterator[OutgoingBatch]
    ) -> Iterator[int]:
        """Hold what stands in the files against the version, some samples at a time.

        Gives how many were compared. Like `read_back` the files alone speak.

        Raises:
            BadFile: they differ, or are not as they must be.
        """
        parts = map(wanted_images, batches)
        yield from prove(self.read_back(written), parts, self.tolerance_px)

    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """What stands in the files below `written.root`, by sample id.

        Nothing is taken from what was written: the files alone speak. No more than a
        part of them is held at a time.

        Raises:
            BadFile: they are not as they must be.
        """
        raise NotImplementedError

    def rows(self, separator: bytes = b"") -> RowFile:
        """A file that grows row by row; removed should the export stop."""
        made = RowFile(self.folder, separator)
        self._open.append(made)
        return made

    def close(self) -> None:
        """Remove what an interrupted export left; harmless after `finish`."""
        for rows in self._open:
            rows.close()

    def notes(self) -> tuple[str, ...]:
        """Sentences on what the format could not hold."""
        return ()

    def card(self) -> str:
        """What the dataset card says of this format, as Markdown."""
        return ""

    def front_matter(self) -> str:
        """What stands before the dataset card, as YAML; "" for nothing."""
        return ""
