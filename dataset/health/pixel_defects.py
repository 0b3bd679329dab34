"""Pixels of the sensor that always stand out from their surroundings.

A pixel is hot where it is brighter than the median of its 5 x 5 neighbours in every
frame by more than THRESHOLD grey levels in one channel, dead where it is darker; it is
stuck, too, where its own value stays the same while that of its neighbours does not.
The scene has such points as well. A defect is told from them in two ways: it stands
alone (nothing in the ring around it does so, on average, by more than QUIET), and its
place was quiet in the reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

THRESHOLD = 24
QUIET = 10
# A demosaiced defect is 3 x 3 pixels; more that touch are a thing.
MOST_PIXELS = 9
_RING = np.ones((7, 7), np.uint8)
_RING[2:5, 2:5] = 0
_STUCK_WITHIN = 2
_MOVED_BY = 16

Number = TypeVar("Number", np.uint8, np.int16)
Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PixelDefects:
    """Where pixels stand out alone, (H, W) bool; `stuck` is within the other two.

    `unrest` is how far each pixel is from its neighbours on average, (H, W) float32
    in grey levels of its worst channel.
    """

    hot: Mask
    dead: Mask
    stuck: Mask
    unrest: NDArray[np.float32]

    @property
    def quiet_share(self) -> float:
        """The share of the picture in which a defect would stand out."""
        return float((np.asarray(cv2.dilate(self.unrest, _RING)) <= QUIET).mean())


class DefectSearch:
    """Watches frames of one size; memory is some ten bytes a pixel and channel."""

    def __init__(self) -> None:
        self._least: NDArray[np.int16] | None = None
        self._most: NDArray[np.int16] | None = None
        self._sum: NDArray[np.float32] | None = None
        self._frames = 0
        self._low: Pixels | None = None
        self._high: Pixels | None = None
        self._low_around: Pixels | None = None
        self._high_around: Pixels | None = None

    def add(self, pixels: Pixels) -> None:
        """Look at one more frame, (H, W, 3) uint8 BGR."""
        around = np.asarray(cv2.medianBlur(pixels, 5), np.uint8)
        # OpenCV's arithmetic takes a tenth of NumPy's time for the same numbers.
        over = np.asarray(cv2.subtract(pixels, around, dtype=cv2.CV_16S), np.int16)
        worst = np.asarray(
            _largest(np.asarray(cv2.absdiff(pixels, around), np.uint8)), np.float32
        )
        self._least, self._most = _widened(self._least, self._most, over)
        self._sum = worst if self._sum is None else self._sum + worst
        self._frames += 1
        self._low, self._high = _widened(self._low, self._high, pixels)
        self._low_around, self._high_around = _widened(
            self._low_around, self._high_around, around
        )

    def found(self) -> PixelDefects | None:
        """What stood out in every frame; None before the first."""
        if (
            self._least is None
            or self._most is None
            or self._sum is None
            or self._low is None
            or self._high is None
            or self._low_around is None
            or self._high_around is None
        ):
            return None
        unrest = self._sum / np.float32(self._frames)
        alone = np.asarray(cv2.dilate(unrest, _RING)) <= QUIET
        hot = alone & _small_only(np.any(self._least > THRESHOLD, axis=2))
        dead = alone & _small_only(np.any(self._most < -THRESHOLD, axis=2))
        still = (self._high - self._low <= _STUCK_WITHIN).all(axis=2)
        moved = (self._high_around - self._low_around >= _MOVED_BY).any(axis=2)
        return PixelDefects(
            hot=hot, dead=dead, stuck=(hot | dead) & still & moved, unrest=unrest
        )


def new_spots(current: Mask, reference: PixelDefects) -> tuple[tuple[int, int], ...]:
    """The (x, y) of each spot of `current` that was quiet in the reference."""
    near = np.asarray(cv2.dilate(reference.unrest, np.ones((3, 3), np.uint8)))
    _, labels = cv2.connectedComponents(current.astype(np.uint8), connectivity=8)
    known = set(np.unique(labels[near > QUIET]).tolist())
    spots: dict[int, tuple[int, int]] = {}
    for y, x in np.argwhere(current).tolist():
        spots.setdefault(int(labels[y, x]), (x, y))
    return tuple(spot for label, spot in spots.items() if label not in known)


def _widened(
    low: NDArray[Number] | None, high: NDArray[Number] | None, new: NDArray[Number]
) -> tuple[NDArray[Number], NDArray[Number]]:
    """The least and the greatest of each pixel with those of one more frame."""
    if low is None or high is None:
        return new, new
    kind = new.dtype
    return np.asarray(cv2.min(low, new), kind), np.asarray(cv2.max(high, new), kind)


def _largest(channels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The largest of the three channels, (H, W)."""
    blue, green, red = cv2.split(channels)
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def _small_only(mask: Mask) -> Mask:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8
    )
    small = stats[:, cv2.CC_STAT_AREA] <= MOST_PIXELS
    small[0] = False
    return np.asarray(small[labels], np.bool_) if count > 1 else np.zeros_like(mask)
