"""Says how much of a picture moves, against a background learned on the way.

An adaptive background with a spread of its own for every pixel (after C. Wren and
others, "Pfinder", IEEE TPAMI 19(7), 1997: one Gaussian a pixel), on a grey picture 160
pixels wide. We differ in using the mean absolute deviation, in taking a common change
of brightness out before comparing, and in time constants in seconds, so that the frame
rate does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH = 160
_LEARN_S = 5.0
_LEARN_MOVING_S = 30.0
_LONGEST_STEP_S = 2.0
_FIRST_DEVIATION = 3.0
_DEVIATIONS = 4.0
_WHOLE_SCENE = 0.9
_KERNEL = np.ones((3, 3), np.uint8)

Zone = Sequence[tuple[float, float]]
Mask = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MotionView:
    """What the motion trigger sees, to paint it over the live picture.

    Both masks are (h, 160) uint8, the whole picture shrunk: `moving` is 255 where
    something moves inside of the zones, `watched` is 255 inside of them, else 0.
    `share` of the watched pixels moves, and from `least_share` on it counts;
    `is_warm` says whether the background is known well enough.
    """

    moving: Mask
    watched: Mask
    share: float
    least_share: float
    is_warm: bool


class MotionModel:
    """The background of one scene; it starts anew when size or time break."""

    def __init__(self, least_contrast: float, zones: Sequence[Zone] = ()) -> None:
        """Look at the whole picture, or at polygons of it.

        Args:
            least_contrast: grey levels (of 255) below which nothing counts as motion.
            zones: corners (x, y) from 0 to 1, as shares of width and height.
        """
        self._least_contrast = least_contrast
        self._zones = tuple(tuple(zone) for zone in zones)
        self._moving: NDArray[np.bool_] | None = None
        self._mask: NDArray[np.bool_] | None = None
        self._background: NDArray[np.float32] | None = None
        self._deviation: NDArray[np.float32] | None = None
        self._size = (0, 0)
        self._started_s = self._last_s = 0.0
        self._seen = 0

    @property
    def seen(self) -> int:
        """How many pictures the background was learned from."""
        return self._seen

    @property
    def age_s(self) -> float:
        """For how many seconds of the source's clock the background was learned."""
        return self._last_s - self._started_s

    def masks(self) -> tuple[Mask, Mask] | None:
        """What moved in the last picture, and where is looked; as in `MotionView`."""
        # Another thread may ask while a picture is learned: each is replaced whole.
        moving, watched = self._moving, self._mask
        if moving is None or watched is None or moving.shape != watched.shape:
            return None
        white = np.uint8(255)
        return (moving & watched) * white, watched * white

    def moving_share(self, pixels: NDArray[np.uint8], elapsed_s: float) -> float:
        """Return the share of the zone that moves, 0 to 1, and learn the picture.

        `pixels` is (H, W, 3) BGR. When nearly everything changes at once (a light, a
        pushed camera) nothing moves: the background is learned anew.
        """
        grey = _small_grey(pixels)
        size = (pixels.shape[1], pixels.shape[0])
        if (
            self._background is None
            or self._deviation is None
            or self._mask is None
            or size != self._size
            or elapsed_s < self._last_s
        ):
            self._begin(grey, size, elapsed_s)
            return 0.0
        step_s = min(elapsed_s - self._last_s, _LONGEST_STEP_S)
        self._last_s = elapsed_s
        self._seen += 1
        change = grey - self._background
        change -= np.float32(np.median(change))
        distance = np.abs(change)
        limit = np.maximum(self._deviation * _DEVIATIONS, self._least_contrast)
        raw = (distance > limit).astype(np.uint8)
        moving = cv2.morphologyEx(raw, cv2.MORPH_OPEN, _KERNEL) > 0
        if float(np.mean(moving)) > _WHOLE_SCENE:
            self._begin(grey, size, elapsed_s)
            return 0.0
        self._learn(grey, distance, moving, step_s)
        self._moving = moving
        return float(moving[self._mask].mean()) if self._mask.any() else 0.0

    def _begin(
        self, grey: NDArray[np.float32], size: tuple[int, int], elapsed_s: float
    ) -> None:
        self._background = grey
        self._deviation = np.full_like(grey, _FIRST_DEVIATION)
        self._mask = _mask(self._zones, grey.shape[1], grey.shape[0])
        self._moving = np.zeros(grey.shape, np.bool_)
        self._size = size
        self._started_s = self._last_s = elapsed_s
        self._seen = 1

    def _learn(
        self,
        grey: NDArray[np.float32],
        distance: NDArray[np.float32],
        moving: NDArray[np.bool_],
        step_s: float,
    ) -> None:
        assert self._background is not None
        assert self._deviation is not None
        still = np.float32(1.0 - math.exp(-step_s / _LEARN_S))
        slow = np.float32(1.0 - math.exp(-step_s / _LEARN_MOVING_S))
        rate = np.where(moving, slow, still)
        self._background += rate * (grey - self._background)
        spread = np.where(moving, np.float32(0.0), still)
        self._deviation += spread * (distance - self._deviation)


def largest_area(moving: Mask) -> tuple[float, float, float, float] | None:
    """Return the rectangle round the largest connected part that moves, None for none.

    x0, y0, x1, y1 in shares of width and height; `moving` is above 0 where it moves.
    """
    count, _, stats, _ = cv2.connectedComponentsWithStats(moving, connectivity=8)
    if count < 2:
        return None
    left, top, wide, high, _ = max(stats[1:].tolist(), key=lambda part: part[4])
    rows, columns = moving.shape
    return (
        left / columns,
        top / rows,
        (left + wide) / columns,
        (top + high) / rows,
    )


def _small_grey(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    height, width = pixels.shape[:2]
    rows = max(1, round(height * WIDTH / width))
    small = cv2.resize(pixels, (WIDTH, rows), interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (3, 3), 0)
    return np.asarray(grey, np.float32)


def _mask(zones: Sequence[Zone], width: int, height: int) -> NDArray[np.bool_]:
    if not zones:
        return np.ones((height, width), np.bool_)
    mask = np.zeros((height, width), np.uint8)
    # Corners lie between pixels, of which the last one ends at the side itself.
    last = np.array([width - 1, height - 1])
    for zone in zones:
        corners = np.minimum(np.round(np.array(zone) * [width, height]), last)
        cv2.fillPoly(mask, [corners.astype(np.int32)], 1)
    return mask > 0
