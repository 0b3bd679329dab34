"""Made samples: copies by a recipe, stored by content, with their lineage.

A copy's pixels follow from the recipe, the parent's bytes, the copy's number and the
libraries; its boxes from the parent's boxes as well. The same recipe gives other
pixels under another OpenCV, so what was made once is kept and used again: the libraries
that made it stand in the catalog and in the version. A made sample is a row of the
version, in its parent's group, and no sample of the project.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..images import image_file
from ..progress import Progress
from ..project import Project
from ..records import Box, SampleState, VersionSample
from ..sample_batch import BATCH, batch_of, raw_bytes
from ..sealed.stress import corrupt
from ..versions import leaf
from .lineage import Lineage, MadeSample, labels_digest
from .recipes import StressRecipe, library_versions, seed_of

Pixels = NDArray[np.uint8]

_TOGETHER: Final = 16
_JPEG: Final = (cv2.IMWRITE_JPEG_QUALITY, 95)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Copy:
    """Pixels (H, W, 3) BGR of 8 bit, and the boxes on them."""

    pixels: Pixels
    boxes: tuple[Box, ...]


class Maker(Protocol):
    """Carries a recipe out."""

    kind: str
    digest: str

    def make(self, pixels: Pixels, parent: VersionSample, index: int) -> Copy | None:
        """A copy of that number; None where no box of the parent stays visible."""


class StressMaker:
    """Makes corrupted copies; the boxes stay where they are."""

    kind = "stress"

    def __init__(self, recipe: StressRecipe) -> None:
        self._recipe = recipe
        self.digest = recipe.digest

    def make(self, pixels: Pixels, parent: VersionSample, index: int) -> Copy | None:
        """A corrupted copy; never None."""
        seed = seed_of(self.digest, parent.id, index)
        found = corrupt(self._recipe, pixels, seed=seed)
        return Copy(pixels=found, boxes=parent.boxes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A copy to be made: its number among its parent's copies, and its split."""

    parent: VersionSample
    index: int
    split: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeCopies:
    """What became of the wanted copies.

    `samples` are rows of a version, by id. `new` counts those that were not there
    already, `emptied` the copies dropped because no box stayed visible, `alike` those
    dropped because their bytes are those of another sample.
    """

    samples: tuple[VersionSample, ...] = ()
    libraries: frozenset[str] = frozenset()
    new: int = 0
    emptied: int = 0
    alike: int = 0


def make_copies(
    project: Project, maker: Maker, wanted: Sequence[Wanted], *, progress: Progress
) -> MadeCopies:
    """Make what is not there yet, store it durably, and give all of it.

    Whatever interrupts it, what was stored is whole and is found the next time.

    Raises:
        StorageFull, ReadOnlyProject: the store cannot take a copy.
        ProjectError: a parent's image is missing.
        BadImage: a parent's image is damaged.
        Cancelled: the person asked to stop.
    """
    bench = _Bench(project, maker)
    for done, one in enumerate(wanted):
        progress.step(done, len(wanted), f"{maker.kind} copies")
        bench.add(one)
    bench.flush()
    progress.step(len(wanted), len(wanted), f"{maker.kind} copies")
    return MadeCopies(
        samples=tuple(sorted(bench.samples.values(), key=lambda sample: sample.id)),
        libraries=frozenset(bench.libraries),
        new=bench.new,
        emptied=bench.emptied,
        alike=bench.alike,
    )


def merged(
    batches: Iterable[pa.RecordBatch],
    *,
    left_out: frozenset[str],
    made: Sequence[VersionSample],
) -> Iterator[pa.RecordBatch]:
    """The batches without some samples and with made ones, all sorted by id.

    Args:
        batches: of `sample_batch.BATCH`, sorted by id.
        left_out: ids.
        made: sorted by id.
    """
    at = 0
    for batch in batches:
        ids = [row.tobytes().hex() for row in raw_bytes(batch.column("id"))]
        if left_out:
            batch = batch.filter(pa.array([i not in left_out for i in ids]))
        end = at
        while end < len(made) and ids and made[end].id < ids[-1]:
            end += 1
        yield _sorted_batch(batch, made[at:end]) if end > at else batch
        at = end
    if at < len(made):
        yield batch_of(made[at:])


