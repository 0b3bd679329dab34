"""Drift: the distance between two sets of samples, with its uncertainty.

Whole sessions are compared, never single images, and cameras are compared with
themselves (strata). Each metric gets a shift in its own unit and in standard
deviations of the base, a 95 % interval, a permutation p (or Welch's, if that is
larger), Holm's adjusted p over all metrics tested, and a verdict:

- drift: adjusted p at most 0.05 and the shift beyond the practical limit;
- stable: the whole interval inside the limit;
- not enough data: anything else, and always where too few arrangements of the
  sessions exist for the family's strictest level to be reached.

Beside the metrics, the mix of classes (`class_mix`) and the pictures as a whole
(`picture_shift`) are one member of the family each. Metrics rest on every session and
sample; the mix of classes on 2,000 sessions at most, the whole picture on 600 and about
3,000 samples, spread evenly by name and the same every time.

A session that stands in both sets (two versions of one dataset) counts for the
base: the current set is judged by the sessions it adds. Two sets of the same samples
are equal where they were measured and labeled alike. What is tested is the mean;
a change of spread alone shows in the histograms only. Method: `resampling`; limits:
`practical_limits`. Holm: Scandinavian Journal of Statistics 6 (1979).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .drift_statistics import resampling
from .drift_statistics.arrangements import Layout
from .drift_statistics.class_mix import class_shift
from .drift_statistics.drift_report import (
    LEVEL,
    PERMUTATIONS,
    DriftReport,
    DriftVerdict,
    MetricDrift,
    SampleValue,
    SessionMean,
)
from .drift_statistics.drift_tables import SampleTable
from .drift_statistics.drift_verdicts import Tested, judge, overall
from .drift_statistics.further import further_metrics, is_tested
from .drift_statistics.picture_shift import picture_shift
from .drift_statistics.practical_limits import LIMITS, Limit
from .drift_statistics.same_samples import is_same, same_samples_report
from .drift_statistics.session_means import SessionMeans, session_means
from .drift_statistics.session_needs import SessionsMore
from .drift_statistics.set_shift import CLASS_MIX, PICTURE, SetShift
from .measures import EVERY_METRIC, Metric
from .progress import SILENT, Progress

__all__ = [
    "LEVEL",
    "LIMITS",
    "DriftReport",
    "DriftVerdict",
    "Limit",
    "MetricDrift",
    "SampleTable",
    "SampleValue",
    "SessionMean",
    "SessionsMore",
    "compare",
    "holm",
]

_NAMES_SHOWN = 5


def compare(
    base: SampleTable,
    current: SampleTable,
    *,
    limits: Mapping[str, Limit] = LIMITS,
    family: Collection[str] | None = None,
    seed: int = 0,
    permutations: int = PERMUTATIONS,
    progress: Progress = SILENT,
) -> DriftReport:
    """How far `current` is from `base`, metric by metric.

    The same tables and seed give the same report, whatever the order of the rows.
    Metrics that only one table has are named in the notes.

    Args:
        base: the set to compare with.
        current: the set in question.
        limits: practical limits by metric; others get a quarter of the base's sd.
        family: names of the metrics to test, `class_mix` and `picture` among them;
            None is the default family, all but `metric.FURTHER`. What else both
            tables have is told with its means (`DriftReport.further`).
        seed: of the random arrangements, 0 or more.
        permutations: random arrangements of the sessions, at least.
        progress: told once a metric.

    Raises:
        Cancelled: the person asked to stop.
    """
    metrics, missing = _metrics_of(base, current, family)
    if is_same(base, current):
        return same_samples_report(base, current, metrics, limits, seed=seed)
    means, left_out = session_means(base, current, (), shown=_NAMES_SHOWN)
    drawn = _draws(permutations, len(metrics) + 2)
    sets = _set_shifts(base, current, means, drawn, seed, family)
    base, current = _with_scores(base, current, sets)
    names = [metric.name for metric in (*metrics, *(one.metric for one in sets))]
    means, _ = session_means(base, current, names, shown=_NAMES_SHOWN)
    tested = _tested(means, metrics, limits, drawn, seed, progress)
    tested += [
        _tested_set(one, means, len(metrics) + at, limits)
        for at, one in enumerate(sets)
    ]
    judged = _judged(tested, means, current)
    return DriftReport(
        metrics=judged,
        family=tuple(test.metric.name for test in tested if test.p is not None),
        verdict=overall(judged),
        base_samples=means.sample_count(current=False),
        base_sessions=int((~means.current).sum()),
        current_samples=means.sample_count(current=True),
        current_sessions=int(means.current.sum()),
        permutations=drawn,
        seed=seed,
        notes=missing + left_out,
        classes=tuple(shift for one in sets for shift in one.classes),
        picture=next((one.picture for one in sets if one.picture), None),
        further=further_metrics(base, current, (one.name for one in judged)),
    )


def _judged(
    tested: Sequence[Tested], means: SessionMeans, current: SampleTable
) -> tuple[MetricDrift, ...]:
    """The verdicts, with Holm's p over all that could be tested."""
    known = {test.metric.name: test.p for test in tested if test.p is not None}
    adjusted = dict(zip(known, holm(list(known.values())), strict=True))
    return tuple(
        judge(test, adjusted.get(test.metric.name), len(known), means, current)
        for test in tested
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p values, in the order given."""
    size = len(p_values)
    order = sorted(range(size), key=lambda index: (p_values[index], index))
    adjusted = [1.0] * size
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, p_values[index] * (size - rank)))
        adjusted[index] = highest
    return adjusted


def _set_shifts(
    base: SampleTable,
    current: SampleTable,
    means: SessionMeans,
    draws: int,
    seed: int,
    family: Collection[str] | None,
) -> tuple[SetShift, ...]:
    """The shifts of the mix of classes and of the whole picture, where known."""
    wanted = ((CLASS_MIX, class_shift), (PICTURE, picture_shift))
    found = [
        shift(base, current, means, permutations=draws, seed=seed)
        for metric, shift in wanted
        if is_tested(metric.name, family)
    ]
    return tuple(one for one in found if one is not None)


def _with_scores(
    base: SampleTable, current: SampleTable, sets: Sequence[SetShift]
) -> tuple[SampleTable, SampleTable]:
    """Both tables with a column of scores for each shift of a whole set."""
    old = {one.metric.name: one.base_scores for one in sets}
    new = {one.metric.name: one.current_scores for one in sets}
    return (
        replace(base, values={**base.values, **old}),
        replace(current, values={**current.values, **new}),
    )


def _tested_set(
    shift: SetShift, means: SessionMeans, column: int, limits: Mapping[str, Limit]
) -> Tested:
    """A set's shift beside the metrics; its scores have no mean worth telling."""
    used = means.usable(column)
    tested = _test(means, column, shift.metric, limits, used, shift.estimate)
    limit = limits.get(shift.metric.name, LIMITS[shift.metric.name])
    return replace(
        tested,
        limit=limit.in_unit(0.0),
        base_mean=None,
        base_sd=None,
        current_mean=None,
    )


def _metrics_of(
    base: SampleTable, current: SampleTable, family: Collection[str] | None
) -> tuple[tuple[Metric, ...], tuple[str, ...]]:
    """The metrics to test of both tables, known ones first; notes on the others."""
    old, new = (
        {name for name in table.values if is_tested(name, family)}
        for table in (base, current)
    )
    both = old & new
    known = [metric for metric in EVERY_METRIC if metric.name in both]
    others = sorted(both - {metric.name for metric in known})
    known += [Metric(name=name, unit="", label=name) for name in others]
    alone = sorted(old ^ new)
    notes = tuple(
        f"Measured in one set only, and not compared: `{name}`." for name in alone
    )
    if (base.vectors is None) != (current.vectors is None):
        notes += ("Measured in one set only, and not compared: embeddings.",)
    elif base.vectors is not None and current.vectors is not None:
        sizes = base.vectors.shape[1], current.vectors.shape[1]
        if sizes[0] != sizes[1]:
            notes += (
                "Embeddings of different lengths are not compared: "
                f"{sizes[0]}, {sizes[1]}.",
            )
    return tuple(known), notes


def _draws(permutations: int, family: int) -> int:
    """Random arrangements to draw: at least enough for the family."""
    return max(permutations, math.ceil(20 * max(1, family) / LEVEL))


def _tested(
    means: SessionMeans,
    metrics: Sequence[Metric],
    limits: Mapping[str, Limit],
    draws: int,
    seed: int,
    progress: Progress,
) -> list[Tested]:
    """Each metric's estimate; metrics measured in the same sessions go together."""
    alike: dict[bytes, list[int]] = {}
    for column in range(len(metrics)):
        alike.setdefault(means.usable(column).tobytes(), []).append(column)
    found: dict[int, Tested] = {}
    for columns in alike.values():
        progress.step(len(found), len(metrics), "comparing")
        used = means.usable(columns[0])
        layout = Layout(strata=means.strata[used], current=means.current[used])
        estimates: Sequence[resampling.Estimate | None] = [None] * len(columns)
        if used.any():
            values = means.means[used][:, columns]
            estimates = resampling.estimate(
                values, layout, permutations=draws, seed=seed
            )
        for column, answer in zip(columns, estimates, strict=True):
            found[column] = _test(means, column, metrics[column], limits, used, answer)
    progress.step(len(metrics), len(metrics), "comparing")
    return [found[column] for column in range(len(metrics))]


def _test(
    means: SessionMeans,
    column: int,
    metric: Metric,
    limits: Mapping[str, Limit],
    used: NDArray[np.bool_],
    answer: resampling.Estimate | None,
) -> Tested:
    known = means.counts[:, column] > 0 if answer is None else used
    base_mean, base_sd = means.mean_and_sd(column, known & ~means.current)
    current_mean, _ = means.mean_and_sd(column, known & means.current)
    layout = Layout(strata=means.strata[used], current=means.current[used])
    return Tested(
        metric=metric,
        column=column,
        limit=limits.get(metric.name, Limit()).in_unit(base_sd or 0.0),
        used=used,
        base_sessions=int((known & ~means.current).sum()),
        current_sessions=int((known & means.current).sum()),
        base_mean=base_mean,
        base_sd=base_sd,
        current_mean=current_mean,
        arrangements=layout.arrangements if used.any() else 0,
        estimate=answer,
    )
