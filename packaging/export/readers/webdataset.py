"""WebDataset, coming in: tar archives whose neighbours belong together.

An image and the `.json` beside it share the name up to the first dot. The JSON's
`boxes` have `bbox` (x0, y0, x1, y1 in pixels) and `label`. Nothing is unpacked to disk:
an image is a slice of its archive.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Final

from dataset.errors import BadFile

from ..contract import ImportedSet, Sizes
from ..intakes.image_draft import ImageDraft
from ..intakes.set_draft import SetDraft
from ..intakes.source_folder import IMAGE_SUFFIXES, SourceFolder, split_name
from .file_slice import slice_of
from .foreign_json import opened, rows_of, text_of

_JSON_LIMIT: Final = 16 << 20
_SHARD: Final = re.compile(r"(.+?)[-_.]?\d*")
_LOOK: Final = 8


@dataclass(frozen=True, slots=True)
class WebDatasetReader:
    """Takes archives in; give it the folder or one of them."""

    format: ClassVar[str] = "webdataset"

    def detect(self, path: Path) -> bool:
        """Whether an archive begins with an image and a JSON of the same name."""
        try:
            archives = _archives(*opened(path))[:5]
        except (BadFile, OSError):
            return False
        return any(_begins_right(archive) for archive in archives)

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All images of all archives.

        Raises:
            BadFile: there is no archive, or no image in one.
        """
        folder, only = opened(path)
        draft = SetDraft(self.format, folder, sizes)
        archives = _archives(folder, only)
        if not archives:
            raise BadFile(f"No archive is here: {path}")
        draft.name_classes(_class_list(folder))
        for archive in archives:
            _read(archive, draft)
        return draft.done()


def _read(archive: Path, draft: SetDraft) -> None:
    try:
        with tarfile.open(archive, "r:") as members:
            for _, neighbours in groupby(_regular(members), _key):
                _add_sample(archive, members, list(neighbours), draft)
    except (tarfile.TarError, OSError, ValueError, EOFError) as error:
        draft.problem(archive, f"the rest cannot be read: {error}")


def _add_sample(
    archive: Path,
    members: tarfile.TarFile,
    neighbours: list[tarfile.TarInfo],
    draft: SetDraft,
) -> None:
    pictures = [m for m in neighbours if _suffix(m) in IMAGE_SUFFIXES]
    if not pictures:
        return
    row = _row(members, neighbours)
    shard = _SHARD.fullmatch(archive.stem)
    split = split_name(text_of(row.get("split"))) if row else None
    split = split or split_name(shard[1] if shard else "")
    for picture in pictures:
        name = f"images/{split or 'all'}/{PurePosixPath(picture.name).name}"
        unpack = partial(slice_of, archive, picture.offset_data, picture.size)
        image = draft.packed(archive, name, split, unpack)
        if image is not None:
            if row is not None:
                _label(image, row)
            draft.add(image)


def _label(image: ImageDraft, row: Mapping[str, Any]) -> None:
    if not isinstance(row.get("boxes"), list):
        image.skip("its JSON lists no `boxes`")
        return
    image.is_annotated = True
    image.state_size(row.get("width"), row.get("height"))
    for box in rows_of(row["boxes"]):
        name, corners = text_of(box.get("label")), box.get("bbox")
        if not name:
            image.skip("a box is skipped, it has no class")
        else:
            image.add(name, corners if isinstance(corners, list) else ())


def _row(
    members: tarfile.TarFile, neighbours: list[tarfile.TarInfo]
) -> Mapping[str, Any] | None:
    """What the sample's JSON says; None without one, {} for one that is none."""
    for member in neighbours:
        if _suffix(member) != ".json":
            continue
        stream = members.extractfile(member) if member.size <= _JSON_LIMIT else None
        if stream is None:
            return {}
        try:
            value = json.loads(stream.read())
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}
    return None


def _regular(members: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The plain files; links, devices and sparse files are passed over."""
    for member in members:
        if member.isreg() and not member.issparse():
            yield member


def _key(member: tarfile.TarInfo) -> str:
    path = PurePosixPath(member.name)
    return str(path.with_name(path.name.partition(".")[0] or "_"))


def _suffix(member: tarfile.TarInfo) -> str:
    return PurePosixPath(member.name).suffix.lower()


def _archives(folder: SourceFolder, only: Path | None) -> list[Path]:
    files = folder.files() if only is None else [only]
    return [file for file in files if file.suffix.lower() == ".tar"]


def _begins_right(archive: Path) -> bool:
    try:
        with tarfile.open(archive, "r:") as members:
            first = [m for _, m in zip(range(_LOOK), _regular(members), strict=False)]
    except (tarfile.TarError, OSError, ValueError, EOFError):
        return False
    images = {_key(m) for m in first if _suffix(m) in IMAGE_SUFFIXES}
    return bool(images & {_key(m) for m in first if _suffix(m) == ".json"})


def _class_list(folder: SourceFolder) -> list[str]:
    """The names of `classes.json`, where it is a list of them."""
    file = folder.file("classes.json")
    if file is None:
        return []
    try:
        names = folder.json(file)
    except BadFile:
        return []
    listed = names if isinstance(names, list) else []
    return [name for name in map(text_of, listed) if name]
