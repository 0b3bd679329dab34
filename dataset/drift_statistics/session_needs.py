"""How many sessions more a comparison needs before it can answer.

The estimate assumes that shift and spread stay what they are now. It asks for new
current sessions, for those are what a station can capture, unless adding as many to
both sets takes fewer sessions in all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsMore:
    """Further sessions that would settle a metric, in each set.

    `is_least` says that the spread is not known yet, so that it may take more.
    """

    current: int
    base: int = 0
    is_least: bool = False

    @property
    def sentence(self) -> str:
        """What to capture, for a person, without a full stop."""
        start = "at least " if self.is_least else "about "
        if self.base:
            return f"{start}{_sessions(self.current)} in each set would settle it"
        return f"{start}{_sessions(self.current)} would settle it"

    def to_json(self) -> dict[str, object]:
        """Plain values for JSON."""
        return {
            "current": self.current,
            "base": self.base,
            "at_least": self.is_least,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of a metric so far, in its unit.

    The variances are those of one session around its side's mean, None while
    unknown; `family` is the number of metrics that share `level`.
    """

    shift: float | None
    limit: float
    base_sessions: int
    current_sessions: int
    base_variance: float | None
    current_variance: float | None
    family: int
    level: float


def reaches_level(arrangements: int, family: int, level: float) -> bool:
    """Whether the smallest p of so many arrangements can pass Holm's first step."""
    return arrangements >= math.ceil(2 * family / level - 1e-9)


def sessions_more(standing: Standing) -> SessionsMore | None:
    """The fewest further sessions that would give a verdict; None if not in reach.

    None means that the shift lies so near the practical limit that even a thousand
    sessions more on both sides would leave it open.
    """
    is_least = standing.shift is None or standing.base_variance is None
    need_base = max(0, 2 - standing.base_sessions)
    both = _fewest(lambda k: _settles(standing, max(k, need_base), k), MOST)
    current = _fewest(lambda k: _settles(standing, 0, k), MOST)
    if current is not None and (both is None or current <= 2 * both):
        return SessionsMore(current=current, is_least=is_least)
    if both is None:
        return None
    return SessionsMore(current=both, base=max(both, need_base), is_least=is_least)


def student_quantile(probability: float, freedom: float) -> float:
    """Quantile of Student's t to about three digits from 4 degrees of freedom.

    Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.5.
    """
    z = NormalDist().inv_cdf(probability)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def _settles(standing: Standing, base_more: int, current_more: int) -> bool:
    base = standing.base_sessions + base_more
    current = standing.current_sessions + current_more
    if base < 2 or current < 2:
        return False
    if base + current < 1000 and not reaches_level(
        math.comb(base + current, current), standing.family, standing.level
    ):
        return False
    one, other = standing.base_variance, standing.current_variance
    if standing.shift is None or one is None or other is None:
        return True
    error = math.sqrt(one / base + other / current)
    freedom = _freedom((one / base, base - 1), (other / current, current - 1))
    size = abs(standing.shift)
    if size > standing.limit:
        strict = 1 - standing.level / (2 * standing.family)
        return student_quantile(strict, freedom) * error <= size
    return student_quantile(0.975, freedom) * error <= standing.limit - size


def _freedom(*sides: tuple[float, int]) -> float:
    """Degrees of freedom of a difference, from each side's variance and its own.

    Satterthwaite, Biometrics Bulletin 2 (1946).
    """
    total = sum(variance for variance, _ in sides)
    if total == 0:
        return sum(free for _, free in sides)
    return total**2 / sum(variance**2 / free for variance, free in sides)


def _fewest(settles: Callable[[int], bool], most: int) -> int | None:
    """The smallest number from 1 to `most` that settles, found by halving."""
    if not settles(most):
        return None
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        if settles(middle):
            high = middle
        else:
            low = middle
    return high


def _sessions(count: int) -> str:
    return f"{count} more session" + ("" if count == 1 else "s")
