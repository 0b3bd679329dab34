"""The live picture made ready to be painted: shrunk, with marks over it. No Qt.

Pictures are (H, W, 3) uint8 BGR, upright. All of it runs in a worker: what the window
does with the result is one copy.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .shutter.preview import focus_peaks

Pixels = NDArray[np.uint8]
Mask = NDArray[np.uint8]

CLIP_LOW, CLIP_HIGH = 4, 251
PEAK_COLOUR: Final = (60, 70, 255)
MOTION_COLOUR: Final = (240, 140, 197)
_STRIPE_PX: Final = 4
_MOTION_SHARE: Final = 0.45


def shrunk_into(pixels: Pixels, room: tuple[int, int]) -> Pixels:
    """The picture as large as it fits into `room` (width, height); a new array.

    It is halved as often as it goes, the rest is interpolated: a sixth of the time that
    averaging over fractions of pixels takes, and no edge flickers.
    """
    high, wide = pixels.shape[:2]
    scale = min(room[0] / wide, room[1] / high)
    size = (max(round(wide * scale), 1), max(round(high * scale), 1))
    halved = pixels
    while min(halved.shape[1] // size[0], halved.shape[0] // size[1]) >= 2:
        half = (halved.shape[1] // 2, halved.shape[0] // 2)
        even = halved[: half[1] * 2, : half[0] * 2]
        halved = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA))
    small = cv2.resize(halved, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(small if small is not pixels else small.copy(), np.uint8)


def mark_focus(small: Pixels, pixels: Pixels) -> None:
    """Colour in `small` what is sharp in `pixels`, the same picture unshrunk."""
    small[_fitted(focus_peaks(pixels), small) > 0] = PEAK_COLOUR


def mark_clipped(small: Pixels) -> None:
    """Lay dark stripes over what is blown out, and blue ones over what is black."""
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
    stripes = _stripes(grey.shape[0], grey.shape[1])
    for mask, colour in (
        (cv2.inRange(grey, np.array(CLIP_HIGH), np.array(255)), (20, 20, 20)),
        (cv2.inRange(grey, np.array(0), np.array(CLIP_LOW)), (200, 120, 40)),
    ):
        small[cv2.bitwise_and(mask, stripes) > 0] = colour


def mark_motion(small: Pixels, moving: Mask) -> None:
    """Tint what moves; `moving` is of any size and above 0 where something does."""
    where = _fitted(moving, small) > 0
    tint = np.array(MOTION_COLOUR, np.float32) * _MOTION_SHARE
    mixed = small[where].astype(np.float32) * (1.0 - _MOTION_SHARE) + tint
    small[where] = mixed.astype(np.uint8)


@lru_cache(maxsize=4)
def _stripes(high: int, wide: int) -> Mask:
    """A mask (high, wide) of diagonal stripes, 255 on every second one."""
    rows, columns = np.ogrid[:high, :wide]
    even = ((rows + columns) // _STRIPE_PX) % 2 == 0
    return np.where(even, np.uint8(255), np.uint8(0))


def _fitted(mask: Mask, small: Pixels) -> Mask:
    size = (small.shape[1], small.shape[0])
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST), np.uint8)
