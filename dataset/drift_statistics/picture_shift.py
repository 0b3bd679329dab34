"""Whether pictures as a whole shifted: their embeddings, by kernel and by classifier.

p comes from the squared maximum mean discrepancy with a Gaussian kernel as wide as
the median distance (Gretton et al., "A kernel two-sample test", JMLR 13, 2012). We
differ in the unit: the kernel is averaged over pairs of sessions, and whole sessions
are dealt out anew within their camera. The statistic is the discrepancy over what
chance alone gives with the spread of each side, as for the metrics (Anderson et al.,
Australian & New Zealand Journal of Statistics 59, 2017, for one camera): without it,
8 new sessions of three images against 40 of twenty-five had p under 0.05 in 96 % of
the runs without any drift.

The size comes from a linear discriminant with shrunk covariance that must tell the
sets apart (Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", ICLR 2017).
It is scored on sessions it was not trained on: frames of one session in both halves
would let it know the session and call that drift. Its AUC counts pairs of sessions of
one camera; the interval is DeLong's (Biometrics 44, 1988) on the sessions' means, after
Obuchowski (Biometrics 53, 1997), with the variance raised by 1 + K/(K - 1) for K folds
that share their training data (Nadeau and Bengio, Machine Learning 52, 2003).

A drift must show in both: the larger of the kernel's p and of the AUC's counts, so that
interval and verdict never contradict each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .arrangements import Layout, arrangements
from .drift_tables import SampleTable
from .resampling import Design, Estimate
from .session_means import SessionMeans
from .set_shift import (
    PICTURE,
    Floats,
    PictureShift,
    SetShift,
    session_rows,
    shared_layout,
    side_variance,
    thinned,
)
from .student_t import quantile, two_sided_p

Rows = NDArray[np.int64]

_FOLDS = 5
# Share of the average variance in the shrunk covariance.
_SHRINKAGE = 0.25
_MOST_SESSIONS = 600
_MOST_SAMPLES = 3_000
_LEAST_A_SESSION = 4


def picture_shift(
    base: SampleTable,
    current: SampleTable,
    means: SessionMeans,
    *,
    permutations: int,
    seed: int,
) -> SetShift | None:
    """The shift of the pictures; None where a set has no embeddings like the other's.

    At most 600 sessions and about 3,000 samples are looked at, spread evenly.
    """
    if base.vectors is None or current.vectors is None:
        return None
    if base.vectors.shape[1] != current.vectors.shape[1]:
        return None
    vectors = np.concatenate([base.vectors, current.vectors]).astype(np.float64)
    sessions = np.concatenate(
        [
            session_rows(base, means, current=False),
            session_rows(current, means, current=True),
        ]
    )
    known = np.zeros(len(means.sessions), dtype=np.bool_)
    is_whole = np.isfinite(vectors).all(axis=1) & (sessions >= 0)
    known[sessions[is_whole]] = True
    rows, layout = shared_layout(means, thinned(known, means, most=_MOST_SESSIONS))
    order = _in_order(base, current)
    taken, owner = _chosen(order[is_whole[order]], sessions, rows)
    scores = np.full(len(vectors), np.nan)
    estimate = Estimate(shift=math.nan) if len(rows) else None
    picture = None
    sides = [int((layout.current == side).sum()) for side in (False, True)]
    if len(rows) and min(sides) > 1:
        unit = _standardised(vectors[taken], owner, layout)
        folds = min(_FOLDS, *sides)
        scores[taken] = _scores(unit, owner, layout, folds)
        estimate, picture = _judged(
            unit, scores[taken], owner, layout, (permutations, seed, folds)
        )
    else:
        scores[is_whole] = 0.0
    return SetShift(
        metric=PICTURE,
        estimate=estimate,
        base_scores=scores[: len(base)],
        current_scores=scores[len(base) :],
        picture=picture,
    )


def _judged(
    unit: Floats,
    scores: Floats,
    owner: Rows,
    layout: Layout,
    drawing: tuple[int, int, int],
) -> tuple[Estimate, PictureShift]:
    permutations, seed, folds = drawing
    mmd2, p = _kernel_test(unit, owner, layout, permutations=permutations, seed=seed)
    found = _auc(scores, owner, layout)
    spread = found.error * math.sqrt(1 + folds / (folds - 1))
    interval = None
    if math.isfinite(spread):
        reach = quantile(0.975, found.free) * spread
        interval = max(0.0, found.value - reach), min(1.0, found.value + reach)
    picture = PictureShift(
        mmd2=mmd2,
        p=p,
        auc=found.value,
        interval=interval,
        folds=folds,
        samples=len(unit),
        sessions=len(layout.current),
    )
    low, high = interval or (-math.inf, math.inf)
    return Estimate(
        shift=max(0.0, found.value - 0.5),
        p=max(p, _guessing(found, spread)),
        low=max(0.0, low - 0.5) if interval else low,
        high=max(0.0, high - 0.5),
        base_variance=found.variances[0],
        current_variance=found.variances[1],
    ), picture


def _guessing(found: _Auc, spread: float) -> float:
    """Two-sided p that the classifier only guesses, by Student's t."""
    over = found.value - 0.5
    if over <= 0 or not math.isfinite(spread):
        return 1.0
    if spread <= 0:
        return 0.0
    return two_sided_p(over / spread, found.free)


