"""Forward-backward optical flow from boxes of one image to places in the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..geometry import Corners

GRID = 4
LEAST_POINTS = 4
WINDOW = (15, 15)
LEVELS = 3
CRITERIA = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 12, 0.03)

Points = NDArray[np.float32]
Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Where the points inside one box went.

    `corners` is the box after their median shift and scale, `agreement` the share of
    points that came back to where they started AND went the common way, 0 to 1.
    """

    corners: Corners
    agreement: float


_STEPS = 0.1 + 0.8 * (np.arange(GRID) + 0.5) / GRID
_SHARES = np.stack(np.meshgrid(_STEPS, _STEPS), axis=-1).reshape(-1, 2)


def _grids(boxes: Sequence[Corners]) -> Points:
    """The points of all boxes, one box after the other, (N * GRID * GRID, 2)."""
    corners = np.array(boxes, np.float64)[:, None]
    low, high = corners[..., :2], corners[..., 2:]
    return np.asarray((low + (high - low) * _SHARES).reshape(-1, 2), np.float32)


def follow(
    before: Grey,
    after: Grey,
    jumps: Sequence[tuple[Corners, Corners]],
    shrink: float = 1.0,
) -> tuple[Followed, ...]:
    """Follows a grid of points from each box to about where a guess puts it.

    Each jump is (box in the earlier image, guess in the later one), in pixels of the
    full size; the images, (H, W) uint8, may be shrunk. All points of all jumps go
    through one call forward and one backward.
    """
    if not jumps:
        return ()
    factor = np.float32(shrink)
    start = _grids([source for source, _ in jumps])
    guess = _grids([target for _, target in jumps])
    there, seen = _flow(before, after, start * factor, guess * factor)
    back, returned = _flow(after, before, there, there + (start - guess) * factor)
    there, back = there / factor, back / factor
    error = np.linalg.norm(back - start, axis=1)
    count = GRID * GRID
    out = []
    for index, (source, target) in enumerate(jumps):
        part = slice(index * count, (index + 1) * count)
        good = seen[part] & returned[part]
        out.append(_summed(source, target, start[part], there[part], error[part], good))
    return tuple(out)


def _flow(
    before: Grey, after: Grey, start: Points, guess: Points
) -> tuple[Points, NDArray[np.bool_]]:
    there, seen, _ = cv2.calcOpticalFlowPyrLK(
        before,
        after,
        start,
        guess.copy(),
        winSize=WINDOW,
        maxLevel=LEVELS,
        criteria=CRITERIA,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )
    return np.asarray(there, np.float32), seen.ravel() > 0


def _summed(
    source: Corners,
    target: Corners,
    start: Points,
    there: Points,
    error: NDArray[np.float32],
    good: NDArray[np.bool_],
) -> Followed:
    size = float(np.sqrt((source[2] - source[0]) * (source[3] - source[1])))
    good = good & (error < max(0.05 * size, 1.0))
    if good.sum() < LEAST_POINTS:
        return Followed(corners=target, agreement=0.0)
    old, new = start[good], there[good]
    scale = _scale(old, new)
    centre = np.array([source[0] + source[2], source[1] + source[3]]) / 2
    offsets = new - (centre + (old - centre) * scale)
    shift = np.median(offsets, axis=0)
    close = np.linalg.norm(offsets - shift, axis=1) < max(0.08 * size, 1.5)
    if close.sum() >= 4:
        shift = offsets[close].mean(axis=0)
    x, y = (centre + shift).tolist()
    half_w = (source[2] - source[0]) * scale / 2
    half_h = (source[3] - source[1]) * scale / 2
    corners = (x - half_w, y - half_h, x + half_w, y + half_h)
    return Followed(corners=corners, agreement=float(close.sum()) / len(start))


def _scale(old: Points, new: Points) -> float:
    """Median ratio of distances between pairs of points (Kalal et al. 2010)."""
    before, after = _distances(old), _distances(new)
    apart = before > 2
    if not apart.any():
        return 1.0
    ratio = float(np.median(after[apart] / before[apart]))
    return min(max(ratio, 0.5), 2.0)


def _distances(points: Points) -> NDArray[np.float32]:
    """Between all pairs, each pair once."""
    count = len(points)
    x, y = points[:, 0], points[:, 1]
    away = np.hypot(x[:, None] - x, y[:, None] - y)
    return np.asarray(away[np.arange(count)[:, None] < np.arange(count)], np.float32)
