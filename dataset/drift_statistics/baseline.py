"""The usual look of a set of samples, to tell when a single picture is far from it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..measures import IMAGE_METRICS
from .drift_tables import SampleTable
from .practical_limits import LIMITS, Limit

LEAST_SAMPLES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """How far one measure of a picture lies from the baseline's mean.

    `value` and `mean` are in the unit of the metric; `deviations` in standard
    deviations of the baseline, below 0 where the value is under the mean.
    """

    metric: str
    value: float
    mean: float
    deviations: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Mean and spread of the image measures of a set of samples, by metric.

    The spread is a standard deviation, at least the metric's practical limit: a fixed
    camera's measures hardly vary, and nobody wants to hear of each flicker, nor of what
    the project said does not matter.
    """

    means: Mapping[str, float]
    spreads: Mapping[str, float]

    def departures(self, measures: Mapping[str, float]) -> tuple[Departure, ...]:
        """How far a picture's measures lie away, the furthest first.

        What was not measured, here or in the baseline, is left out.
        """
        found = [
            Departure(
                metric=name,
                value=measures[name],
                mean=mean,
                deviations=(measures[name] - mean) / self.spreads[name],
            )
            for name, mean in self.means.items()
            if math.isfinite(measures.get(name, math.nan))
        ]
        return tuple(sorted(found, key=lambda one: (-abs(one.deviations), one.metric)))


def baseline_of(
    table: SampleTable, limits: Mapping[str, Limit] = LIMITS
) -> Baseline | None:
    """The baseline that samples are; None where fewer than five were measured.

    Each session weighs the same, however many samples it has; see `dataset.drift`.
    """
    means: dict[str, float] = {}
    spreads: dict[str, float] = {}
    for metric in IMAGE_METRICS:
        column = table.values.get(metric.name)
        known = None if column is None else np.isfinite(column)
        if column is None or known is None or known.sum() < LEAST_SAMPLES:
            continue
        mean, sd = _mean_and_sd(column[known], np.array(table.sessions)[known])
        means[metric.name] = mean
        limit = limits.get(metric.name, Limit()).in_unit(sd)
        spreads[metric.name] = max(sd, limit, 1e-9)
    return Baseline(means=means, spreads=spreads) if means else None


def _mean_and_sd(
    column: NDArray[np.float64], sessions: Sequence[str] | NDArray[np.str_]
) -> tuple[float, float]:
    """Mean and standard deviation of a column, each session weighing the same."""
    _, places, counts = np.unique(sessions, return_inverse=True, return_counts=True)
    weights = 1.0 / counts[places] / len(counts)
    mean = float(weights @ column)
    return mean, math.sqrt(float(weights @ (column - mean) ** 2))
