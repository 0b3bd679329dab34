"""Where exactly a found object lies: the place whose colours lie as they lay before.

A pixel's odds say how much its colour speaks for the object (see `colours.odds`). How
they lie in the box, along its edges and just outside is the object's footprint; near
the place that was found the one with the most similar footprint is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry import Corners
from . import colours
from .colours import ColourMap, OddsTable

SHIFTS_X = (-0.3, -0.18, -0.08, 0.0, 0.08, 0.18, 0.3)
SHIFTS_Y = (-0.2, -0.09, 0.0, 0.09, 0.2)
SIZES = (0.8, 0.9, 1.0, 1.11, 1.25)
CELLS = 8
BESIDE = 0.25
"""How far the grid of cells reaches beyond the box, as a share of its sides."""
STRIP = 1 / 6
LEAST_GAIN = 0.01
LEAST_SIDE = 20
"""Below so many pixels of the shrunk picture the strips are too thin to tell."""

# Ridge regression of the gain in IoU, on clips composed of photos and on clips with
# boxes from motion; none of the shared tracks is among them.
STRIPS_APART = -0.361
CELLS_APART = -0.225
STAY = np.array([1.713, 2.531, 0.327])
STAY_BY_FLOW = np.array([0.618, 0.954, 0.179])

Floats = NDArray[np.float64]


_MOVES = np.array([(x, y, size) for x in SHIFTS_X for y in SHIFTS_Y for size in SIZES])
"""Shift in widths, shift in heights, factor of both sides."""
_AWAY = np.stack([_MOVES[:, 0], _MOVES[:, 1], 2 * np.log(_MOVES[:, 2])], axis=1) ** 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """How an object's colours lay: in strips along its edges and in cells.

    `odds` (BINS,) float32; `strips` (9,) and `cells` (CELLS, CELLS) are mean odds.
    """

    odds: NDArray[np.float32]
    strips: Floats
    cells: Floats


def _sums(odds: OddsTable, x: Floats, y: Floats) -> Floats:
    """The integral at points in pixels of the full size, between pixels too."""
    rows, columns = odds.table.shape
    across = np.clip(x * odds.shrink - odds.x, 0, columns - 1.001)
    down = np.clip(y * odds.shrink - odds.y, 0, rows - 1.001)
    left, top = across.astype(np.intp), down.astype(np.intp)
    across, down = across - left, down - top
    at = top * columns + left
    flat = odds.table.ravel()
    upper = flat[at] * (1 - across) + flat[at + 1] * across
    at += columns
    lower = flat[at] * (1 - across) + flat[at + 1] * across
    return np.asarray(upper * (1 - down) + lower * down, np.float64)


def _around(corners: Corners, beyond: float) -> Corners:
    x0, y0, x1, y1 = corners
    wide, high = beyond * (x1 - x0), beyond * (y1 - y0)
    return x0 - wide, y0 - high, x1 + wide, y1 + high


def _strips(odds: OddsTable, boxes: Floats) -> Floats:
    """(N, 9) mean odds: the box, then inside and outside each of its four edges."""
    x0, y0, x1, y1 = boxes.T
    w, h = (x1 - x0) * STRIP, (y1 - y0) * STRIP
    places = np.array(
        [
            (x0, y0, x1, y1),
            (x0, y0, x0 + w, y1),
            (x0 - w, y0, x0, y1),
            (x1 - w, y0, x1, y1),
            (x1, y0, x1 + w, y1),
            (x0, y0, x1, y0 + h),
            (x0, y0 - h, x1, y0),
            (x0, y1 - h, x1, y1),
            (x0, y1, x1, y1 + h),
        ]
    )
    left, top, right, bottom = places.transpose(1, 2, 0)
    total = _sums(odds, right, bottom) - _sums(odds, left, bottom)
    total += _sums(odds, left, top) - _sums(odds, right, top)
    return total / _pixels((right - left) * (bottom - top), odds)


def _cells(odds: OddsTable, boxes: Floats) -> Floats:
    """(N, CELLS, CELLS) mean odds of a grid over the box and what is beside it."""
    x0, y0, x1, y1 = boxes.T[..., None]
    steps = np.linspace(-BESIDE, 1 + BESIDE, CELLS + 1)
    xs, ys = x0 + (x1 - x0) * steps, y0 + (y1 - y0) * steps
    shape = (len(boxes), CELLS + 1, CELLS + 1)
    sums = _sums(
        odds,
        np.broadcast_to(xs[:, None, :], shape),
        np.broadcast_to(ys[:, :, None], shape),
    )
    total = np.diff(np.diff(sums, axis=1), axis=2)
    step = (1 + 2 * BESIDE) / CELLS
    size = ((x1 - x0) * (y1 - y0) * step * step)[..., None]
    return total / _pixels(size, odds)


def _pixels(area: Floats, odds: OddsTable) -> Floats:
    return np.maximum(area * odds.shrink**2, 0.5)


def footprint(
    pixels: ColourMap, corners: Corners, odds: NDArray[np.float32]
) -> Footprint:
    """The footprint of a box in the picture where it was accepted; odds are its own."""
    table = colours.odds_table(pixels, odds, _around(corners, 0.5))
    box = np.array([corners], np.float64)
    return Footprint(
        odds=odds, strips=_strips(table, box)[0], cells=_cells(table, box)[0]
    )


def settled(
    known: Footprint, pixels: ColourMap, corners: Corners, flow: float
) -> Corners:
    """The place near `corners` where the footprint fits clearly best, or `corners`.

    `flow` is the agreement of the flow that led there, 0 to 1: the more of it, the
    less is changed.
    """
    x0, y0, x1, y1 = corners
    wide, high = x1 - x0, y1 - y0
    if min(wide, high) * pixels.shrink < LEAST_SIDE:
        return corners
    x, y = (x0 + x1) / 2 + _MOVES[:, 0] * wide, (y0 + y1) / 2 + _MOVES[:, 1] * high
    half_w, half_h = _MOVES[:, 2] * wide / 2, _MOVES[:, 2] * high / 2
    boxes = np.stack([x - half_w, y - half_h, x + half_w, y + half_h], axis=1)
    table = colours.odds_table(pixels, known.odds, _around(corners, 1.0))
    stay = _AWAY @ (STAY + flow * STAY_BY_FLOW)
    best = _best_fitting(known, table, boxes, stay)
    if best is None:
        return corners
    left, top, right, bottom = boxes[best].tolist()
    return left, top, right, bottom


def _best_fitting(
    known: Footprint, table: OddsTable, boxes: Floats, stay: Floats
) -> int | None:
    """The box that gains most above the one that is not moved; None if none does.

    What a box does not fit only lowers its gain, so boxes go out, unmeasured, whose
    `stay` or strips alone put them below.
    """
    here = int(np.argmin(_AWAY.sum(axis=1)))
    least = (
        _fit_of_strips(known, table, boxes[[here]])
        + _fit_of_cells(known, table, boxes[[here]])
        - stay[here]
        + LEAST_GAIN
    )
    able = np.flatnonzero(-stay > least)
    gain = _fit_of_strips(known, table, boxes[able]) - stay[able]
    able, gain = able[gain > least], gain[gain > least]
    gain = gain + _fit_of_cells(known, table, boxes[able])
    if not (gain > least).any():
        return None
    return int(able[np.argmax(gain)])


def _fit_of_strips(known: Footprint, table: OddsTable, boxes: Floats) -> Floats:
    apart = np.abs(_strips(table, boxes) - known.strips).mean(axis=1)
    return np.asarray(STRIPS_APART * apart, np.float64)


def _fit_of_cells(known: Footprint, table: OddsTable, boxes: Floats) -> Floats:
    apart = np.abs(_cells(table, boxes) - known.cells).mean(axis=(1, 2))
    return np.asarray(CELLS_APART * apart, np.float64)
