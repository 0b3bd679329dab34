"""COCO detection, coming in: one JSON file a split, in the layouts found in the wild.

- `_annotations.coco.json` beside the images, a folder a split (Roboflow)
- `annotations/instances_<split>.json` with `images/`, `images/<split>/`, `<split>/` or
  `<split>2017/` beside it (COCO itself, Datumaro, mmdetection)
- any other JSON file with `images` and `annotations`

A file is read value by value, twice: first what images and categories there are, then
the annotations, which may stand before both. So one of half a gigabyte on one line
takes no more memory than its boxes do.

Boxes are [x, y, width, height], 0-based and continuous (cocodataset/cocoapi#5). An
image without annotations is `empty` when the file has categories at all. Crowd regions
stand for many objects and are reported, not taken; polygons without a box become their
enclosing box.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from dataset.errors import BadFile

from ..contract import ImportedSet, Sizes
from ..intakes.image_draft import ImageDraft, as_number
from ..intakes.set_draft import SetDraft
from ..intakes.source_folder import SourceFolder, split_name
from .json_lists import VALUE_LIMIT, JsonLists

_ROBOFLOW = "_annotations.coco.json"
_INSTANCES = re.compile(r"instances[-_]?(.*)\.json", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z0-9][-_A-Za-z0-9]*")
_HEAD_BYTES = 1 << 20
_IMAGE_KEYS = ("id", "file_name", "width", "height")
_JUDGED_IMAGES = 3
# What our own exports lay beside the format's files.
_OURS = ("fieldset.json", "preprocess.json", "repeats.json")


@dataclass(frozen=True, slots=True)
class CocoReader:
    """Takes COCO detection sets in; give it a folder or one JSON file.

    `value_limit` is the most characters that one image or annotation may have.
    """

    format: ClassVar[str] = "coco"
    value_limit: int = VALUE_LIMIT

    def detect(self, path: Path) -> bool:
        """Whether a file of the folder looks like COCO."""
        try:
            folder, files = _annotation_files(path)
            return any(_looks_right(folder, file) for file in files)
        except (BadFile, OSError):
            return False

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All images that the files list.

        Raises:
            BadFile: no file is COCO, or none of its images is there.
        """
        folder, files = _annotation_files(path)
        draft = SetDraft(self.format, folder, sizes)
        is_found = False
        for file in files:
            outline = _outline(JsonLists(file, self.value_limit))
            if outline is not None:
                is_found = True
                _File(folder, file, outline, draft).read()
            elif len(files) == 1:
                draft.problem(file, "the file is not COCO")
        if not is_found:
            raise draft.refusal("No file here is COCO", path)
        return draft.done()


@dataclass(frozen=True, slots=True)
class _Outline:
    """What a file says of its images and categories, and which of these are in use.

    `images` are id, file name, width and height; `used` holds category ids.
    """

    lists: JsonLists
    images: list[tuple[object, object, object, object]]
    categories: list[Mapping[str, Any]]
    used: set[object]

    def annotations(self) -> Iterator[Mapping[str, Any]]:
        """The annotations, from a second walk through the file."""
        return _objects(self.lists, "annotations")


def _outline(lists: JsonLists) -> _Outline | None:
    """The outline of a file, None where it is not COCO.

    Raises:
        BadFile: it is no JSON, or a value in it is too large.
    """
    images: list[tuple[object, object, object, object]] = []
    categories: list[Mapping[str, Any]] = []
    used: set[object] = set()
    for key, entry in lists.walk():
        if key == "annotations" and isinstance(entry, dict):
            if _is_key(category := entry.get("category_id")):
                used.add(category)
        elif key == "categories" and isinstance(entry, dict):
            categories.append(entry)
        elif key == "images":
            is_image = isinstance(entry, dict) and "file_name" in entry
            if not is_image and len(images) < _JUDGED_IMAGES:
                return None
            if isinstance(entry, dict):
                images.append(tuple(map(entry.get, _IMAGE_KEYS)))  # type: ignore[arg-type]
    is_coco = {"images", "annotations"} <= lists.names
    return _Outline(lists, images, categories, used) if is_coco else None


