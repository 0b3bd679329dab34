"""What all formulas share: kinds of arrays, checks, halving, luma and tiles.

Pixels are (H, W, 3) uint8 in BGR order, upright. Luma is the Rec. 601 weighting that
OpenCV uses for gray (0.299 R + 0.587 G + 0.114 B).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

TILE_GRID = 3
TILE_SIDE = 192
# In nine pixels lies a border of 8 x 8 blocks, wherever they begin.
_LEAST_TILE = 9

Pixels = NDArray[np.uint8]
Gray = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tile:
    """A part of an image in luma, (H, W) uint8; `x` and `y` are its first pixel."""

    x: int
    y: int
    luma: Gray


def check(pixels: Pixels) -> None:
    """Nothing for an image.

    Raises:
        ValueError: the array is no (H, W, 3) uint8, or is empty.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise ValueError(
            f"an image is (H, W, 3) uint8: {pixels.shape} {pixels.dtype.name}"
        )
    if 0 in pixels.shape:
        raise ValueError(f"an image has a size: {pixels.shape}")


def resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """The image at (width, height), by area so that nothing aliases."""
    made = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return made.astype(np.uint8, copy=False)


def halved(pixels: Pixels) -> Pixels:
    """The image at half its width and height, rounded down."""
    return resized(pixels, (pixels.shape[1] // 2, pixels.shape[0] // 2))


def luma(pixels: Pixels) -> Gray:
    """The luma of each pixel, (H, W) uint8."""
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)


def tiles(pixels: Pixels) -> list[Tile]:
    """Full-resolution tiles, centred in the cells of a 3 x 3 grid, rows first.

    At most 192 pixels a side; a side under 27 pixels has one tile only.
    """
    height, width = pixels.shape[:2]
    columns = _spans(width)
    return [
        Tile(x=x0, y=y0, luma=luma(pixels[y0:y1, x0:x1]))
        for y0, y1 in _spans(height)
        for x0, x1 in columns
    ]


def _spans(length: int) -> list[tuple[int, int]]:
    """Start and end of each tile along one side; one span on a small image."""
    if length < TILE_GRID * _LEAST_TILE:
        return [(0, length)]
    side = min(TILE_SIDE, length // TILE_GRID)
    starts = [
        (2 * cell + 1) * length // (2 * TILE_GRID) - side // 2
        for cell in range(TILE_GRID)
    ]
    return [(start, start + side) for start in starts]
