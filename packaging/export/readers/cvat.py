"""CVAT for images and for video 1.1, coming in: one XML file a task or project.

- `<image name subset width height>` with `<box xtl ytl xbr ybr>`, the images in
  `images/`, `images/<subset>/`, `<subset>/` or beside the file
- `<track label>` with `<box frame outside>`: the images are the frames that were saved
  beside it (`frame_000010.png`); a frame without a box of any track says nothing

Corners are 0-based and half-open. Polygons and turned boxes become their enclosing
box, other shapes are named and left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from dataset.errors import BadFile

from ..contract import ImportedSet, Sizes
from ..intakes.image_draft import ImageDraft, as_number
from ..intakes.set_draft import SetDraft
from ..intakes.source_folder import SourceFolder, split_name
from .foreign_json import opened
from .named_images import NamedImages
from .shapes import FROM_TURNED, add_polygon, turned_about

_FILE_LIMIT: Final = 1 << 30
_HEAD_BYTES: Final = 4096
_BEGIN: Final = re.compile(rb"<annotations[\s>]")
_FRAME: Final = re.compile(r"(?:.*\D)?(\d{1,9})")
_CORNERS: Final = ("xtl", "ytl", "xbr", "ybr")
_OTHER_SHAPES: Final = frozenset(
    ("polyline", "points", "ellipse", "cuboid", "skeleton", "mask", "tag")
)


@dataclass(frozen=True, slots=True)
class CvatReader:
    """Takes CVAT's XML in; give it the folder or the file."""

    format: ClassVar[str] = "cvat"

    def detect(self, path: Path) -> bool:
        """Whether an XML file begins with `annotations`."""
        try:
            folder, only = opened(path)
            return any(map(_begins_right, _xml_files(folder, only)[:20]))
        except (BadFile, OSError):
            return False

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All images that the files list.

        Raises:
            BadFile: no file is CVAT's, one cannot be read, or no image is there.
        """
        folder, only = opened(path)
        files = [f for f in _xml_files(folder, only) if _begins_right(f)]
        if not files:
            raise BadFile(f"No file here is CVAT's: {path}")
        draft = SetDraft(self.format, folder, sizes)
        images = NamedImages(folder, draft)
        for file in files:
            _File(folder, file, draft, images).read()
        return draft.done()


class _File:
    """One XML file, gone through element by element."""

    def __init__(
        self, folder: SourceFolder, path: Path, draft: SetDraft, images: NamedImages
    ) -> None:
        self._folder = folder
        self._path = path
        self._draft = draft
        self._images = images
        self._frames: dict[int, ImageDraft] = {}
        self._missing: set[int] = set()

    def read(self) -> None:
        """Hand every image over to the draft."""
        try:
            for element in _elements(self._path):
                if element.tag == "label":
                    name = (element.findtext("name") or "").strip()
                    self._draft.name_classes([name] if name else [])
                elif element.tag == "image":
                    self._image(element)
                else:
                    self._track(element)
        except (ParseError, DefusedXmlException, ValueError) as error:
            raise BadFile(f"The file is no XML ({error}): {self._path}") from None
        for frame in self._frames.values():
            self._draft.add(frame)
        if self._missing:
            what = f"frames that are not here as images: {len(self._missing)}"
            self._draft.problem(self._path, what)

    def _image(self, element: Element) -> None:
        subset = element.get("subset") or ""
        split = split_name(subset)
        places = (f"images/{subset}", subset) if subset.strip("./\\") else ()
        image = self._images.draft(self._path, element.get("name"), split, *places)
        if image is None:
            return
        image.is_annotated = True
        image.state_size(element.get("width"), element.get("height"))
        for shape in element:
            _add_shape(image, shape, shape.get("label") or "")
        self._draft.add(image)

    def _track(self, element: Element) -> None:
        for shape in element:
            number = as_number(shape.get("frame"))
            if number is None or shape.get("outside") == "1":
                continue
            image = self._frame(int(number))
            if image is not None:
                _add_shape(image, shape, element.get("label") or "")

    def _frame(self, number: int) -> ImageDraft | None:
        if number not in self._frames:
            path = self._saved_frames().get(number)
            image = None if path is None else self._draft.draft(path, None)
            if image is None:
                self._missing.add(number)
                return None
            self._frames[number] = image
        return self._frames[number]

    def _saved_frames(self) -> dict[int, Path]:
        found: dict[int, Path] = {}
        for image in self._folder.images():
            number = _FRAME.fullmatch(image.stem)
            if number is not None:
                found.setdefault(int(number[1]), image)
        return found


def _elements(path: Path) -> Iterator[Element]:
    """The labels, images and tracks, each forgotten after it was used."""
    if path.stat().st_size > _FILE_LIMIT:
        raise BadFile(f"The file is larger than {_FILE_LIMIT} bytes: {path}")
    events = iterparse(
        str(path),
        events=("start", "end"),
        forbid_dtd=True,
        forbid_entities=True,
        forbid_external=True,
    )
    _, top = next(events)
    for event, element in events:
        if event != "end":
            continue
        if element.tag in ("image", "track"):
            yield element
            top.clear()
        elif element.tag == "label":
            yield element


def _xml_files(folder: SourceFolder, only: Path | None) -> list[Path]:
    files = folder.files() if only is None else [only]
    return [file for file in files if file.suffix.lower() == ".xml"]


def _begins_right(file: Path) -> bool:
    with file.open("rb") as stream:
        return _BEGIN.search(stream.read(_HEAD_BYTES)) is not None


def _add_shape(image: ImageDraft, shape: Element, name: str) -> None:
    if shape.tag in _OTHER_SHAPES:
        image.skip(f"a shape is skipped, it is no box: {shape.tag}")
    elif shape.tag not in ("box", "polygon"):
        return
    elif not name.strip():
        image.skip("a box is skipped, it has no class")
    elif shape.tag == "polygon":
        points = (shape.get("points") or "").split(";")
        add_polygon(image, name.strip(), [point.split(",") for point in points])
    else:
        _add_box(image, shape, name.strip())


def _add_box(image: ImageDraft, shape: Element, name: str) -> None:
    corners: list[object] = [shape.get(key) for key in _CORNERS]
    turn = as_number(shape.get("rotation"))
    numbers = [number for number in map(as_number, corners) if number is not None]
    if turn and len(numbers) == len(_CORNERS):
        x0, y0, x1, y1 = numbers
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        image.skip(FROM_TURNED)
        corners = [*turned_about((x0, y0, x1, y1), turn, middle)]
    image.add(name, corners)
