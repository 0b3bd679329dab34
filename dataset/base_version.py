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
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .catalog import Catalog, Mark
from .errors import FieldsetError
from .frozen_version import FrozenVersion
from .manifest import FILE, with_leaves
from .project import Project
from .sample_batch import leaf_columns, raw_bytes
from .version import read_version
from .version_file import MANIFEST_NAME, VersionRecord

# Rows by id, each from its own place: more than this and reading all is faster.
_MOST_CHANGED: Final = 0.25

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
        """
        gone = _keys_of(catalog.changed.sample_ids(self._mark))
        fresh = _Fresh(catalog.frozen_batches(since=self._mark.clock))
        with self._frozen as frozen:
            for table in frozen.batches():
                batch = _single(table)
                keys = _keys(batch)
                kept = _without(keys, gone)
                yield from _merged(batch, kept, fresh.up_to(keys[-1]))
        yield from _merged(None, np.zeros(0, bool), fresh.rest())


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
    if _digest(frozen.folder / MANIFEST_NAME) != mark.manifest_sha256:
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
        self._rows = pa.Table.from_batches(parts, schema=FILE).combine_chunks()
        self._keys = _keys(self._rows)
        self._at = 0

    def up_to(self, key: bytes) -> pa.Table:
        """The next rows with ids up to and including `key`."""
        return self._run(int(np.searchsorted(self._keys, key, side="right")))

    def rest(self) -> pa.Table:
        """All rows that are left."""
        return self._run(len(self._keys))

    def _run(self, stop: int) -> pa.Table:
        start, self._at = self._at, max(self._at, stop)
        return self._rows.slice(start, self._at - start)


def _merged(
    batch: pa.RecordBatch | None, kept: NDArray[np.bool_], fresh: pa.Table
) -> Iterator[pa.RecordBatch]:
    """The kept rows of a batch and fresh ones, by id."""
    if not fresh.num_rows:
        if batch is not None and kept.all():
            yield batch
        elif batch is not None and kept.any():
            yield batch.filter(pa.array(kept))
        return
    parts = [fresh]
    if batch is not None:
        parts.append(pa.Table.from_batches([batch.filter(pa.array(kept))]))
    table = pa.concat_tables(parts).combine_chunks()
    yield _single(table.take(pa.array(np.argsort(_keys(table)))))


def _without(keys: Keys, gone: Keys) -> NDArray[np.bool_]:
    """Which of some ids are not gone; both are sorted."""
    kept = np.ones(len(keys), bool)
    start, stop = np.searchsorted(gone, [keys[0], keys[-1]])
    part = gone[start : stop + 1]
    at = np.minimum(np.searchsorted(keys, part), len(keys) - 1)
    kept[at[keys[at] == part]] = False
    return kept


def _single(table: pa.Table) -> pa.RecordBatch:
    """A table's rows as one batch in the schema of a manifest."""
    columns = table.combine_chunks().columns
    arrays = [
        column.chunk(0) if column.num_chunks else pa.array([], column.type)
        for column in columns
    ]
    return pa.record_batch(arrays, schema=FILE)


def _keys(rows: pa.RecordBatch | pa.Table) -> Keys:
    """Ids to compare; numpy ignores zeros at their ends, which parts no two of 32."""
    return np.ascontiguousarray(raw_bytes(rows.column("id"))).view("S32").ravel()


def _keys_of(sample_ids: tuple[str, ...]) -> Keys:
    return np.array([bytes.fromhex(i) for i in sample_ids], "S32")


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