class _File:
    """One annotation file."""

    def __init__(
        self, folder: SourceFolder, path: Path, outline: _Outline, draft: SetDraft
    ) -> None:
        self._folder = folder
        self._path = path
        self._outline = outline
        self._draft = draft
        self._split = _split_of(folder, path)
        self._classes = _class_names(outline.categories)
        self._places = _image_places(folder, path)

    def read(self) -> None:
        """Hand every image over to the draft."""
        parents = {
            entry.get("supercategory")
            for entry in self._outline.categories
            if isinstance(entry.get("supercategory"), str)
        }
        # Roboflow's category 0 only names the group of the others.
        self._draft.name_classes(
            name
            for key, name in self._classes.items()
            if key in self._outline.used or name not in parents
        )
        drafts = self._images()
        self._annotations(drafts)
        # Each is let go when its boxes are made, so that they are held once.
        for key in list(drafts):
            image = drafts.pop(key)
            image.is_annotated = image.is_annotated or bool(self._classes)
            self._draft.add(image)

    def _images(self) -> dict[object, ImageDraft]:
        drafts: dict[object, ImageDraft] = {}
        for key, name, width, height in self._outline.images:
            if not _is_key(key) or not isinstance(name, str):
                self._draft.problem(self._path, "an image without id or file name")
                continue
            if key in drafts:
                self._draft.problem(
                    self._path, f"an image id stands there twice, skipped: {name}"
                )
                continue
            image = self._image(name)
            if image is not None:
                image.state_size(width, height)
                drafts[key] = image
        return drafts

    def _image(self, name: str) -> ImageDraft | None:
        path = self._folder.first(name, *self._places)
        if path is not None:
            return self._draft.draft(path, self._split)
        leaves = self._folder.leaves(name)
        what = "a file name leaves the folder" if leaves else "the image is missing"
        self._draft.problem(self._path, f"{what}: {name}")
        return None

    def _annotations(self, drafts: Mapping[object, ImageDraft]) -> None:
        strays = 0
        # A set of these would take ten times as much as all boxes.
        ids = array("q")
        for entry in self._outline.annotations():
            key = entry.get("id")
            if _is_key(key):
                ids.append(hash(key))
            image_id = entry.get("image_id")
            image = drafts.get(image_id) if _is_key(image_id) else None
            if image is None:
                strays += 1
            else:
                self._annotation(image, entry)
        if strays:
            self._draft.problem(
                self._path, f"annotations of images that are not here: {strays}"
            )
        twice = len(ids) - len(np.unique(np.array(ids, np.int64)))
        if twice:
            self._draft.problem(
                self._path, f"annotation ids that stand there twice, kept: {twice}"
            )

    def _annotation(self, image: ImageDraft, entry: Mapping[str, Any]) -> None:
        category = entry.get("category_id")
        name = self._classes.get(category) if _is_key(category) else None
        box = entry.get("bbox")
        if "caption" in entry or (box is None and not entry.get("segmentation")):
            image.skip("an annotation is skipped, it has no box")
        elif name is None:
            image.skip("a box is skipped, its category is not listed")
        elif entry.get("iscrowd") in (1, True):
            image.skip("a crowd region is skipped, it is no single object")
        elif isinstance(box, list) and len(box) == 4:
            numbers = [as_number(value) for value in box]
            image.add(name, _corners(numbers))
        else:
            corners = _enclosing(entry.get("segmentation"))
            if corners is None:
                image.skip("an annotation is skipped, it has no box")
            else:
                image.skip("a polygon became its enclosing box")
                image.add(name, corners)


def _annotation_files(path: Path) -> tuple[SourceFolder, list[Path]]:
    """The folder that may be read and the files that may be COCO, best kind only.

    For a single file the folder above `annotations/` belongs to the data set, too.
    """
    if path.is_file():
        parent = path.resolve().parent
        root = parent.parent if parent.name.lower() == "annotations" else parent
        return SourceFolder(root), [path.resolve()]
    folder = SourceFolder(path)
    near = [
        file
        for file in folder.files()
        if file.suffix.lower() == ".json"
        and len(file.relative_to(folder.root).parts) <= 3
        and file.name not in _OURS
    ]
    for is_kind in (_is_roboflow, _is_instances):
        best = [file for file in near if is_kind(file)]
        if best:
            return folder, best
    return folder, [f for f in near if len(f.relative_to(folder.root).parts) <= 2]


