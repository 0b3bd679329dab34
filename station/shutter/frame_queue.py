"""What waits for the disk: bounded by bytes, so that a slow disk costs no memory."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

from ..camera.frames import Frame, Gap, Refusal
from .gates import NOTHING_SEEN, Sight

LIMIT_BYTES: Final = 256 << 20
"""About forty pictures of 1080p."""
_EVENTS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chosen:
    """A frame that a trigger or a person chose, with what was around it.

    `by_hand` says that a person pressed the shutter; `is_burst` that pictures are
    wanted that look alike.
    """

    frame: Frame
    sight: Sight = NOTHING_SEEN
    by_hand: bool = False
    is_burst: bool = False

    @property
    def size_bytes(self) -> int:
        """What it holds in memory."""
        return int(self.frame.pixels.nbytes) + len(self.frame.encoded or b"")


Item = Chosen | Gap | Refusal


class FrameQueue:
    """Chosen frames, and what the camera told, in the order they came.

    One frame always finds room in an empty queue, however large it is.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._changed = threading.Condition()
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._frames = 0
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many frames wait."""
        return self._frames

    @property
    def waiting_bytes(self) -> int:
        """What they hold in memory."""
        return self._bytes

    def put(self, chosen: Chosen, *, wait_s: float = 0.0) -> bool:
        """Add a frame; False where there was no room within that time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._has_room(chosen), wait_s):
                return False
            self._items.append(chosen)
            self._bytes += chosen.size_bytes
            self._frames += 1
            self._changed.notify_all()
        return True

    def tell(self, event: Gap | Refusal) -> None:
        """Add what the camera told; of thousands that wait the newest are left out."""
        with self._changed:
            if len(self._items) - self._frames < _EVENTS:
                self._items.append(event)
                self._changed.notify_all()

    def take(self, most_frames: int, most_bytes: int) -> tuple[Item, ...]:
        """What waits, oldest first, at least one; () when it is closed and empty.

        At most so many frames, and no more than so many bytes unless it is one frame.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closed)
            taken: list[Item] = []
            frames = size = 0
            while self._items:
                first = self._items[0]
                more = first.size_bytes if isinstance(first, Chosen) else 0
                is_full = frames >= most_frames or size + more > most_bytes
                if isinstance(first, Chosen) and frames and is_full:
                    break
                taken.append(self._items.popleft())
                frames += isinstance(first, Chosen)
                size += more
            self._frames -= frames
            self._bytes -= size
            self._changed.notify_all()
        return tuple(taken)

    def drop(self) -> int:
        """Throw away what waits; gives how many frames that were."""
        with self._changed:
            dropped, self._frames, self._bytes = self._frames, 0, 0
            self._items.clear()
            self._changed.notify_all()
        return dropped

    def close(self) -> None:
        """Nothing is added any more; `take` gives what is left, then ()."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _has_room(self, chosen: Chosen) -> bool:
        return not self._items or self._bytes + chosen.size_bytes <= self._limit_bytes
