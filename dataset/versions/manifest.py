"""The manifest of a version: one Parquet file, one row a sample, sorted by id.

The columns are those of `sample_batch.BATCH` and the three leaf digests. Row groups
are small enough that a single sample is read without the rest.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..errors import BadFile
from ..sample_batch import BATCH, BOX_TYPE, LeafColumns, fixed_column, raw_bytes

LEAVES: Final = ("images_leaf", "labels_leaf", "splits_leaf")
FILE: Final = pa.schema(
    [*BATCH, *(pa.field(name, pa.binary(32), nullable=False) for name in LEAVES)]
)
_RANDOM = ("id", *LEAVES, "boxes.list.element.id")
_REPEATED = (
    "suffix", "state", "group", "split", "session", "place", "camera",
    "conditions.key_value.key", "conditions.key_value.value",
    "boxes.list.element.origin",
)  # fmt: skip
_HINT = "run `fieldset check --deep`, or restore the folder from a backup"
_CODED = ("state", "group", "split", "boxes.list.element.origin")


def with_leaves(batch: pa.RecordBatch, columns: LeafColumns) -> pa.RecordBatch:
    """A batch of `BATCH` as one of `FILE`, its leaves beside it."""
    leaves = (columns.images, columns.labels, columns.splits)
    arrays = [*batch.columns, *(fixed_column(part, 32) for part in leaves)]
    return pa.record_batch(arrays, schema=FILE)


def kept_leaves(batch: pa.RecordBatch) -> LeafColumns:
    """The leaves that stand in a batch of `FILE`; `leaf_columns` computes them."""
    images, labels, splits = (raw_bytes(batch.column(name)) for name in LEAVES)
    return LeafColumns(
        ids=raw_bytes(batch.column("id")), images=images, labels=labels, splits=splits
    )


class ManifestWriter:
    """Writes a manifest batch by batch; flushed to the disk when it is closed.

    A thread of its own encodes and writes, one batch behind. `digest` (hexadecimal
    SHA-256 of the file) and `size_bytes` hold after `close`.
    """

    def __init__(self, path: Path) -> None:
        self._file = _HashedFile(path)
        self._thread = ThreadPoolExecutor(1, "manifest")
        self._under_way: Future[None] | None = None
        self._writer = pq.ParquetWriter(
            self._file,
            FILE,
            compression={
                name: "NONE" if name in _RANDOM else "ZSTD" for name in _leaf_paths()
            },
            compression_level={
                name: 1 for name in _leaf_paths() if name not in _RANDOM
            },
            use_dictionary=list(_REPEATED),
            write_statistics=["id"],
            store_schema=False,
        )

    def __enter__(self) -> ManifestWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def write(self, batch: pa.RecordBatch) -> None:
        """Append the rows of a batch of `FILE` as a row group.

        Raises:
            OSError: this batch, or the one before, could not be written.
        """
        self._settle()
        self._under_way = self._thread.submit(self._writer.write_batch, batch)

    def close(self) -> None:
        """Finish the file and flush it to the disk."""
        try:
            with self._thread:
                self._settle()
            self._writer.close()
        finally:
            self._file.finish()

    def _settle(self) -> None:
        """Wait for the batch that is being written; raise what went wrong with it."""
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            under_way.result()

    @property
    def digest(self) -> str:
        """SHA-256 of the file's bytes, hexadecimal."""
        return self._file.hash.hexdigest()

    @property
    def size_bytes(self) -> int:
        """The file's length."""
        return self._file.size_bytes


class Manifest:
    """A manifest that was written; reads only the rows and columns asked for.

    With `is_coded` repeated words come as dictionaries, and single row groups are read
    without threads: for whoever reads few columns of many groups, as a diff does, this
    takes two thirds of the time.

    Raises:
        BadFile: the file is missing, damaged, or not a manifest.
    """

    def __init__(self, path: Path, *, is_coded: bool = False) -> None:
        self.path = path
        self._is_coded = is_coded
        try:
            coded = list(_CODED) if is_coded else None
            self._file = pq.ParquetFile(path, read_dictionary=coded)
        except (OSError, pa.ArrowException) as error:
            raise BadFile(
                f"The manifest cannot be read: {path}",
                hint=_HINT,
            ) from error
        if missing := set(FILE.names) - set(self._file.schema_arrow.names):
            self._file.close()
            raise BadFile(
                f"The manifest lacks columns: {', '.join(sorted(missing))}", hint=_HINT
            )
        meta = self._file.metadata
        sizes = [meta.row_group(i).num_rows for i in range(meta.num_row_groups)]
        self.starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    @property
    def rows(self) -> int:
        """How many samples the manifest holds."""
        return int(self.starts[-1])

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(
        self, start: int, stop: int, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """The rows from `start` up to, not including, `stop`.

        Raises:
            BadFile: the file is damaged there.
        """
        first = int(np.searchsorted(self.starts, start, side="right")) - 1
        last = int(np.searchsorted(self.starts, stop, side="left"))
        table = self.read_groups(range(first, last), columns)
        return table.slice(start - int(self.starts[first]), stop - start)

    def read_groups(
        self, groups: Iterable[int], columns: Sequence[str] | None = None
    ) -> pa.Table:
        """All rows of some row groups, one after the other.

        Raises:
            BadFile: the file is damaged there.
        """
        wanted = list(groups)
        try:
            return self._file.read_row_groups(
                wanted,
                columns=list(columns) if columns else None,
                use_threads=not self._is_coded or len(wanted) > 1,
            )
        except (OSError, pa.ArrowException) as error:
            raise BadFile(
                f"The manifest is damaged: {self.path}", hint=_HINT
            ) from error

    def take(
        self, rows: NDArray[np.int64], columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Single rows, given in rising order; reads each row group once.

        Raises:
            BadFile: the file is damaged there.
        """
        groups = np.searchsorted(self.starts, rows, side="right") - 1
        parts = []
        for group in np.unique(groups).tolist():
            wanted = rows[groups == group] - self.starts[group]
            parts.append(self.read_groups([group], columns).take(pa.array(wanted)))
        if not parts:
            return self.read_groups([], columns)
        return pa.concat_tables(parts)


class _HashedFile:
    """A file for Arrow to write into, hashed on the way."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")
        self.hash = hashlib.sha256()
        self.size_bytes = 0
        self.closed = False

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        self.hash.update(view)
        self._file.write(view)
        self.size_bytes += view.nbytes
        return view.nbytes

    def tell(self) -> int:
        return self.size_bytes

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        """Arrow closes what it writes into; the flush to the disk comes later."""

    def finish(self) -> None:
        if self.closed:
            return
        self.closed = True
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        finally:
            self._file.close()


def _leaf_paths() -> list[str]:
    simple = [n for n in FILE.names if n not in ("conditions", "boxes")]
    nested = [f"boxes.list.element.{field.name}" for field in BOX_TYPE]
    return [
        *simple, *nested, "conditions.key_value.key", "conditions.key_value.value",
    ]  # fmt: skip
