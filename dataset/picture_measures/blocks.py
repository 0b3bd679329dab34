"""The blocks that JPEG leaves: steps at the borders of 8 x 8 pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .pixels import Gray, Tile

BLOCK = 8
# Below it there is one border or none, and its steps are those of the picture.
LEAST_SIDE = 2 * BLOCK
_MIRRORED_ACROSS = frozenset({2, 3, 6, 7})
_MIRRORED_DOWN = frozenset({3, 4, 7, 8})


def blockiness(
    tiles: Sequence[Tile], size: tuple[int, int], orientation: int = 1
) -> float:
    """Mean step across the borders of blocks less the mean step elsewhere.

    In grey levels of 255, the mean of both directions; about 0 without blocks, below
    it by chance. B and A of Wang, Sheikh and Bovik, "No-reference perceptual quality
    assessment of JPEG compressed images", ICIP 2002, eq. 1 to 4. We differ: A leaves
    the borders out, and the two are subtracted and not fitted to opinions, so that
    the number has a unit and exists for a flat picture.

    Args:
        tiles: of the upright image.
        size: (width, height) of the upright image in pixels.
        orientation: EXIF 1 to 8 of the stored image, whose first pixel begins the
            first block; after turning, blocks may begin elsewhere.
    """
    width, height = size
    if min(width, height) < LEAST_SIDE:
        return math.nan
    across = width % BLOCK if orientation in _MIRRORED_ACROSS else 0
    down = height % BLOCK if orientation in _MIRRORED_DOWN else 0
    found = [
        _excess([(tile.x - across, _mean_steps(tile.luma, axis=0)) for tile in tiles]),
        _excess([(tile.y - down, _mean_steps(tile.luma, axis=1)) for tile in tiles]),
    ]
    return sum(found) / len(found)


def _excess(profiles: Sequence[tuple[int, NDArray[np.float64]]]) -> float:
    """Mean step at borders less the mean step elsewhere; NaN without a border."""
    totals, counts = np.zeros(2), np.zeros(2)
    for start, steps in profiles:
        place = np.arange(start + 1, start + 1 + len(steps))
        is_border = (place % BLOCK == 0).astype(np.int64)
        totals += np.bincount(is_border, weights=steps, minlength=2)
        counts += np.bincount(is_border, minlength=2)
    if not counts.all():
        return math.nan
    inside, border = totals / counts
    return float(border - inside)


def _mean_steps(luma: Gray, *, axis: int) -> NDArray[np.float64]:
    """Mean step from each column (axis 0) or row (axis 1) to the next, grey levels."""
    pair = (luma[:, 1:], luma[:, :-1]) if axis == 0 else (luma[1:], luma[:-1])
    steps = np.asarray(cv2.absdiff(*pair))
    total = cv2.reduce(steps, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    return np.asarray(total.ravel() / steps.shape[axis], np.float64)
