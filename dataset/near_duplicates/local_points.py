"""Salient places of a picture, each with a hash of what is around it.

A place is where a difference of two Gaussians is strongest among its neighbours (D.
Lowe, 2004, section 3), at four fixed sizes of a picture that is first brought to the
area of 128x128 pixels. Its hash compares the brightness of 64 fixed pairs of points in
a 5x5 grid around it (as "BRIEF" does, M. Calonder et al., 2010), so that brightness,
contrast, size and JPEG quality hardly touch it, and a crop leaves the places that it
keeps alone. Unlike with Lowe nothing is turned upright: a copy is seldom turned, and
upright grids tell more apart.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .look import POINT, Points

_SIDE: Final = 128.0
# Sigma of the inner Gaussian in pixels, and how many places of that size are kept.
_SIZES: Final = ((2.2, 6), (3.4, 5), (5.2, 3), (8.0, 2))
_OUTER: Final = 1.5
_LEAST_CONTRAST: Final = 1.0
_GRID: Final = 5
_STEP: Final = 1.5
_BLUR: Final = 0.7
# A grid may reach over the edge a little: large places are rare enough.
_INSIDE: Final = 0.8
_UNIT: Final = 65_535

Floats = NDArray[np.float32]


def local_points(grey: NDArray[np.uint8]) -> Points:
    """The strongest places of a grey picture (H, W), at most 16, as `POINT`s."""
    small = _at_size(grey)
    found = [
        _places(small, level, sigma, count)
        for level, (sigma, count) in enumerate(_SIZES)
    ]
    # Joining arrays turns their byte order into the machine's own.
    return np.concatenate(found).astype(POINT)


def _at_size(grey: NDArray[np.uint8]) -> Floats:
    height, width = grey.shape
    factor = _SIDE / np.sqrt(height * width)
    size = (max(8, round(width * factor)), max(8, round(height * factor)))
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return cv2.resize(grey, size, interpolation=way).astype(np.float32)


def _places(small: Floats, level: int, sigma: float, count: int) -> Points:
    height, width = small.shape
    difference = cv2.GaussianBlur(small, (0, 0), sigma) - cv2.GaussianBlur(
        small, (0, 0), sigma * _OUTER
    )
    strength = np.abs(difference)
    reach = 2 * round(sigma) + 1
    strongest = cv2.dilate(strength, np.ones((reach, reach), np.uint8))
    ys, xs = np.nonzero((strength == strongest) & (strength > _LEAST_CONTRAST))
    margin = sigma * _STEP * (_GRID - 1) / 2 * _INSIDE
    inside = (xs >= margin) & (xs < width - margin)
    inside &= (ys >= margin) & (ys < height - margin)
    ys, xs = ys[inside], xs[inside]
    order = np.argsort(-strength[ys, xs], kind="stable")[:count]
    ys, xs = ys[order], xs[order]
    points = np.zeros(len(xs), POINT)
    if len(xs):
        points["kind"] = 2 * level + (difference[ys, xs] > 0)
        # The grid lies inside the picture, so a place has neighbours on all sides.
        at = strength[ys, xs]
        right = _vertex(strength[ys, xs - 1], at, strength[ys, xs + 1])
        lower = _vertex(strength[ys - 1, xs], at, strength[ys + 1, xs])
        x, y = xs + right, ys + lower
        points["x"] = np.round((x + 0.5) / width * _UNIT)
        points["y"] = np.round((y + 0.5) / height * _UNIT)
        blurred = np.asarray(cv2.GaussianBlur(small, (0, 0), sigma * _BLUR), np.float32)
        points["bits"] = _hashes(blurred, x, y, sigma)
    return points


def _vertex(before: Floats, at: Floats, after: Floats) -> Floats:
    """Where between its neighbours a parabola has its top, -0.5 to 0.5."""
    bend = before - 2 * at + after
    away = np.where(bend < 0, (before - after) / np.where(bend < 0, 2 * bend, 1.0), 0.0)
    return np.asarray(np.clip(away, -0.5, 0.5), np.float32)


def _hashes(
    blurred: Floats,
    xs: NDArray[np.floating],
    ys: NDArray[np.floating],
    sigma: float,
) -> NDArray[np.uint64]:
    offsets = (np.arange(_GRID) - (_GRID - 1) / 2) * _STEP * sigma
    across = np.tile(offsets, _GRID)
    down = np.repeat(offsets, _GRID)
    values = cv2.remap(
        blurred,
        (xs[:, None] + across).astype(np.float32),
        (ys[:, None] + down).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    bits = values[:, _PAIRS[:, 0]] > values[:, _PAIRS[:, 1]]
    packed = np.ascontiguousarray(np.packbits(bits, axis=1))
    return packed.view(">u8").ravel().astype(np.uint64)


def _pairs() -> NDArray[np.int64]:
    """64 pairs of grid points, two to four steps apart: near ones differ too little."""
    rng = np.random.default_rng(7)
    found: list[tuple[int, int]] = []
    while len(found) < 64:
        a, b = (int(v) for v in rng.integers(0, _GRID * _GRID, 2))
        far = np.hypot(a // _GRID - b // _GRID, a % _GRID - b % _GRID)
        if 1.9 < far < 3.7 and (a, b) not in found and (b, a) not in found:
            found.append((a, b))
    return np.array(found, np.int64)


_PAIRS: Final = _pairs()
