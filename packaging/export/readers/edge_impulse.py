"""Edge Impulse, coming in: `info.labels` and `bounding_boxes.labels`.

`info.labels` lists files with category and boxes, in one piece or line by line
(NDJSON); `bounding_boxes.labels` in an image's own folder wins over it. Boxes are x, y,
width, height in pixels of the upright image. An empty list says that nothing is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from dataset.errors import BadFile

from ..contract import ImportedSet, Sizes
from ..intakes.image_draft import ImageDraft, as_number
from ..intakes.set_draft import SetDraft
from ..intakes.source_folder import SourceFolder, split_name
from .foreign_json import (
    FILE_LIMIT,
    any_begins_with,
    loaded,
    opened,
    rows_of,
    table_of,
    text_of,
)
from .named_images import NamedImages

_INFO: Final = "info.labels"
_BOXES: Final = "bounding_boxes.labels"
_NDJSON: Final = b'{"__ndjson"'


@dataclass(frozen=True, slots=True)
class EdgeImpulseReader:
    """Takes exports of Edge Impulse in; give it the folder or one file."""

    format: ClassVar[str] = "edge-impulse"

    def detect(self, path: Path) -> bool:
        """Whether a `.labels` file of either kind is there."""
        try:
            files = _label_files(*opened(path))
        except (BadFile, OSError):
            return False
        return any(
            any_begins_with(files, key) for key in (b'"files"', b'"boundingBoxes"')
        )

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All images that the files list, and the unlabeled ones beside them.

        Raises:
            BadFile: there is no such file, or no image.
        """
        folder, only = opened(path)
        files = _label_files(folder, only)
        if not files:
            raise BadFile(f"No file here is Edge Impulse's: {path}")
        draft = SetDraft(self.format, folder, sizes)
        _Read(folder, draft).all(files)
        return draft.done()


class _Read:
    """One data set while it is read."""

    def __init__(self, folder: SourceFolder, draft: SetDraft) -> None:
        self._folder = folder
        self._draft = draft
        self._images = NamedImages(folder, draft)
        self._boxes: dict[Path, object] = {}

    def all(self, files: list[Path]) -> None:
        """Hand every image over to the draft; the topmost `info.labels` counts."""
        for file in files:
            if file.name != _INFO:
                self._note_boxes(file)
        infos = [file for file in files if file.name == _INFO]
        for file in sorted(infos, key=lambda f: (len(f.parts), f)):
            for entry in _entries(self._folder, file, self._draft):
                self._entry(file, entry)
        for path, boxes in self._boxes.items():
            if not self._draft.has(path):
                self._add(path, boxes, self._split_of(path))
        for image in self._folder.images():
            self._draft.add_plain(image, self._split_of(image))

    def _note_boxes(self, file: Path) -> None:
        try:
            content = table_of(loaded(self._folder, file))
        except BadFile as error:
            self._draft.problem(file, f"skipped. {error.message}")
            return
        if content.get("type") != "bounding-box-labels":
            self._draft.problem(file, "the file is skipped, it lists no boxes")
        for name, boxes in table_of(content.get("boundingBoxes")).items():
            found = self._images.find(file, name)
            if isinstance(found, Path):
                self._boxes[found] = boxes
            else:
                self._draft.problem(file, f"{found}: {name[:200]}")

    def _entry(self, file: Path, entry: Mapping[str, Any]) -> None:
        name = text_of(entry.get("path"))
        found = self._images.find(file, name) if name else "an entry has no path"
        if isinstance(found, str):
            self._draft.problem(file, f"{found}: {name[:200]}")
        elif not self._draft.has(found):
            boxes = self._boxes.get(found, entry.get("boundingBoxes"))
            self._add(found, boxes, _split(entry) or self._split_of(found))

    def _add(self, path: Path, boxes: object, split: str | None) -> None:
        image = self._draft.draft(path, split)
        if image is None:
            return
        if isinstance(boxes, list):
            image.is_annotated = True
            for box in boxes:
                _add_box(image, table_of(box))
        elif boxes is not None:
            image.skip("its boxes are skipped, they are no list")
        self._draft.add(image)

    def _split_of(self, path: Path) -> str | None:
        parts = path.relative_to(self._folder.root).parts[:-1]
        return next((name for name in map(split_name, parts) if name), None)


def _label_files(folder: SourceFolder, only: Path | None) -> list[Path]:
    files = folder.files() if only is None else [only]
    return [file for file in files if file.name in (_INFO, _BOXES)]


def _entries(
    folder: SourceFolder, file: Path, draft: SetDraft
) -> Iterator[Mapping[str, Any]]:
    """The listed files, of a whole file or of one that goes line by line."""
    try:
        with file.open("rb") as stream:
            is_lines = stream.read(len(_NDJSON)) == _NDJSON
        if is_lines:
            yield from _lines(folder, file)
        else:
            yield from rows_of(table_of(loaded(folder, file)).get("files"))
    except (BadFile, OSError) as error:
        draft.problem(file, f"the rest is skipped. {error}")


def _lines(folder: SourceFolder, file: Path) -> Iterator[Mapping[str, Any]]:
    for line in folder.bytes(file, FILE_LIMIT).splitlines()[1:]:
        try:
            row = table_of(json.loads(line))
        except (ValueError, RecursionError):
            raise BadFile(f"A line of the file is no JSON: {file}") from None
        if row.get("__key") == "files":
            yield table_of(row.get("__item"))


def _split(entry: Mapping[str, Any]) -> str | None:
    """The split by our own word in the metadata, else by the category."""
    word = text_of(table_of(entry.get("metadata")).get("split"))
    return split_name(word) or split_name(text_of(entry.get("category")))


def _add_box(image: ImageDraft, box: Mapping[str, Any]) -> None:
    name = text_of(box.get("label"))
    x, y, width, height = (as_number(box.get(k)) for k in ("x", "y", "width", "height"))
    if not name:
        image.skip("a box is skipped, it has no class")
    elif x is None or y is None or width is None or height is None:
        image.add(name, (None,) * 4)
    else:
        image.add(name, (x, y, x + width, y + height))
