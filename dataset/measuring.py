"""Measures samples once, in parallel, and keeps the numbers in the catalog."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .durable import read_bytes
from .images.image_file import decode
from .measures import DIGEST, embed, measure_boxes, measure_image
from .progress import SILENT, Progress
from .project import Project
from .records import VersionSample

_KEPT_AT_ONCE = 64
_VECTOR = "embedding_"


class Measurable(Protocol):
    """A stored image by id and by its place under the project's folder."""

    @property
    def id(self) -> str:
        """The sample's id."""

    @property
    def path(self) -> str:
        """Its image, relative to the project's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """An image of the store by its sample's id and its place; `Measurable`."""

    id: str
    path: str


def measure_file(path: Path) -> dict[str, float]:
    """The image measures of one file, with its embedding as `embedding_0` and on.

    Raises:
        BadImage: the file is no usable image.
        ProjectError: it cannot be read.
    """
    pixels = decode(read_bytes(path))
    vector = embed(pixels)
    numbers = measure_image(pixels)
    numbers |= {f"{_VECTOR}{i}": round(float(v), 6) for i, v in enumerate(vector)}
    return numbers


def measured(
    project: Project,
    samples: Sequence[Measurable],
    *,
    progress: Progress = SILENT,
) -> dict[str, dict[str, float]]:
    """The image measures of those samples, from the catalog or measured now.

    New numbers are kept as they come, so that an interrupted run goes on where it
    stopped; with a project open for reading they are only given.

    Raises:
        BadImage: an image cannot be decoded.
        ProjectError: an image is missing.
    """
    found = project.catalog.measures.known(DIGEST, (s.id for s in samples))
    missing = [sample for sample in samples if sample.id not in found]
    for batch in _batches(_measure_all(project.root, missing, progress)):
        if not project.catalog.read_only:
            project.catalog.measures.put(DIGEST, batch)
        found |= batch
    return found


def with_boxes(
    numbers: Mapping[str, Mapping[str, float]], samples: Iterable[VersionSample]
) -> dict[str, dict[str, float]]:
    """The image measures, without embeddings, joined by those of the boxes."""
    return {
        sample.id: {
            **{
                name: value
                for name, value in numbers.get(sample.id, {}).items()
                if not name.startswith(_VECTOR)
            },
            **measure_boxes(sample.boxes, sample.width, sample.height),
        }
        for sample in samples
    }


def embeddings(
    numbers: Mapping[str, Mapping[str, float]],
) -> dict[str, NDArray[np.float32]]:
    """The embedding of each measured sample, as a float32 vector."""
    found: dict[str, NDArray[np.float32]] = {}
    for sample_id, values in numbers.items():
        size = sum(name.startswith(_VECTOR) for name in values)
        vector = [values[f"{_VECTOR}{i}"] for i in range(size)]
        if vector:
            found[sample_id] = np.array(vector, dtype=np.float32)
    return found


def _measure_all(
    root: Path, samples: Sequence[Measurable], progress: Progress
) -> Iterator[tuple[str, dict[str, float]]]:
    # Decoding and filtering release the interpreter lock: threads are enough.
    with ThreadPoolExecutor(os.cpu_count() or 1, "measure") as pool:
        waiting = iter(samples)
        running = [
            (s.id, pool.submit(measure_file, root / s.path))
            for s in islice(waiting, _KEPT_AT_ONCE)
        ]
        done = 0
        try:
            while running:
                sample_id, future = running.pop(0)
                yield sample_id, future.result()
                done += 1
                progress.step(done, len(samples), "measuring")
                running += [
                    (s.id, pool.submit(measure_file, root / s.path))
                    for s in islice(waiting, 1)
                ]
        finally:
            for _, future in running:
                future.cancel()


def _batches(
    pairs: Iterator[tuple[str, dict[str, float]]],
) -> Iterator[dict[str, dict[str, float]]]:
    while batch := dict(islice(pairs, _KEPT_AT_ONCE)):
        yield batch
