"""Finds which samples differ between two versions, by their hash trees and leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .frozen_version import FrozenVersion
from .hash_tree import BUCKETS, buckets_of
from .sample_batch import raw_bytes

# Memory is that of the leaves of a block of buckets, twice: 16 MB at a million.
BLOCK: Final = 256
_COLUMNS: Final = ("id", "images_leaf", "labels_leaf", "splits_leaf")

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Manifest rows that differ, in rising order; ids and leaves decide.

    `removed` are rows of the old version, `added` of the new one. `old` and `new` are
    rows of samples that both hold, pairwise, whose ids are `sample_ids`; the masks
    over them say which leaf differs.
    """

    removed: Rows
    added: Rows
    sample_ids: tuple[str, ...]
    old: Rows
    new: Rows
    images: NDArray[np.bool_]
    labels: NDArray[np.bool_]
    splits: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Leaves:
    rows: Rows
    ids: NDArray[np.bytes_]
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    splits: NDArray[np.uint8]


def differing_blocks(old: FrozenVersion, new: FrozenVersion) -> Iterator[Block]:
    """The rows that differ, block by block of buckets; equal buckets are not read."""
    a, b = old.record.trees, new.record.trees
    differs = (
        a.images.differing(b.images)
        | a.labels.differing(b.labels)
        | a.splits.differing(b.splits)
    )
    for start in range(0, BUCKETS, BLOCK):
        buckets = np.flatnonzero(differs[start : start + BLOCK]) + start
        if len(buckets):
            yield _compared(_leaves(old, buckets), _leaves(new, buckets))


def _leaves(frozen: FrozenVersion, buckets: NDArray[np.int64]) -> _Leaves:
    """Ids and leaves of the samples in those buckets, by id."""
    start, _ = frozen.rows_of_bucket(int(buckets[0]))
    _, stop = frozen.rows_of_bucket(int(buckets[-1]))
    if start == stop:
        nothing = np.empty((0, 32), np.uint8)
        return _Leaves(
            rows=np.empty(0, np.int64), ids=_keys(nothing),
            images=nothing, labels=nothing, splits=nothing,
        )  # fmt: skip
    table = frozen.manifest.read(start, stop, _COLUMNS)
    ids, images, labels, splits = (raw_bytes(table.column(name)) for name in _COLUMNS)
    wanted = np.zeros(BUCKETS, bool)
    wanted[buckets] = True
    inside = np.flatnonzero(wanted[buckets_of(ids)])
    return _Leaves(
        rows=inside + start,
        ids=_keys(ids[inside]),
        images=images[inside],
        labels=labels[inside],
        splits=splits[inside],
    )


def _compared(old: _Leaves, new: _Leaves) -> Block:
    # Both are sorted and without repeats. Numpy ignores zero bytes at the end of
    # "S32" values, which cannot make two ids of equal length equal.
    at = np.searchsorted(new.ids, old.ids)
    inside = at < len(new.ids)
    common = np.zeros(len(old.ids), bool)
    common[inside] = new.ids[at[inside]] == old.ids[inside]
    a, b = np.flatnonzero(common), at[common]
    images = (old.images[a] != new.images[b]).any(axis=1)
    labels = (old.labels[a] != new.labels[b]).any(axis=1)
    splits = (old.splits[a] != new.splits[b]).any(axis=1)
    differs = images | labels | splits
    is_new = np.ones(len(new.ids), bool)
    is_new[b] = False
    return Block(
        removed=old.rows[~common],
        added=new.rows[is_new],
        sample_ids=tuple(
            key.ljust(32, b"\0").hex() for key in old.ids[a][differs].tolist()
        ),
        old=old.rows[a][differs],
        new=new.rows[b][differs],
        images=images[differs],
        labels=labels[differs],
        splits=splits[differs],
    )


def _keys(ids: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    keys: NDArray[np.bytes_] = np.ascontiguousarray(ids).view("S32").ravel()
    return keys
