"""How unlike a box is to the others of its class: pixels in, numbers out.

Simple features, worked out once a box: gradients in small cells (after Dalal and
Triggs, 2005, CVPR 886-893), colour and shape. A box is odd where its nearest
neighbours of its own class are far away, and those of another class near. Nothing
here is random: the same boxes give the same order.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.records import Box

KIND: Final = 1
"""Which features are kept in a catalog; another number has them worked out anew."""
LEAST_BOXES: Final = 8
"""A class with fewer boxes has no neighbourhood to be unlike to."""
NEIGHBOURS: Final = 3
REFERENCES: Final = 4000
"""As many boxes of a class are compared with at most, evenly taken."""

_SIDE = 40
_CELLS = 5
_BEARINGS = 9
_HUES, _SHADES = 12, 6
_MARGIN = 0.08
_COMPONENTS = 32
# How much each part counts: gradients, colour, shape.
_WEIGHTS = (1.0, 1.0, 0.5)
_GRADIENTS = _CELLS * _CELLS * _BEARINGS
_COLOURS = _HUES + _SHADES + 12

Features = NDArray[np.float32]


def features(pixels: NDArray[np.uint8], box: Box, scale: float = 1.0) -> Features:
    """What a box looks like, as one row of numbers.

    `pixels` are (H, W, 3) BGR of the upright image, shrunk by `scale` (0 to 1).
    """
    part = _cut(pixels, box, scale)
    small = np.asarray(
        cv2.resize(part, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.uint8
    )
    shape = np.array(
        [np.log(box.width / box.height), 0.5 * np.log(box.area)], np.float32
    )
    return np.concatenate([_gradients(small), _colours(small), shape])


def to_bytes(row: Features) -> bytes:
    """The row in half precision, for a catalog."""
    return np.clip(row, -60000, 60000).astype(np.float16).tobytes()


def from_bytes(value: bytes) -> Features:
    """The row that `to_bytes` wrote."""
    return np.frombuffer(value, np.float16).astype(np.float32)


def oddness(
    rows: NDArray[np.float32], class_ids: NDArray[np.int64]
) -> NDArray[np.float64]:
    """How odd each box is in its class, 0 (like the others) to 1.

    NaN for the boxes of a class with fewer than `LEAST_BOXES`. With d the distance
    to the third nearest box of its own class (without itself) and o that to the third
    nearest box of all others, it is d / (d + o): 0.5 where another class is as near.
    A third neighbour, so that two wrong labels side by side do not excuse each other.
    Adding how far d lies above its class's median was tried and found fewer wrong
    labels on every real set (see tests/benchmarks/unlike_bench.py).

    Where one class alone is there it is that: d in robust deviations (1.4826 times
    the median of absolute deviations) above the median, squeezed into 0 to 1.
    """
    odd = np.full(len(rows), np.nan)
    if not len(rows):
        return odd
    known, counts = np.unique(class_ids, return_counts=True)
    usable = known[counts >= LEAST_BOXES]
    if not len(usable):
        return odd
    space = _space(rows)
    for class_id in usable:
        mine = np.flatnonzero(class_ids == class_id)
        own = _distance(space[mine], space[mine], NEIGHBOURS + 1)
        others = np.flatnonzero(class_ids != class_id)
        if len(others) >= NEIGHBOURS:
            away = _distance(space[mine], space[others], NEIGHBOURS)
            odd[mine] = own / np.maximum(own + away, 1e-9)
        else:
            odd[mine] = _above_median(own)
    return odd


def _cut(pixels: NDArray[np.uint8], box: Box, scale: float) -> NDArray[np.uint8]:
    """The box with a little of what is around it, at least one pixel."""
    high, wide = pixels.shape[:2]
    x, y = box.width * _MARGIN, box.height * _MARGIN
    left = min(max(int((box.x0 - x) * scale), 0), wide - 1)
    top = min(max(int((box.y0 - y) * scale), 0), high - 1)
    right = max(min(int(np.ceil((box.x1 + x) * scale)), wide), left + 1)
    bottom = max(min(int(np.ceil((box.y1 + y) * scale)), high), top + 1)
    part = pixels[top:bottom, left:right]
    return part if part.ndim == 3 else np.repeat(part[..., None], 3, axis=2)


def _gradients(small: NDArray[np.uint8]) -> Features:
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    strength = np.hypot(across, down)
    bearing = np.mod(np.arctan2(down, across), np.pi) / np.pi * _BEARINGS
    part = np.minimum(bearing.astype(np.int64), _BEARINGS - 1)
    cell = np.arange(_SIDE) * _CELLS // _SIDE
    place = (cell[:, None] * _CELLS + cell[None, :]) * _BEARINGS + part
    found = np.bincount(place.ravel(), strength.ravel(), _GRADIENTS)
    even = found / (np.linalg.norm(found) / _CELLS + 1e-6)
    return np.sqrt(even).astype(np.float32)


def _colours(small: NDArray[np.uint8]) -> Features:
    hsv = cv2.cvtColor(small, cv2.COLOR_BGR2HSV)
    # What lies in the middle is the object; the corners are often something else.
    ramp = 1 - np.abs(np.linspace(-1, 1, _SIDE)) * 0.8
    weight = np.outer(ramp, ramp)
    hue = np.minimum(hsv[..., 0].astype(np.int64) * _HUES // 180, _HUES - 1)
    shade = hsv[..., 2].astype(np.int64) * _SHADES // 256
    vivid = weight * hsv[..., 1] / 255
    hues = np.bincount(hue.ravel(), vivid.ravel(), _HUES) / weight.sum()
    shades = np.bincount(shade.ravel(), weight.ravel(), _SHADES) / weight.sum()
    lab = cv2.cvtColor(small, cv2.COLOR_BGR2LAB).astype(np.float32) / 255
    quarters = cv2.resize(lab, (2, 2), interpolation=cv2.INTER_AREA).ravel()
    return np.concatenate([np.sqrt(hues), np.sqrt(shades), quarters]).astype(np.float32)


def _space(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rows in a space where parts count as they should, in few dimensions."""
    edges = (0, _GRADIENTS, _GRADIENTS + _COLOURS, rows.shape[1])
    parts = []
    for weight, start, end in zip(_WEIGHTS, edges[:-1], edges[1:], strict=True):
        part = rows[:, start:end] - np.median(rows[:, start:end], axis=0)
        spread = float(np.sqrt((part**2).sum(axis=1).mean()))
        parts.append(part * (weight / max(spread, 1e-6)))
    joined = np.concatenate(parts, axis=1)
    # The principal components: what boxes differ in most, the rest is mostly noise.
    joined -= joined.mean(axis=0)
    _, axes = np.linalg.eigh(joined.T.astype(np.float64) @ joined)
    return np.ascontiguousarray(joined @ axes[:, -_COMPONENTS:], np.float32)


def _distance(
    rows: NDArray[np.float32], to: NDArray[np.float32], nth: int
) -> NDArray[np.float64]:
    """How far the `nth` nearest of `to` is from each row."""
    # Slow to load, and needed for this one order of the grid.
    from sklearn.neighbors import NearestNeighbors  # noqa: PLC0415

    # Every so many of a large class: a bound on time that keeps the answer the same.
    step = max(-(-len(to) // REFERENCES), 1)
    taken = to[::step]
    search = NearestNeighbors(n_neighbors=min(nth, len(taken)), algorithm="brute")
    found, _ = search.fit(taken).kneighbors(rows)
    return np.asarray(found[:, -1], np.float64)


def _above_median(own: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each distance lies above the median, squeezed into 0 to 1."""
    middle = np.median(own)
    deviation = 1.4826 * float(np.median(np.abs(own - middle)))
    robust = np.clip((own - middle) / max(deviation, 1e-9), -50.0, 50.0)
    return np.asarray(1 / (1 + np.exp(-robust)), np.float64)
