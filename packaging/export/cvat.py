"""CVAT's own XML, version 1.1, coming in and going out.

    annotations.xml                         images with boxes, subsets and labels
    images/<split>/<sample id>.<suffix>

Coming in: "for images" (a task or a project with subsets) and "for video" (tracks,
whose frames lie as pictures beside it). Corners are pixels, 0-based and half-open.
Polygons and turned boxes become their enclosing box and are reported; other shapes are
reported and left out. A track's box that is `outside` says that the object is gone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from dataset.errors import BadFile
from dataset.records import VersionSample

from .contract import ImportedBox, ImportedSet, Reader, Sizes
from .delivery import Pages
from .export_folder import ExportFolder
from .format_writer import FormatWriter
from .image_draft import ImageDraft, as_number
from .pages import FormatPages
from .plan import Plan
from .set_draft import SetDraft
from .source_folder import SourceFolder, split_name
from .xml_file import begins_with, streamed, xml_files

_TAGS = frozenset(("label", "image", "track"))
_OTHER_SHAPES = frozenset(
    ("polyline", "points", "mask", "cuboid", "ellipse", "skeleton", "tag")
)
_CORNERS = ("xtl", "ytl", "xbr", "ybr")
_FRAME = re.compile(r"(\d+)$")
_POINT_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class CvatReader:
    """Takes CVAT XML 1.1 in; give it a folder."""

    format: ClassVar[str] = "cvat"

    def detect(self, path: Path) -> bool:
        """Whether an XML file has `annotations` at its root."""
        try:
            return any(_files(SourceFolder(path)))
        except (BadFile, OSError):
            return False

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All images that the files list, and every frame that a track names.

        Raises:
            BadFile: no file is CVAT's, or none of its images is there.
        """
        folder = SourceFolder(path)
        draft = SetDraft(self.format, folder, sizes)
        is_found = False
        for file in _files(folder):
            is_found = True
            _File(folder, file, draft).read()
        if not is_found:
            raise BadFile(f"No file here is CVAT XML: {path}")
        return draft.done()


def _files(folder: SourceFolder) -> Iterator[Path]:
    return (file for file in xml_files(folder) if begins_with(file, b"annotations"))


class _File:
    """One XML file."""

    def __init__(self, folder: SourceFolder, path: Path, draft: SetDraft) -> None:
        self._folder = folder
        self._path = path
        self._draft = draft
        self._split = split_name(path.stem)
        self._has_labels = False
        self._frames: dict[int, ImageDraft] = {}
        self._frame_files: dict[int, Path] | None = None

    def read(self) -> None:
        """Hand every image over to the draft."""
        for element in streamed(self._path, self._draft, _TAGS):
            if element.tag == "label":
                self._label(element)
            elif element.tag == "image":
                self._image(element)
            else:
                self._track(element)
        for frame in sorted(self._frames):
            self._draft.add(self._frames[frame])

    def _label(self, element: Element) -> None:
        name = (element.findtext("name") or "").strip()
        if name:
            self._has_labels = True
            self._draft.name_classes([name])

    def _image(self, element: Element) -> None:
        name = (element.get("name") or "").strip()
        subset = (element.get("subset") or "").strip()
        path = self._located(name, subset) if name else None
        if path is None:
            leaves = self._folder.leaves(name)
            what = "a file name leaves the folder" if leaves else "the image is missing"
            self._draft.problem(self._path, f"{what}: {name}")
            return
        split = split_name(subset) if subset else self._split
        image = self._draft.draft(path, split)
        if image is None:
            return
        image.is_annotated = self._has_labels
        image.state_size(element.get("width"), element.get("height"))
        for shape in element:
            _add_shape(image, shape, shape.get("label") or "")
        self._draft.add(image)

    def _located(self, name: str, subset: str) -> Path | None:
        parent = self._path.parent
        places = [parent / "images" / subset, parent / subset] if subset else []
        places += [parent / "images", parent]
        return self._folder.first(
            name, *(p for p in places if self._folder.folder(p) is not None)
        )

    def _track(self, element: Element) -> None:
        name = element.get("label") or ""
        for shape in element:
            number = as_number(shape.get("frame"))
            image = self._frame(int(number)) if number is not None else None
            if image is None:
                continue
            image.is_annotated = True
            if shape.get("outside") != "1":
                _add_shape(image, shape, name)

    def _frame(self, number: int) -> ImageDraft | None:
        if number in self._frames:
            return self._frames[number]
        if self._frame_files is None:
            self._frame_files = self._pictures()
        path = self._frame_files.get(number)
        image = self._draft.draft(path, self._split) if path is not None else None
        if image is None:
            self._draft.problem(
                self._path, f"the picture of a frame is missing: {number}"
            )
            return None
        self._frames[number] = image
        return image

    def _pictures(self) -> dict[int, Path]:
        """The picture of each frame: the number at the end of its name."""
        start = self._path.parent
        found: dict[int, Path] = {}
        for image in self._folder.images(start):
            number = _FRAME.search(image.stem[-18:])
            if number:
                found.setdefault(int(number.group(1)), image)
        return found


