"""Which colours a box holds, and how alike two boxes are by that."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..geometry import Corners

LIGHT_BINS = 8
TINT_BINS = 7
TINT_STEP = 8
BINS = LIGHT_BINS * TINT_BINS * TINT_BINS
PARTS = 3

_LIGHT = (np.arange(256) * LIGHT_BINS // 256 * TINT_BINS * TINT_BINS).astype(np.uint16)
_BLUE_YELLOW = np.clip(
    np.round((np.arange(256) - 128) / TINT_STEP) + TINT_BINS // 2, 0, TINT_BINS - 1
).astype(np.uint16)
_GREEN_RED = _BLUE_YELLOW * np.uint16(TINT_BINS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourMap:
    """An image as colour numbers below BINS, shrunk; (rows, columns) uint16."""

    bins: NDArray[np.uint16]
    shrink: float

    def part(self, corners: Corners) -> NDArray[np.uint16]:
        """The colour numbers inside a box, at least one pixel where it is inside."""
        rows, columns = self.bins.shape
        x0, y0, x1, y1 = (round(value * self.shrink) for value in corners)
        x0, y0 = min(max(x0, 0), columns - 1), min(max(y0, 0), rows - 1)
        return self.bins[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]


def colour_map(small: NDArray[np.uint8], shrink: float) -> ColourMap:
    """The colours of a shrunk BGR image: eight lights, seven by seven tints (Lab)."""
    lab = cv2.split(cv2.cvtColor(small, cv2.COLOR_BGR2LAB))
    tables = (_LIGHT, _GREEN_RED, _BLUE_YELLOW)
    bins = [cv2.LUT(plane, table) for plane, table in zip(lab, tables, strict=True)]
    total = cv2.add(cv2.add(bins[0], bins[1]), bins[2])
    return ColourMap(bins=np.asarray(total, np.uint16), shrink=shrink)


def histograms(colours: ColourMap, corners: Corners) -> NDArray[np.float64]:
    """(PARTS, BINS) float64: shares of colours in parts stacked from top to bottom.

    The outer eighth on the left and right is left out: mostly background.
    """
    x0, y0, x1, y1 = corners
    inset, step = (x1 - x0) / 8, (y1 - y0) / PARTS
    out = np.empty((PARTS, BINS))
    for part in range(PARTS):
        top = y0 + part * step
        inside = colours.part((x0 + inset, top, x1 - inset, top + step))
        out[part] = np.bincount(inside.ravel(), minlength=BINS) / max(inside.size, 1)
    return out


def likeness(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Mean Bhattacharyya coefficient of the parts, 0 to 1."""
    return float(np.sqrt(a * b).sum()) / PARTS


def odds(colours: ColourMap, corners: Corners) -> NDArray[np.float32]:
    """(BINS,) float32: how much a colour speaks for the box, not what is around it.

    The logarithm of the ratio of both shares, -1 to 1, 0 for a colour seen in neither.
    """
    x0, y0, x1, y1 = corners
    width, height = x1 - x0, y1 - y0
    inner = (x0 + width / 8, y0 + height / 16, x1 - width / 8, y1 - height / 16)
    outer = (x0 - width, y0 - height / 2, x1 + width, y1 + height / 2)
    own = np.bincount(colours.part(inner).ravel(), minlength=BINS).astype(np.float64)
    around = np.bincount(colours.part(outer).ravel(), minlength=BINS)
    boxed = np.bincount(colours.part(corners).ravel(), minlength=BINS)
    rest = np.maximum(around - boxed, 0).astype(np.float64)
    floor = 0.002
    ratio = np.log(
        (own / max(own.sum(), 1) + floor) / (rest / max(rest.sum(), 1) + floor)
    )
    return np.asarray(np.clip(ratio / 4, -1, 1), np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class OddsTable:
    """The odds of each pixel of a part of a picture, summed up.

    `table` is the integral image, one row and column larger than the part, which begins
    at `x`, `y` of the shrunk picture.
    """

    table: NDArray[np.float64]
    x: int
    y: int
    shrink: float


def odds_table(
    colours: ColourMap, weights: NDArray[np.float32], around: Corners
) -> OddsTable:
    """The table of the part inside `around`, at least a pixel; weights as of `odds`."""
    rows, columns = colours.bins.shape
    x0, y0, x1, y1 = (value * colours.shrink for value in around)
    left, top = min(max(int(x0), 0), columns - 1), min(max(int(y0), 0), rows - 1)
    right = min(max(int(x1) + 1, left + 1), columns)
    bottom = min(max(int(y1) + 1, top + 1), rows)
    part = weights.take(colours.bins[top:bottom, left:right])
    table = np.asarray(cv2.integral(part, sdepth=cv2.CV_64F), np.float64)
    return OddsTable(table=table, x=left, y=top, shrink=colours.shrink)
