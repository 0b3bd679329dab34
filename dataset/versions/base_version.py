"""The last version as the base of the next: unchanged rows come from its manifest.

Of a million samples a thousand may have changed since; only those are read from the
catalog. What changed says its change clock. The base must be a version that was frozen
from the catalog alone (no policy left samples out or added copies), and its manifest
the very file that was written then. Where anything is amiss there is no base, and the
catalog is read whole: slower, never different.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..catalog import Catalog, Mark
from ..errors import FieldsetError
from ..project import Project
from ..sample_batch import leaf_columns, raw_bytes
from ..version import read_version
from .ahead import ahead
from .frozen_version import FrozenVersion
from .manifest import FILE, with_leaves
from .version_file import MANIFEST_NAME, VersionRecord

# Each changed row parts a run of unchanged ones: with more, reading all is faster.
_MOST_CHANGED: Final = 0.02

Keys = NDArray[np.bytes_]


class BaseRefuted(FieldsetError):
    """What was built on the last version is not what the catalog holds."""


class BaseVersion:
    """A version whose rows hold but for those that changed since its mark."""

    def __init__(self, frozen: FrozenVersion, mark: Mark) -> None:
        self._frozen = frozen
        self._mark = mark

    def batches(self, catalog: Catalog) -> Iterator[pa.RecordBatch]:
        """What the catalog would freeze now, by id, with leaves: see `manifest.FILE`.

        Call it inside the catalog's `reading`.

        Raises:
            BaseRefuted: at the end, if the manifest is not the one that was written.
            BadFile: it is damaged.
        """
        gone = _keys_of(catalog.changed.sample_ids(self._mark))
        fresh = _Fresh(catalog.frozen_batches(since=self._mark.clock))
        with self._frozen as frozen, ThreadPoolExecutor(1, "digest") as pool:
            digest = pool.submit(_digest, frozen.folder / MANIFEST_NAME)
            for table in ahead(frozen.batches()):
                yield from _merged(_single(table), gone, fresh)
            yield from fresh.rest()
            if digest.result() != self._mark.manifest_sha256:
                raise BaseRefuted("The last version's manifest has other bytes by now")


def find_base(project: Project) -> BaseVersion | None:
    """The version to build the next one on, or None; call it inside `reading`."""
    mark = project.catalog.changed.last_mark()
    if mark is None:
        return None
    try:
        frozen = read_version(project.root, mark.version_id)
    except FieldsetError:
        return None
    changed = project.catalog.changed.count(mark)
    if changed > _MOST_CHANGED * frozen.version.samples:
        return None
    return BaseVersion(frozen, mark)


def require_tallies(record: VersionRecord, *, catalog: Catalog) -> None:
    """Pass where a version holds what the catalog's own tallies count, by split.

    Raises:
        BaseRefuted: it does not.
    """
    told = {c.split: (c.samples, c.groups, c.boxes) for c in record.split_counts}
    tallied = {
        c.split: (c.samples, c.groups, c.boxes) for c in catalog.tables.by_split()
    }
    if told != tallied:
        raise BaseRefuted("The last version is no base for the next one")


class _Fresh:
    """The changed rows by id, handed out in runs."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        parts = [with_leaves(batch, leaf_columns(batch)) for batch in batches]
        self._rows = _single(pa.Table.from_batches(parts, schema=FILE))
        self._keys = _keys(self._rows)
        self._at = 0

    def below(self, key: bytes) -> Iterator[pa.RecordBatch]:
        """The next rows with ids below `key`, if any."""
        return self._run(int(np.searchsorted(self._keys, key)))

    def rest(self) -> Iterator[pa.RecordBatch]:
        """All rows that are left, if any."""
        return self._run(len(self._keys))

    def within(self, first: bytes, last: bytes) -> Keys:
        """The ids from `first` to `last`, both included."""
        return _within(self._keys, first, last)

    def _run(self, stop: int) -> Iterator[pa.RecordBatch]:
        if stop > self._at:
            yield self._rows.slice(self._at, stop - self._at)
            self._at = stop


def _merged(
    batch: pa.RecordBatch, gone: Keys, fresh: _Fresh
) -> Iterator[pa.RecordBatch]:
    """The rows of a batch that are not gone, with fresh ones between them, by id.

    Slices of what is there: where little changed, little is copied.
    """
    keys = _keys(batch)
    part = _within(gone, keys[0], keys[-1])
    dropped = np.searchsorted(keys, part)
    dropped = dropped[keys[dropped] == part]
    new = np.searchsorted(keys, fresh.within(keys[0], keys[-1]))
    cuts = np.unique(np.concatenate([[0], new, dropped, dropped + 1, [len(keys)]]))
    is_dropped = np.isin(cuts, dropped).tolist()
    for at, (start, stop) in enumerate(pairwise(cuts.tolist())):
        yield from fresh.below(keys[start])
        if not is_dropped[at]:
            yield batch.slice(start, stop - start)


def _within(keys: Keys, first: bytes, last: bytes) -> Keys:
    start, stop = np.searchsorted(keys, first), np.searchsorted(keys, last, "right")
    return keys[start:stop]


def _single(table: pa.Table) -> pa.RecordBatch:
    """A table's rows as one batch in the schema of a manifest."""
    arrays = [
        column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        for column in table.columns
    ]
    return pa.record_batch(arrays, schema=FILE)


def _keys(batch: pa.RecordBatch) -> Keys:
    """Ids to compare; numpy ignores zeros at their ends, which parts no two of 32."""
    return np.ascontiguousarray(raw_bytes(batch.column("id"))).view("S32").ravel()


def _keys_of(sample_ids: tuple[str, ...]) -> Keys:
    return np.array([bytes.fromhex(i) for i in sample_ids], "S32")


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