def _add_shape(image: ImageDraft, shape: Element, name: str) -> None:
    label = name.strip()
    if shape.tag in _OTHER_SHAPES:
        image.skip(f"a shape is skipped, it is no box: {shape.tag}")
    elif shape.tag not in ("box", "polygon"):
        return
    elif not label:
        image.skip("a shape is skipped, it has no label")
    elif shape.tag == "polygon":
        points = _points(shape.get("points") or "")
        if points is None:
            image.skip("a polygon is skipped, its points are no numbers")
        else:
            image.skip("a polygon became its enclosing box")
            image.add(label, points)
    else:
        _add_box(image, shape, label)


def _add_box(image: ImageDraft, shape: Element, label: str) -> None:
    x0, y0, x1, y1 = (as_number(shape.get(key)) for key in _CORNERS)
    angle = as_number(shape.get("rotation")) or 0.0
    if (
        angle
        and x0 is not None
        and y0 is not None
        and x1 is not None
        and y1 is not None
    ):
        image.skip("a turned box became its enclosing box")
        cosine, sine = (
            abs(math.cos(math.radians(angle))),
            abs(math.sin(math.radians(angle))),
        )
        half_x = ((x1 - x0) * cosine + (y1 - y0) * sine) / 2
        half_y = ((x1 - x0) * sine + (y1 - y0) * cosine) / 2
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        x0, y0, x1, y1 = x - half_x, y - half_y, x + half_x, y + half_y
    image.add(label, (x0, y0, x1, y1))


def _points(text: str) -> tuple[float, float, float, float] | None:
    """The box around "x,y;x,y;..."."""
    numbers = [as_number(n) for n in re.split("[,;]", text)[:_POINT_LIMIT]]
    known = [n for n in numbers if n is not None]
    if len(known) != len(numbers) or len(known) < 6 or len(known) % 2:
        return None
    return min(known[0::2]), min(known[1::2]), max(known[0::2]), max(known[1::2])


@dataclass(frozen=True, slots=True, kw_only=True)
class CvatWriter(FormatWriter):
    """Writes versions as CVAT XML 1.1, a project whose subsets are the splits."""

    format: ClassVar[str] = "cvat"

    def pages(self, plan: Plan, folder: ExportFolder) -> Pages:
        """The files of one export."""
        return _Pages(plan, folder)


class _Pages(FormatPages):
    """The one XML file."""

    format: ClassVar[str] = "cvat"

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        super().__init__(plan, folder)
        self._rows = self.rows()

    def add(self, sample: VersionSample) -> Sequence[ImportedBox]:
        """Write the image's element."""
        boxes = [shown for _, shown in self.held(sample)]
        number = self._rows.count
        shapes = "".join(
            f'<box label={_quoted(box.class_name)} source="manual" occluded="0" '
            f'xtl="{box.x0!r}" ytl="{box.y0!r}" xbr="{box.x1!r}" ybr="{box.y1!r}" '
            'z_order="0"></box>\n'
            for box in boxes
        )
        self._rows.add(
            f'<image id="{number}" name="{sample.id}.{sample.suffix}" '
            f'subset="{sample.split}" width="{sample.width}" '
            f'height="{sample.height}">\n{shapes}</image>\n'
        )
        return boxes

    def finish(self) -> None:
        """Put the file together."""
        labels = "".join(
            f"<label><name>{escape(item.name)}</name><color>{item.colour}</color>"
            "<type>rectangle</type><attributes></attributes></label>\n"
            for item in self.plan.classes
        )
        subsets = "\n".join(split.name for split in self.plan.splits)
        head = (
            '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n'
            "<version>1.1</version>\n<meta><project>"
            f"<name>{self.plan.frozen.version.id}</name>"
            f"<subsets>{subsets}</subsets>\n<labels>\n{labels}</labels>"
            "</project></meta>\n"
        )
        self._rows.write("annotations.xml", head, "</annotations>\n")

    def reader(self) -> Reader:
        """The CVAT reader."""
        return CvatReader()

    def card(self) -> str:
        """Where the files are."""
        return (
            "`annotations.xml` is CVAT for images 1.1; each subset is a split, with its "
            "images in `images/<split>`."
        )


def _quoted(text: str) -> str:
    return quoteattr(text, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
