"""A stream watched against a baseline while it runs.

Two answers that are kept apart. The verdict is that of `dataset.drift`: it rests on
whole sessions, and all pictures of the stream are one, so that it often says "not
enough data", and how many sessions more it takes. Whether the picture is away is told
of the newest picture alone: how far its measures lie from the baseline's usual spread.
The first is about what the camera has come to see, the second about this moment.

The comparison is made again as the stream grows, each time by a quarter; its level
holds for one look. Boxes and embeddings are left out: nobody labels a stream.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..drift import compare
from ..measures import IMAGE_METRICS
from ..metric import METRICS
from .baseline import Baseline, Departure, baseline_of
from .drift_report import DriftReport, DriftVerdict, MetricDrift
from .drift_tables import SampleTable, table_from_rows
from .practical_limits import LIMITS, Limit

DEVIATIONS: Final = 3.0
"""Spreads of the baseline from which on a picture is away."""
LEAST_PICTURES: Final = 5
_MOST_PICTURES: Final = 600
_GROWS_BY: Final = 1.25
_LABELS: Final = {metric.name: metric.label for metric in METRICS}
_IMAGE_NAMES: Final = frozenset(metric.name for metric in IMAGE_METRICS)
_Row = tuple[str, str, str, Mapping[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveDrift:
    """What is known of a stream at one moment.

    Attributes:
        baseline: its name, as it was typed.
        verdict: on the sessions; "not enough data" before the first comparison.
        reason: why, in one sentence without a full stop.
        metrics: how many share the level.
        base_sessions, current_sessions: that were compared.
        sessions_more: further sessions that would settle what is open; None where
            nothing is, or where no number would.
        away: the measures of the newest picture that are beyond the limit, furthest
            first.
        furthest: the one that is furthest, beyond the limit or not.
    """

    baseline: str
    verdict: DriftVerdict = DriftVerdict.NOT_ENOUGH
    reason: str = "too few pictures yet"
    metrics: int = 0
    base_sessions: int = 0
    current_sessions: int = 0
    sessions_more: int | None = None
    away: tuple[Departure, ...] = ()
    furthest: Departure | None = None


class DriftWatch:
    """Takes the measures of a stream's pictures; not for several threads at once.

    Raises:
        ValueError: the base has no measure of five samples or more.
    """

    def __init__(
        self,
        base: SampleTable,
        *,
        name: str,
        stream: str,
        camera: str,
        earlier: SampleTable | None = None,
        limits: Mapping[str, Limit] = LIMITS,
        family: Collection[str] | None = None,
        deviations: float = DEVIATIONS,
        seed: int = 0,
    ) -> None:
        """Begin to watch.

        Args:
            base: the samples of the baseline, each with its session and camera.
            name: what the baseline is called.
            stream: the session that the stream is; none of the base has its name.
            camera: the camera, as the base's strata call it.
            earlier: what the camera saw since the baseline in other sessions.
            limits: the practical limits.
            family: the metrics to test, as for `compare`.
            deviations: spreads of the baseline from which on a picture is away.
            seed: of the random arrangements.
        """
        baseline = baseline_of(base, limits)
        if baseline is None:
            raise ValueError("a baseline has five samples or more")
        self._baseline: Baseline = baseline
        self._base = _images_only(base)
        self._earlier = None if earlier is None else _images_only(earlier)
        self._stream, self._camera = stream, camera
        self._limits, self._family, self._seed = limits, family, seed
        self._deviations = deviations
        self._rows: list[_Row] = []
        self._every = 1
        self._seen = self._compared = 0
        self._now = LiveDrift(baseline=name)

    @property
    def now(self) -> LiveDrift:
        """What is known; a new value after each change."""
        return self._now

    def see(self, measures: Mapping[str, float]) -> LiveDrift:
        """Take the `measure_image` of the next picture, and compare where it is time.

        Of a long stream every second picture is forgotten again and again, so that it
        is looked at evenly, and 600 pictures are held at most.
        """
        found = self._baseline.departures(measures)
        self._now = replace(
            self._now,
            furthest=found[0] if found else None,
            away=tuple(one for one in found if abs(one.deviations) > self._deviations),
        )
        if self._seen % self._every == 0:
            self._keep(measures)
        self._seen += 1
        if self._seen >= max(LEAST_PICTURES, math.ceil(self._compared * _GROWS_BY)):
            self._compared = self._seen
            self._judge()
        return self._now

    def report(self) -> DriftReport:
        """The whole comparison of what was seen so far with the base."""
        live = table_from_rows(self._rows)
        current = live if self._earlier is None else joined(self._earlier, live)
        return compare(
            self._base,
            current,
            limits=self._limits,
            family=self._family,
            seed=self._seed,
        )

    def _keep(self, measures: Mapping[str, float]) -> None:
        key = f"{self._stream} {self._seen}"
        known = {name: measures[name] for name in _IMAGE_NAMES if name in measures}
        self._rows.append((key, self._stream, self._camera, known))
        if len(self._rows) >= _MOST_PICTURES:
            self._rows = self._rows[::2]
            self._every *= 2

    def _judge(self) -> None:
        report = self.report()
        self._now = replace(
            self._now,
            verdict=report.verdict,
            reason=_reason(report),
            metrics=len(report.family) or len(report.metrics),
            base_sessions=report.base_sessions,
            current_sessions=report.current_sessions,
            sessions_more=_more(report),
        )


def joined(one: SampleTable, other: SampleTable) -> SampleTable:
    """Both tables under one another: the metrics that both have, no classes.

    Embeddings stay where both have some of one length.
    """
    vectors = [table.vectors for table in (one, other) if table.vectors is not None]
    are_alike = len(vectors) == 2 and vectors[0].shape[1] == vectors[1].shape[1]
    return SampleTable(
        sample_ids=one.sample_ids + other.sample_ids,
        sessions=one.sessions + other.sessions,
        strata=one.strata + other.strata,
        values={
            name: np.concatenate([column, other.values[name]])
            for name, column in one.values.items()
            if name in other.values
        },
        vectors=np.concatenate(vectors) if are_alike else None,
    )


def label_of(metric: str) -> str:
    """What a person calls a metric."""
    return _LABELS.get(metric, metric)


def _reason(report: DriftReport) -> str:
    if report.verdict is DriftVerdict.DRIFT:
        first = report.drifted[0]
        others = len(report.drifted) - 1
        more = f", and {others} more" if others else ""
        return f"{first.label} is {first.reason}{more}"
    if report.verdict is DriftVerdict.STABLE:
        return "every metric lies within its limit"
    nearest = _nearest(report)
    return "nothing was measured" if nearest is None else nearest.reason


def _nearest(report: DriftReport) -> MetricDrift | None:
    """The open metric that takes the most sessions: all are settled with it."""
    still = [m for m in report.metrics if m.verdict is DriftVerdict.NOT_ENOUGH]
    known = [metric for metric in still if metric.more is not None]
    if not known:
        return still[0] if still else None
    return max(known, key=lambda metric: _sessions(metric) or 0)


def _more(report: DriftReport) -> int | None:
    nearest = None if report.verdict is DriftVerdict.DRIFT else _nearest(report)
    return None if nearest is None else _sessions(nearest)


def _sessions(metric: MetricDrift) -> int | None:
    return None if metric.more is None else metric.more.current


def _images_only(table: SampleTable) -> SampleTable:
    values = {n: column for n, column in table.values.items() if n in _IMAGE_NAMES}
    return replace(table, values=values, classes={}, vectors=None)
