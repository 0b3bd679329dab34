"""The hour of capture as an angle."""

from __future__ import annotations

import math

_DAY_US = 86_400_000_000


def measure_time(captured_us: int) -> dict[str, float]:
    """Every number of TIME_METRICS; NaN for 0 or less, which stands for not known.

    An hour has no mean of its own (23:00 and 01:00 are two hours apart), so that it
    becomes an arrow in two parts, as hue does (Mardia and Jupp, "Directional
    Statistics", 2000, 2.2). UTC, the same on every machine: where a camera stands
    turns the arrow by a fixed angle and leaves distances as they are.

    Args:
        captured_us: microseconds since 1970-01-01 UTC.
    """
    if captured_us <= 0:
        return {"hour_noon": math.nan, "hour_morning": math.nan}
    angle = 2 * math.pi * (captured_us % _DAY_US) / _DAY_US
    return {"hour_noon": -math.cos(angle), "hour_morning": math.sin(angle)}
