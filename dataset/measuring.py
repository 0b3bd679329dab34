"""Measures samples once, in parallel, and keeps the numbers in the catalog."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from .catalog.measures import BACKBONE, BUILT_IN
from .durable import read_bytes
from .measures import DIGEST, measure_boxes, measure_bytes, measure_time
from .progress import SILENT, Progress
from .project import Project
from .records import VersionSample

T = TypeVar("T")
_KEPT_AT_ONCE = 64
Found = tuple[dict[str, float], NDArray[np.float32]]
"""Numbers of one image by metric, and its built-in embedding."""


class Measurable(Protocol):
    """A stored image by id and by its place under the project's folder."""

    @property
    def id(self) -> str:
        """The sample's id."""

    @property
    def path(self) -> str:
        """Its image, relative to the project's folder."""


class Backbone(Protocol):
    """What makes vectors of pictures in the place of the built-in embedding.

    Attributes:
        key: names the model and how it is used; its vectors are kept under it.
    """

    key: str

    def embed_file(
        self, path: Path, *, waiting: Callable[[], None]
    ) -> NDArray[np.float32]:
        """The vector of a picture, (D,) float32; `waiting` may raise `Cancelled`.

        Raises:
            BadImage: the picture cannot be read.
            BadFile: the model cannot be used, or failed on it.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """An image of the store by its sample's id and its place; `Measurable`."""

    id: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured(Mapping[str, Mapping[str, float]]):
    """The numbers of samples by id, and beside them their vectors, (D,) float32.

    Two are equal where their numbers are.
    """

    numbers: Mapping[str, Mapping[str, float]]
    vectors: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def __getitem__(self, sample_id: str) -> Mapping[str, float]:
        return self.numbers[sample_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)


def measure_file(path: Path) -> Found:
    """The measures of one file (`measure_bytes`), and its built-in embedding.

    Raises:
        BadImage: the file is no usable image.
        ProjectError: it cannot be read.
    """
    return measure_bytes(read_bytes(path))


def measured(
    project: Project,
    samples: Sequence[Measurable],
    *,
    backbone: Backbone | None = None,
    progress: Progress = SILENT,
) -> Measured:
    """The image measures of those samples, from the catalog or measured now.

    Each image is decoded once; as many at once as there are processors. New numbers
    are kept as they come, so that an interrupted run goes on where it stopped; with a
    project open for reading they are only given. With a `backbone` the vectors are its
    own: it sees each picture that has none of it.

    Raises:
        BadImage: an image cannot be decoded.
        BadFile: the backbone cannot be used.
        ProjectError: an image is missing.
    """
    kept = project.catalog.measures
    ids = [sample.id for sample in samples]
    numbers = kept.known(DIGEST, ids)
    vectors = kept.vectors(BUILT_IN, DIGEST, numbers)
    missing = [sample for sample in samples if sample.id not in vectors]
    for batch in _batches(_measure_all(project.root, missing, progress)):
        if not project.catalog.read_only:
            keep(project, batch)
        numbers |= {sample_id: found[0] for sample_id, found in batch.items()}
        vectors |= {sample_id: found[1] for sample_id, found in batch.items()}
    if backbone is not None:
        vectors = _embedded(project, samples, backbone, progress)
    return Measured(numbers=numbers, vectors=vectors)


def keep(project: Project, found: Mapping[str, Found]) -> None:
    """Keep what `measure_file` gave of samples, in the place of other code's numbers.

    Raises:
        ReadOnlyProject: the catalog is open for reading only.
    """
    project.catalog.measures.supersede(
        DIGEST,
        {sample_id: numbers for sample_id, (numbers, _) in found.items()},
        {sample_id: vector for sample_id, (_, vector) in found.items()},
    )


def with_boxes(
    numbers: Mapping[str, Mapping[str, float]], samples: Iterable[VersionSample]
) -> dict[str, dict[str, float]]:
    """The image measures joined by those of boxes and of the hour of capture."""
    return {
        sample.id: {
            **numbers.get(sample.id, {}),
            **measure_boxes(sample.boxes, sample.width, sample.height),
            **measure_time(sample.captured_us),
        }
        for sample in samples
    }


def embeddings(found: Measured) -> dict[str, NDArray[np.float32]]:
    """The vector of each measured sample, (D,) float32."""
    return dict(found.vectors)


def _embedded(
    project: Project,
    samples: Sequence[Measurable],
    backbone: Backbone,
    progress: Progress,
) -> dict[str, NDArray[np.float32]]:
    """The backbone's vectors, from the catalog or made now."""
    kept = project.catalog.measures
    vectors = kept.vectors(BACKBONE, backbone.key, [sample.id for sample in samples])
    missing = [sample for sample in samples if sample.id not in vectors]
    made = _embed_all(project.root, missing, backbone, progress)
    for batch in _batches(made):
        if not project.catalog.read_only:
            kept.put_vectors(BACKBONE, backbone.key, batch)
        vectors |= batch
    return vectors


def _embed_all(
    root: Path, samples: Sequence[Measurable], backbone: Backbone, progress: Progress
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    for done, sample in enumerate(samples):

        def wait(done: int = done) -> None:
            progress.step(done, len(samples), "embedding")

        wait()
        yield sample.id, backbone.embed_file(root / sample.path, waiting=wait)


def _measure_all(
    root: Path, samples: Sequence[Measurable], progress: Progress
) -> Iterator[tuple[str, Found]]:
    # Decoding and filtering release the interpreter lock: threads are enough. Each
    # holds the pixels of one image; what waits is numbers alone.
    with ThreadPoolExecutor(os.cpu_count() or 1, "measure") as pool:
        waiting = iter(samples)
        running: deque[tuple[str, Future[Found]]] = deque()

        def begin(count: int) -> None:
            for sample in islice(waiting, count):
                future = pool.submit(measure_file, root / sample.path)
                running.append((sample.id, future))

        begin(_KEPT_AT_ONCE)
        try:
            for done in range(1, len(samples) + 1):
                sample_id, future = running.popleft()
                yield sample_id, future.result()
                progress.step(done, len(samples), "measuring")
                begin(1)
        finally:
            for _, future in running:
                future.cancel()


def _batches(pairs: Iterator[tuple[str, T]]) -> Iterator[dict[str, T]]:
    while batch := dict(islice(pairs, _KEPT_AT_ONCE)):
        yield batch
