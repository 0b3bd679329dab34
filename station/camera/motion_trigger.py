"""Keeps frames in which something moves."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from dataset.capture_settings import zone_of
from dataset.errors import UsageError

from .frames import Frame
from .motion import MotionModel, MotionView, Zone, largest_area
from .seconds import SLACK_S, not_negative

_WARM_UP_FRAMES = 3
_REMEMBERED = 64

Area = tuple[float, float, float, float]


class MotionTrigger:
    """A frame in which something moves, then none for `cool_down_s`."""

    def __init__(
        self,
        sensitivity: float = 0.5,
        cool_down_s: float = 2.0,
        zones: Sequence[object] = (),
        warm_up_s: float = 1.0,
    ) -> None:
        """Choose how easily it fires.

        Args:
            sensitivity: 0 to 1. At 0 a twentieth of the zone must change clearly, at
                1 a two-thousandth faintly; in between on a logarithmic scale.
            cool_down_s: seconds without a further frame.
            zones: where to look, in shares of width and height: each `[x0, y0, x1,
                y1]` or the corners `[x, y]` of a polygon; the whole picture without.
            warm_up_s: how long the background is learned before anything counts.

        Raises:
            UsageError: a value that does not fit, or a zone outside the picture.
        """
        if not 0.0 <= sensitivity <= 1.0:
            raise UsageError(f"A sensitivity lies between 0 and 1: {sensitivity}")
        self._least_share = 0.05 * math.pow(0.01, sensitivity)
        self._cool_down_s = not_negative("cool_down_s", cool_down_s)
        self._warm_up_s = not_negative("warm_up_s", warm_up_s)
        checked = [_checked(zone) for zone in zones]
        self._model = MotionModel(24.0 - 14.0 * sensitivity, checked)
        self._fired_s: float | None = None
        self._share = 0.0
        self._areas: deque[tuple[int, Area]] = deque(maxlen=_REMEMBERED)

    def area_of(self, frame: Frame) -> Area | None:
        """What moved most in one of the last frames it kept, from any thread.

        x0, y0, x1, y1 in shares of width and height; None for any other frame.
        """
        return dict(self._areas).get(frame.index)

    @property
    def share(self) -> float:
        """The share of the zones that moved in the last frame; for a meter."""
        return self._share

    @property
    def least_share(self) -> float:
        """The share that must move."""
        return self._least_share

    def view(self) -> MotionView | None:
        """What it sees, from any thread; None before the first frame."""
        masks = self._model.masks()
        if masks is None:
            return None
        return MotionView(
            moving=masks[0],
            watched=masks[1],
            share=self._share,
            least_share=self._least_share,
            is_warm=self._is_warm(),
        )

    def offer(self, frame: Frame) -> tuple[Frame, ...]:
        """Return the frame when enough of it moves and the pause is over."""
        now_s = frame.elapsed_s
        self._share = self._model.moving_share(frame.pixels, now_s)
        if self._fired_s is not None and now_s < self._fired_s:
            self._fired_s = None
        if not self._is_warm() or self._share < self._least_share:
            return ()
        if (
            self._fired_s is not None
            and now_s - self._fired_s + SLACK_S < self._cool_down_s
        ):
            return ()
        self._fired_s = now_s
        masks = self._model.masks()
        if masks is not None and (area := largest_area(masks[0])) is not None:
            self._areas.append((frame.index, area))
        return (frame,)

    def _is_warm(self) -> bool:
        return (
            self._model.seen >= _WARM_UP_FRAMES
            and self._model.age_s + SLACK_S >= self._warm_up_s
        )


def _checked(zone: object) -> Zone:
    try:
        return zone_of(zone)
    except ValueError as error:
        raise UsageError(f"The zone cannot be used, {error}: {zone}") from error
