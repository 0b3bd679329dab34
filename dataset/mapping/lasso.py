"""Which points a drawn shape encloses."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Bools = NDArray[np.bool_]
Corners = tuple[float, float, float, float]


def within_polygon(places: ArrayLike, polygon: ArrayLike) -> Bools:
    """Whether each point lies inside of a closed polygon: (N,) bool.

    By the even-odd rule: what a line encloses twice is outside. SOURCE: Shimrat,
    "Algorithm 112: Position of point relative to polygon", CACM 5 (1962); edges are
    half open in y, so that a corner counts once. Where a point on the line itself lies
    is not said. Points that are not finite lie outside.

    Args:
        places: (N, 2), x and y.
        polygon: (M, 2), its corners in order; the last one is joined to the first.
            Fewer than three enclose nothing.
    """
    points = np.asarray(places, np.float64).reshape(-1, 2)
    corners = np.asarray(polygon, np.float64).reshape(-1, 2)
    found = np.zeros(len(points), np.bool_)
    if len(corners) < 3 or not np.isfinite(corners).all():
        return found
    low, high = corners.min(axis=0), corners.max(axis=0)
    near = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
    # Sorted by y, the points that an edge passes are a run: no edge looks at all.
    near = near[np.argsort(points[near, 1], kind="stable")]
    x, y = points[near, 0], points[near, 1]
    is_odd = np.zeros(len(near), np.bool_)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        first, last = np.searchsorted(y, (min(y0, y1), max(y0, y1)), side="left")
        if first < last:
            crossing = x0 + (y[first:last] - y0) * ((x1 - x0) / (y1 - y0))
            is_odd[first:last] ^= x[first:last] < crossing
    found[near] = is_odd
    return found


def within_rectangle(places: ArrayLike, corners: Corners) -> Bools:
    """Whether each point lies in a rectangle, border included: (N,) bool.

    Args:
        places: (N, 2), x and y.
        corners: x and y of two opposite corners, in any order.
    """
    points = np.asarray(places, np.float64).reshape(-1, 2)
    x0, y0, x1, y1 = corners
    low, high = (min(x0, x1), min(y0, y1)), (max(x0, x1), max(y0, y1))
    return np.asarray(((points >= low) & (points <= high)).all(axis=1), np.bool_)
