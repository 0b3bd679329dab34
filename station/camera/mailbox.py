"""Where a receiving thread leaves frames for the thread that reads them.

Live: a few frames, so that a short hesitation of the reader costs none; a newer frame
replaces those that have waited too long. Clips and folders: a short queue whose putter
waits when it is full, so that no frame is lost.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import replace

from dataset.errors import CameraError

from .delivery import Delivery
from .frames import CameraEvent, Frame, Refusal, SourceInfo
from .readback import CameraReadback

_QUEUE = 4
_LIVE_QUEUE = 3
_LATE_S = 0.08
_EVENTS = 10_000


class Mailbox:
    """One source's frames, events and fate, shared by two threads."""

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self._changed = threading.Condition()
        self._frames: deque[Delivery] = deque()
        self._events: deque[CameraEvent] = deque(maxlen=_EVENTS)
        self._refused: Counter[str] = Counter()
        self._info: SourceInfo | None = None
        self._failure: CameraError | None = None
        self._over = False
        self._closed = False
        self._newest_s = time.monotonic()
        self._there_s: float | None = None
        self._dropped = 0

    @property
    def info(self) -> SourceInfo | None:
        """What the source said of itself, once it did."""
        return self._info

    @property
    def refused(self) -> Mapping[str, int]:
        """Refused pictures by reason."""
        with self._changed:
            return dict(self._refused)

    @property
    def dropped(self) -> int:
        """Frames of a live source that a newer one replaced before they were read."""
        return self._dropped

    @property
    def is_over(self) -> bool:
        """Whether nothing further will be put in."""
        return self._over or self._closed

    def age_s(self) -> float:
        """Seconds since the newest frame arrived, or since the start."""
        return max(0.0, time.monotonic() - self._newest_s)

    @property
    def there_s(self) -> float | None:
        """When the source was found to be there, monotonic; None before."""
        return self._there_s

    def put_sign(self) -> None:
        """Note that the source is there and is being opened."""
        with self._changed:
            self._there_s = time.monotonic()
            self._changed.notify_all()

    def put_info(self, info: SourceInfo) -> None:
        """Note what the source is."""
        with self._changed:
            self._info = info
            self._newest_s = time.monotonic()  # its picture is on the way
            self._changed.notify_all()

    def put_readback(self, readback: CameraReadback) -> None:
        """Note what the source said of its mode and controls since it was opened."""
        with self._changed:
            if self._info is not None:
                self._info = replace(self._info, readback=readback)

    def put_event(self, event: CameraEvent) -> None:
        """Queue an event for the reading thread; refusals are counted at once."""
        with self._changed:
            if isinstance(event, Refusal):
                self._refused[event.reason] += 1
            self._events.append(event)
            self._changed.notify_all()

    def put_frame(self, delivery: Delivery) -> None:
        """Leave a frame that arrived; may wait (see above)."""
        with self._changed:
            if self._live:
                self._drop_late(room=_LIVE_QUEUE - 1)
            else:
                self._changed.wait_for(
                    lambda: len(self._frames) < _QUEUE or self.is_over
                )
            if self.is_over:
                return
            self._newest_s = delivery.arrived_s
            self._frames.append(delivery)
            self._changed.notify_all()

    def fail(self, failure: CameraError) -> None:
        """Note that the source is lost; the first reason stays."""
        with self._changed:
            if not self.is_over:
                self._failure = failure
                self._over = True
            self._changed.notify_all()

    def end(self) -> None:
        """Note that the clip or folder is at its end."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def close(self) -> None:
        """Wake everybody up; nothing is taken or put any more."""
        with self._changed:
            self._closed = True
            self._frames.clear()
            self._changed.notify_all()

    def wait_info(self, timeout_s: float) -> SourceInfo | None:
        """Wait for the source to open; None when it did not within `timeout_s`.

        Raises:
            CameraError: it failed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._info or self.is_over, timeout_s)
            if self._info is None and self._failure is not None:
                raise _again(self._failure)
            return self._info

    def take(self, timeout_s: float, stale_s: float) -> Frame | CameraEvent | None:
        """Take the next event or frame, events first; None after the end.

        A live frame older than `stale_s` is refused and the next one waited for.

        Raises:
            TimeoutError: nothing came within `timeout_s`.
            CameraError: the source is lost.
        """
        deadline_s = time.monotonic() + timeout_s
        while True:
            taken = self._next(deadline_s, stale_s)
            if not isinstance(taken, Delivery):
                return taken
            # Copying takes milliseconds: newer ones may be put in meanwhile.
            frame = taken.collect()
            if frame is not None:
                return frame
            self._dropped += 1

    def _next(self, deadline_s: float, stale_s: float) -> Delivery | CameraEvent | None:
        with self._changed:
            while True:
                if self._live:
                    self._drop_late(room=_LIVE_QUEUE)
                self._refuse_stale(stale_s)
                if self._closed:
                    return None
                if self._events:
                    return self._events.popleft()
                if self._frames:
                    self._changed.notify_all()
                    return self._frames.popleft()
                if self._failure is not None:
                    raise _again(self._failure)
                if self._over:
                    return None
                left_s = deadline_s - time.monotonic()
                if left_s <= 0 or not self._changed.wait(left_s):
                    if self._events or self._frames or self.is_over:
                        continue
                    raise TimeoutError

    def _drop_late(self, room: int) -> None:
        """Drop the oldest live frames beyond `room`, and those that newer ones beat."""
        limit_s = time.monotonic() - _LATE_S
        frames = self._frames
        while len(frames) > room or (len(frames) > 1 and frames[0].arrived_s < limit_s):
            frames.popleft()
            self._dropped += 1

    def _refuse_stale(self, stale_s: float) -> None:
        if self._live and self._frames:
            oldest = self._frames[0]
            if time.monotonic() - oldest.arrived_s > stale_s:
                self._frames.clear()
                reason = "read too late"
                self._refused[reason] += 1
                self._events.append(Refusal(at_us=oldest.captured_us, reason=reason))


def _again(failure: CameraError) -> CameraError:
    """The same failure as a new object: each raise has its own traceback."""
    return type(failure)(failure.message, hint=failure.hint)
