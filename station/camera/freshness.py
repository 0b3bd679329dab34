"""Tells the fresh pictures of a live camera from old ones that arrive late.

After a stall the network hands over what was queued: pictures that are seconds old
look new. Two signs are used. A sender's own clock: the delay against the least delay
seen so far. Without one: right after a gap, pictures that come much faster than the
camera's rhythm are a backlog, and so is the first one after the gap.
"""

from __future__ import annotations

from collections import deque
from statistics import median

STALE_S = 1.0
_GIVE_UP_S = 10.0
_DRIFT = 0.001  # a cheap clock's error, seconds a second
_JUMP_S = 60.0
_SHORT = 0.5  # of the usual interval: faster than this is a backlog
_RHYTHM = 15


class Freshness:
    """Judges one live stream; times are seconds of any steady clock."""

    def __init__(self, stale_s: float = STALE_S) -> None:
        self._stale_s = stale_s
        self._arrived_s: float | None = None
        self._least_delay_s: float | None = None
        self._stale_since_s: float | None = None
        self._intervals: deque[float] = deque(maxlen=_RHYTHM)
        self._catching_up = False

    def is_fresh(self, arrived_s: float, media_s: float | None = None) -> bool:
        """Whether the picture that arrived at `arrived_s` shows what is there now.

        `media_s` is the sender's time of the picture, from any origin.
        """
        gap_s = 0.0 if self._arrived_s is None else arrived_s - self._arrived_s
        self._arrived_s = arrived_s
        if media_s is None:
            return self._by_rhythm(gap_s)
        return self._by_clock(arrived_s, arrived_s - media_s, gap_s)

    def _by_clock(self, arrived_s: float, delay_s: float, gap_s: float) -> bool:
        least = self._least_delay_s
        if least is None or abs(delay_s - least) > _JUMP_S:
            least = delay_s
        self._least_delay_s = min(delay_s, least + _DRIFT * gap_s)
        if delay_s - self._least_delay_s <= self._stale_s:
            self._stale_since_s = None
            return True
        if self._stale_since_s is None:
            self._stale_since_s = arrived_s
        if arrived_s - self._stale_since_s > _GIVE_UP_S:
            # Its clock was set back, or the line is slow for good: begin anew.
            self._least_delay_s = delay_s
            self._stale_since_s = None
            return True
        return False

    def _by_rhythm(self, gap_s: float) -> bool:
        usual_s = median(self._intervals) if self._intervals else None
        if usual_s is None:
            self._note(gap_s)
            return True
        if gap_s > max(self._stale_s, 3 * usual_s):
            self._catching_up = True
            return False
        if self._catching_up and gap_s < _SHORT * usual_s:
            return False
        self._catching_up = False
        self._note(gap_s)
        return True

    def _note(self, gap_s: float) -> None:
        if gap_s > 0:
            self._intervals.append(gap_s)
