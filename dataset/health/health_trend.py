"""Whether a camera's numbers wander over its sessions: CUSUM, and EWMA beside it.

The first BASE sessions set the level. CUSUM (Page, "Continuous inspection schemes",
Biometrika 41, 1954) says that the level left, and since when; EWMA (Roberts,
Technometrics 1, 1959) says where it is now. A fault takes both: a sum over H, and a
present level beyond the practical limit. A spread that is known from five sessions
only is doubtful: it is taken 1.8 times as large, the quotient of the 99 % points of
Student's t with 4 degrees of freedom and of the normal distribution.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .health_finding import HealthVerdict

BASE = 5
LEAST_SESSIONS = BASE + 3
K = 0.5
H = 5.0
WEIGHT = 0.3
_DOUBT = 1.8

LIMITS: Mapping[str, float] = MappingProxyType(
    {
        "brightness": 0.05,
        "sharpness": 2.0,
        "noise": 1.0,
        "red_green": 0.05,
        "blue_green": 0.05,
    }
)
"""The change of each measure (in its unit) from which a trend matters."""

_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "brightness": ("The pictures become darker", "The pictures become brighter"),
        "sharpness": ("The pictures lose sharpness", "The pictures become sharper"),
        "noise": ("Noise becomes less", "Noise grows"),
        "red_green": ("The pictures lose red", "The pictures turn red"),
        "blue_green": ("The pictures lose blue", "The pictures turn blue"),
    }
)
_GOOD = frozenset({("sharpness", True), ("noise", False)})


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthTrend:
    """How one measure of a camera went over its sessions.

    `effect` is the present EWMA less the first sessions' mean, in the measure's unit,
    `since` the session that a change beyond the limit began with, None without one.
    """

    name: str
    verdict: HealthVerdict
    sentence: str
    sessions: int
    limit: float
    effect: float | None = None
    since: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The trend as `--json` prints it."""
        return {
            "name": self.name,
            "verdict": self.verdict.value,
            "effect": None if self.effect is None else round(self.effect, 4),
            "limit": self.limit,
            "sessions": self.sessions,
            "since": self.since,
            "sentence": self.sentence,
        }


def trend(name: str, means: Mapping[str, float], limit: float) -> HealthTrend:
    """The trend of one measure; `means` by the session's name, oldest first.

    Sessions without a value (NaN) are passed over.
    """
    kept = [session for session, mean in means.items() if math.isfinite(mean)]
    if len(kept) < LEAST_SESSIONS:
        return _open(name, limit, len(kept))
    numbers = np.array([means[session] for session in kept], dtype=np.float64)
    level = float(numbers[:BASE].mean())
    sd = max(_DOUBT * float(numbers[:BASE].std(ddof=1)), limit / 4)
    began = _began((numbers[BASE:] - level) / sd)
    effect = _ewma(numbers[BASE:], level) - level
    margin = 3 * sd * math.sqrt(WEIGHT / (2 - WEIGHT))
    is_left = began is not None and abs(effect) > limit
    if is_left and (name, effect > 0) not in _GOOD:
        verdict = HealthVerdict.FAULT
    elif is_left or (began is None and abs(effect) + margin <= 2 * limit):
        verdict = HealthVerdict.FINE
    else:
        verdict = HealthVerdict.NOT_ENOUGH_DATA
    since = None if began is None or not is_left else kept[BASE + began]
    return HealthTrend(
        name=name,
        verdict=verdict,
        sentence=_sentence(name, effect, verdict, since),
        sessions=len(kept),
        limit=limit,
        effect=effect,
        since=since,
    )


def _open(name: str, limit: float, sessions: int) -> HealthTrend:
    return HealthTrend(
        name=name,
        verdict=HealthVerdict.NOT_ENOUGH_DATA,
        sentence=f"A trend takes {LEAST_SESSIONS} sessions of the camera: {sessions}",
        sessions=sessions,
        limit=limit,
    )


def _began(z: NDArray[np.float64]) -> int | None:
    """Where the excursion began that CUSUM is still in at the end, or None."""
    for sign in (1.0, -1.0):
        total, start, is_over = 0.0, 0, False
        for index, value in enumerate((sign * z).tolist()):
            if total == 0.0:
                start, is_over = index, False
            total = max(0.0, total + value - K)
            is_over = is_over or total > H
        if is_over and total > 0:
            return start
    return None


def _ewma(values: NDArray[np.float64], start: float) -> float:
    level = start
    for value in values.tolist():
        level += WEIGHT * (value - level)
    return level


def _sentence(
    name: str, effect: float, verdict: HealthVerdict, since: str | None
) -> str:
    if since is not None:
        return f"{_WORDS[name][effect > 0]}, beginning with the session: {since}"
    if verdict is HealthVerdict.FINE:
        return "Sessions vary around the level of the first ones."
    return "Sessions vary too much to tell a trend."
