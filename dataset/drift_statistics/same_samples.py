"""Two sets of the same samples: nothing is estimated, for nothing was drawn anew.

What was measured alike is stable. What is not (boxes that were edited between two
versions, numbers of another kind of code) is no drift of the camera's world either: it
stays open, with the difference, and `fieldset diff` tells what was edited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..measures import Metric
from .drift_report import DriftReport, DriftVerdict, MetricDrift
from .drift_tables import SampleTable
from .drift_verdicts import overall
from .practical_limits import LIMITS, Limit
from .session_means import SessionMeans, session_means
from .set_shift import CLASS_MIX

_SAME = "both sets hold the same samples"
_EDITED = "the same samples were measured or labeled anew; `fieldset diff` tells how"


def is_same(base: SampleTable, current: SampleTable) -> bool:
    """Whether both tables hold the same samples, and any at all."""
    return len(base) > 0 and set(base.sample_ids) == set(current.sample_ids)


def same_samples_report(
    base: SampleTable,
    current: SampleTable,
    metrics: Sequence[Metric],
    limits: Mapping[str, Limit],
    *,
    seed: int,
) -> DriftReport:
    """The report on a set of samples against itself.

    Args:
        base: the set.
        current: the same samples, in any order.
        metrics: what both tables measured.
        limits: as for `drift.compare`.
        seed: only told in the report.
    """
    names = [metric.name for metric in metrics]
    means, _ = session_means(base, _without_rows(base), names, shown=0)
    new, _ = session_means(current, _without_rows(current), names, shown=0)
    old_order, new_order = _order(base), _order(current)
    judged = [
        _judged(
            means,
            new,
            column,
            metric,
            limits,
            is_alike=np.array_equal(
                base.values[metric.name][old_order],
                current.values[metric.name][new_order],
                equal_nan=True,
            ),
        )
        for column, metric in enumerate(metrics)
    ]
    if _classes_differ(base, current, old_order, new_order):
        judged.append(_edited_classes())
    return DriftReport(
        metrics=tuple(judged),
        family=tuple(one.name for one in judged if one.p_adjusted is not None),
        verdict=overall(judged),
        base_samples=len(base),
        base_sessions=len(means.sessions),
        current_samples=len(current),
        current_sessions=len(new.sessions),
        permutations=0,
        seed=seed,
        notes=("Both sets hold the same samples.",),
    )


def _without_rows(table: SampleTable) -> SampleTable:
    """A table of the same metrics and no samples."""
    return SampleTable(
        sample_ids=(),
        sessions=(),
        strata=(),
        values={name: np.zeros(0) for name in table.values},
    )


def _order(table: SampleTable) -> NDArray[np.int64]:
    """The rows in order of sample id."""
    ids = table.sample_ids
    return np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int64)


def _classes_differ(
    base: SampleTable,
    current: SampleTable,
    old_order: NDArray[np.int64],
    new_order: NDArray[np.int64],
) -> bool:
    """Whether any sample has other boxes; a class that a table lacks has none."""
    none = np.zeros(len(base))
    return not all(
        np.array_equal(
            base.classes.get(name, none)[old_order],
            current.classes.get(name, none)[new_order],
            equal_nan=True,
        )
        for name in set(base.classes) | set(current.classes)
    )


def _judged(
    old: SessionMeans,
    new: SessionMeans,
    column: int,
    metric: Metric,
    limits: Mapping[str, Limit],
    *,
    is_alike: bool,
) -> MetricDrift:
    """One metric: stable with a shift of none, or open with the difference."""
    used, other = old.counts[:, column] > 0, new.counts[:, column] > 0
    mean, sd = old.mean_and_sd(column, used)
    current_mean, _ = new.mean_and_sd(column, other)
    effect = None if mean is None or current_mean is None else current_mean - mean
    return MetricDrift(
        name=metric.name,
        unit=metric.unit,
        label=metric.label,
        verdict=DriftVerdict.STABLE if is_alike else DriftVerdict.NOT_ENOUGH,
        reason=_SAME if is_alike else _EDITED,
        effect=0.0 if is_alike else effect,
        interval=(0.0, 0.0) if is_alike else None,
        p=1.0 if is_alike else None,
        p_adjusted=1.0 if is_alike else None,
        limit=limits.get(metric.name, Limit()).in_unit(sd or 0.0),
        base_mean=mean,
        base_sd=sd,
        current_mean=mean if is_alike else current_mean,
        base_sessions=int(used.sum()),
        current_sessions=int(other.sum()),
    )


def _edited_classes() -> MetricDrift:
    return MetricDrift(
        name=CLASS_MIX.name,
        unit=CLASS_MIX.unit,
        label=CLASS_MIX.label,
        verdict=DriftVerdict.NOT_ENOUGH,
        reason=_EDITED,
        limit=LIMITS[CLASS_MIX.name].step,
    )
