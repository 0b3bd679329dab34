"""Watches every picture of a source for what a single one does not show."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..camera.frames import Frame, SourceKind
from .gates import NOTHING_SEEN, Sight
from .torn_rows import RowSteps, steps_of, thinned

_REMEMBERED: Final = 200


class Watch:
    """Sees all frames of one source, and knows what was around the last 200 of them.

    The pictures of a folder have nothing to do with each other: of them nothing is
    said. For one thread.
    """

    def __init__(self, kind: SourceKind) -> None:
        self._is_blind = kind is SourceKind.FOLDER
        self._thin: NDArray[np.uint8] | None = None
        self._steps: RowSteps | None = None
        self._since_s = 0.0
        self._sights: OrderedDict[int, Sight] = OrderedDict()

    def see(self, frame: Frame) -> None:
        """Look at the next frame."""
        if self._is_blind:
            return
        thin = thinned(frame.pixels)
        if not self._is_as_before(thin, frame.elapsed_s):
            self._since_s = frame.elapsed_s
        frozen_s = frame.elapsed_s - self._since_s
        self._sights[frame.index] = Sight(frozen_s=frozen_s, steps_before=self._steps)
        if len(self._sights) > _REMEMBERED:
            self._sights.popitem(last=False)
        self._thin, self._steps = thin, steps_of(thin)

    def sight(self, frame: Frame) -> Sight:
        """What was around a frame that was seen."""
        return self._sights.get(frame.index, NOTHING_SEEN)

    def _is_as_before(self, thin: NDArray[np.uint8], now_s: float) -> bool:
        # A clock that runs backwards is another clip.
        is_same = self._thin is not None and np.array_equal(thin, self._thin)
        return is_same and now_s >= self._since_s
