"""What the files of most formats share: where images go, and files made row by row."""

from __future__ import annotations

from pathlib import Path
from typing import IO, ClassVar

from dataset.records import Box, VersionSample

from .contract import ImportedBox
from .export_folder import ExportFolder
from .plan import Plan, clipped_boxes


class FormatPages:
    """The start of a format's `delivery.Pages`; a format fills in what differs.

    `is_packed` says that the pages put the images themselves into their files.
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
        """`images/<split>/<id>.<suffix>`."""
        return f"images/{sample.split}/{sample.id}.{sample.suffix}"

    def held(self, sample: VersionSample) -> list[tuple[Box, ImportedBox]]:
        """Each box with what a file holds of it."""
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
        """Nothing to say."""
        return ()

    def card(self) -> str:
        """What the dataset card says of this format, as Markdown."""
        return ""

    def front_matter(self) -> str:
        """What stands before the dataset card, as YAML; "" for nothing."""
        return ""


class RowFile:
    """Rows that wait in a scratch file, so that memory stays small."""

    def __init__(self, folder: ExportFolder, separator: bytes) -> None:
        self._folder = folder
        self._path: Path = folder.scratch()
        self._stream: IO[bytes] = self._path.open("wb")
        self._separator = separator
        self.count = 0

    def add(self, row: str) -> None:
        """Add one row."""
        if self.count:
            self._stream.write(self._separator)
        self._stream.write(row.encode())
        self.count += 1

    def write(self, name: str, head: str = "", tail: str = "") -> None:
        """Make the file: what comes before, the rows, and what comes after them."""
        self._stream.close()
        self._folder.write_joined(name, [head.encode(), self._path, tail.encode()])

    def close(self) -> None:
        """Remove the scratch file; harmless after `write`."""
        self._stream.close()
        self._path.unlink(missing_ok=True)
