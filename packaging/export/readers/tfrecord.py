"""TFRecord with the keys of the TensorFlow Object Detection API, coming in.

Corners are from 0 to 1 of the upright image, with 32 bits. Classes are known by their
text, else by the label map. Each record's checksum is held against it; the first bad
one ends the reading of its file, for nothing tells where the next begins.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Final

from dataset.errors import BadFile

from ..contract import ImportedSet, Sizes
from ..handover.crc32c import masked_crc32c
from ..handover.tf_example import Feature, decode
from ..intakes.image_draft import ImageDraft
from ..intakes.set_draft import SetDraft
from ..intakes.source_folder import SourceFolder, split_name
from .file_slice import slice_of
from .foreign_json import opened

_HEAD: Final = struct.Struct("<QI")
_TAIL_BYTES: Final = 4
_RECORD_LIMIT: Final = 512 << 20
_SUFFIXES: Final = (".tfrecord", ".tfrecords", ".record")
_SHARD: Final = re.compile(r"(.+?)(?:-\d+-of-\d+)?")
_CORNERS: Final = ("xmin", "ymin", "xmax", "ymax")
_ITEM: Final = re.compile(r"item\s*\{(.*?)\}", re.DOTALL)
_ID: Final = re.compile(r"\bid\s*:\s*(\d{1,9})")
_NAME: Final = re.compile(r"""\bname\s*:\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)')""")


@dataclass(frozen=True, slots=True)
class TfRecordReader:
    """Takes records in; give it the folder or one file."""

    format: ClassVar[str] = "tfrecord"

    def detect(self, path: Path) -> bool:
        """Whether a file begins with a record's length and its checksum."""
        try:
            files = _record_files(*opened(path))[:5]
            return any(_begins_right(file) for file in files)
        except (BadFile, OSError):
            return False

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All images of all records.

        Raises:
            BadFile: there is no such file, or no image in one.
        """
        folder, only = opened(path)
        files = _record_files(folder, only)
        if not files:
            raise BadFile(f"No file of records is here: {path}")
        draft = SetDraft(self.format, folder, sizes)
        names = _label_map(folder)
        draft.name_classes(names[label] for label in sorted(names))
        for file in files:
            _read(file, names, draft)
        return draft.done()


def _read(file: Path, names: dict[int, str], draft: SetDraft) -> None:
    shard = _SHARD.fullmatch(PurePosixPath(file.name).name.partition(".")[0])
    split = split_name(shard[1] if shard else "")
    try:
        for number, (offset, record) in enumerate(_records(file)):
            try:
                features = decode(record)
            except (ValueError, IndexError, KeyError, struct.error):
                draft.problem(file, f"a record is skipped, it is no Example: {number}")
                continue
            _add(file, (number, offset), record, features, (split, names), draft)
    except (ValueError, OSError) as error:
        draft.problem(file, f"the rest cannot be read: {error}")


def _add(
    file: Path,
    place: tuple[int, int],
    record: bytes,
    features: dict[str, Feature],
    told: tuple[str | None, dict[int, str]],
    draft: SetDraft,
) -> None:
    number, offset = place
    split, names = told
    data = _first(features, "image/encoded")
    if not isinstance(data, bytes) or not data:
        draft.problem(file, f"a record is skipped, it holds no image: {number}")
        return
    said = _text(_first(features, "image/filename")).replace("\\", "/")
    bare = PurePosixPath(said).name or f"{file.stem}-{number}"
    # The same bytes elsewhere in the record would be as good.
    unpack = partial(slice_of, file, offset + record.index(data), len(data))
    name = f"images/{split or 'all'}/{bare}"
    image = draft.packed(file, name, split, unpack)
    if image is not None:
        sides = [_first(features, f"image/{side}") for side in ("width", "height")]
        image.state_size(*sides)
        _label(image, features, names)
        draft.add(image)


def _label(
    image: ImageDraft, features: dict[str, Feature], names: dict[int, str]
) -> None:
    corners = [features.get(f"image/object/bbox/{corner}") for corner in _CORNERS]
    lists = [feature.values for feature in corners if feature is not None]
    if len(lists) != len(_CORNERS):
        return
    image.is_annotated = True
    classes = _class_names(features, names)
    if len({len(classes), *map(len, lists)}) != 1:
        image.skip("its boxes are skipped, the lists are of different lengths")
        return
    for name, *box in zip(classes, *lists, strict=True):
        if name:
            image.add_relative(name, box)
        else:
            image.skip("a box is skipped, its label is not in the map")


def _class_names(features: dict[str, Feature], names: dict[int, str]) -> list[str]:
    texts = features.get("image/object/class/text")
    if texts is not None and texts.values:
        return [_text(value) for value in texts.values]
    labels = features.get("image/object/class/label")
    return [names.get(label, "") for label in (labels.values if labels else ())]


def _first(features: dict[str, Feature], key: str) -> Any:  # noqa: ANN401
    feature = features.get(key)
    return feature.values[0] if feature is not None and feature.values else None


def _text(value: object) -> str:
    if not isinstance(value, bytes):
        return ""
    return value.decode("utf-8", errors="replace").strip()


def _records(file: Path) -> Iterator[tuple[int, bytes]]:
    """Where each record's bytes begin, and the bytes."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        while head := stream.read(_HEAD.size):
            offset = stream.tell()
            length = _length(head)
            if length > min(size - offset - _TAIL_BYTES, _RECORD_LIMIT):
                raise ValueError(f"a record is longer than can be: {length} bytes")
            record = stream.read(length)
            tail = stream.read(_TAIL_BYTES)
            if tail != struct.pack("<I", masked_crc32c(record)):
                raise ValueError("a checksum does not fit")
            yield offset, record


def _length(head: bytes) -> int:
    if len(head) != _HEAD.size:
        raise ValueError("the file ends within a record")
    length, checksum = _HEAD.unpack(head)
    if checksum != masked_crc32c(head[:8]):
        raise ValueError("a checksum does not fit")
    return int(length)


def _record_files(folder: SourceFolder, only: Path | None) -> list[Path]:
    files = folder.files() if only is None else [only]
    return [f for f in files if f.suffix.lower() in _SUFFIXES or ".tfrecord-" in f.name]


def _begins_right(file: Path) -> bool:
    with file.open("rb") as stream:
        head = stream.read(_HEAD.size)
    try:
        return _length(head) > 0
    except ValueError:
        return False


def _label_map(folder: SourceFolder) -> dict[int, str]:
    """The names by label of the `.pbtxt` files in the folder."""
    names: dict[int, str] = {}
    for file in folder.files():
        if file.suffix.lower() != ".pbtxt":
            continue
        for item in _ITEM.findall(folder.text(file)):
            label, name = _ID.search(item), _NAME.search(item)
            if label and name:
                text = name[1] if name[1] is not None else name[2]
                names.setdefault(int(label[1]), _unquoted(text))
    return names


def _unquoted(name: str) -> str:
    return re.sub(r"\\(.)", lambda at: "\n" if at[1] == "n" else at[1], name)
