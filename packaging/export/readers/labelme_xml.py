"""The XML of LabelMe's web tool, coming in: polygons, an XML file an image.

    Annotations/<folder>/<name>.xml     with Images/<folder>/<name>.jpg, or side by side

A polygon of `annotation/object/polygon/pt` becomes its enclosing box; one whose type is
`bounding_box` is one already. Objects that were deleted in the tool stay out, masks
(`segm`) are named and left out. The stated size is `imagesize/nrows` and `ncols`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final
from xml.etree.ElementTree import Element

from dataset.errors import BadFile

from ..contract import ImportedSet, Sizes
from ..intakes.image_draft import ImageDraft
from ..intakes.set_draft import SetDraft
from ..intakes.source_folder import SourceFolder, split_name
from .foreign_json import opened, text_of
from .named_images import NamedImages
from .shapes import add_polygon, around
from .voc import annotation_root, begins_as_annotation

_HEAD_BYTES: Final = 1 << 16
_DETECT_FILES: Final = 20
_POINT: Final = b"<pt>"
_BOX: Final = b"<bndbox>"


@dataclass(frozen=True, slots=True)
class LabelmeXmlReader:
    """Takes the XML files of LabelMe in; give it the folder or one file."""

    format: ClassVar[str] = "labelme-xml"

    def detect(self, path: Path) -> bool:
        """Whether an XML file is an `annotation` with a polygon."""
        try:
            folder, only = opened(path)
            return any(map(_looks_right, _files(folder, only)[:_DETECT_FILES]))
        except (BadFile, OSError):
            return False

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All images with a file, and the unlabeled ones beside them.

        Raises:
            BadFile: no file is LabelMe's, or no image is there.
        """
        folder, only = opened(path)
        draft = SetDraft(self.format, folder, sizes)
        images = NamedImages(folder, draft)
        is_found = False
        for file in _files(folder, only):
            root = annotation_root(folder, file, draft)
            if root is not None:
                is_found = True
                _read(folder, file, root, draft, images)
        if not is_found:
            raise draft.refusal("No file here is LabelMe's", path)
        for image in folder.images() if only is None else ():
            draft.add_plain(image, _split_of(folder, image))
        return draft.done()


def _files(folder: SourceFolder, only: Path | None) -> list[Path]:
    files = folder.files() if only is None else [only]
    return [file for file in files if file.suffix.lower() == ".xml"]


def _looks_right(file: Path) -> bool:
    with file.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    return begins_as_annotation(head) and _POINT in head and _BOX not in head


def _read(
    folder: SourceFolder,
    file: Path,
    root: Element,
    draft: SetDraft,
    images: NamedImages,
) -> None:
    name, inside = text_of(root.findtext("filename")), text_of(root.findtext("folder"))
    places = ("Images", *([f"Images/{inside}"] if inside else []))
    image = images.draft(file, name, _split_of(folder, file), *reversed(places))
    if image is None:
        return
    image.is_annotated = True
    image.state_size(root.findtext("imagesize/ncols"), root.findtext("imagesize/nrows"))
    for entry in root.findall("object"):
        _add_object(image, entry)
    draft.add(image)


def _add_object(image: ImageDraft, entry: Element) -> None:
    if text_of(entry.findtext("deleted")) == "1":
        return
    name = text_of(entry.findtext("name"))
    points = [
        (point.findtext("x"), point.findtext("y"))
        for point in entry.findall("polygon/pt")
    ]
    if not name:
        image.skip("an object is skipped, it has no name")
    elif not points:
        image.skip("an object is skipped, it has no polygon")
    elif text_of(entry.findtext("type")) == "bounding_box":
        image.add(name, around(points) or (None,) * 4)
    else:
        add_polygon(image, name, points)


def _split_of(folder: SourceFolder, file: Path) -> str | None:
    """The split of a folder named like one."""
    parts = file.relative_to(folder.root).parts[:-1]
    return next((name for name in map(split_name, parts) if name), None)