def _is_roboflow(file: Path) -> bool:
    return file.name == _ROBOFLOW


def _is_instances(file: Path) -> bool:
    return _INSTANCES.fullmatch(file.name) is not None


def _looks_right(folder: SourceFolder, file: Path) -> bool:
    """A cheap look: all of a small file, the beginning of a large one."""
    if file.suffix.lower() != ".json":
        return False
    if file.stat().st_size <= _HEAD_BYTES:
        return _is_coco(folder.json(file))
    with file.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    keys = (b'"images"', b'"annotations"', b'"categories"', b'"file_name"')
    return head.lstrip().startswith(b"{") and sum(key in head for key in keys) >= 2


def _is_coco(content: object) -> bool:
    return (
        isinstance(content, dict)
        and isinstance(content.get("images"), list)
        and isinstance(content.get("annotations"), list)
        and all(
            isinstance(entry, dict) and "file_name" in entry
            for entry in content["images"][:3]
        )
    )


def _split_of(folder: SourceFolder, file: Path) -> str | None:
    """The split that a file's name, else its folder's name, stands for."""
    instances = _INSTANCES.fullmatch(file.name)
    if instances:
        return split_name(instances.group(1))
    if file.name != _ROBOFLOW:
        last = file.stem.split("_")[-1]
        return split_name(file.stem) or split_name(last)
    return split_name(file.parent.name) if file.parent != folder.root else None


def _image_places(folder: SourceFolder, file: Path) -> tuple[Path, ...]:
    """Where images may lie that the file names, best first."""
    instances = _INSTANCES.fullmatch(file.name)
    words = {file.stem.split("_")[-1], *(instances.groups() if instances else ())}
    named = [word for word in sorted(words) if word and _WORD.fullmatch(word)]
    roots = (file.parent, file.parent.parent, folder.root)
    places = [
        place
        for root in roots
        for place in (
            *(root / "images" / word for word in named),
            *(root / word for word in named),
            root,
            root / "images",
            root / "data",
        )
    ]
    return tuple(p for p in dict.fromkeys(places) if folder.folder(p) is not None)


def _class_names(categories: Iterable[Mapping[str, Any]]) -> dict[object, str]:
    """Category names by id, in the order of the file; the first of an id counts."""
    names: dict[object, str] = {}
    for entry in categories:
        key, name = entry.get("id"), entry.get("name")
        if _is_key(key) and isinstance(name, str) and name.strip():
            names.setdefault(key, name.strip())
    return names


def _objects(lists: JsonLists, key: str) -> Iterator[Mapping[str, Any]]:
    """The objects in the list of that name."""
    for name, entry in lists.walk():
        if name == key and isinstance(entry, dict):
            yield entry


def _is_key(value: object) -> bool:
    return isinstance(value, (int, str))


def _corners(numbers: list[float | None]) -> tuple[object, ...]:
    x, y, width, height = numbers
    if x is None or y is None or width is None or height is None:
        return (None, None, None, None)
    return (x, y, x + width, y + height)


def _enclosing(segmentation: object) -> tuple[float, float, float, float] | None:
    """The box around polygons ([[x, y, x, y, ...], ...]); None for masks."""
    if not isinstance(segmentation, list):
        return None
    xs: list[float] = []
    ys: list[float] = []
    for polygon in segmentation:
        if not isinstance(polygon, list) or len(polygon) < 6:
            continue
        numbers = [number for number in map(as_number, polygon) if number is not None]
        if len(numbers) == len(polygon):
            xs += numbers[0::2]
            ys += numbers[1::2]
    return (min(xs), min(ys), max(xs), max(ys)) if xs and ys else None