class _Bench:
    """Where copies are made: a few at a time, the parent's pixels at hand."""

    def __init__(self, project: Project, maker: Maker) -> None:
        self._project = project
        self._maker = maker
        self._known = project.catalog.made.of_recipe(maker.digest)
        self._libraries = json.dumps(library_versions(), sort_keys=True)
        self._pixels: tuple[str, Pixels] | None = None
        self._waiting: list[tuple[MadeSample, bytes]] = []
        self.samples: dict[str, VersionSample] = {}
        self.libraries: set[str] = set()
        self.new = self.emptied = self.alike = 0

    def add(self, wanted: Wanted) -> None:
        """Find or make one copy."""
        labels = labels_digest(wanted.parent.boxes)
        made = self._known.get((wanted.parent.id, wanted.index))
        if made is None or made.labels != labels or not self._is_stored(made):
            made = self._make(wanted, labels)
        if made is None:
            return
        if made.id in self.samples or self._project.catalog.samples.has(made.id):
            self.alike += 1
            return
        self.samples[made.id] = _version_sample(wanted, made)
        self.libraries.add(made.libraries)

    def flush(self) -> None:
        """Note what waits in the catalog, then store it: see `catalog.made`."""
        self._project.catalog.made.add(made for made, _ in self._waiting)
        for made, data in self._waiting:
            self._project.images.put(data, made.suffix)
        self._waiting = []

    def _make(self, wanted: Wanted, labels: str) -> MadeSample | None:
        parent = wanted.parent
        copy = self._maker.make(self._pixels_of(parent), parent, wanted.index)
        if copy is None:
            self.emptied += 1
            return None
        suffix = "jpg" if parent.suffix == "jpg" else "png"
        data = _encoded(copy.pixels, suffix)
        made_id = hashlib.sha256(data).hexdigest()
        if self._project.catalog.samples.has(made_id):
            self.alike += 1
            return None
        made = MadeSample(
            id=made_id,
            lineage=Lineage(
                kind=self._maker.kind,
                recipe=self._maker.digest,
                parent_id=parent.id,
                index=wanted.index,
            ),
            labels=labels,
            suffix=suffix,
            width=copy.pixels.shape[1],
            height=copy.pixels.shape[0],
            size_bytes=len(data),
            boxes=tuple(_on_grid(box) for box in copy.boxes),
            libraries=self._libraries,
        )
        self.new += 1
        self._waiting.append((made, data))
        if len(self._waiting) >= _TOGETHER:
            self.flush()
        return made

    def _pixels_of(self, parent: VersionSample) -> Pixels:
        if self._pixels is None or self._pixels[0] != parent.id:
            data = self._project.images.read(parent.id, parent.suffix)
            self._pixels = (parent.id, image_file.decode(data))
        return self._pixels[1]

    def _is_stored(self, made: MadeSample) -> bool:
        path = self._project.images.path(made.id, made.suffix)
        try:
            return path.stat().st_size == made.size_bytes
        except OSError:
            return False


def _version_sample(wanted: Wanted, made: MadeSample) -> VersionSample:
    return replace(
        wanted.parent,
        id=made.id,
        width=made.width,
        height=made.height,
        suffix=made.suffix,
        state=SampleState.LABELED if made.boxes else SampleState.EMPTY,
        split=wanted.split,
        boxes=made.boxes,
        source_name=made.lineage.source_name,
        size_bytes=made.size_bytes,
        orientation=1,
    )


def _encoded(pixels: Pixels, suffix: str) -> bytes:
    parameters = _JPEG if suffix == "jpg" else ()
    return cv2.imencode(f".{suffix}", pixels, parameters)[1].tobytes()


def _on_grid(box: Box) -> Box:
    """The box as a version keeps it, so that it is the same each time it is read."""
    x0, y0, x1, y1 = (value / leaf.UNITS_PER_PIXEL for value in leaf.quantise(box))
    return replace(box, x0=x0, y0=y0, x1=x1, y1=y1)


def _sorted_batch(
    batch: pa.RecordBatch, made: Sequence[VersionSample]
) -> pa.RecordBatch:
    table = pa.Table.from_batches([batch, batch_of(made)], schema=BATCH)
    table = table.combine_chunks()
    ids = np.ascontiguousarray(raw_bytes(table.column("id"))).view("S32").ravel()
    return table.take(pa.array(np.argsort(ids))).combine_chunks().to_batches()[0]
