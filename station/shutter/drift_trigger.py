"""Keeps frames once the picture has left its baseline, and stays away."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from dataset.drift_statistics.baseline import (
    LEAST_SAMPLES,
    Baseline,
    Departure,
    baseline_of,
)
from dataset.drift_statistics.drift_tables import SampleTable
from dataset.drift_statistics.live_drift import DEVIATIONS
from dataset.drift_statistics.practical_limits import LIMITS, Limit
from dataset.errors import UsageError
from dataset.measures import measure_image
from dataset.progress import Cancelled, Progress

from ..camera.frames import Frame, SourceInfo
from ..camera.seconds import SLACK_S, not_negative, positive
from .stoppable import Stoppable

LoadTable = Callable[[Progress], SampleTable]
_Way = tuple[str, bool]
_NEVER: Final = -math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftView:
    """How far the live picture is from the baseline, the furthest measure first.

    Beyond `limit` standard deviations a measure is away; `away_s` is for how long one
    has been, on the same side, without a break.
    """

    departures: tuple[Departure, ...] = ()
    limit: float = 0.0
    away_s: float = 0.0
    for_s: float = 0.0


@dataclass(slots=True)
class _Away:
    """Since when each measure is away, by metric and side; the source's clock."""

    since_s: dict[_Way, float] = field(default_factory=dict)

    def note(self, away: set[_Way], now_s: float) -> float:
        """Take what is away now; gives for how long the longest has been."""
        self.since_s = {way: self.since_s.get(way, now_s) for way in away}
        return max((now_s - since for since in self.since_s.values()), default=0.0)


class DriftTrigger:
    """A frame once a measure was away from its baseline for `for_s`; then a pause.

    The measures are those of `dataset.measures`, the baseline that of the samples which
    `load` gives. Judged on the frame's own clock, `every_s` apart, so that a clip gives
    the same frames at any speed.
    """

    def __init__(
        self,
        load: LoadTable,
        *,
        limits: Mapping[str, Limit] = LIMITS,
        deviations: float = DEVIATIONS,
        for_s: float = 5.0,
        every_s: float = 0.5,
        cool_down_s: float = 60.0,
    ) -> None:
        self._load = load
        self._limits = limits
        self._limit = positive("deviations", deviations)
        self._for_s = not_negative("for_s", for_s)
        self._every_s = positive("every_s", every_s)
        self._cool_down_s = not_negative("cool_down_s", cool_down_s)
        self._closed = threading.Event()
        self._baseline: Baseline | None = None
        self._away = _Away()
        self._measured_s = self._fired_s = _NEVER
        self._view: DriftView | None = None

    def prepare(self, info: SourceInfo) -> None:  # noqa: ARG002  (any source will do)
        """Measure the baseline, which may take minutes for samples never measured.

        Raises:
            UsageError: it has too few samples.
            FieldsetError: the version or session is not there.
        """
        try:
            table = self._load(Stoppable(self._closed))
        except Cancelled:
            return
        self._baseline = baseline_of(table, self._limits)
        if self._baseline is None:
            raise UsageError(
                f"A baseline is made of {LEAST_SAMPLES} samples or more: {len(table)}",
                hint='name another under [drift] in fieldset.toml: baseline = "v1"',
            )

    def close(self) -> None:
        """End a `prepare` that measures."""
        self._closed.set()

    def view(self) -> DriftView | None:
        """How far the last measured frame was from the baseline; from any thread."""
        return self._view

    def offer(self, frame: Frame) -> tuple[Frame, ...]:
        """Return the frame when the picture has been away for long enough."""
        now_s = frame.elapsed_s
        if now_s < self._measured_s:
            self._away = _Away()
            self._measured_s = self._fired_s = _NEVER
        if self._baseline is None or now_s - self._measured_s + SLACK_S < self._every_s:
            return ()
        self._measured_s = now_s
        departures = self._baseline.departures(measure_image(frame.pixels))
        away = {
            (one.metric, one.deviations > 0)
            for one in departures
            if abs(one.deviations) > self._limit
        }
        away_s = self._away.note(away, now_s)
        self._view = DriftView(
            departures=departures, limit=self._limit, away_s=away_s, for_s=self._for_s
        )
        is_long = bool(away) and away_s + SLACK_S >= self._for_s
        if not is_long or now_s - self._fired_s + SLACK_S < self._cool_down_s:
            return ()
        self._fired_s = now_s
        return (frame,)
