"""From an estimate to a verdict: drift, stable or not enough data, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..measures import Metric
from .drift_report import LEVEL, DriftVerdict, MetricDrift, SampleValue, SessionMean
from .drift_tables import SampleTable
from .resampling import Estimate
from .session_means import SessionMeans
from .session_needs import SessionsMore, Standing, reaches_level, sessions_more

_TOP_SESSIONS = 3
_TOP_SAMPLES = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tested:
    """A metric with its estimate, before the family is known.

    `used` is (N,) bool, the sessions that the estimate rests on; `column` is the
    metric's column in the session means. The estimate is None where no stratum has
    sessions of both sides.
    """

    metric: Metric
    column: int
    limit: float
    used: NDArray[np.bool_]
    base_sessions: int
    current_sessions: int
    base_mean: float | None = None
    base_sd: float | None = None
    current_mean: float | None = None
    arrangements: int = 0
    estimate: Estimate | None = None

    @property
    def p(self) -> float | None:
        """The permutation p; None where nothing could be tested."""
        return None if self.estimate is None else self.estimate.p

    @property
    def shift(self) -> float | None:
        """The estimated shift in the metric's unit; None where it cannot be said."""
        found = self.estimate
        return None if found is None or math.isnan(found.shift) else found.shift

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval; None while it has no end."""
        found = self.estimate
        if found is None or not math.isfinite(found.high - found.low):
            return None
        return found.low, found.high


def judge(
    tested: Tested,
    p_adjusted: float | None,
    family: int,
    means: SessionMeans,
    current: SampleTable,
) -> MetricDrift:
    """The verdict on one metric, with what stands behind it."""
    verdict = _verdict(tested, p_adjusted, family)
    more = None
    if verdict is DriftVerdict.NOT_ENOUGH:
        more = sessions_more(_standing(tested, family, means))
    is_drift = verdict is DriftVerdict.DRIFT
    return MetricDrift(
        name=tested.metric.name,
        unit=tested.metric.unit,
        label=tested.metric.label,
        verdict=verdict,
        reason=_reason(tested, verdict, family, more),
        effect=tested.shift,
        interval=tested.interval,
        p=tested.p,
        p_adjusted=p_adjusted,
        limit=tested.limit,
        base_mean=tested.base_mean,
        base_sd=tested.base_sd,
        current_mean=tested.current_mean,
        base_sessions=tested.base_sessions,
        current_sessions=tested.current_sessions,
        more=more,
        worst_sessions=_worst_sessions(tested, means) if is_drift else (),
        worst_samples=_worst_samples(tested, means, current) if is_drift else (),
    )


def overall(metrics: Sequence[MetricDrift]) -> DriftVerdict:
    """Drift if any metric drifted, stable if all are, else not enough data."""
    verdicts = {metric.verdict for metric in metrics}
    if DriftVerdict.DRIFT in verdicts:
        return DriftVerdict.DRIFT
    if verdicts == {DriftVerdict.STABLE}:
        return DriftVerdict.STABLE
    return DriftVerdict.NOT_ENOUGH


def _verdict(tested: Tested, p_adjusted: float | None, family: int) -> DriftVerdict:
    if tested.shift is None or p_adjusted is None:
        return DriftVerdict.NOT_ENOUGH
    if not reaches_level(tested.arrangements, family, LEVEL):
        return DriftVerdict.NOT_ENOUGH
    if p_adjusted <= LEVEL and abs(tested.shift) > tested.limit:
        return DriftVerdict.DRIFT
    interval = tested.interval
    if interval and -tested.limit <= interval[0] <= interval[1] <= tested.limit:
        return DriftVerdict.STABLE
    return DriftVerdict.NOT_ENOUGH


def _standing(tested: Tested, family: int, means: SessionMeans) -> Standing:
    """What is known for planning; one side's unknown spread is taken as the other's."""
    found = tested.estimate
    base = current = None
    if found is not None and found.p is not None:
        base, current = found.base_variance, found.current_variance
    else:
        known = means.counts[:, tested.column] > 0
        base = _variance(means, tested.column, known & ~means.current)
        current = _variance(means, tested.column, known & means.current)
    return Standing(
        shift=tested.shift,
        limit=tested.limit,
        base_sessions=tested.base_sessions,
        current_sessions=tested.current_sessions,
        base_variance=current if base is None else base,
        current_variance=base if current is None else current,
        family=max(1, family),
        level=LEVEL,
    )


def _variance(
    means: SessionMeans, column: int, rows: NDArray[np.bool_]
) -> float | None:
    values = means.means[rows, column]
    return float(values.var(ddof=1)) if len(values) > 1 else None


def _reason(
    tested: Tested, verdict: DriftVerdict, family: int, more: SessionsMore | None
) -> str:
    """Why, in one sentence without a full stop."""
    if verdict is DriftVerdict.DRIFT:
        return f"{_amount(tested)}, more than the limit of {tested.limit:.3g}"
    if verdict is DriftVerdict.STABLE:
        if tested.base_sd == 0 and tested.shift == 0:
            return "the same value everywhere"
        return f"the whole interval lies within the limit of {tested.limit:.3g}"
    need = more.sentence if more else "too close to the limit to be settled"
    return f"{_obstacle(tested, family)}; {need}"


def _amount(tested: Tested) -> str:
    shift = tested.shift or 0.0
    way = "higher" if shift > 0 else "lower"
    unit = f" {tested.metric.unit}" if tested.metric.unit else ""
    return f"{way} by {abs(shift):.3g}{unit}"


def _obstacle(tested: Tested, family: int) -> str:
    base, current = tested.base_sessions, tested.current_sessions
    if not base or not current:
        places = [
            place
            for place, count in (("base", base), ("current", current))
            if not count
        ]
        return f"nothing to compare in the {' and the '.join(places)} set"
    if tested.estimate is None:
        return "no camera measured it in both sets"
    if tested.p is None:
        return f"{base} against {current} sessions say nothing about the spread"
    if not reaches_level(tested.arrangements, family, LEVEL):
        return f"too few sessions for {family} metrics, {base} against {current}"
    if abs(tested.shift or 0.0) > tested.limit:
        return "beyond the limit, but it may be chance"
    return "the interval reaches across the limit"


def _worst_sessions(tested: Tested, means: SessionMeans) -> tuple[SessionMean, ...]:
    """The current sessions furthest in the direction of the shift, furthest first.

    Each is measured against its own camera's base sessions.
    """
    sign = math.copysign(1.0, tested.shift or 0.0)
    rows = np.flatnonzero(tested.used & means.current)
    peers = np.flatnonzero(tested.used & ~means.current)
    values = means.means[:, tested.column]
    count = np.bincount(means.strata[peers], minlength=int(means.strata.max()) + 1)
    total = np.bincount(means.strata[peers], values[peers], minlength=len(count))
    own = means.strata[rows]
    off = sign * (values[rows] - total[own] / count[own])
    order = sorted(
        _largest(off, _TOP_SESSIONS),
        key=lambda at: (-off[at], means.sessions[rows[at]]),
    )
    return tuple(
        SessionMean(
            session=means.sessions[row],
            mean=float(values[row]),
            samples=int(means.counts[row, tested.column]),
        )
        for row in (int(rows[at]) for at in order[:_TOP_SESSIONS] if off[at] > 0)
    )


def _largest(values: NDArray[np.float64], count: int) -> list[int]:
    """Where the largest values are, and all that tie with the last of them."""
    if len(values) <= count:
        return list(range(len(values)))
    least = np.partition(values, len(values) - count)[len(values) - count]
    return [int(at) for at in np.flatnonzero(values >= least)]


def _worst_samples(
    tested: Tested, means: SessionMeans, current: SampleTable
) -> tuple[SampleValue, ...]:
    """The current samples furthest in the direction of the shift, furthest first."""
    sign = math.copysign(1.0, tested.shift or 0.0)
    counted = {
        means.sessions[row]
        for row in np.flatnonzero(tested.used & means.current).tolist()
    }
    column = current.values[tested.metric.name]
    taken = np.array([name in counted for name in current.sessions], dtype=np.bool_)
    known = np.flatnonzero(taken & np.isfinite(column))
    rows = [int(known[at]) for at in _largest(sign * column[known], _TOP_SAMPLES)]
    rows.sort(key=lambda row: (-sign * column[row], current.sample_ids[row]))
    return tuple(
        SampleValue(
            sample_id=current.sample_ids[row],
            session=current.sessions[row],
            value=float(column[row]),
        )
        for row in rows[:_TOP_SAMPLES]
    )
