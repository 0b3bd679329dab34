"""YOLO, coming in: a text file an image, a row a box.

- a yaml with `names` (list or mapping) and a folder or list file a split, as
  Ultralytics and Roboflow write it; several yaml files add up
- Darknet's `obj.data` with its list files
- `classes.txt` or `obj.names` beside `images/` and `labels/` (Label Studio and others)

A row is `class cx cy width height`, relative to the UPRIGHT image. Rows of polygons
and turned boxes (`class x y x y ...`) become their enclosing box and are reported, and
so is a sixth column, which is taken for a confidence. An empty label file says that
nothing is there; no label file says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar

from dataset.errors import BadFile

from ..contract import ImportedSet, Sizes
from ..intakes.image_draft import ImageDraft, as_number
from ..intakes.set_draft import SetDraft
from ..intakes.source_folder import SourceFolder, split_name
from .yaml_text import YAML_LIMIT, plain_yaml

_NAME_FILES = ("classes.txt", "obj.names", "classes.names", "_darknet.labels")
_SPLIT_KEYS = ("train", "val", "valid", "validation", "test", "minival")
_LABEL_FOLDERS = {
    "images": ("labels", "annotations"),
    "jpegimages": ("labels", "annotations"),
}
_ROW_LIMIT = 100_000
_INDEX = re.compile(r"[0-9]{1,6}(?:\.0+)?")
# Ultralytics lets relative values reach so far over the edge.
_OVER_EDGE = 1.01


@dataclass(frozen=True, slots=True)
class YoloReader:
    """Takes YOLO detection sets in; give it a folder, a yaml or an `obj.data`."""

    format: ClassVar[str] = "yolo"

    def detect(self, path: Path) -> bool:
        """Whether there is a class list and a place for labels."""
        try:
            folder, index = _index(path)
            return next(iter(_sources(folder, index, None)), None) is not None
        except (BadFile, OSError):
            return False

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All images of the splits that are named, or of the `images` folder.

        Raises:
            BadFile: there is no class list, or no image.
        """
        folder, index = _index(path)
        draft = SetDraft(self.format, folder, sizes)
        draft.name_classes(index.names.values())
        for image, split in _sources(folder, index, draft):
            if draft.has(image):
                continue
            entry = draft.draft(image, split)
            if entry is not None:
                _read_labels(folder, entry, index.names)
                draft.add(entry)
        return draft.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    """Class names by number, and where each split's images are said to be."""

    names: Mapping[int, str]
    splits: tuple[tuple[str | None, str], ...]
    base: Path


def _index(path: Path) -> tuple[SourceFolder, _Index]:
    """The folder that may be read and what its index files say.

    Raises:
        BadFile: there is no class list.
    """
    if path.is_file():
        folder = SourceFolder(path.resolve().parent)
        files = [path.resolve()]
    else:
        folder = SourceFolder(path)
        files = [p for name in folder.top if (p := folder.file(name)) is not None]
    found: list[_Index] = []
    for file in files:
        if file.suffix.lower() in (".yaml", ".yml"):
            found += _from_yaml(folder, file)
        elif file.suffix.lower() == ".data":
            found += _from_data(folder, file)
    if not found:
        found = [_from_names(folder, f) for f in files if f.name in _NAME_FILES]
    if not found:
        raise BadFile(f"No YOLO class list is here: {path}")
    names: dict[int, str] = {}
    for index in found:
        if any(names.get(n, name) != name for n, name in index.names.items()):
            raise BadFile(f"The class lists contradict each other: {path}")
        names |= index.names
    splits = dict.fromkeys(entry for index in found for entry in index.splits)
    return folder, _Index(names=names, splits=tuple(splits), base=found[0].base)


def _from_yaml(folder: SourceFolder, file: Path) -> list[_Index]:
    content = plain_yaml(folder.text(file, YAML_LIMIT), file)
    if not isinstance(content, dict) or "names" not in content:
        return []
    names = _names(content["names"])
    base = folder.root
    root = content.get("path")
    if isinstance(root, str) and root.strip():
        base = folder.folder(root) or base
    splits: list[tuple[str | None, str]] = []
    for key, value in content.items():
        if not isinstance(key, str) or not (
            key in _SPLIT_KEYS or key.startswith("test")
        ):
            continue
        entries = value if isinstance(value, list) else [value]
        splits += [
            (_split_of(key, entry), entry.strip())
            for entry in entries
            if isinstance(entry, str) and entry.strip()
        ]
    return [_Index(names=names, splits=tuple(splits), base=base)] if splits else []


def _split_of(key: str, entry: str) -> str | None:
    """The split's name; several tests are told apart by their folder."""
    split = split_name(key)
    if not key.startswith("test"):
        return split
    words = [w for w in PurePosixPath(entry.replace("\\", "/")).parts if w != "images"]
    named = split_name(words[-1]) if words else None
    return named if named and named.startswith("test") else split


def _from_data(folder: SourceFolder, file: Path) -> list[_Index]:
    """Darknet's `key = value` lines."""
    values = {}
    for line in folder.text(file).splitlines():
        key, is_pair, value = line.partition("=")
        if is_pair:
            values[key.strip().lower()] = value.strip()
    listing = _located(folder, folder.root, values.get("names", "obj.names"))
    if listing is None or not listing.is_file():
        return []
    splits = tuple(
        (split_name(key), value)
        for key, value in values.items()
        if key in _SPLIT_KEYS and value
    )
    names = dict(enumerate(_lines(folder, listing)))
    return [_Index(names=names, splits=splits, base=folder.root)]


def _from_names(folder: SourceFolder, file: Path) -> _Index:
    names = dict(enumerate(_lines(folder, file)))
    return _Index(names=names, splits=(), base=folder.root)


