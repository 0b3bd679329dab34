"""Whether the mix of classes shifted: one test over all classes together.

A session's mix is each class's share of its boxes, as a mean over its samples with
boxes. The distance of two mixes is half the sum of the absolute differences (total
variation): the share of boxes that would need another class.

One p for all classes: the largest |t| of any class against the same largest value of
every arrangement (Westfall and Young, Resampling-Based Multiple Testing, 1993), so
that eighty classes cost the family no more than one metric. A distance is never
below 0 and is drawn upwards by chance, and more so in resampled sessions: the lower
bound is the reflected bootstrap quantile, the upper one the plain one. Both err to
the side of saying less.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import resampling
from .arrangements import Layout
from .drift_tables import SampleTable
from .resampling import Estimate
from .session_means import SessionMeans
from .set_shift import (
    CLASS_MIX,
    ClassShift,
    Floats,
    SetShift,
    contrast,
    session_rows,
    shared_layout,
    side_variance,
    thinned,
)

Rows = NDArray[np.int64]

# More sessions than these change no verdict and cost minutes.
_MOST_SESSIONS = 2_000
_BOOTSTRAPS = 1999
_LEAST_BOOTSTRAPS = 199
# Resampled counts held at once.
_CELLS = 4_000_000
_WORK = 40_000_000
_STREAM = 0x636C6173


def class_shift(
    base: SampleTable,
    current: SampleTable,
    means: SessionMeans,
    *,
    permutations: int,
    seed: int,
) -> SetShift | None:
    """The shift of the mix of classes; None where no set has boxes of any class.

    At most 2,000 sessions are looked at, spread evenly.
    """
    names = sorted(set(base.classes) | set(current.classes))
    old, new = _mixes(base, names), _mixes(current, names)
    if not names or not (np.isfinite(old).any() or np.isfinite(new).any()):
        return None
    mixes = _session_mixes(
        means,
        (old, session_rows(base, means, current=False), _by_id(base)),
        (new, session_rows(current, means, current=True), _by_id(current)),
    )
    known = np.asarray(np.isfinite(mixes).all(axis=1), dtype=np.bool_)
    rows, layout = shared_layout(means, thinned(known, means, most=_MOST_SESSIONS))
    if not len(rows):
        return SetShift(
            metric=CLASS_MIX,
            estimate=None,
            base_scores=old.sum(axis=1),
            current_scores=new.sum(axis=1),
        )
    values = mixes[rows]
    found = resampling.estimate(values, layout, permutations=permutations, seed=seed)
    shifts = np.array([one.shift for one in found])
    towards = np.sign(shifts) / 2
    return SetShift(
        metric=CLASS_MIX,
        estimate=_estimate(
            values,
            layout,
            shifts,
            p=resampling.joint_p(values, layout, permutations=permutations, seed=seed),
            seed=seed,
        ),
        base_scores=old @ towards,
        current_scores=new @ towards,
        classes=tuple(
            ClassShift(
                name=name,
                base_share=float(values[~layout.current, column].mean()),
                current_share=float(values[layout.current, column].mean()),
                effect=found[column].shift,
                interval=_finite(found[column]),
            )
            for column, name in enumerate(names)
        ),
    )


def _mixes(table: SampleTable, names: list[str]) -> Floats:
    """(rows, classes) each class's share of a sample's boxes; NaN without boxes."""
    counts = np.zeros((len(table), len(names)))
    for column, name in enumerate(names):
        if name in table.classes:
            counts[:, column] = np.nan_to_num(table.classes[name], nan=0.0)
    total = counts.sum(axis=1, keepdims=True)
    mixes: Floats = np.full_like(counts, np.nan)
    np.divide(counts, total, out=mixes, where=total > 0)
    return mixes


def _by_id(table: SampleTable) -> Rows:
    """The rows in order of sample id, so that sums are the same to the last digit."""
    ids = table.sample_ids
    return np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int64)


def _session_mixes(means: SessionMeans, *sides: tuple[Floats, Rows, Rows]) -> Floats:
    """(sessions, classes) mean mix of each session; NaN for one without boxes.

    Each side has its samples' mixes, their rows among the sessions, and their order.
    """
    width = sides[0][0].shape[1]
    total = np.zeros((len(means.sessions), width))
    count = np.zeros(len(means.sessions))
    for mixes, rows, order in sides:
        used = order[(np.isfinite(mixes).all(axis=1) & (rows >= 0))[order]]
        np.add.at(total, rows[used], mixes[used])
        np.add.at(count, rows[used], 1)
    answer: Floats = np.full_like(total, np.nan)
    np.divide(total, count[:, None], out=answer, where=count[:, None] > 0)
    return answer


def _estimate(
    values: Floats, layout: Layout, shifts: Floats, *, p: float | None, seed: int
) -> Estimate:
    distance = float(np.abs(shifts).sum() / 2)
    if p is None:
        return Estimate(shift=distance)
    high = float(np.quantile(_resampled(values, layout, seed), 0.975))
    along = values @ np.sign(shifts) / 2
    return Estimate(
        shift=distance,
        p=p,
        low=max(0.0, 2 * distance - high),
        high=max(distance, high),
        base_variance=side_variance(along, layout, current=False),
        current_variance=side_variance(along, layout, current=True),
    )


def _resampled(values: Floats, layout: Layout, seed: int) -> Floats:
    """Distances of sets whose sessions were drawn again, by camera and side."""
    rng = np.random.default_rng((seed, _STREAM))
    sessions = len(values)
    draws = max(_LEAST_BOOTSTRAPS, min(_BOOTSTRAPS, _WORK // sessions))
    weights = contrast(layout)
    groups = [
        start + np.flatnonzero(layout.current[start:end] == side)
        for start, end, _ in layout.blocks
        for side in (False, True)
    ]
    found = []
    chunk = max(1, _CELLS // sessions)
    for first in range(0, draws, chunk):
        counts = np.zeros((min(chunk, draws - first), sessions))
        for group in groups:
            even = np.full(len(group), 1 / len(group))
            counts[:, group] = rng.multinomial(len(group), even, len(counts))
        found.append(np.abs((counts * weights) @ values).sum(axis=1) / 2)
    return np.concatenate(found)


def _finite(found: Estimate) -> tuple[float, float] | None:
    is_known = found.p is not None and np.isfinite(found.high - found.low)
    return (found.low, found.high) if is_known else None
