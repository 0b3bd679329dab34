"""Finds which samples differ between two versions, by their hash trees and leaves.

Buckets that are equal are not read. Of the others only the leaves of the trees that
differ are, and every bucket that is read is proven by its digest: an edited manifest
is found, and nothing is told of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import BadFile
from ..sample_batch import raw_bytes
from ..versions.frozen_version import FrozenVersion
from ..versions.hash_tree import BUCKETS, TreeBuilder, buckets_of

# Memory is that of the leaves of a block of buckets, twice: 16 MB at a million.
BLOCK: Final = 256
PARTS: Final = ("images", "labels", "splits")

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
    """Ids and leaves of some rows; a part is missing where the trees agree on it."""

    rows: Rows
    ids: NDArray[np.bytes_]
    leaves: Mapping[str, NDArray[np.uint8]]


def differing_blocks(old: FrozenVersion, new: FrozenVersion) -> Iterator[Block]:
    """The rows that differ, block by block of buckets.

    Raises:
        BadFile: a bucket does not hold what was frozen.
    """
    differs = differing_buckets(old, new)
    together = np.any(list(differs.values()), axis=0)
    for start in range(0, BUCKETS, BLOCK):
        buckets = np.flatnonzero(together[start : start + BLOCK]) + start
        if not len(buckets):
            continue
        # Where the samples are not the same, no part can be taken as equal.
        is_same = not differs["images"][buckets].any()
        parts = [p for p in PARTS if not is_same or differs[p][buckets].any()]
        yield _compared(_leaves(old, buckets, parts), _leaves(new, buckets, parts))


def differing_buckets(
    old: FrozenVersion, new: FrozenVersion
) -> dict[str, NDArray[np.bool_]]:
    """For each part, which of the buckets differ, shape (4096,)."""
    a, b = old.record.trees, new.record.trees
    return {part: getattr(a, part).differing(getattr(b, part)) for part in PARTS}


def damaged_rows(frozen: FrozenVersion) -> BadFile:
    """The error for a version whose manifest was edited."""
    return BadFile(
        f"The manifest does not hold what was frozen: {frozen.manifest.path}",
        hint=f"`fieldset version verify {frozen.version.alias}` names what differs; "
        "restore the folder from a backup",
    )


def _leaves(
    frozen: FrozenVersion, buckets: NDArray[np.int64], parts: Sequence[str]
) -> _Leaves:
    """Ids and leaves of the samples in those buckets, by id."""
    start, _ = frozen.rows_of_bucket(int(buckets[0]))
    _, stop = frozen.rows_of_bucket(int(buckets[-1]))
    if start == stop:
        nothing = np.empty((0, 32), np.uint8)
        return _Leaves(
            rows=np.empty(0, np.int64),
            ids=_keys(nothing),
            leaves=dict.fromkeys(parts, nothing),
        )
    columns = ["id", *(f"{part}_leaf" for part in parts)]
    table = frozen.manifest.read(start, stop, columns)
    ids = raw_bytes(table.column("id"))
    wanted = np.zeros(BUCKETS, bool)
    wanted[buckets] = True
    inside = np.flatnonzero(wanted[buckets_of(ids)])
    own = ids[inside]
    leaves = {part: raw_bytes(table.column(f"{part}_leaf"))[inside] for part in parts}
    _prove(frozen, own, leaves, buckets)
    return _Leaves(rows=inside + start, ids=_keys(own), leaves=leaves)


def _prove(
    frozen: FrozenVersion,
    ids: NDArray[np.uint8],
    leaves: Mapping[str, NDArray[np.uint8]],
    buckets: NDArray[np.int64],
) -> None:
    for part, own in leaves.items():
        builder = TreeBuilder()
        if len(ids):
            builder.add(ids, own)
        stored = getattr(frozen.record.trees, part)
        if builder.finish().differing(stored)[buckets].any():
            raise damaged_rows(frozen)


def _compared(old: _Leaves, new: _Leaves) -> Block:
    # Both are sorted and without repeats. Numpy ignores zero bytes at the end of
    # "S32" values, which cannot make two ids of equal length equal.
    if np.array_equal(old.ids, new.ids):
        common = np.ones(len(old.ids), bool)
        at = np.arange(len(old.ids))
    else:
        at = np.searchsorted(new.ids, old.ids)
        inside = at < len(new.ids)
        common = np.zeros(len(old.ids), bool)
        common[inside] = new.ids[at[inside]] == old.ids[inside]
    a, b = np.flatnonzero(common), at[common]
    masks = {
        part: (old.leaves[part][a] != new.leaves[part][b]).any(axis=1)
        if part in old.leaves
        else np.zeros(len(a), bool)
        for part in PARTS
    }
    differs = np.any(list(masks.values()), axis=0)
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
        images=masks["images"][differs],
        labels=masks["labels"][differs],
        splits=masks["splits"][differs],
    )


def _keys(ids: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    keys: NDArray[np.bytes_] = np.ascontiguousarray(ids).view("S32").ravel()
    return keys
