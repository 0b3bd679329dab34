"""Fine and coarse detail by tiles, without what moves and without the noise.

A grid of 6 x 4 tiles at full resolution, at most 160 pixels a side, centred in their
cells. Each block of a session gives two median pictures of a tile, one of its odd and
one of its even frames: what moved through is in neither, and noise is independent
between them, so that the covariance of their Laplacians has the scene's energy alone.
Coarse detail is the same of the tile shrunk by four: blur takes the fine and leaves
the coarse, darkness takes the same share of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

COLUMNS = 6
ROWS = 4
TILES = COLUMNS * ROWS
LARGEST_SIDE = 160
LEAST_SIDE = 32
COARSER = 4
# Energy (grey levels squared) under which a tile shows nothing to be sharp about.
TEXTURE = 16.0
_FLOOR = 0.02

Gray = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TileDetail:
    """Energy of the Laplacian, (blocks, 24) float64 in grey levels squared.

    Tiles by rows, the top left one first.
    """

    fine: NDArray[np.float64]
    coarse: NDArray[np.float64]


def tiles_of(gray: Gray) -> NDArray[np.uint8] | None:
    """The (24, S, S) tiles of a picture, or None where it is too small for them."""
    height, width = gray.shape
    side = min(LARGEST_SIDE, height // ROWS, width // COLUMNS)
    if side < LEAST_SIDE:
        return None
    return np.stack(
        [
            gray[top : top + side, left : left + side]
            for top in _starts(height, ROWS, side)
            for left in _starts(width, COLUMNS, side)
        ]
    )


def detail(blocks: Sequence[NDArray[np.uint8]]) -> TileDetail:
    """The detail of each block, (frames, 24, S, S), at least two frames each."""
    fine = np.empty((len(blocks), TILES))
    coarse = np.empty((len(blocks), TILES))
    for row, frames in enumerate(blocks):
        odd, even = np.median(frames[::2], axis=0), np.median(frames[1::2], axis=0)
        for tile in range(TILES):
            fine[row, tile] = _common_energy(odd[tile], even[tile])
            coarse[row, tile] = _common_energy(_shrunk(odd[tile]), _shrunk(even[tile]))
    return TileDetail(fine=fine, coarse=coarse)


def decibels(energy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ten times the logarithm of an energy; what is hardly there counts as a floor."""
    return 10 * np.log10(np.maximum(energy, _FLOOR))


def _starts(length: int, cells: int, side: int) -> list[int]:
    return [(2 * cell + 1) * length // (2 * cells) - side // 2 for cell in range(cells)]


def _shrunk(tile: NDArray[np.float64]) -> NDArray[np.float64]:
    side = tile.shape[0] // COARSER
    small = cv2.resize(tile, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float64)


def _common_energy(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    first = np.asarray(cv2.Laplacian(one, cv2.CV_64F))[1:-1, 1:-1]
    second = np.asarray(cv2.Laplacian(other, cv2.CV_64F))[1:-1, 1:-1]
    return float(((first - first.mean()) * (second - second.mean())).mean())
