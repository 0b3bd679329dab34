"""A shift that no single number shows: of the mix of classes, of the whole picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..measures import Metric
from .arrangements import Layout
from .drift_tables import SampleTable
from .resampling import Estimate
from .session_means import SessionMeans

Floats = NDArray[np.float64]

CLASS_MIX = Metric(
    name="class_mix",
    unit="share of boxes",
    label="mix of classes",
    about="share of the boxes that would need another class for the sets to agree",
)
PICTURE = Metric(
    name="picture",
    unit="AUC over 0.5",
    label="whole picture",
    about="how well a classifier tells the sets apart in sessions it has not seen",
)
SET_METRICS = (CLASS_MIX, PICTURE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassShift:
    """One class's share of the boxes in both sets; each session weighs the same.

    `effect` and its 95 % interval compare cameras with themselves.
    """

    name: str
    base_share: float
    current_share: float
    effect: float
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureShift:
    """How far apart the embeddings are: a kernel distance and a classifier.

    `mmd2` is the squared maximum mean discrepancy less what chance alone gives, `auc`
    that of a classifier on sessions it was not trained on, with its 95 % interval.
    `samples` and `sessions` were looked at, of both sets together.
    """

    mmd2: float
    p: float
    auc: float
    interval: tuple[float, float] | None
    folds: int
    samples: int
    sessions: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SetShift:
    """A shift of a whole set, in the form in which metrics are judged.

    The estimate is None where no camera is in both sets, and its shift NaN where
    there are too few sessions to say. The scores tell how much each sample looks like
    the current set; NaN: not used.
    """

    metric: Metric
    estimate: Estimate | None
    base_scores: Floats
    current_scores: Floats
    classes: tuple[ClassShift, ...] = ()
    picture: PictureShift | None = None


def shared_layout(
    means: SessionMeans, known: NDArray[np.bool_] | np.bool_
) -> tuple[NDArray[np.int64], Layout]:
    """The known sessions whose camera has some on both sides, with their layout."""
    known = np.asarray(known, dtype=np.bool_)
    size = int(means.strata.max(initial=-1)) + 1
    base = np.bincount(means.strata[known & ~means.current], minlength=size) > 0
    now = np.bincount(means.strata[known & means.current], minlength=size) > 0
    rows = np.flatnonzero(known & (base & now)[means.strata]).astype(np.int64)
    return rows, Layout(strata=means.strata[rows], current=means.current[rows])


def thinned(
    known: NDArray[np.bool_], means: SessionMeans, *, most: int
) -> NDArray[np.bool_]:
    """At most so many of the known sessions, half of each side, evenly by name."""
    kept = np.zeros_like(known)
    for side in (False, True):
        rows = np.flatnonzero(known & (means.current == side))
        size = min(len(rows), most // 2)
        kept[rows[(np.arange(size) * len(rows)) // max(1, size)]] = True
    return kept


def contrast(layout: Layout) -> Floats:
    """(N,) weights whose product with the sessions' values is the shift."""
    share = np.zeros(len(layout.strata))
    for start, end, count in layout.blocks:
        share[start:end] = count / (end - start)
    own = layout.current - share
    weights: Floats = own / (own**2).sum()
    return weights


def session_rows(
    table: SampleTable, means: SessionMeans, *, current: bool
) -> NDArray[np.int64]:
    """(len(table),) int64: each sample's row among the sessions, -1 for none."""
    places = {
        name: row
        for row, name in enumerate(means.sessions)
        if bool(means.current[row]) == current
    }
    return np.array([places.get(name, -1) for name in table.sessions], dtype=np.int64)


def side_variance(values: Floats, layout: Layout, *, current: bool) -> float:
    """Variance of one session of a side around its camera's mean; NaN for too few."""
    parts = []
    for start, end, _ in layout.blocks:
        block = values[start:end][layout.current[start:end] == current]
        parts.append(block - block.mean())
    gathered = np.concatenate(parts)
    free = len(gathered) - len(parts)
    return float((gathered**2).sum() / free) if free > 0 else float("nan")
