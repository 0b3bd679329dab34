"""What a comparison of two sets found: frozen values, and their plain JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from .further import FurtherMetric
from .session_needs import SessionsMore
from .set_shift import ClassShift, PictureShift

LEVEL = 0.05
PERMUTATIONS = 9_999


class DriftVerdict(StrEnum):
    """What a comparison says, about one metric or about all."""

    DRIFT = "drift"
    STABLE = "stable"
    NOT_ENOUGH = "not enough data"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionMean:
    """A current session behind a drift: its mean and its number of samples."""

    session: str
    mean: float
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleValue:
    """A current sample behind a drift: its value."""

    sample_id: str
    session: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDrift:
    """One metric of a comparison, in the metric's unit unless the name says sd.

    `effect` is current less base, cameras compared with themselves, so that with
    several cameras it need not be `current_mean - base_mean`. None means: cannot be
    said. `interval` is the 95 % interval of the effect. `base_sd` is over samples,
    each session weighing the same. `worst_sessions` and `worst_samples`, worst
    first, are filled for a drift.
    """

    name: str
    unit: str
    label: str
    verdict: DriftVerdict
    reason: str
    effect: float | None = None
    interval: tuple[float, float] | None = None
    p: float | None = None
    p_adjusted: float | None = None
    limit: float = 0.0
    base_mean: float | None = None
    base_sd: float | None = None
    current_mean: float | None = None
    base_sessions: int = 0
    current_sessions: int = 0
    more: SessionsMore | None = None
    worst_sessions: tuple[SessionMean, ...] = ()
    worst_samples: tuple[SampleValue, ...] = ()

    @property
    def effect_sd(self) -> float | None:
        """The effect in standard deviations of the base; None where that is 0."""
        return self._in_sd(self.effect)

    @property
    def interval_sd(self) -> tuple[float, float] | None:
        """The interval in standard deviations of the base."""
        if self.interval is None:
            return None
        low, high = (self._in_sd(bound) for bound in self.interval)
        return None if low is None or high is None else (low, high)

    @property
    def limit_sd(self) -> float | None:
        """The practical limit in standard deviations of the base."""
        return self._in_sd(self.limit)

    def _in_sd(self, value: float | None) -> float | None:
        return value / self.base_sd if value is not None and self.base_sd else None

    def to_json(self) -> dict[str, object]:
        """Plain values for JSON, without NaN or infinity, to eight digits."""
        return {
            "name": self.name,
            "unit": self.unit,
            "label": self.label,
            "verdict": str(self.verdict),
            "reason": self.reason,
            "effect": _plain(self.effect),
            "effect_sd": _plain(self.effect_sd),
            "ci": _plain_pair(self.interval),
            "ci_sd": _plain_pair(self.interval_sd),
            "p": _plain(self.p),
            "p_adjusted": _plain(self.p_adjusted),
            "limit": _plain(self.limit),
            "limit_sd": _plain(self.limit_sd),
            "base": {
                "mean": _plain(self.base_mean),
                "sd": _plain(self.base_sd),
                "sessions": self.base_sessions,
            },
            "current": {
                "mean": _plain(self.current_mean),
                "sessions": self.current_sessions,
            },
            "sessions_more": None if self.more is None else self.more.to_json(),
            "worst_sessions": [
                {"session": s.session, "mean": _plain(s.mean), "samples": s.samples}
                for s in self.worst_sessions
            ],
            "worst_samples": [
                {
                    "sample": s.sample_id,
                    "session": s.session,
                    "value": _plain(s.value),
                }
                for s in self.worst_samples
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """A whole comparison. `family` names the metrics that share the level.

    `base_sessions`, `current_sessions` and the samples count what was compared,
    after the sessions named in `notes` were left out. `classes` and `picture` are the
    details behind the metrics `class_mix` and `picture`, where those were compared.
    `further` are metrics outside of the family, which have means and no verdict.
    """

    metrics: tuple[MetricDrift, ...]
    family: tuple[str, ...]
    verdict: DriftVerdict
    base_samples: int = 0
    base_sessions: int = 0
    current_samples: int = 0
    current_sessions: int = 0
    level: float = LEVEL
    permutations: int = PERMUTATIONS
    seed: int = 0
    notes: tuple[str, ...] = ()
    classes: tuple[ClassShift, ...] = ()
    picture: PictureShift | None = None
    further: tuple[FurtherMetric, ...] = ()

    @property
    def drifted(self) -> tuple[MetricDrift, ...]:
        """The metrics that drifted."""
        return tuple(m for m in self.metrics if m.verdict is DriftVerdict.DRIFT)

    @property
    def summary(self) -> str:
        """One sentence for a person."""
        count = len(self.metrics)
        if not count:
            return "There is no metric to compare."
        if self.drifted:
            names = ", ".join(metric.label for metric in self.drifted)
            return f"{len(self.drifted)} of {count} metrics drifted: {names}."
        if self.verdict is DriftVerdict.STABLE:
            return f"All {count} metrics are stable."
        open_ones = sum(m.verdict is DriftVerdict.NOT_ENOUGH for m in self.metrics)
        return (
            f"No drift was found, but {open_ones} of {count} metrics have not enough "
            "data."
        )

    def to_json(self) -> dict[str, object]:
        """Plain values for JSON, without NaN or infinity."""
        return {
            "verdict": str(self.verdict),
            "summary": self.summary,
            "metrics": [metric.to_json() for metric in self.metrics],
            "family": {
                "size": len(self.family),
                "method": "holm",
                "level": self.level,
                "metrics": list(self.family),
            },
            "base": {"samples": self.base_samples, "sessions": self.base_sessions},
            "current": {
                "samples": self.current_samples,
                "sessions": self.current_sessions,
            },
            "permutations": self.permutations,
            "seed": self.seed,
            "notes": list(self.notes),
            "classes": [_plain_class(one) for one in self.classes],
            "picture": None if self.picture is None else _plain_picture(self.picture),
            "further": [_plain_further(one) for one in self.further],
        }


def _plain_class(shift: ClassShift) -> dict[str, object]:
    return {
        "name": shift.name,
        "base_share": _plain(shift.base_share),
        "current_share": _plain(shift.current_share),
        "effect": _plain(shift.effect),
        "ci": _plain_pair(shift.interval),
    }


def _plain_further(metric: FurtherMetric) -> dict[str, object]:
    return {
        "name": metric.name,
        "unit": metric.unit,
        "label": metric.label,
        "base_mean": _plain(metric.base_mean),
        "current_mean": _plain(metric.current_mean),
    }


def _plain_picture(shift: PictureShift) -> dict[str, object]:
    return {
        "mmd2": _plain(shift.mmd2),
        "p": _plain(shift.p),
        "auc": _plain(shift.auc),
        "auc_ci": _plain_pair(shift.interval),
        "folds": shift.folds,
        "samples": shift.samples,
        "sessions": shift.sessions,
    }


def _plain(value: float | None) -> float | None:
    """A finite number of eight digits, or None."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.8g}")


def _plain_pair(pair: tuple[float, float] | None) -> list[float | None] | None:
    return None if pair is None else [_plain(bound) for bound in pair]
