"""CSV, going out: a row a box, and a row an image.

    images.csv                              every image, those without a box too
    boxes.csv                               every box, corners in pixels
    images/<split>/<sample id>.<suffix>

Corners are `x0, y0, x1, y1` of the upright image, 0-based and half-open. Text that a
spreadsheet would take for a formula has an apostrophe in front (`handover.csv_text`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import ClassVar, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..handover.column_texts import integer_texts, joined, mapped
from ..handover.csv_text import csv_cell, csv_row, csv_rows, unguard
from ..handover.export_folder import ExportFolder
from ..handover.outgoing import OutgoingBatch, OutgoingBox
from ..handover.pages import Pages
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport

_IMAGES: Final = "images.csv"
_BOXES: Final = "boxes.csv"
_ORIGIN: Final = ("group", "session", "place", "camera")
_IMAGE_COLUMNS: Final = (
    *("file_name", "split", "width", "height", "boxes"),
    *_ORIGIN,
    "sample_id",
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
        self._labels = {
            item.id: f"{csv_cell(item.name)},{self.index[item.id]}"
            for item in plan.classes
        }

    def add_all(self, batch: OutgoingBatch) -> None:
        """Write a row for each image and each box."""
        names, split = batch.image_names, batch.words("split")
        width, height = (integer_texts(batch.numbers(s)) for s in ("width", "height"))
        count = integer_texts(np.diff(batch.boxes.bounds))
        origin = [mapped(batch.words(name), csv_cell) for name in _ORIGIN]
        cells = (names, split, width, height, count, *origin, batch.ids)
        self._images.add_all(_row(*cells))
        boxes = batch.boxes
        classes = boxes.said(self._labels)
        owned = (batch.of_boxes(names), batch.of_boxes(split))
        self._boxes.add_all(_row(*owned, classes, *batch.corner_texts, boxes.ids))

    def finish(self) -> None:
        """Write the tables."""
        self._images.write(_IMAGES, head=csv_row(_IMAGE_COLUMNS))
        self._boxes.write(_BOXES, head=csv_row(_BOX_COLUMNS))

    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """Each image with its boxes; the tables are read side by side."""
        with (
            (written.root / _IMAGES).open(encoding="utf-8", newline="") as images,
            (written.root / _BOXES).open(encoding="utf-8", newline="") as boxes,
        ):
            rows = csv.reader(boxes, strict=True)
            if tuple(next(rows, ())) != _BOX_COLUMNS:
                raise ValueError(f"the columns of {_BOXES} are others")
            waiting = next(rows, None)
            for row in csv_rows(images):
                found = []
                while waiting is not None and waiting[0] == row["file_name"]:
                    found.append(_box(waiting))
                    waiting = next(rows, None)
                if len(found) != int(row["boxes"]):
                    raise ValueError("the boxes are not as many as stated")
                yield FoundImage(
                    row["file_name"],
                    found,
                    row["split"],
                    (int(row["width"]), int(row["height"])),
                    row["sample_id"],
                )
            if waiting is not None:
                raise ValueError(f"{_IMAGES} lacks images of {_BOXES}")

    def card(self) -> str:
        """What the columns are."""
        return (
            f"`{_IMAGES}` has a row an image, `{_BOXES}` a row a box, joined by "
            "`file_name`. A text that begins with = + - @ or an apostrophe has an "
            "apostrophe in front."
        )


def _row(*cells: pa.Array) -> pa.Array:
    """A row of CSV for each row of the columns."""
    return joined(pc.binary_join_element_wise(*cells, ","), "\n")


def _box(row: list[str]) -> OutgoingBox:
    _, _, name, _, x0, y0, x1, y1, _ = row
    return OutgoingBox(unguard(name), float(x0), float(y0), float(x1), float(y1))
