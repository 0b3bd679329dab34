"""Reads the rows that a diff speaks of, and proves them by their leaves.

A manifest may have been edited. What is read here has the leaves that stand beside it,
and those lie in buckets that `diff_walk` proves: a diff never tells what nobody froze.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..errors import ProjectError
from ..sample_batch import boxes_of, label_leaves, leaf_columns, raw_bytes
from ..versions import leaf
from ..versions.frozen_version import FrozenVersion
from ..versions.manifest import Manifest
from .diff_walk import PARTS, Block, damaged_rows

# What a leaf is computed from, and what a diff shows of it.
_READ: Final = {
    "images": ("id", "width", "height"),
    "labels": ("id", "state", "boxes"),
    "splits": ("split", "group"),
}
_SHOWN: Final = {
    "images": ("width", "height"),
    "labels": ("state", "boxes"),
    "splits": ("split", "group"),
}
Rows = NDArray[np.int64]
Values = tuple[Any, ...]


class DiffRows:
    """The rows of both sides of a comparison; asked for in rising order.

    For a `with` block.
    """

    def __init__(self, old: FrozenVersion, new: FrozenVersion) -> None:
        self._old = _Reader(old)
        self._new = _Reader(new)

    def __enter__(self) -> DiffRows:
        return self

    def __exit__(self, *_: object) -> None:
        self._old.close()
        self._new.close()

    def pairs(
        self, block: Block, part: str, *, with_split: bool = False
    ) -> Iterator[tuple[str, Values, Values]]:
        """Id, old and new values of the common samples whose leaf of a part differs.

        The values are, for "images" width and height, for "splits" split and group,
        for "labels" state and boxes; `with_split` puts the split behind them.

        Raises:
            BadFile: a row is not what was frozen.
        """
        picked = np.flatnonzero(getattr(block, part))
        if not len(picked):
            return
        also = ("split",) if with_split else ()

        before = self._old.values(block.old[picked], part, also)
        after = self._new.values(block.new[picked], part, also)
        ids = [block.sample_ids[at] for at in picked.tolist()]
        yield from zip(ids, before, after, strict=True)

    def removed(self, block: Block) -> Iterator[tuple[str, str, int, str]]:
        """Id, split, number of boxes and content of what only the old version holds.

        Raises:
            BadFile: a row is not what was frozen.
        """
        return self._old.whole_samples(block.removed)

    def added(self, block: Block) -> Iterator[tuple[str, str, int, str]]:
        """The same of what only the new version holds."""
        return self._new.whole_samples(block.added)


class _Reader:
    """Takes single rows of one manifest, and reads no row group twice in a row."""

    def __init__(self, frozen: FrozenVersion) -> None:
        self._frozen = frozen
        self._manifest: Manifest | None = None
        self._kept: dict[tuple[str, ...], tuple[int, pa.Table]] = {}

    def close(self) -> None:
        """Close the manifest."""
        if self._manifest is not None:
            self._manifest.close()

    def values(self, rows: Rows, part: str, also: Sequence[str]) -> list[Values]:
        """What a diff shows of some rows, proven by the leaves of that part."""
        table = self._take(rows, (*_READ[part], *also, f"{part}_leaf"))
        self._prove(table, (part,))
        lists = [_column(table, name) for name in (*_SHOWN[part], *also)]
        return list(zip(*lists, strict=True))

    def whole_samples(self, rows: Rows) -> Iterator[tuple[str, str, int, str]]:
        """Id, split, number of boxes and digest of the leaves of some samples."""
        if not len(rows):
            return
        names = [f"{part}_leaf" for part in PARTS]
        read = dict.fromkeys(name for part in PARTS for name in _READ[part])
        table = self._take(rows, (*read, *names))
        self._prove(table, PARTS)
        counts = table.column("boxes").combine_chunks().value_lengths().to_pylist()
        ids = table.column("id").to_pylist()
        splits = table.column("split").to_pylist()
        leaves = [table.column(name).to_pylist() for name in names]
        for raw, split, count, *own in zip(ids, splits, counts, *leaves, strict=True):
            yield raw.hex(), split, count, hashlib.sha256(b"".join(own)).hexdigest()

    def _take(self, rows: Rows, columns: tuple[str, ...]) -> pa.Table:
        if self._manifest is None:
            self._manifest = Manifest(self._frozen.manifest.path, is_coded=True)
        starts = self._manifest.starts
        groups = np.searchsorted(starts, rows, side="right") - 1
        parts = []
        for group in np.unique(groups).tolist():
            inside = rows[groups == group] - starts[group]
            table = self._group(self._manifest, group, columns)
            parts.append(table.take(pa.array(inside)))
        return pa.concat_tables(parts).combine_chunks()

    def _group(
        self, manifest: Manifest, group: int, columns: tuple[str, ...]
    ) -> pa.Table:
        kept = self._kept.get(columns)
        if kept is None or kept[0] != group:
            table = manifest.read_groups([group], columns)
            kept = self._kept[columns] = (group, table)
        return kept[1]

    def _prove(self, table: pa.Table, parts: Sequence[str]) -> None:
        try:
            computed = _leaves(table, parts)
        except (ProjectError, ValueError) as error:
            raise damaged_rows(self._frozen) from error
        for part, leaves in computed.items():
            if not np.array_equal(raw_bytes(table.column(f"{part}_leaf")), leaves):
                raise damaged_rows(self._frozen)


def _column(table: pa.Table, name: str) -> Sequence[Any]:
    column = table.column(name)
    return boxes_of(column) if name == "boxes" else list(column.to_pylist())


def _leaves(table: pa.Table, parts: Sequence[str]) -> Mapping[str, NDArray[np.uint8]]:
    batch = table.to_batches()[0]
    if len(parts) > 1:
        columns = leaf_columns(batch)
        return {part: getattr(columns, part) for part in parts}
    if "labels" in parts:
        return {"labels": label_leaves(batch)}
    if "splits" in parts:
        groups, splits = (batch.column(n).to_pylist() for n in ("group", "split"))
        return {"splits": leaf.splits_leaves(groups, splits)}
    sizes = [batch.column(name).to_numpy() for name in ("width", "height")]
    return {"images": leaf.images_leaves(raw_bytes(batch.column("id")), *sizes)}
