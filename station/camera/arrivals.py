"""Parts of a stream between the thread that receives and the one that decodes.

A decoder that hesitates for a moment catches up, and no part is lost. One that is too
slow for the camera would be behind by the whole queue for good: where the oldest part
has waited too long for half a second, all but the newest are dropped. (The same thought
as in CoDel, RFC 8289: a queue is bad only when it stands.)
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")

_MOST = 8
_LATE_S = 0.06
_STANDING_S = 0.5


class Arrivals(Generic[Item]):
    """A short queue between two threads; the oldest part goes when it is full."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._items: deque[tuple[float, Item]] = deque(maxlen=_MOST)
        self._changed = threading.Condition()
        self._late_since_s: float | None = None

    def put(self, item: Item) -> None:
        """Leave a part that has arrived just now."""
        with self._changed:
            self._items.append((self._clock(), item))
            self._changed.notify()

    def take(self) -> tuple[float, Item]:
        """Wait for a part and return it with its time of arrival."""
        with self._changed:
            self._changed.wait_for(lambda: self._items)
            self._drop_standing()
            return self._items.popleft()

    def _drop_standing(self) -> None:
        now_s = self._clock()
        if now_s - self._items[0][0] < _LATE_S:
            self._late_since_s = None
        elif self._late_since_s is None:
            self._late_since_s = now_s
        elif now_s - self._late_since_s > _STANDING_S:
            self._late_since_s = None
            while len(self._items) > 1:
                self._items.popleft()
