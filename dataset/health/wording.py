"""Shares and places of a picture in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .tile_detail import COLUMNS, ROWS

_SHARES = (
    (0.1, "a tenth"),
    (0.25, "a quarter"),
    (1 / 3, "a third"),
    (0.5, "half"),
    (2 / 3, "two thirds"),
    (0.75, "three quarters"),
    (1.0, "nearly all"),
)
# Share of the tiles of a region that are in it, and of the region that they are.
_INSIDE = 0.8
_COVERED = 0.5


def share_lost(decibels: float) -> str:
    """How much of an amplitude is gone after a loss in dB (negative), in words."""
    lost = 1 - 10 ** (min(0.0, decibels) / 20)
    return min(_SHARES, key=lambda share: abs(share[0] - lost))[1]


def region(tiles: NDArray[np.bool_]) -> str:
    """Where the tiles lie that are true, (24,) bool by rows, at least one of them."""
    grid = tiles.reshape(ROWS, COLUMNS)
    third, half = COLUMNS // 3, ROWS // 2
    regions = {
        "the left third": grid[:, :third],
        "the middle third": grid[:, third:-third],
        "the right third": grid[:, -third:],
        "the top half": grid[:half],
        "the bottom half": grid[half:],
    }
    for name, part in regions.items():
        if part.sum() >= _INSIDE * grid.sum() and part.mean() >= _COVERED:
            return name
    count = int(grid.sum())
    if count > _INSIDE * grid.size:
        return "the whole picture"
    if count > 1:
        return f"a spread of {count} in {grid.size} parts of the picture"
    row, column = (int(place[0]) for place in np.nonzero(grid))
    return f"one part of the picture, at the {_place(column, row)},"


def _place(column: int, row: int) -> str:
    across = ("left", "middle", "right")[column * 3 // COLUMNS]
    return f"{('top', 'bottom')[row * 2 // ROWS]} {across}"
