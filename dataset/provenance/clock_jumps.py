"""Jumps of the wall clock that records show, and samples taken before it was set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from .clock import ClockState

# Less is what a time server corrects in small steps.
_JUMP_US: Final = 60 * 1_000_000


class ClockJumps:
    """Looks at the clocks of records in the order of their chain.

    Within one boot the monotonic clock and the wall clock go on alike; where their
    distance changes, the wall clock was set.
    """

    def __init__(self) -> None:
        self._distances: dict[tuple[str, str], int] = {}
        self._jumps: list[tuple[str, int]] = []
        self._not_set: Counter[str] = Counter()

    def note(self, body: Mapping[str, Any]) -> None:
        """Look at the clock of one record; what has none is passed over."""
        clock, station = body.get("clock"), body.get("station")
        if not isinstance(clock, dict) or not isinstance(station, dict):
            return
        name, key, boot = (
            str(station.get("name")),
            str(station.get("key")),
            str(clock.get("boot") or ""),
        )
        if clock.get("state") == ClockState.NOT_SET:
            self._not_set[name] += 1
        wall_us, monotonic_us = clock.get("wall_us"), clock.get("monotonic_us")
        if not boot or not isinstance(wall_us, int) or type(monotonic_us) is not int:
            return
        distance = wall_us - monotonic_us
        before = self._distances.get((key, boot), distance)
        self._distances[key, boot] = distance
        if abs(distance - before) > _JUMP_US:
            self._jumps.append((name, distance - before))

    def told(self) -> Iterator[tuple[str, str]]:
        """Sentences, each with the station that it is about."""
        for name, count in sorted(self._not_set.items()):
            what = f"Samples were taken before the clock was set: {count}"
            yield what, f"station {name}"
        for name, jump_us in self._jumps[:5]:
            seconds = jump_us // 1_000_000
            yield (
                f"The clock was set during capture, by {seconds:+d} s",
                (f"station {name}"),
            )
        if len(self._jumps) > 5:
            more = len(self._jumps) - 5
            yield f"The clock was set during capture, further times: {more}", "station"
