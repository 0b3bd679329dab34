"""A test set as it was, or would be, sealed: its samples and their Merkle root.

The root is that of a hash tree as in `hash_tree`, over one leaf a sample:

    leaf  =  H("fsm1"  images leaf  labels leaf)

with the leaves of `leaf`. Names of sets, groups and classes stay outside: a group that
is joined, or a class that is renamed, does not break a seal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..project import Project
from ..records import LabelClass, Split, Version, VersionRoots, VersionSample
from ..sample_batch import LeafColumns, batches_of, leaf_columns, samples_of
from ..versions.hash_tree import TreeBuilder
from .set_address import set_id

_LEAF = b"fsm1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSize:
    """How much a test set holds, and its Merkle root (hexadecimal SHA-256)."""

    merkle_root: str
    samples: int
    boxes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSet:
    """A sealed test set, to be written like a version.

    `version.id` is `ts-` and the root in base32; its roots are all the Merkle root.
    Equal where the samples, the classes and the split are.
    """

    version: Version
    classes: tuple[LabelClass, ...]
    splits: tuple[Split, ...]
    samples: tuple[VersionSample, ...]
    root: Path

    @property
    def policy(self) -> Mapping[str, Any]:
        """Nothing: no policy shapes a test set."""
        return {}

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:  # noqa: ARG002  (all of them are there)
        """The samples as `FrozenVersion.batches` gives a version's."""
        for batch in batches_of(self.samples):
            yield pa.Table.from_batches([batch])

    @property
    def merkle_root(self) -> str:
        """The root over the samples and their boxes, hexadecimal SHA-256."""
        return self.version.roots.images


def measure_set(project: Project, name: str) -> SetSize:
    """The size and root of a test set as the catalog holds it now.

    Memory does not grow with the set.
    """
    builder = TreeBuilder()
    samples = boxes = 0
    with project.catalog.reading():
        for batch in _batches(project, name):
            columns = leaf_columns(batch)
            builder.add(columns.ids, _set_leaves(columns))
            samples += batch.num_rows
            boxes += len(batch.column("boxes").flatten())
    root = builder.finish().root
    return SetSize(merkle_root=root, samples=samples, boxes=boxes)


def read_set(project: Project, split: Split) -> SealedSet:
    """A test set as the catalog holds it now, with its samples and boxes."""
    builder = TreeBuilder()
    samples: list[VersionSample] = []
    with project.catalog.reading():
        classes = project.catalog.classes.all(include_retired=True)
        for batch in _batches(project, split.name):
            columns = leaf_columns(batch)
            builder.add(columns.ids, _set_leaves(columns))
            samples += samples_of(batch)
    return _made_set(samples, builder.finish().root, classes, split, project.root)


def set_of(
    samples: Sequence[VersionSample],
    classes: tuple[LabelClass, ...],
    split: Split,
    root: Path,
) -> SealedSet:
    """The set that samples make, which come by id.

    Args:
        samples: of the set, with their boxes.
        classes: the taxonomy that the boxes speak of.
        split: the set's.
        root: of the project whose images they are.
    """
    return _made_set(samples, set_root(samples), classes, split, root)


def set_root(samples: Iterable[VersionSample]) -> str:
    """The Merkle root over samples, which come by id, and their boxes."""
    builder = TreeBuilder()
    for batch in batches_of(samples):
        columns = leaf_columns(batch)
        builder.add(columns.ids, _set_leaves(columns))
    return builder.finish().root


def _made_set(
    samples: Sequence[VersionSample],
    merkle_root: str,
    classes: tuple[LabelClass, ...],
    split: Split,
    root: Path,
) -> SealedSet:
    roots = VersionRoots(images=merkle_root, labels=merkle_root, splits=merkle_root)
    return SealedSet(
        version=Version(
            id=set_id(merkle_root),
            number=1,
            parent=None,
            created_us=0,
            message="",
            author="",
            samples=len(samples),
            boxes=sum(len(sample.boxes) for sample in samples),
            roots=roots,
        ),
        classes=classes,
        splits=(split,),
        samples=tuple(samples),
        root=root,
    )


def _batches(project: Project, name: str) -> Iterator[pa.RecordBatch]:
    """What a version would freeze of the split; call it inside `reading`."""
    for batch in project.catalog.frozen_batches():
        own = batch.filter(pc.equal(batch.column("split"), name))
        if own.num_rows:
            yield own


def _set_leaves(columns: LeafColumns) -> NDArray[np.uint8]:
    rows = np.concatenate([columns.images, columns.labels], axis=1)
    sha256 = hashlib.sha256
    digests = [sha256(_LEAF + row.tobytes()).digest() for row in rows]
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 32)
