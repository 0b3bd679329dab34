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
from collections.abc import Mapping, Sequence
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
# Sessions of a course that are kept for the eye: the last ones.
COURSE_SESSIONS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendCourse:
    """What a trend was judged by, session by session, oldest first.

    `means` and `level` are in the measure's unit. `ewma` and the two one-sided sums of
    CUSUM (`up`, `down`, in standard deviations, to be held against H) begin after the
    sessions that set the level and end with the last one: they are shorter than
    `means`, and empty where too few sessions are there to judge. At most the last
    COURSE_SESSIONS sessions.
    """

    sessions: tuple[str, ...]
    means: tuple[float, ...]
    level: float
    ewma: tuple[float, ...] = ()
    up: tuple[float, ...] = ()
    down: tuple[float, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The course as JSON holds it, to four digits."""
        return {
            "sessions": list(self.sessions),
            "means": _rounded(self.means),
            "level": round(self.level, 4),
            "ewma": _rounded(self.ewma),
            "cusum_up": _rounded(self.up),
            "cusum_down": _rounded(self.down),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthTrend:
    """How one measure of a camera went over its sessions.

    `effect` is the present EWMA less the first sessions' mean, in the measure's unit,
    `since` the session that a change beyond the limit began with, None without one;
    `course` is None without any session.
    """

    name: str
    verdict: HealthVerdict
    sentence: str
    sessions: int
    limit: float
    effect: float | None = None
    since: str | None = None
    course: TrendCourse | None = None

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
            "course": None if self.course is None else self.course.to_json(),
        }


def trend(name: str, means: Mapping[str, float], limit: float) -> HealthTrend:
    """The trend of one measure; `means` by the session's name, oldest first.

    Sessions without a value (NaN) are passed over.
    """
    kept = {name: mean for name, mean in means.items() if math.isfinite(mean)}
    names = list(kept)
    numbers = np.array([*kept.values()], dtype=np.float64)
    if len(names) < LEAST_SESSIONS:
        return _open(name, limit, names, numbers)
    level = float(numbers[:BASE].mean())
    sd = max(_DOUBT * float(numbers[:BASE].std(ddof=1)), limit / 4)
    z = (numbers[BASE:] - level) / sd
    sums = _cusum(z), _cusum(-z)
    began = next((at for at in map(_began, sums) if at is not None), None)
    smooth = _ewma(numbers[BASE:], level)
    effect = smooth[-1] - level
    verdict = _verdict(name, effect, sd, limit, is_left=began is not None)
    is_left = began is not None and abs(effect) > limit
    since = None if began is None or not is_left else names[BASE + began]
    return HealthTrend(
        name=name,
        verdict=verdict,
        sentence=_sentence(name, effect, verdict, since),
        sessions=len(names),
        limit=limit,
        effect=effect,
        since=since,
        course=_course(names, numbers, level, (smooth, *sums)),
    )


def _verdict(
    name: str, effect: float, sd: float, limit: float, *, is_left: bool
) -> HealthVerdict:
    """What an effect says; `is_left` is whether CUSUM says that the level left."""
    is_beyond = is_left and abs(effect) > limit
    if is_beyond and (name, effect > 0) not in _GOOD:
        return HealthVerdict.FAULT
    margin = 3 * sd * math.sqrt(WEIGHT / (2 - WEIGHT))
    if is_beyond or (not is_left and abs(effect) + margin <= 2 * limit):
        return HealthVerdict.FINE
    return HealthVerdict.NOT_ENOUGH_DATA


def _open(
    name: str, limit: float, names: Sequence[str], numbers: NDArray[np.float64]
) -> HealthTrend:
    level = float(numbers[:BASE].mean()) if len(names) else 0.0
    return HealthTrend(
        name=name,
        verdict=HealthVerdict.NOT_ENOUGH_DATA,
        sentence=f"A trend takes {LEAST_SESSIONS} sessions of the camera: {len(names)}",
        sessions=len(names),
        limit=limit,
        course=_course(names, numbers, level, ((), (), ())) if names else None,
    )


def _course(
    names: Sequence[str],
    numbers: NDArray[np.float64],
    level: float,
    curves: tuple[Sequence[float], Sequence[float], Sequence[float]],
) -> TrendCourse:
    """The last sessions of the course; `curves` are EWMA and the sums up and down."""
    ewma, up, down = (tuple(curve[-COURSE_SESSIONS:]) for curve in curves)
    return TrendCourse(
        sessions=tuple(names[-COURSE_SESSIONS:]),
        means=tuple(numbers[-COURSE_SESSIONS:].tolist()),
        level=level,
        ewma=ewma,
        up=up,
        down=down,
    )


def _cusum(z: NDArray[np.float64]) -> list[float]:
    """The one-sided sum after each session."""
    total, sums = 0.0, []
    for value in z.tolist():
        total = max(0.0, total + value - K)
        sums.append(total)
    return sums


def _began(sums: Sequence[float]) -> int | None:
    """Where the excursion began that a sum is still in at the end, or None."""
    at_rest = [at for at, total in enumerate(sums) if total == 0.0]
    start = at_rest[-1] + 1 if at_rest else 0
    return start if max(sums[start:], default=0.0) > H else None


def _ewma(values: NDArray[np.float64], start: float) -> list[float]:
    level, smooth = start, []
    for value in values.tolist():
        level += WEIGHT * (value - level)
        smooth.append(level)
    return smooth


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, 4) for value in values]


def _sentence(
    name: str, effect: float, verdict: HealthVerdict, since: str | None
) -> str:
    if since is not None:
        return f"{_WORDS[name][effect > 0]}, beginning with the session: {since}"
    if verdict is HealthVerdict.FINE:
        return "Sessions vary around the level of the first ones."
    return "Sessions vary too much to tell a trend."
