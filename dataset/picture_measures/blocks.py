"""The blocks that JPEG leaves: steps at the borders of 8 x 8 pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .pixels import Tile

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
        tiles: of the upright image, a full grid of equal ones, rows first.
        size: (width, height) of the upright image in pixels.
        orientation: EXIF 1 to 8 of the stored image, whose first pixel begins the
            first block; after turning, blocks may begin elsewhere.
    """
    width, height = size
    if min(width, height) < LEAST_SIDE:
        return math.nan
    across = width % BLOCK if orientation in _MIRRORED_ACROSS else 0
    down = height % BLOCK if orientation in _MIRRORED_DOWN else 0
    lefts = sorted({tile.x for tile in tiles})
    tops = sorted({tile.y for tile in tiles})
    rows, columns = tiles[0].luma.shape
    # One picture of all tiles: a call for each would cost more than its work.
    sheet = np.vstack(
        [
            np.hstack([tile.luma for tile in tiles[start : start + len(lefts)]])
            for start in range(0, len(tiles), len(lefts))
        ]
    )
    steps = cv2.absdiff(sheet[:, 1:], sheet[:, :-1])
    found = _excess(steps, 0, _kinds(tuple(x - across for x in lefts), columns))
    steps = cv2.absdiff(sheet[1:], sheet[:-1])
    return (found + _excess(steps, 1, _kinds(tuple(y - down for y in tops), rows))) / 2


def _excess(
    steps: NDArray[np.generic] | cv2.UMat, axis: int, kinds: NDArray[np.float64]
) -> float:
    """Mean step at borders less the mean step elsewhere."""
    lines = np.asarray(steps)
    total = cv2.reduce(lines, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    inside, border = kinds @ total.ravel() / lines.shape[axis]
    return float(border - inside)


@lru_cache(maxsize=64)
def _kinds(starts: tuple[int, ...], length: int) -> NDArray[np.float64]:
    """(2, steps) weights that average the steps elsewhere and at borders.

    Steps from one tile to the next, which are none of the image, weigh nothing.
    """
    place = np.concatenate([start + np.arange(length) for start in starts])[1:]
    is_border = place % BLOCK == 0
    is_seam = np.arange(1, len(place) + 1) % length == 0
    kinds = np.stack([~is_border & ~is_seam, is_border & ~is_seam]).astype(np.float64)
    return np.asarray(kinds / kinds.sum(axis=1, keepdims=True), np.float64)
