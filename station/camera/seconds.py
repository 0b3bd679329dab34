"""Spans of time as a person gives them, checked."""

from __future__ import annotations

import math

from dataset.errors import UsageError

SLACK_S = 1e-6
"""What media times may be off by, because they are sums of floats."""


def positive(name: str, value: float) -> float:
    """Return `value` as a float above 0.

    Raises:
        UsageError: it is not.
    """
    if not (math.isfinite(value) and value > 0):
        raise UsageError(f"`{name}` lies above 0: {value}")
    return float(value)


def not_negative(name: str, value: float) -> float:
    """Return `value` as a float of 0 or more.

    Raises:
        UsageError: it is not.
    """
    if not (math.isfinite(value) and value >= 0):
        raise UsageError(f"`{name}` is 0 or more: {value}")
    return float(value)
