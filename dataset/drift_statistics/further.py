"""Metrics outside of the family: told beside the verdicts, and never judged.

A metric that is tested makes Holm's correction stricter for all others. So those of
`metric.FURTHER`, and those that `[drift] metrics` leaves out, have means and no p.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from ..metric import EVERY_METRIC, FURTHER
from .drift_tables import SampleTable
from .session_means import SessionMeans, session_means

_FURTHER = frozenset(metric.name for metric in FURTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherMetric:
    """A metric's means in its unit, each session weighing the same; None: unknown."""

    name: str
    unit: str
    label: str
    base_mean: float | None
    current_mean: float | None


def is_tested(name: str, family: Collection[str] | None) -> bool:
    """Whether a metric belongs to the family; None is the default family.

    By default all but `FURTHER`, a metric that nobody here knows included.
    """
    return name not in _FURTHER if family is None else name in family


def further_metrics(
    base: SampleTable, current: SampleTable, tested: Iterable[str]
) -> tuple[FurtherMetric, ...]:
    """The known metrics of both sets that were not tested, in their usual order."""
    left = set(base.values) & set(current.values) - set(tested)
    metrics = [metric for metric in EVERY_METRIC if metric.name in left]
    if not metrics:
        return ()
    means, _ = session_means(base, current, [m.name for m in metrics], shown=0)
    return tuple(
        FurtherMetric(
            name=metric.name,
            unit=metric.unit,
            label=metric.label,
            base_mean=_mean(means, column, current=False),
            current_mean=_mean(means, column, current=True),
        )
        for column, metric in enumerate(metrics)
    )


def _mean(means: SessionMeans, column: int, *, current: bool) -> float | None:
    values = means.means[means.current == current, column]
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None
