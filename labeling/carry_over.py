"""Boxes of accepted images become proposals on the next image of the session.

`propose` is pure: it follows every box of the newest accepted image, and answers with
where each one is now, how likely that place is right, and what became of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from dataset.records import Box, BoxOrigin, Proposal, Verdict

from . import candidates, footprint, template
from .camera_motion import STEADY, CameraMotion
from .candidates import Candidate, Evidence, Target
from .geometry import Corners, area, clip, corners_of, iou_matrix, scaled
from .scene import Scene, is_other_scene, scene_of

WORKERS = 2
MEMORY = 3
"""How many earlier accepted images are looked at beside the newest."""
SOUGHT_MOST = 64
"""So many boxes are looked for, those with most change first, so that time and memory
of a picture with thousands of boxes have a bound; the rest go with the camera."""
OTHERS_MOST = 64
STILL_SCORE = 0.97
UNSEEN_SCORE = 0.3
UNCHANGED_BELOW = 0.03
WEAK_BELOW = 0.4
LEFT_BELOW = 0.07
LEFT_BELOW_AT_BORDER = 0.2
"""Things leave over the border, so less doubt is enough for a box that was near it."""
LEFT_INSIDE = 0.25
"""A box with less of its area than this inside the image has left."""
SIZE_TREND = 0.3
"""How much of the last change of size is expected again, as an exponent."""

# Logistic regression (weights above 0 only) on the candidates of the shared tracks and
# of clips with boxes from motion, judged by leaving one clip out; then rescaled so that
# on the shared tracks the score is the share of chosen boxes with IoU >= 0.7.
WEIGHTS = {
    "looks": 1.17,
    "near": 1.29,
    "flow": 2.1,
    "ahead": 1.05,
    "colour": 4.7,
    "stands_out": 1.0,
    "outlined": 0.7,
    "size": 2.35,
}
BIAS = -6.27


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedImage:
    """One image a person accepted, with its boxes.

    `pixels` is (H, W, 3) uint8, BGR, upright. The id of a box stands for the object:
    equal ids in two images are one object.
    """

    pixels: NDArray[np.uint8]
    boxes: tuple[Box, ...]
    captured_us: int = 0


def propose(
    history: Sequence[AcceptedImage], image: NDArray[np.uint8]
) -> tuple[Proposal, ...]:
    """Proposals for `image`, one for each box of the newest accepted image, in order.

    `history` holds the session's accepted images, newest last; one is enough, more
    teach velocity and looks. `image` is (H, W, 3) uint8, BGR. The answer is () without
    history, where the sizes differ, and where the whole scene changed. The same input
    gives the same answer; nothing is kept between calls.
    """
    if not history or not history[-1].boxes:
        return ()
    newest = history[-1]
    if newest.pixels.shape != image.shape:
        return ()
    scene = scene_of(newest.pixels, image, newest.boxes)
    if is_other_scene(scene):
        return ()
    looked_at = _most_changed(scene, newest.boxes)
    moving = [k for k in looked_at if not _is_still(scene, corners_of(newest.boxes[k]))]
    targets = make_targets(history, moving, scene.motion)
    found = _searched(scene, targets)
    refined = candidates.refine(scene, targets, found)
    chosen = [
        None if one is None else _settled(scene, target, one)
        for target, one in zip(targets, assign(refined), strict=True)
    ]
    sought = dict(zip(moving, zip(targets, chosen, strict=True), strict=True))
    still = set(looked_at) - set(moving)
    return tuple(
        _still(box)
        if k in still
        else _moved(box, *sought[k], image)
        if k in sought
        else _with_camera(box, scene)
        for k, box in enumerate(newest.boxes)
    )


def _most_changed(scene: Scene, boxes: Sequence[Box]) -> list[int]:
    """Indexes of the boxes to look for, in order; all of them where they are few."""
    if len(boxes) <= SOUGHT_MOST:
        return list(range(len(boxes)))
    change = [-scene.changed(scene.motion.carry(corners_of(box))) for box in boxes]
    return sorted(np.argsort(change, kind="stable")[:SOUGHT_MOST].tolist())


def _searched(scene: Scene, sought: Sequence[Target]) -> list[list[Candidate]]:
    """Candidates of each object; OpenCV and NumPy let two threads work at once."""
    if len(sought) < 2:
        return [candidates.search(scene, target) for target in sought]
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        return list(pool.map(partial(candidates.search, scene), sought))


def _settled(scene: Scene, target: Target, chosen: Candidate) -> Candidate:
    """The chosen place where the object's colours lie as they lay before."""
    known = footprint.footprint(scene.before.colours, target.corners)
    corners = footprint.settled(
        known, scene.after.colours, chosen.corners, chosen.evidence.flow
    )
    return replace(chosen, corners=corners)


