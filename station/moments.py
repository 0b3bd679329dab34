"""Moments as a person reads them, in local time."""

from __future__ import annotations

from datetime import UTC, datetime


def moment_words(at_us: int) -> str:
    """Give day and minute of a time in microseconds since the epoch."""
    moment = datetime.fromtimestamp(at_us / 1e6, UTC).astimezone()
    return f"{moment:%Y-%m-%d %H:%M}"


def short_moment(at_us: int) -> str:
    """Give day and minute without the year, for a narrow column."""
    moment = datetime.fromtimestamp(at_us / 1e6, UTC).astimezone()
    return f"{moment:%d %b %H:%M}"