def _lines(folder: SourceFolder, file: Path) -> list[str]:
    """The class names of a text file; trailing blank lines are none."""
    return [line.strip() for line in folder.text(file).rstrip().splitlines()]


def _names(value: object) -> dict[int, str]:
    """Class names by number, of a list or a mapping."""
    pairs = value.items() if isinstance(value, dict) else None
    if isinstance(value, list):
        pairs = dict(enumerate(value)).items()
    names: dict[int, str] = {}
    for key, name in pairs or ():
        if _INDEX.fullmatch(str(key)) and isinstance(name, (str, int, float)):
            names[int(float(str(key)))] = str(name).strip()
    return names


def _sources(
    folder: SourceFolder, index: _Index, draft: SetDraft | None
) -> Iterator[tuple[Path, str | None]]:
    """Each image with its split; what is missing goes to the draft's problems."""
    if not index.splits:
        yield from _unlisted(folder)
        return
    for split, entry in index.splits:
        place = _located(folder, index.base, entry)
        if place is None:
            if draft is not None:
                draft.problem(entry, f"the {split} folder or list is missing: {entry}")
        elif place.is_dir():
            yield from ((image, split) for image in folder.images(place))
        else:
            yield from _listed(folder, index, place, split, draft)


def _listed(
    folder: SourceFolder,
    index: _Index,
    listing: Path,
    split: str | None,
    draft: SetDraft | None,
) -> Iterator[tuple[Path, str | None]]:
    for line in folder.text(listing).splitlines():
        name = line.strip()
        if not name:
            continue
        place = _located(folder, listing.parent, name) or _located(
            folder, index.base, name
        )
        if place is not None and place.is_file():
            yield place, split
        elif draft is not None:
            draft.problem(listing, f"the image is missing: {name}")


def _unlisted(folder: SourceFolder) -> Iterator[tuple[Path, str | None]]:
    """Images beside labels when nothing names a split: the first folder may."""
    if not any(_label_folder(folder, name) for name in folder.top):
        return
    for image in folder.images():
        parts = image.relative_to(folder.root).parts[:-1]
        names = [name for name in map(split_name, parts) if name]
        yield image, names[0] if names else None


def _label_folder(folder: SourceFolder, name: str) -> bool:
    return name.lower() in ("labels", "annotations") and bool(folder.folder(name))


def _located(folder: SourceFolder, base: Path, entry: str) -> Path | None:
    """The file or folder that an index file means.

    Leading `..`, `.` and folders that belong to another machine are dropped one by
    one until something inside the data set answers ("../train/images" of Roboflow,
    "data/obj_train_data" of Darknet).
    """
    parts = PurePosixPath(entry.replace("\\", "/")).parts
    # "images" alone is where every split lies: no entry means that.
    while parts and (parts != ("images",) or entry.strip("./") == "images"):
        if parts[0] not in ("..", "/"):
            for root in (base, folder.root):
                place = folder.file(root, *parts) or folder.folder(root, *parts)
                if place is not None and place != folder.root:
                    return place
        parts = parts[1:]
    return None


def _read_labels(
    folder: SourceFolder, image: ImageDraft, names: Mapping[int, str]
) -> None:
    labels = _label_file(folder, image.path)
    if labels is None:
        return
    image.is_annotated = True
    try:
        rows = folder.text(labels).splitlines()
    except BadFile as error:
        image.skip(f"its labels are skipped: {error.message}")
        return
    for row in rows[:_ROW_LIMIT]:
        fields = row.split()
        if fields:
            _add_row(image, fields, names)
    if len(rows) > _ROW_LIMIT:
        image.skip(f"only the first {_ROW_LIMIT} rows are read")


def _label_file(folder: SourceFolder, image: Path) -> Path | None:
    """The label file of an image: the last `images` folder replaced, or beside it."""
    parts = list(image.relative_to(folder.root).parts)
    name = image.with_suffix(".txt").name
    for at in range(len(parts) - 2, -1, -1):
        for other in _LABEL_FOLDERS.get(parts[at].lower(), ()):
            for written in (other, other.capitalize(), other.upper()):
                rest = (*parts[:at], written, *parts[at + 1 : -1], name)
                found = folder.known("/".join(rest))
                if found is not None:
                    return found
    return folder.known("/".join((*parts[:-1], name)))


def _add_row(image: ImageDraft, fields: list[str], names: Mapping[int, str]) -> None:
    if not _INDEX.fullmatch(fields[0]):
        image.skip("a row is skipped, it does not begin with a class number")
        return
    name = names.get(int(float(fields[0])))
    numbers = [as_number(field) for field in fields[1:]]
    if name is None or not name:
        image.skip("a row is skipped, its class is not in the list")
    elif any(number is None for number in numbers):
        image.skip("a row is skipped, it holds something that is no number")
    else:
        _add_numbers(image, name, [n for n in numbers if n is not None])


def _add_numbers(image: ImageDraft, name: str, numbers: list[float]) -> None:
    is_polygon = len(numbers) >= 6 and len(numbers) % 2 == 0
    if max(map(abs, numbers), default=0.0) > _OVER_EDGE:
        image.skip("a row is skipped, its values do not lie between 0 and 1")
    elif is_polygon:
        image.skip("a polygon became its enclosing box")
        xs, ys = numbers[0::2], numbers[1::2]
        image.add_relative(name, (min(xs), min(ys), max(xs), max(ys)))
    elif len(numbers) in (4, 5):
        if len(numbers) == 5:
            image.skip("a sixth column is taken for a confidence and dropped")
        x, y, w, h = numbers[:4]
        image.add_relative(name, (x - w / 2, y - h / 2, x + w / 2, y + h / 2))
    else:
        image.skip(f"a row is skipped, it has this many columns: {len(numbers) + 1}")
