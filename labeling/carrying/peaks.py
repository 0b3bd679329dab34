"""Where a template answers most: the places in the next image to look at closer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from ..geometry import Corners, iou_matrix
from . import foreground, template
from .candidates import Candidate, Evidence, Memory, Target, nearness
from .scene import Scene

SCALES = (0.8, 1.0, 1.22)
SMALLEST, LARGEST = 0.64, 1.5
"""These are searched only where the scale before them answers best."""
REACH = 2.5
"""How far beyond the box to search, in sizes (square root of its area)."""
LEAST_REACH = 1.0
REACH_BY_DEVIATION = 4.0
"""Where the course is known, how far beyond the expected place, in its deviations."""
LEARNED_REACH = 2.0
"""How far beyond the box its surroundings are learned."""
PEAKS = 5
KEPT = 4
LEAST_ANSWER = 0.02
BEHIND_MOST = 0.25
"""A place so far behind the best one, by rank before flow, is not looked at closer."""
SAME_IOU = 0.6
"""Two places that overlap so much are one."""
ODDS_CARE = 0.7
NEAR_CARE = 0.3
CHANGE_CARE = 0.15
SIZE_CARE = 0.7

Floats = NDArray[np.float64]


def search(
    scene: Scene, target: Target, memory: Memory, looks: Sequence[template.Maps] = ()
) -> list[Candidate]:
    """The best places by template, best first; [] where nothing can be learned.

    `looks` are windows of the object in images before the earlier one.
    """
    x0, y0, x1, y1 = target.corners
    zoom = template.half_cells_a_pixel(x1 - x0, y1 - y0)
    learned_from = _around(target.corners, LEARNED_REACH * target.size)
    region = scene.before.look(learned_from, zoom)
    half = max(x1 - x0, y1 - y0) / 2
    ahead = scene.after.look(_around(target.expected, _reach(target)), zoom, half)
    if region is None or ahead is None:
        return []
    rows, columns = template.cells_of(x1 - x0, y1 - y0)
    care = foreground.care(
        scene.before.colours, target.corners, memory.odds, rows, columns
    )
    learned = template.learn(region, target.corners, looks, target.others, care)
    if learned is None:
        return []
    odds = foreground.odds_of(scene.after.colours, memory.odds, ahead)
    peaks_at = partial(_peaks, target, learned, ahead, odds)
    return _best(scene, target, _at_all_scales(peaks_at))


def _at_all_scales(peaks_at: Callable[[float], Floats]) -> Floats:
    """The peaks of the middle scales, and of the outer one on the better side."""
    found = [peaks_at(scale) for scale in SCALES]
    best = [_highest(rows) for rows in found]
    if best[0] >= max(best):
        found.append(peaks_at(SMALLEST))
    elif best[-1] >= max(best):
        found.append(peaks_at(LARGEST))
    return np.concatenate(found)


def _highest(rows: Floats) -> float:
    return float((rows[:, 6] + SIZE_CARE * rows[:, 5]).max(initial=-np.inf))


def _reach(target: Target) -> float:
    if target.deviation is None:
        return REACH * target.size
    sure = REACH_BY_DEVIATION * float(np.hypot(*target.deviation))
    return min(LEAST_REACH * target.size + sure, REACH * target.size)


def _around(corners: Corners, reach: float) -> Corners:
    x0, y0, x1, y1 = corners
    return x0 - reach, y0 - reach, x1 + reach, y1 + reach


def _peaks(
    target: Target,
    learned: template.Template,
    ahead: template.Region,
    odds: NDArray[np.float32],
    scale: float,
) -> Floats:
    """(N, 7): corners, answer, minus the logarithm of the scale, and height.

    At most PEAKS. A peak's height is the answer and how far the object's colours stand
    out there.
    """
    grown = scale * target.growth
    *maps, cells = template.at_scale((*ahead.maps, odds), grown)
    looks = template.answers(learned, tuple(maps))
    if looks is None:
        return np.zeros((0, 7))
    heat = looks + ODDS_CARE * foreground.stands_out(
        cells, learned.rows, learned.columns
    )
    top = cv2.dilate(heat, np.ones((3, 3), np.uint8))
    ys, xs = np.nonzero((heat >= top) & (heat > LEAST_ANSWER))
    best = np.argsort(-heat[ys, xs], kind="stable")[:PEAKS]
    ys, xs = ys[best], xs[best]
    frame = ahead.frame
    cell_x = ahead.maps[0].shape[1] / maps[0].shape[1] / frame.zoom
    cell_y = ahead.maps[0].shape[0] / maps[0].shape[0] / frame.zoom
    x = frame.x + (xs + _vertex(heat, ys, xs, 1) + learned.columns / 2) * cell_x
    y = frame.y + (ys + _vertex(heat, ys, xs, 0) + learned.rows / 2) * cell_y
    half_w = (target.corners[2] - target.corners[0]) * grown / 2
    half_h = (target.corners[3] - target.corners[1]) * grown / 2
    size = np.full(len(x), -abs(float(np.log(scale))))
    places = (x - half_w, y - half_h, x + half_w, y + half_h)
    return np.stack([*places, looks[ys, xs], size, heat[ys, xs]], axis=1)


def _vertex(
    heat: NDArray[np.float32], ys: NDArray[np.intp], xs: NDArray[np.intp], axis: int
) -> Floats:
    """How far the peaks lie beside their cells, by a parabola; 0 at the border."""
    at, last = (ys, xs)[axis], heat.shape[axis] - 1
    low_at, high_at = np.maximum(at - 1, 0), np.minimum(at + 1, last)
    mid = heat[ys, xs].astype(np.float64)
    low = heat[low_at, xs] if axis == 0 else heat[ys, low_at]
    high = heat[high_at, xs] if axis == 0 else heat[ys, high_at]
    bend = low - 2 * mid + high
    bent = (bend < 0) & (at > 0) & (at < last)
    shift = (low - high) / (2 * np.where(bent, bend, -1.0))
    return np.where(bent, np.clip(shift, -0.5, 0.5), 0.0)


def _best(scene: Scene, target: Target, rows: Floats) -> list[Candidate]:
    """The best places that do not overlap much, by a first order before flow."""
    changed = scene.changes(rows[:, :4])
    near = nearness(target, rows[:, :4])
    rank = rows[:, 6] + NEAR_CARE * near + CHANGE_CARE * np.minimum(changed * 3, 1)
    rank = rank + SIZE_CARE * rows[:, 5]
    order = np.argsort(-rank, kind="stable")
    same = iou_matrix(rows[:, :4], rows[:, :4]) >= SAME_IOU
    kept: list[int] = []
    for k in order.tolist():
        if len(kept) < KEPT and not same[k, kept].any():
            kept.append(k)
    return [
        _candidate(rows[k], float(changed[k]), float(near[k]), _ahead(rows[kept, 4], n))
        for n, k in enumerate(kept)
        if rank[k] >= rank[kept[0]] - BEHIND_MOST
    ]


def _ahead(looks: Floats, n: int) -> float:
    """How far the n-th answers above the best of the others; 0 where it is alone."""
    if len(looks) < 2:
        return 0.0
    return float(looks[n] - np.delete(looks, n).max())


def _candidate(row: Floats, changed: float, near: float, ahead: float) -> Candidate:
    x0, y0, x1, y1, looks, size, _ = row.tolist()
    evidence = Evidence(looks=looks, near=near, changed=changed, ahead=ahead, size=size)
    return Candidate(corners=(x0, y0, x1, y1), evidence=evidence)
