"""The last seconds of a source, for keeping what was seen just before."""

from __future__ import annotations

from collections import deque

from .frames import Frame
from .seconds import SLACK_S, positive

_MOST_FRAMES = 24


class FrameRing:
    """Frames of the last `keep_s` seconds of the source's clock.

    To bound the memory (a 1080p frame takes 6 MB) they are kept `spacing_s` apart, and
    further where there would be more than 24. When the clock runs backwards (another
    clip) the ring starts anew.
    """

    def __init__(self, keep_s: float, spacing_s: float = 0.5) -> None:
        self._keep_s = positive("pre_s", keep_s)
        spacing_s = positive("spacing_s", spacing_s)
        self._spacing_s = max(spacing_s, self._keep_s / _MOST_FRAMES)
        self._frames: deque[Frame] = deque()

    @property
    def held_s(self) -> float:
        """How many seconds the frames in the ring span."""
        frames = self._frames
        return frames[-1].elapsed_s - frames[0].elapsed_s if frames else 0.0

    def add(self, frame: Frame) -> None:
        """Keep the frame, if the last one kept lies far enough back."""
        self._drop_old(frame.elapsed_s)
        if (
            not self._frames
            or frame.elapsed_s - self._frames[-1].elapsed_s + SLACK_S >= self._spacing_s
        ):
            self._frames.append(frame)

    def take(self, now_s: float, last_s: float | None = None) -> tuple[Frame, ...]:
        """Take out the frames of the `last_s` seconds before `now_s`, oldest first.

        None means all that the ring holds; no frame is ever given twice.
        """
        self._drop_old(now_s)
        oldest_s = now_s - (self._keep_s if last_s is None else last_s) - SLACK_S
        taken = tuple(f for f in self._frames if f.elapsed_s >= oldest_s)
        self._frames.clear()
        return taken

    def _drop_old(self, now_s: float) -> None:
        frames = self._frames
        if frames and now_s < frames[-1].elapsed_s:
            frames.clear()
        while frames and frames[0].elapsed_s < now_s - self._keep_s - SLACK_S:
            frames.popleft()