def _in_order(base: SampleTable, current: SampleTable) -> Rows:
    """All rows, base before current, by sample id: the tables' order is no matter."""
    ids = [*base.sample_ids, *current.sample_ids]
    order = sorted(range(len(ids)), key=lambda row: (row >= len(base), ids[row]))
    return np.array(order, dtype=np.int64)


def _chosen(order: Rows, sessions: Rows, rows: Rows) -> tuple[Rows, Rows]:
    """The samples to look at, and for each its session's place in the layout."""
    place = {row: at for at, row in enumerate(rows.tolist())}
    members: list[list[int]] = [[] for _ in rows]
    for sample in order.tolist():
        at = place.get(int(sessions[sample]))
        if at is not None:
            members[at].append(sample)
    most = max(_LEAST_A_SESSION, _MOST_SAMPLES // max(1, len(rows)))
    taken: list[int] = []
    owner: list[int] = []
    for at, listed in enumerate(members):
        count = min(most, len(listed))
        taken += [listed[number * len(listed) // count] for number in range(count)]
        owner += [at] * count
    return np.array(taken, dtype=np.int64), np.array(owner, dtype=np.int64)


def _standardised(vectors: Floats, owner: Rows, layout: Layout) -> Floats:
    """Each number less its camera's mean, over its standard deviation."""
    unit = np.array(vectors)
    for start, end, _ in layout.blocks:
        block = (owner >= start) & (owner < end)
        unit[block] -= unit[block].mean(axis=0)
    scale = unit.std(axis=0)
    flat = scale <= 1e-9 * np.maximum(1.0, np.abs(vectors).max(axis=0, initial=0.0))
    answer: Floats = np.where(flat, 0.0, unit / np.where(flat, 1.0, scale))
    return answer


def _kernel_test(
    unit: Floats, owner: Rows, layout: Layout, *, permutations: int, seed: int
) -> tuple[float, float]:
    """Squared MMD less what chance alone gives, and p."""
    kernel = _session_kernel(unit, owner, len(layout.current))
    for start, end, _ in layout.blocks:  # each session less its camera's mean
        kernel[start:end] -= kernel[start:end].mean(axis=0)
        kernel[:, start:end] -= kernel[:, start:end].mean(axis=1, keepdims=True)
    design = Design.of(layout)
    found = [
        _distances(labels, kernel, design)
        for labels in arrangements(layout, permutations=permutations, seed=seed)
    ]
    distance, chance = (np.concatenate(parts) for parts in zip(*found, strict=True))
    ratio = distance / np.maximum(chance, 1e-10 * max(1.0, float(np.trace(kernel))))
    p = float((ratio >= ratio[0] - 1e-9 * (1 + ratio[0])).mean())
    return float(distance[0] - chance[0]), p


def _distances(
    labels: NDArray[np.uint8], kernel: Floats, design: Design
) -> tuple[Floats, Floats]:
    """Of each arrangement: the squared distance, and what chance alone would give.

    The latter is what the sessions' own squared distances from their side's centre
    make of it, with the weights that the variance of a shift has.
    """
    own = labels - design.share
    towards = own @ kernel / design.total
    distance = (towards * own).sum(axis=1) / design.total
    apart = np.diag(kernel) - 2 * own * towards + own**2 * distance[:, None]
    weights = np.where(labels > 0, design.c1, design.c0)
    chance = (weights * np.maximum(apart, 0.0)).sum(axis=1)
    return distance, chance


def _session_kernel(unit: Floats, owner: Rows, sessions: int) -> Floats:
    """(S, S) mean of the Gaussian kernel over the pairs of samples of two sessions."""
    square = (unit**2).sum(axis=1)
    apart = np.maximum(0.0, square[:, None] + square[None, :] - 2 * unit @ unit.T)
    wide = float(np.median(apart[:: max(1, len(apart) // 500)]))
    kernel = np.exp(-apart / wide) if wide > 0 else np.ones_like(apart)
    mean = np.zeros((sessions, len(unit)))
    mean[owner, np.arange(len(unit))] = (
        1 / np.bincount(owner, minlength=sessions)[owner]
    )
    answer: Floats = mean @ kernel @ mean.T
    return answer


def _fold_of(layout: Layout, folds: int) -> Rows:
    """The fold of each session: dealt out in turn, side by side."""
    fold = np.zeros(len(layout.current), dtype=np.int64)
    for side in (False, True):
        rows = np.flatnonzero(layout.current == side)
        fold[rows] = np.arange(len(rows)) % folds
    return fold


def _scores(unit: Floats, owner: Rows, layout: Layout, folds: int) -> Floats:
    """How much each sample looks current to a classifier of the other folds."""
    fold = _fold_of(layout, folds)[owner]
    scores = np.zeros(len(unit))
    weight = 1 / np.bincount(owner)[owner]
    is_current = layout.current[owner]
    for number in range(folds):
        train, held = fold != number, fold == number
        ways = _discriminant(unit[train], is_current[train], weight[train])
        learnt = unit[train] @ ways
        centre = (
            learnt[is_current[train]].mean() + learnt[~is_current[train]].mean()
        ) / 2
        scores[held] = (unit[held] @ ways - centre) / (learnt.std() or 1.0)
    return scores


def _discriminant(unit: Floats, current: NDArray[np.bool_], weight: Floats) -> Floats:
    """Fisher's direction from base to current, (D,)."""
    centres = []
    covariance = np.zeros((unit.shape[1], unit.shape[1]))
    for side in (False, True):
        rows, share = unit[current == side], weight[current == side]
        share = share / share.sum()
        centres.append(share @ rows)
        off = rows - centres[-1]
        covariance += (off * share[:, None]).T @ off / 2
    level = float(np.trace(covariance)) / len(covariance)
    ridge = _SHRINKAGE * level + 1e-9
    shrunk = (1 - _SHRINKAGE) * covariance + ridge * np.eye(len(covariance))
    answer: Floats = np.linalg.solve(shrunk, centres[1] - centres[0])
    return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Auc:
    """An AUC with its standard error, NaN where too few sessions tell it.

    `free` are the degrees of freedom (Satterthwaite, Biometrics Bulletin 2, 1946, over
    both sides), `variances` those of one session of each side.
    """

    value: float
    error: float
    free: float
    variances: tuple[float, float]


def _auc(scores: Floats, owner: Rows, layout: Layout) -> _Auc:
    """The AUC over pairs of sessions of one camera, the error without training's."""
    placed = np.zeros(len(layout.current))
    sizes: list[tuple[float, float, int, int]] = []
    for rows_base, rows_current, wins in _pairs(scores, owner, layout):
        placed[rows_base], placed[rows_current] = wins.mean(axis=1), wins.mean(axis=0)
        weight = wins.size / sum(wins.shape)
        sizes.append((weight, float(wins.mean()), *wins.shape))
    total = sum(weight for weight, *_ in sizes)
    base, current = (
        side_variance(placed, layout, current=side) for side in (False, True)
    )
    parts = [
        sum((weight / total) ** 2 / size[side] for weight, _, *size in sizes) * variance
        for side, variance in enumerate((base, current))
    ]
    left = [int((layout.current == side).sum()) - len(sizes) for side in (False, True)]
    variance, free = sum(parts), float(sum(left))
    if min(left) > 0 and variance > 0:
        terms = zip(parts, left, strict=True)
        free = variance**2 / sum(part**2 / own for part, own in terms)
    return _Auc(
        value=sum(weight * mean for weight, mean, *_ in sizes) / total,
        error=math.sqrt(variance) if min(left) > 0 else math.nan,
        free=free,
        variances=(base, current),
    )


def _pairs(
    scores: Floats, owner: Rows, layout: Layout
) -> Iterator[tuple[Rows, Rows, Floats]]:
    """By camera: base sessions, current ones, and how often the latter score higher."""
    for start, end, _ in layout.blocks:
        rows = np.arange(start, end)
        base, current = rows[~layout.current[rows]], rows[layout.current[rows]]
        old = np.isin(owner, base)
        new = np.isin(owner, current)
        higher = _share_above(scores[new], scores[old])
        wins = np.zeros((len(base), len(current)))
        mean_old = _averaging(owner[old], base)
        mean_new = _averaging(owner[new], current)
        wins[:] = mean_old @ higher @ mean_new.T
        yield base, current, wins


def _share_above(new: Floats, old: Floats) -> Floats:
    """(old, new) 1 where the new score is higher, a half where both are equal."""
    above = (new[None, :] > old[:, None]) + 0.5 * (new[None, :] == old[:, None])
    answer: Floats = above.astype(np.float64)
    return answer


def _averaging(owner: Rows, rows: Rows) -> Floats:
    """(sessions, samples) weights that average the samples of each session."""
    member = (owner[None, :] == rows[:, None]).astype(np.float64)
    answer: Floats = member / member.sum(axis=1, keepdims=True)
    return answer
