"""Hugging Face Parquet, coming in: tables with the images inside.

`image` is a struct of `bytes` and `path`; `objects` as in `huggingface`. Where the
images are addresses instead of bytes nothing is taken, for nothing is fetched. A row
group is read once, and only one is held at a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Final

import pyarrow as pa
import pyarrow.parquet as pq

from dataset.errors import BadFile

from ..contract import ImportedSet, Sizes
from ..handover.target_limits import word_name
from ..intakes.set_draft import SetDraft
from ..intakes.source_folder import SourceFolder, split_name
from ..side_car import has_side_car, read_side_car
from .class_names import names_of_schema
from .foreign_json import opened, table_of, text_of
from .huggingface import add_objects

_GROUP_LIMIT: Final = 2 << 30
_SHARD: Final = re.compile(r"(.+?)(?:-\d+-of-\d+)?")
_MAGIC: Final = b"PAR1"


@dataclass(frozen=True, slots=True)
class ParquetReader:
    """Takes tables in; give it the folder or one file."""

    format: ClassVar[str] = "huggingface-parquet"

    def detect(self, path: Path) -> bool:
        """Whether a Parquet table has a column `image` with bytes."""
        try:
            files = _tables(*opened(path))[:5]
        except (BadFile, OSError):
            return False
        return any(_has_images(file) for file in files)

    def read(self, path: Path, *, sizes: Sizes | None = None) -> ImportedSet:
        """All images of all tables.

        Raises:
            BadFile: there is no such table, or no image in it.
        """
        folder, only = opened(path)
        draft = SetDraft(self.format, folder, sizes)
        words = _split_words(folder)
        is_found = False
        for file in _tables(folder, only):
            if not _has_images(file):
                draft.problem(file, "the table is skipped, it holds no image bytes")
                continue
            is_found = True
            word = _SHARD.fullmatch(file.stem)
            split = words.get(word[1]) if word else None
            _Table(file, draft, split or split_name(word[1] if word else "")).read()
        if not is_found:
            raise BadFile(f"No table here holds images: {path}")
        return draft.done()


class _Table:
    """One table, row group by row group."""

    def __init__(self, path: Path, draft: SetDraft, split: str | None) -> None:
        self._path = path
        self._draft = draft
        self._split = split
        self._held: tuple[int, Any] = (-1, None)

    def read(self) -> None:
        """Hand every image over to the draft."""
        try:
            with pq.ParquetFile(self._path) as file:
                names = names_of_schema(file.schema_arrow.metadata)
                self._draft.name_classes(names)
                for group in range(file.num_row_groups):
                    if self._is_small(file, group):
                        self._group(file, group, names)
        except (pa.ArrowException, OSError, ValueError) as error:
            reason = " ".join(str(error).split())[:200]
            self._draft.problem(self._path, f"the rest cannot be read: {reason}")

    def _is_small(self, file: pq.ParquetFile, group: int) -> bool:
        size = file.metadata.row_group(group).total_byte_size
        if size > _GROUP_LIMIT:
            what = f"a row group is skipped, it is larger than {_GROUP_LIMIT} bytes"
            self._draft.problem(self._path, f"{what}: {size}")
        return bool(size <= _GROUP_LIMIT)

    def _group(self, file: pq.ParquetFile, group: int, names: tuple[str, ...]) -> None:
        known = set(file.schema_arrow.names)
        wanted = [name for name in ("width", "height", "objects") if name in known]
        table = file.read_row_group(group, columns=["image.path", *wanted])
        for at, row in enumerate(table.to_pylist()):
            self._row(group, at, row, names)

    def _row(
        self, group: int, at: int, row: dict[str, Any], names: tuple[str, ...]
    ) -> None:
        path = text_of(table_of(row.get("image")).get("path")).replace("\\", "/")
        bare = PurePosixPath(path).name or f"{self._path.stem}-{group}-{at}"
        name = f"images/{self._split or 'all'}/{bare}"
        unpack = partial(self._bytes, group, at)
        image = self._draft.packed(self._path, name, self._split, unpack)
        if image is not None:
            image.state_size(row.get("width"), row.get("height"))
            add_objects(image, row.get("objects"), names)
            self._draft.add(image)

    def _bytes(self, group: int, at: int) -> bytes:
        """The bytes of one image; the row group that was read last is kept.

        Raises:
            BadFile: there are none.
        """
        if self._held[0] != group:
            try:
                with pq.ParquetFile(self._path) as file:
                    table = file.read_row_group(group, columns=["image.bytes"])
            except (pa.ArrowException, OSError, ValueError) as error:
                raise BadFile(f"The table cannot be read ({error})") from None
            self._held = (group, table.column("image").combine_chunks())
        data = table_of(self._held[1][at].as_py()).get("bytes")
        if not isinstance(data, bytes):
            raise BadFile("The row holds no bytes of an image")
        return data


def _tables(folder: SourceFolder, only: Path | None) -> list[Path]:
    files = folder.files() if only is None else [only]
    return [file for file in files if file.suffix.lower() == ".parquet"]


def _has_images(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            if stream.read(len(_MAGIC)) != _MAGIC:
                return False
        schema = pq.read_schema(file)
        kind = schema.field("image").type
    except (pa.ArrowException, OSError, KeyError, ValueError):
        return False
    if not pa.types.is_struct(kind):
        return False
    inner = {kind.field(at).name for at in range(kind.num_fields)}
    return {"bytes", "path"} <= inner


def _split_words(folder: SourceFolder) -> dict[str, str]:
    """Our own splits by the words that stand for them in the tables' names."""
    if not has_side_car(folder.root):
        return {}
    try:
        splits = read_side_car(folder.root).splits
    except BadFile:
        return {}
    return {word_name(split.name): split.name for split in splits}
