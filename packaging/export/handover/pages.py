"""What one format writes beside the images; made anew for each export."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar

from dataset.records import Box, VersionSample

from ..contract import ImportedBox
from .export_folder import ExportFolder
from .plan import Plan, clipped_boxes
from .proof import FoundImage, WrittenExport
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

    def image_name(self, sample: VersionSample) -> str:
        """Where the sample's image goes: a relative path with forward slashes."""
        return f"images/{sample.split}/{sample.id}.{sample.suffix}"

    @abstractmethod
    def add(self, sample: VersionSample) -> Sequence[ImportedBox]:
        """Write what the format says of a sample; gives the boxes it can hold."""

    @abstractmethod
    def finish(self) -> None:
        """Write what speaks of all samples."""

    @abstractmethod
    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """What stands in the files below `written.root`, in any order.

        Nothing is taken from what was written: the files alone speak.

        Raises:
            BadFile: they are not as they must be.
        """

    def held(self, sample: VersionSample) -> list[tuple[Box, ImportedBox]]:
        """Each box with what a file holds of it: named, and cut at the edge."""
        return clipped_boxes(sample, self.names)

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