def _is_still(scene: Scene, corners: Corners) -> bool:
    inside = clip(corners, scene.after.grey.shape[1], scene.after.grey.shape[0])
    if inside is None:
        return False
    x0, y0, x1, y1 = (round(v) for v in inside)
    old, new = (
        cv2.blur(pixels[y0 : y1 + 1, x0 : x1 + 1], (3, 3)).astype(np.int16)
        for pixels in (scene.before.pixels, scene.after.pixels)
    )
    apart = np.abs(old - new).max(axis=2)
    return float(apart.mean()) < 3.0 and float((apart > 14).mean()) < 0.01


def make_targets(
    history: Sequence[AcceptedImage], indexes: Sequence[int], motion: CameraMotion
) -> list[Target]:
    """Boxes of the newest image with what the history knows of each."""
    boxes = history[-1].boxes
    seen: dict[str, list[tuple[AcceptedImage, Box]]] = {
        boxes[index].id: [] for index in indexes
    }
    for image in history[:-1]:
        for box in image.boxes:
            if box.id in seen:
                seen[box.id].append((image, box))
    corners = np.array([corners_of(box) for box in boxes], np.float64)
    return [
        _target(boxes[index], seen[boxes[index].id], _nearest(corners, index), motion)
        for index in indexes
    ]


def _nearest(corners: NDArray[np.float64], index: int) -> tuple[Corners, ...]:
    """The other boxes, in order; only the nearest where they are many."""
    away = np.abs(corners - corners[index]).sum(axis=1)
    away[index] = np.inf
    near = np.sort(np.argsort(away, kind="stable")[: min(len(away) - 1, OTHERS_MOST)])
    return tuple((x0, y0, x1, y1) for x0, y0, x1, y1 in corners[near].tolist())


def _target(
    box: Box,
    seen: Sequence[tuple[AcceptedImage, Box]],
    others: tuple[Corners, ...],
    motion: CameraMotion,
) -> Target:
    corners = corners_of(box)
    size = float(np.sqrt(area(corners)))
    expected, spread = motion.carry(corners), 1.2 * size
    if seen and motion.is_trusted:
        dx, dy = _shift(corners_of(seen[-1][1]), corners)
        expected = (
            expected[0] + dx,
            expected[1] + dy,
            expected[2] + dx,
            expected[3] + dy,
        )
        growth = (box.area / seen[-1][1].area) ** (0.5 * SIZE_TREND)
        expected = scaled(expected, min(max(growth, 0.7), 1.4))
        spread = 0.35 * size + 0.35 * float(np.hypot(dx, dy))
    looks = tuple(
        window
        for image, earlier in seen[-MEMORY:]
        if (window := _look(image, earlier, box)) is not None
    )
    return Target(
        corners=corners, expected=expected, spread=spread, looks=looks, others=others
    )


def _shift(old: Corners, new: Corners) -> tuple[float, float]:
    return (
        (new[0] + new[2] - old[0] - old[2]) / 2,
        (new[1] + new[3] - old[1] - old[3]) / 2,
    )


def _look(image: AcceptedImage, earlier: Box, box: Box) -> template.Maps | None:
    rows, columns = template.cells_of(box.width, box.height)
    zoom = template.half_cells_a_pixel(earlier.width, earlier.height)
    margin = 3 / zoom
    x0, y0, x1, y1 = corners_of(earlier)
    around = (x0 - margin, y0 - margin, x1 + margin, y1 + margin)
    region = template.look(image.pixels, around, zoom)
    if region is None:
        return None
    return template.window_at(region, corners_of(earlier), rows, columns)


