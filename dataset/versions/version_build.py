"""Turns a stream of samples into a manifest, three hash trees and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .. import sample_batch
from ..errors import ProjectError
from ..progress import Progress
from ..records import LabelClass, Split, Version
from ..sample_batch import LeafColumns
from . import manifest, version_file
from .hash_tree import BUCKETS, TreeBuilder, buckets_of
from .version_file import ClassCount, SplitCount, Trees, VersionRecord


class VersionBuild:
    """One version on its way to the disk: first `take`, then `record`.

    Memory is bounded by a row group and twelve bytes a sample (to count groups).
    """

    def __init__(self, path: Path, splits: tuple[Split, ...]) -> None:
        self._path = path
        self._splits = splits
        self._trees = (TreeBuilder(), TreeBuilder(), TreeBuilder())
        self._rows = np.zeros(BUCKETS, np.int64)
        self._last = b""
        self._counts = _Counts()
        self._digest, self._size_bytes = "", 0

    def take(self, batches: Iterable[pa.RecordBatch], progress: Progress) -> None:
        """Write all samples, sorted by id, into the manifest; it is on the disk then.

        Batches are all of `BATCH`, or all of `manifest.FILE`, whose leaves are taken
        as they stand.

        Raises:
            ProjectError: ids out of order or twice, or a split nobody defined.
            Cancelled: the person asked to stop.
        """
        done = 0
        with manifest.ManifestWriter(self._path) as writer:
            for batch in _rechunked(batches):
                batch, columns = _with_leaves(batch)
                self._check_order(columns.ids)
                self._grow(columns)
                self._counts.add(batch, columns)
                writer.write(batch)
                done += batch.num_rows
                progress.step(done, None, "samples")
        self._digest, self._size_bytes = writer.digest, writer.size_bytes
        known = {"", *(split.name for split in self._splits)}
        if strange := sorted(set(self._counts.splits) - known):
            raise ProjectError(f"A sample is in a split nobody defined: {strange[0]}")

    def record(
        self, *, classes: tuple[LabelClass, ...], policy: Mapping[str, Any]
    ) -> VersionRecord:
        """What `version.json` says; number, parent, message and time are still open."""
        images, labels, splits = (builder.finish() for builder in self._trees)
        trees = Trees(images=images, labels=labels, splits=splits, rows=self._rows)
        taxonomy = version_file.taxonomy_digest(classes)
        used = version_file.policy_digest(policy, self._splits, self._counts.splits)
        roots = trees.roots
        split_counts = self._counts.by_split()
        version = Version(
            id=version_file.version_id(roots, taxonomy, used),
            number=0, parent=None, created_us=0, message="", author="",
            samples=int(self._rows.sum()),
            boxes=sum(count.boxes for count in split_counts),
            roots=roots,
        )  # fmt: skip
        return VersionRecord(
            version=version,
            classes=tuple(sorted(classes, key=lambda item: item.id)),
            splits=self._splits,
            policy=policy,
            split_counts=split_counts,
            class_counts=self._counts.by_class(),
            trees=trees,
            manifest_sha256=self._digest,
            manifest_bytes=self._size_bytes,
        )

    def _grow(self, columns: LeafColumns) -> None:
        parts = (columns.images, columns.labels, columns.splits)
        for builder, leaves in zip(self._trees, parts, strict=True):
            builder.add(columns.ids, leaves)
        self._rows += np.bincount(buckets_of(columns.ids), minlength=BUCKETS)

    def _check_order(self, ids: NDArray[np.uint8]) -> None:
        last = np.frombuffer(self._last or bytes(32), np.uint8).reshape(1, 32)
        halves = np.concatenate([last, ids]).view(">u8")
        rises = _rises(halves)
        if not self._last:
            rises[0] = True
        if not rises.all():
            first = ids[int(np.flatnonzero(~rises)[0])].tobytes().hex()
            raise ProjectError(f"Samples must come sorted by id, each once: {first}")
        self._last = ids[-1].tobytes()


def _rises(words: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Whether each row of words but the first is above the one before it."""
    above = np.zeros(len(words) - 1, bool)
    is_open = np.ones(len(words) - 1, bool)
    for column in words.T:
        before, after = column[:-1], column[1:]
        above |= is_open & (after > before)
        is_open &= after == before
    return above


