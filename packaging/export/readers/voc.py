"""Pascal VOC, coming in: an XML file an image.

`Annotations/` with `JPEGImages/` and `ImageSets/Main/<split>.txt`, or XML files beside
their images, also in a folder a split. The plain dialect is the default: corners are
0-based and half-open, as labelImg, Datumaro and most others write them. The original
standard is 1-based and inclusive; ask for it with `VocReader(one_based=True)`. Our own
files of that dialect say so themselves.

An XML file belongs to the image of the same stem; only where there is none does its
`filename` count, for it often names a file of another machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from dataset.errors import BadFile

from ..contract import ImportedSet, Sizes
from ..intakes.image_draft import ImageDraft, as_number
from ..intakes.set_draft import SetDraft
from ..intakes.source_folder import IMAGE_SUFFIXES, SourceFolder, split_name

# What our own files of the original standard say in `source/annotation`.
ONE_BASED = "fieldset VOC, 1-based and inclusive"
_XML_LIMIT = 16 << 20
_HEAD_BYTES = 1 << 16
_BEGIN = re.compile(rb"<annotation[\s>]")
_IMAGE_FOLDERS = ("JPEGImages", "images", "Images", ".")
_SPLIT_FILES = ("train", "val", "test", "trainval")


@dataclass(frozen=True, slots=True, kw_only=True)
class VocReader:
    """Takes Pascal VOC detection sets in; give it a folder.

    `one_based` reads corners as the original standard means them.
    """

    format: ClassVar[str] = "voc"
    one_based: bool = False

    def detect(self, path: Path) -> bool:
        """Whether the folder has an XML file with an `annotation` at its root."""
        try:
            folder = SourceFolder(path)
            return any(_begins_right(file) for file in _xml_files(folder)[:20])
        except (BadFile, OSError):
            return False

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All images with an XML file, and the unlabeled ones beside them.

        Raises:
            BadFile: there is no image.
        """
        folder = SourceFolder(path)
        draft = SetDraft(self.format, folder, sizes)
        images = _Images(folder)
        splits = _splits(folder)
        is_found = False
        for file in _xml_files(folder):
            root = annotation_root(folder, file, draft)
            if root is not None:
                is_found = True
                self._read(file, root, images, splits, draft)
        if not is_found:
            raise draft.refusal("No file here is a Pascal VOC annotation", path)
        for image in images.all:
            if "Segmentation" not in folder.name(image):
                draft.add_plain(image, _split_of(folder, image, image.stem, splits))
        return draft.done()

    def _read(
        self,
        file: Path,
        root: Element,
        images: _Images,
        splits: dict[str, str],
        draft: SetDraft,
    ) -> None:
        name = (root.findtext("filename") or "").strip()
        path = images.of(file, name)
        if path is None:
            draft.problem(file, f"the image is missing: {name or file.stem}")
            return
        split = _split_of(images.folder, path, file.stem, splits)
        image = draft.draft(path, split)
        if image is None:
            return
        image.is_annotated = True
        image.state_size(root.findtext("size/width"), root.findtext("size/height"))
        shift = -1.0 if self.one_based or _is_one_based(root) else 0.0
        for entry in root.findall("object"):
            _add_object(image, entry, shift)
        draft.add(image)


class _Images:
    """The images of a folder, found by where an XML file lies and what it says."""

    def __init__(self, folder: SourceFolder) -> None:
        self.folder = folder
        self.all = folder.images()
        self._by_stem: dict[tuple[Path, str], Path] = {}
        for image in self.all:
            self._by_stem.setdefault((image.parent, image.stem), image)

    def of(self, file: Path, name: str) -> Path | None:
        """The image of an XML file, or None."""
        places = self._places(file)
        for place in places:
            found = self._by_stem.get((place, file.stem))
            if found is not None:
                return found
        if not name or self.folder.leaves(name):
            return None
        found = self.folder.first(name, *places)
        return found if found and found.suffix.lower() in IMAGE_SUFFIXES else None

    def _places(self, file: Path) -> list[Path]:
        """The XML file's own folder and the image folders beside `Annotations`."""
        places = [file.parent]
        parts = file.relative_to(self.folder.root).parts[:-1]
        for at in range(len(parts) - 1, -1, -1):
            if parts[at].lower() in ("annotations", "annotation", "xml", "labels"):
                above = self.folder.root.joinpath(*parts[:at])
                rest = parts[at + 1 :]
                places += [(above / name).joinpath(*rest) for name in _IMAGE_FOLDERS]
        return list(dict.fromkeys([*places, self.folder.root]))


def _xml_files(folder: SourceFolder) -> list[Path]:
    return [file for file in folder.files() if file.suffix.lower() == ".xml"]


def _begins_right(file: Path) -> bool:
    with file.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    return begins_as_annotation(head) and b"<polygon>" not in head


def begins_as_annotation(head: bytes) -> bool:
    """Whether the beginning of an XML file holds an element `annotation`."""
    return _BEGIN.search(head) is not None


def annotation_root(
    folder: SourceFolder, file: Path, draft: SetDraft
) -> Element | None:
    """The root of an annotation; None for other XML, and a problem for broken XML."""
    try:
        root: Element = fromstring(
            folder.bytes(file, _XML_LIMIT),
            forbid_dtd=True,
            forbid_entities=True,
            forbid_external=True,
        )
    except BadFile as error:
        draft.problem(file, error.message)
        return None
    except DefusedXmlException:
        draft.problem(file, "the file declares entities or a document type, skipped")
        return None
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        draft.problem(file, f"the file is no XML ({error}), skipped")
        return None
    return root if root.tag == "annotation" else None


def _is_one_based(root: Element) -> bool:
    """Whether the file says itself that it keeps to the original standard."""
    return (root.findtext("source/annotation") or "").strip() == ONE_BASED


def _add_object(image: ImageDraft, entry: Element, shift: float) -> None:
    name = (entry.findtext("name") or "").strip()
    box = entry.find("bndbox")
    if not name:
        image.skip("an object is skipped, it has no name")
        return
    if box is None:
        image.skip("an object is skipped, it has no box")
        return
    tags = ("xmin", "ymin", "xmax", "ymax")
    x0, y0, x1, y1 = (as_number(box.findtext(tag)) for tag in tags)
    if x0 is not None and y0 is not None:
        x0, y0 = x0 + shift, y0 + shift
    image.add(name, (x0, y0, x1, y1))


def _splits(folder: SourceFolder) -> dict[str, str]:
    """The split of each stem that `ImageSets/Main` lists; `trainval` counts last."""
    found: dict[str, str] = {}
    listing = folder.folder("ImageSets", "Main")
    if listing is None:
        return found
    names = [p.stem for p in sorted(listing.glob("*.txt")) if split_name(p.stem)]
    for name in sorted(names, key=lambda n: (n not in _SPLIT_FILES[:3], n)):
        file = folder.file(listing, f"{name}.txt")
        split = split_name(name)
        if file is not None and split is not None:
            for stem in _stems(folder, file):
                found.setdefault(stem, split)
    return found


def _stems(folder: SourceFolder, file: Path) -> Iterator[str]:
    for line in folder.text(file).splitlines():
        fields = line.split()
        if fields:
            yield fields[0]


def _split_of(
    folder: SourceFolder, image: Path, stem: str, splits: dict[str, str]
) -> str | None:
    """The split by list, else by a folder named like one."""
    listed = splits.get(stem)
    if listed is not None or splits:
        return listed
    parts = image.relative_to(folder.root).parts[:-1]
    named = [name for name in map(split_name, parts) if name]
    return named[0] if named else None