def logit(evidence: Evidence) -> float:
    """The weighed evidence; the score is its logistic function."""
    told = [weight * float(getattr(evidence, name)) for name, weight in WEIGHTS.items()]
    return BIAS + sum(told)


def score_of(candidate: Candidate) -> float:
    """The chance that the candidate has IoU >= 0.7 with the truth."""
    return float(1 / (1 + np.exp(-logit(candidate.evidence))))


def assign(found: Sequence[Sequence[Candidate]]) -> list[Candidate | None]:
    """One candidate for each object so that the sum is best and no place is used twice.

    Candidates of several objects that overlap much are one place; objects and places
    are paired by the Hungarian method (Kuhn 1955). None for an object without any.
    """
    every = [(k, c) for k, own in enumerate(found) for c in own]
    if not every:
        return [None] * len(found)
    every.sort(key=lambda one: -logit(one[1].evidence))
    overlaps = iou_matrix([c.corners for _, c in every], [c.corners for _, c in every])
    place = np.full(len(every), -1)
    for i in range(len(every)):
        if place[i] < 0:
            place[(place < 0) & (overlaps[i] > 0.6)] = i
    gain = np.full((len(found), len(every) + len(found)), -50.0)
    gain[np.arange(len(found)), len(every) + np.arange(len(found))] = -30.0
    best: dict[tuple[int, int], Candidate] = {}
    for i, (k, candidate) in enumerate(every):
        at = int(place[i])
        if (k, at) not in best:
            best[k, at] = candidate
            gain[k, at] = logit(candidate.evidence)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    chosen: list[Candidate | None] = [None] * len(found)
    for k, at in zip(rows.tolist(), columns.tolist(), strict=True):
        chosen[k] = best.get((k, at))
    return chosen


def _still(box: Box) -> Proposal:
    same = replace(box, origin=BoxOrigin.CARRIED, score=STILL_SCORE)
    return Proposal(box=same, verdict=Verdict.STILL)


def _with_camera(box: Box, scene: Scene) -> Proposal:
    """One box too many to look for: where the camera's motion puts it."""
    height, width = scene.after.grey.shape[:2]
    place = scene.motion.carry(corners_of(box))
    inside = clip(place, width, height)
    if inside is None or area(inside) < LEFT_INSIDE * area(place):
        return _gone(box)
    is_steady = np.array_equal(scene.motion.matrix, STEADY.matrix)
    if is_steady and scene.changed(place) < UNCHANGED_BELOW:
        return _still(box)
    x0, y0, x1, y1 = inside
    carried = replace(
        box,
        x0=x0,
        y0=y0,
        x1=x1,
        y1=y1,
        origin=BoxOrigin.CARRIED,
        score=UNSEEN_SCORE,
    )
    return Proposal(box=carried, verdict=Verdict.WEAK)


def _gone(box: Box) -> Proposal:
    gone = replace(box, origin=BoxOrigin.CARRIED, score=0.0)
    return Proposal(box=gone, verdict=Verdict.LEFT)


def _moved(
    box: Box, target: Target, chosen: Candidate | None, image: NDArray[np.uint8]
) -> Proposal:
    height, width = image.shape[:2]
    corners = target.expected if chosen is None else chosen.corners
    score = 0.0 if chosen is None else score_of(chosen)
    inside = clip(corners, width, height)
    if inside is None or area(inside) < LEFT_INSIDE * area(corners):
        return _gone(box)
    x0, y0, x1, y1 = inside
    carried = replace(
        box, x0=x0, y0=y0, x1=x1, y1=y1, origin=BoxOrigin.CARRIED, score=score
    )
    floor = LEFT_BELOW_AT_BORDER if _is_at_border(target, image) else LEFT_BELOW
    verdict = Verdict.MOVED if score >= WEAK_BELOW else Verdict.WEAK
    return Proposal(box=carried, verdict=Verdict.LEFT if score < floor else verdict)


def _is_at_border(target: Target, image: NDArray[np.uint8]) -> bool:
    """True where the box was, or is expected, within half its size of the border."""
    height, width = image.shape[:2]
    margin = target.size / 2
    return any(
        x0 < margin or y0 < margin or x1 > width - margin or y1 > height - margin
        for x0, y0, x1, y1 in (target.corners, target.expected)
    )
