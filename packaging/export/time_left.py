"""How long work still takes, told in the words of its progress."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from dataset.progress import Progress

# Before that a guess would jump about.
_SETTLED_S: Final = 2.0


def left_words(seconds: float) -> str:
    """A phrase such as `3 min left`."""
    if seconds < 60:
        return f"{max(seconds, 0):.0f} s left"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min left"
    return f"{seconds / 3600:.1f} h left"


class Timed:
    """Progress that adds the time left to what it is told, for each part of the work.

    A part is what one total and one word speak of. `clock` gives seconds.
    """

    def __init__(
        self, progress: Progress, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._progress = progress
        self._clock = clock
        self._part: tuple[int | None, str] = (None, "")
        self._began_s = 0.0
        self._began_at = 0

    def step(self, done: int, total: int | None, what: str) -> None:
        """Tell it on; raises what the progress raises."""
        now = self._clock()
        if self._part != (total, what):
            self._part, self._began_s, self._began_at = (total, what), now, done
        passed, moved = now - self._began_s, done - self._began_at
        words = what
        if total and done < total and moved > 0 and passed >= _SETTLED_S:
            words = f"{what}, {left_words((total - done) * passed / moved)}"
        self._progress.step(done, total, words)
