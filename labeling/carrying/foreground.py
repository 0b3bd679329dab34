"""Which cells of a template or a region hold an object's colours, not the ground's."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..geometry import Corners
from .colours import ColourMap
from .template import Region

CARE = 0.6
CARE_BY_ODDS = 2.0
LEAST_CARE = 0.15
MOST_CARE = 1.2
BESIDE = 4
"""What is beside a place is a quarter of its width on either side."""

Floats = NDArray[np.float32]


def care(
    pixels: ColourMap, corners: Corners, odds: Floats, rows: int, columns: int
) -> Floats:
    """How much each cell of a box counts, (rows, columns): background counts least.

    A box holds much that is not the object, and stays behind when the object moves.
    """
    inside = odds[pixels.part(corners)]
    cells = cv2.resize(inside, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(
        np.clip(CARE + CARE_BY_ODDS * cells, LEAST_CARE, MOST_CARE), np.float32
    )


def odds_of(pixels: ColourMap, odds: Floats, region: Region) -> Floats:
    """The odds at the half cells of a region of the same picture."""
    rows, columns = region.maps[0].shape[:2]
    step = pixels.shrink / region.frame.zoom
    x, y = region.frame.x * pixels.shrink, region.frame.y * pixels.shrink
    high, wide = pixels.bins.shape
    left, top = min(max(int(x), 0), wide - 1), min(max(int(y), 0), high - 1)
    right = min(max(int(x + columns * step) + 1, left + 1), wide)
    bottom = min(max(int(y + rows * step) + 1, top + 1), high)
    part = cv2.blur(odds.take(pixels.bins[top:bottom, left:right]), (3, 3))
    matrix = np.array(
        [[step, 0, step / 2 - 0.5 + x - left], [0, step, step / 2 - 0.5 + y - top]]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(part, matrix, (columns, rows), flags=flags), np.float32
    )


def stands_out(cells: Floats, rows: int, columns: int) -> Floats:
    """Mean odds of every window of rows x columns above the mean beside it.

    `cells` is (H, W); the answer (H - rows + 1, W - columns + 1), as a template's.
    """
    aside = max(columns // BESIDE, 1)
    inner = cv2.blur(cells, (columns, rows))
    both = cv2.blur(cells, (columns + 2 * aside, rows))
    beside = (both * (columns + 2 * aside) - inner * columns) / (2 * aside)
    top, left = rows // 2, columns // 2
    high, wide = cells.shape[0] - rows + 1, cells.shape[1] - columns + 1
    out = (inner - beside)[top : top + high, left : left + wide]
    return np.asarray(out, np.float32)
