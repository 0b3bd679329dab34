"""CSV, coming in: a row a box, with a row of names on top.

Ours (`images.csv` and `boxes.csv`), VoTT's, and the tables of TensorFlow's tutorials.
Columns are known by the usual names in any order. Corners are pixels, 0-based and
half-open. A row without corners says that nothing is in its image.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from dataset.errors import BadFile

from ..contract import ImportedSet, Sizes
from ..handover.csv_text import unguard
from ..intakes.image_draft import ImageDraft
from ..intakes.set_draft import SetDraft
from ..intakes.source_folder import SourceFolder, split_name
from .foreign_json import opened
from .named_images import NamedImages

_HEAD_BYTES: Final = 1 << 16
_FILE_LIMIT: Final = 1 << 30
_CORNERS: Final = ("x0", "y0", "x1", "y1")
_SIZE: Final = ("width", "height")
# Our word for a column, and what others call it.
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "file_name": ("file_name", "filename", "image", "image_path", "path", "file"),
    "class": ("class", "label", "class_name", "category"),
    "x0": ("x0", "xmin", "x_min", "x1"),
    "y0": ("y0", "ymin", "y_min", "y1"),
    "x1": ("x1", "xmax", "x_max", "x2"),
    "y1": ("y1", "ymax", "y_max", "y2"),
    "width": ("width", "image_width"),
    "height": ("height", "image_height"),
    "split": ("split", "subset"),
    "boxes": ("boxes",),
}


@dataclass(frozen=True, slots=True)
class CsvReader:
    """Takes tables in; give it the folder or one file."""

    format: ClassVar[str] = "csv"

    def detect(self, path: Path) -> bool:
        """Whether a table has the columns of boxes."""
        try:
            return any(_columns(f) for f in _tables(*opened(path))[:20])
        except (BadFile, OSError):
            return False

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All images that the tables name, and the unlabeled ones beside them.

        Raises:
            BadFile: there is no such table, or no image.
        """
        folder, only = opened(path)
        draft = SetDraft(self.format, folder, sizes)
        tables = _Tables(folder, draft)
        files = [file for file in _tables(folder, only) if _columns(file)]
        if not files:
            raise BadFile(f"No table here lists boxes: {path}")
        for file in files:
            tables.read(file)
        tables.finish()
        for image in folder.images() if only is None else ():
            draft.add_plain(image)
        return draft.done()


class _Tables:
    """The images of all tables; one image may stand in many rows."""

    def __init__(self, folder: SourceFolder, draft: SetDraft) -> None:
        self._draft = draft
        self._images = NamedImages(folder, draft)
        self._drafts: dict[Path, ImageDraft] = {}
        self._missing: dict[tuple[Path, str], str] = {}

    def read(self, file: Path) -> None:
        """Take one table's rows over."""
        columns = _columns(file)
        word = re.split(r"[-_. ]", file.stem)[0]
        if file.stat().st_size > _FILE_LIMIT:
            self._draft.problem(file, f"skipped, larger than {_FILE_LIMIT} bytes")
            return
        try:
            for row in _rows(file, columns):
                self._row(
                    file, row, split_name(row.get("split", "")) or split_name(word)
                )
        except (csv.Error, OSError, ValueError) as error:
            self._draft.problem(file, f"the rest is skipped, it is no CSV: {error}")

    def finish(self) -> None:
        """Hand every image over to the draft."""
        for (file, name), reason in self._missing.items():
            self._draft.problem(file, f"{reason}: {name[:200]}")
        for image in self._drafts.values():
            self._draft.add(image)

    def _row(self, file: Path, row: Mapping[str, str], split: str | None) -> None:
        name = row.get("file_name", "")
        if (file, name) in self._missing:
            return
        found = self._images.find(file, name) if name else "a row names no image"
        if isinstance(found, str):
            self._missing[file, name] = found
            return
        image = self._drafts.get(found)
        if image is None:
            image = self._draft.draft(found, split)
            if image is None:
                return
            self._drafts[found] = image
        _add_row(image, row)


def _add_row(image: ImageDraft, row: Mapping[str, str]) -> None:
    image.state_size(*(row.get(side) for side in _SIZE))
    image.is_annotated = True
    corners = [row.get(corner, "") for corner in _CORNERS]
    if not any(corners):
        return
    if row.get("class"):
        image.add(row["class"], corners)
    else:
        image.skip("a box is skipped, it has no class")


def _tables(folder: SourceFolder, only: Path | None) -> list[Path]:
    files = folder.files() if only is None else [only]
    return [file for file in files if file.suffix.lower() == ".csv"]


def _columns(file: Path) -> dict[str, str]:
    """The file's own name of each column we know; empty where it is no such table."""
    with file.open("rb") as stream:
        head = stream.read(_HEAD_BYTES).decode("utf-8-sig", errors="replace")
    try:
        names = next(csv.reader(head.splitlines()[:1]), [])
    except csv.Error:
        return {}
    known = {name.strip().lower(): name for name in names}
    has_ends = not {"x2", "y2"}.isdisjoint(known)
    found: dict[str, str] = {}
    for ours, theirs in _NAMES.items():
        # `x1` is a first corner beside `x2`, and a last one beside `x0`.
        usable = [
            t for t in theirs if t in known and (t[-1] != "1" or _fits(ours, has_ends))
        ]
        if usable:
            found[ours] = known[usable[0]]
    is_table = "file_name" in found and ({*_CORNERS, "class"} <= found.keys())
    return found if is_table or {"file_name", "boxes"} <= found.keys() else {}


def _fits(column: str, has_ends: bool) -> bool:
    """Whether a name that ends in 1 means this column."""
    return column.endswith("0") == has_ends


def _rows(file: Path, columns: Mapping[str, str]) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        for row in csv.DictReader(stream):
            yield {
                ours: unguard((row.get(theirs) or "").strip())
                for ours, theirs in columns.items()
            }
