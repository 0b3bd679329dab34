"""The two main directions of embeddings, and where each sample lies on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.float32]
Vectors = NDArray[np.float32]

METHOD: Final = "PCA"
# Two directions of so many samples are those of all. Ids are digests: the first ones
# in order are a random draw, and the same one on every machine.
FIT_SAMPLES: Final = 20_000
_AT_ONCE: Final = 8192
_LEAST_SPREAD: Final = 1e-9
# Below this share of what varies a direction is rounding.
_LEAST_SHARE: Final = 1e-9
_DIGITS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plane:
    """Two directions through a cloud of vectors.

    A vector's place is `(vector - mean) / spread @ axes.T`. `axes` is (2, D), its rows
    of length 1 and at right angles, or 0 where nothing varies that way. `share` is the
    part, 0 to 1, of the variance of the standardised vectors that both show.
    """

    mean: Floats
    spread: Floats
    axes: Floats
    share: float

    def places(self, vectors: Vectors) -> Places:
        """Where vectors (N, D) lie: (N, 2) float32, rounded to five digits."""
        scaled = (np.asarray(vectors, np.float64) - self.mean) / self.spread
        return np.round(scaled @ self.axes.T, _DIGITS).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """Samples by id and their places, (N, 2) float32; see `Plane` for `share`.

    `strange` are the ids whose vector has another length than the others, or numbers
    that are not finite.
    """

    ids: tuple[str, ...] = ()
    places: Places = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    share: float = 0.0
    strange: tuple[str, ...] = ()


def fit_plane(vectors: Vectors) -> Plane:
    """The plane of greatest variance: principal component analysis.

    SOURCE: Hotelling, "Analysis of a complex of statistical variables into principal
    components" (1933), on standardised numbers (of the correlation matrix): numbers
    that do not vary count for nothing. An axis points where its largest weight is
    positive, of equal ones the first, so that the map does not flip between runs.

    Args:
        vectors: (N, D) float32, finite, N at least 1.
    """
    values = np.asarray(vectors, np.float64)
    mean, spread = values.mean(axis=0), values.std(axis=0)
    varies = spread > _LEAST_SPREAD
    spread = np.where(varies, spread, 1.0)
    size = values.shape[1]
    axes = np.zeros((2, size))
    if len(values) < 2 or not varies.any():
        return Plane(mean=mean, spread=spread, axes=axes, share=0.0)
    scaled = np.where(varies, (values - mean) / spread, 0.0)
    weights, directions = np.linalg.eigh(scaled.T @ scaled / len(values))
    total = float(weights.sum())
    share = 0.0
    for row, at in enumerate(range(size - 1, max(size - 3, -1), -1)):
        if weights[at] > _LEAST_SHARE * total:
            axes[row] = _turned(directions[:, at])
            share += float(weights[at]) / total
    return Plane(mean=mean, spread=spread, axes=axes, share=min(share, 1.0))


def lay_out(batches: Iterable[tuple[Sequence[str], Vectors]]) -> Layout:
    """The places of samples that come in the order of their ids, batch by batch.

    Only the first `FIT_SAMPLES` vectors are held; the plane is theirs. Three samples
    that are alike, or one alone, lie in the middle.

    Args:
        batches: ids and their vectors, (N, D) float32 each.
    """
    ids: list[str] = []
    places: list[Places] = []
    strange: list[str] = []
    held: list[Vectors] = []
    plane: Plane | None = None
    size = 0
    for names, vectors in batches:
        size = size or vectors.shape[1]
        good, usable = _usable(names, vectors, size, strange)
        ids += good
        if plane is not None:
            places.append(plane.places(usable))
            continue
        held.append(usable)
        if sum(map(len, held)) >= FIT_SAMPLES:
            plane = fit_plane(np.concatenate(held)[:FIT_SAMPLES])
            places += [plane.places(part) for part in held]
            held = []
    if plane is None and ids:
        plane = fit_plane(np.concatenate(held))
        places += [plane.places(part) for part in held]
    if plane is None:
        return Layout(strange=tuple(strange))
    return Layout(
        ids=tuple(ids),
        places=np.concatenate(places),
        share=plane.share,
        strange=tuple(strange),
    )


def lay_out_vectors(vectors: Mapping[str, Vectors]) -> Layout:
    """The places of vectors (D,) by sample id; their order does not matter."""
    ids = sorted(vectors)
    size = len(vectors[ids[0]]) if ids else 0
    odd = tuple(i for i in ids if len(vectors[i]) != size)
    ids = [i for i in ids if len(vectors[i]) == size]
    found = lay_out(
        (part, np.stack([vectors[i] for i in part]).astype(np.float32))
        for part in (ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE))
    )
    return Layout(
        ids=found.ids,
        places=found.places,
        share=found.share,
        strange=tuple(sorted((*odd, *found.strange))),
    )


def _usable(
    names: Sequence[str], vectors: Vectors, size: int, strange: list[str]
) -> tuple[list[str], Vectors]:
    """The finite vectors of the right length; the ids of others are noted."""
    if vectors.shape[1] != size:
        strange += names
        return [], np.zeros((0, size), np.float32)
    finite: list[bool] = np.asarray(np.isfinite(vectors).all(axis=1)).tolist()
    strange += [
        name for name, is_good in zip(names, finite, strict=True) if not is_good
    ]
    if all(finite):
        return list(names), vectors
    good = [name for name, is_good in zip(names, finite, strict=True) if is_good]
    return good, vectors[np.array(finite, np.bool_)]


def _turned(axis: Floats) -> Floats:
    """The axis or its opposite, so that its largest weight is positive."""
    sizes = np.abs(axis)
    largest = int(np.flatnonzero(sizes >= sizes.max() - 1e-9)[0])
    return axis if axis[largest] > 0 else -axis
