"""CSV, going out: a row a box, and a row an image.

    images.csv                              every image, those without a box too
    boxes.csv                               every box, corners in pixels
    images/<split>/<sample id>.<suffix>

Corners are `x0, y0, x1, y1` of the upright image, 0-based and half-open. Text that a
spreadsheet would take for a formula has an apostrophe in front (`handover.csv_text`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from dataset.records import VersionSample

from ..contract import ImportedBox
from ..handover.csv_text import csv_row, csv_rows
from ..handover.export_folder import ExportFolder
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport

_IMAGES: Final = "images.csv"
_BOXES: Final = "boxes.csv"
_IMAGE_COLUMNS: Final = (
    *("file_name", "split", "width", "height", "boxes"),
    *("group", "session", "place", "camera", "sample_id"),
)
_BOX_COLUMNS: Final = (
    *("file_name", "split", "class", "class_index"),
    *("x0", "y0", "x1", "y1", "box_id"),
)


class CsvPages(Pages):
    """The two tables."""

    format: ClassVar[str] = "csv"

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        super().__init__(plan, folder)
        self._images = self.rows()
        self._boxes = self.rows()

    def add(self, sample: VersionSample) -> Sequence[ImportedBox]:
        """Write the image's row and a row for each box."""
        name = self.image_name(sample)
        held = self.held(sample)
        size = (sample.width, sample.height, len(held))
        origin = (sample.group, sample.session, sample.place, sample.camera)
        self._images.add(csv_row((name, sample.split, *size, *origin, sample.id)))
        for box, shown in held:
            index = self.index[box.class_id]
            label = (shown.class_name, index)
            self._boxes.add(
                csv_row((name, sample.split, *label, *shown.corners, box.id))
            )
        return [shown for _, shown in held]

    def finish(self) -> None:
        """Write the tables."""
        self._images.write(_IMAGES, head=csv_row(_IMAGE_COLUMNS))
        self._boxes.write(_BOXES, head=csv_row(_BOX_COLUMNS))

    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """Each image with its boxes."""
        boxes: defaultdict[str, list[ImportedBox]] = defaultdict(list)
        with (written.root / _BOXES).open(encoding="utf-8", newline="") as stream:
            for row in csv_rows(stream):
                boxes[row["file_name"]].append(_box(row))
        with (written.root / _IMAGES).open(encoding="utf-8", newline="") as stream:
            for row in csv_rows(stream):
                found = tuple(boxes.pop(row["file_name"], ()))
                if len(found) != int(row["boxes"]):
                    raise ValueError("the boxes are not as many as stated")
                yield FoundImage(
                    name=row["file_name"],
                    split=row["split"],
                    size=(int(row["width"]), int(row["height"])),
                    digest=row["sample_id"],
                    boxes=found,
                )
        if boxes:
            raise ValueError(f"{_IMAGES} lacks images of {_BOXES}")

    def card(self) -> str:
        """What the columns are."""
        return (
            f"`{_IMAGES}` has a row an image, `{_BOXES}` a row a box, joined by "
            "`file_name`. A text that begins with = + - @ or an apostrophe has an "
            "apostrophe in front."
        )


def _box(row: dict[str, str]) -> ImportedBox:
    return ImportedBox(
        class_name=row["class"],
        x0=float(row["x0"]),
        y0=float(row["y0"]),
        x1=float(row["x1"]),
        y1=float(row["y1"]),
    )