class _Counts:
    """Samples, boxes and groups by split; samples and boxes by class and split."""

    def __init__(self) -> None:
        self.splits: list[str] = []
        self._samples: Counter[int] = Counter()
        self._boxes: Counter[int] = Counter()
        self._class_samples: Counter[tuple[int, int]] = Counter()
        self._class_boxes: Counter[tuple[int, int]] = Counter()
        self._groups: list[NDArray[np.uint64]] = []
        self._group_splits: list[NDArray[np.uint32]] = []

    def add(self, batch: pa.RecordBatch, columns: LeafColumns) -> None:
        names = batch.column("split")
        for name in sorted(pc.unique(names).to_pylist()):
            if name not in self.splits:
                self.splits.append(name)
        codes = pc.index_in(names, pa.array(self.splits, pa.string()))
        split_of = codes.to_numpy(zero_copy_only=False).astype(np.int64)
        offsets = batch.column("boxes").offsets.to_numpy().astype(np.int64)
        box_counts = np.diff(offsets)
        self._count(self._samples, split_of, None)
        self._count(self._boxes, split_of, box_counts)
        classes = batch.column("boxes").flatten().field("class_id").to_numpy()
        self._count_classes(classes, np.repeat(np.arange(len(split_of)), box_counts),
                            split_of)  # fmt: skip
        # A splits leaf is the digest of group and split: its head names both.
        heads = np.ascontiguousarray(columns.splits[:, :8]).view(np.uint64).ravel()
        unique, first = np.unique(heads, return_index=True)
        self._groups.append(unique)
        self._group_splits.append(split_of[first].astype(np.uint32))

    def by_split(self) -> tuple[SplitCount, ...]:
        if not self.splits:
            return ()
        _, first = np.unique(np.concatenate(self._groups), return_index=True)
        of = np.concatenate(self._group_splits)[first]
        groups = np.bincount(of, minlength=len(self.splits)).tolist()
        return tuple(
            SplitCount(
                split=name, samples=self._samples[code],
                boxes=self._boxes[code], groups=groups[code],
            )
            for code, name in sorted(enumerate(self.splits), key=lambda pair: pair[1])
        )  # fmt: skip

    def by_class(self) -> tuple[ClassCount, ...]:
        counts = (
            ClassCount(
                class_id=class_id, split=self.splits[code],
                samples=self._class_samples[class_id, code], boxes=boxes,
            )
            for (class_id, code), boxes in self._class_boxes.items()
        )  # fmt: skip
        return tuple(sorted(counts, key=lambda count: (count.class_id, count.split)))

    @staticmethod
    def _count(
        into: Counter[int],
        codes: NDArray[np.int64],
        weights: NDArray[np.int64] | None,
    ) -> None:
        for code, count in enumerate(np.bincount(codes, weights).tolist()):
            into[code] += int(count)

    def _count_classes(
        self,
        classes: NDArray[np.uint32],
        owners: NDArray[np.int64],
        split_of: NDArray[np.int64],
    ) -> None:
        width = len(self.splits)
        pairs = classes.astype(np.int64) * width + split_of[owners]
        boxes = np.bincount(pairs)
        # Each sample counts once for a class: of its boxes, the first of the class.
        key = np.sort(owners * len(boxes) + pairs)
        once = key[np.insert(np.diff(key) > 0, 0, True)] if len(key) else key
        samples = np.bincount(once % max(len(boxes), 1), minlength=len(boxes))
        for pair in np.flatnonzero(boxes).tolist():
            found = divmod(pair, width)
            self._class_boxes[found] += int(boxes[pair])
            self._class_samples[found] += int(samples[pair])


def _with_leaves(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, LeafColumns]:
    if batch.num_columns == len(manifest.FILE):
        return batch, manifest.kept_leaves(batch)
    columns = sample_batch.leaf_columns(batch)
    return manifest.with_leaves(batch, columns), columns


def _rechunked(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of a row group each, the last one shorter."""
    size = sample_batch.BATCH_ROWS
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        if count >= size:
            table = pa.Table.from_batches(waiting).combine_chunks()
            whole = count - count % size
            for start in range(0, whole, size):
                yield _single(table.slice(start, size))
            rest = table.slice(whole)
            waiting, count = rest.to_batches() if rest.num_rows else [], rest.num_rows
    if count:
        yield _single(pa.Table.from_batches(waiting))


def _single(table: pa.Table) -> pa.RecordBatch:
    return table.combine_chunks().to_batches()[0]
