"""Boxes of accepted images become proposals on the next image of the session.

`propose` is pure: it follows every box of the newest accepted image, and answers with
where each one is now, how likely that place is right, and what became of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.records import Box, BoxOrigin, Proposal, Verdict

from .carrying import candidates, footprint, peaks
from .carrying.accepted import AcceptedImage
from .carrying.camera_motion import STEADY
from .carrying.candidates import Candidate, Memory, Target
from .carrying.landing import landing
from .carrying.leaving import GONE_INSIDE, has_left, share_inside
from .carrying.ranking import assign, score_of
from .carrying.scene import Scene, is_other_scene, scene_of
from .carrying.targets import looks_of, make_targets
from .carrying.working_size import at_full_size, halved, halvings, sized
from .geometry import Corners, clip, corners_of

__all__ = ["AcceptedImage", "propose"]

WORKERS = 2
SOUGHT_MOST = 64
"""So many boxes are looked for, those with most change first, so that time and memory
of a picture with thousands of boxes have a bound; the rest go with the camera."""
STILL_SCORE = 0.97
UNSEEN_SCORE = 0.3
UNCHANGED_BELOW = 0.03
WEAK_BELOW = 0.4


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
    times = halvings(image.shape, newest.boxes)
    boxes = tuple(sized(box, 0.5**times) for box in newest.boxes)
    scene = scene_of(halved(newest.pixels, times), halved(image, times), boxes)
    if is_other_scene(scene):
        return ()
    found = _proposals(history, boxes, scene)
    return at_full_size(found, newest.boxes, 2.0**times)


def _proposals(
    history: Sequence[AcceptedImage], boxes: Sequence[Box], scene: Scene
) -> list[Proposal]:
    looked_at = _most_changed(scene, boxes)
    moving = [k for k in looked_at if not _is_still(scene, corners_of(boxes[k]))]
    targets = make_targets(history, boxes, moving, scene.motion)
    memories = [candidates.memory_of(scene, target) for target in targets]
    found = _searched(history, scene, targets, memories)
    refined = candidates.refine(scene, targets, memories, found)
    chosen = [
        None if one is None else _settled(scene, target, memory, one)
        for target, memory, one in zip(targets, memories, assign(refined), strict=True)
    ]
    sought = dict(zip(moving, zip(targets, chosen, strict=True), strict=True))
    still = set(looked_at) - set(moving)
    return [
        _still(box)
        if k in still
        else _moved(box, *sought[k], scene)
        if k in sought
        else _with_camera(box, scene)
        for k, box in enumerate(boxes)
    ]


def _most_changed(scene: Scene, boxes: Sequence[Box]) -> list[int]:
    """Indexes of the boxes to look for, in order; all of them where they are few."""
    if len(boxes) <= SOUGHT_MOST:
        return list(range(len(boxes)))
    change = [-scene.changed(scene.motion.carry(corners_of(box))) for box in boxes]
    return sorted(np.argsort(change, kind="stable")[:SOUGHT_MOST].tolist())


def _searched(
    history: Sequence[AcceptedImage],
    scene: Scene,
    targets: Sequence[Target],
    memories: Sequence[Memory],
) -> list[list[Candidate]]:
    """Candidates of each object; OpenCV and NumPy let two threads work at once."""

    def search(target: Target, memory: Memory) -> list[Candidate]:
        return peaks.search(scene, target, memory, looks_of(history, target))

    if len(targets) < 2:
        return list(map(search, targets, memories))
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        return list(pool.map(search, targets, memories))


def _settled(
    scene: Scene, target: Target, memory: Memory, chosen: Candidate
) -> Candidate:
    """The chosen place where the object's colours lie as before, and its course."""
    known = footprint.footprint(scene.before.colours, target.corners, memory.odds)
    flow = chosen.evidence.flow
    corners = footprint.settled(known, scene.after.colours, chosen.corners, flow)
    corners = landing(target, corners, score_of(chosen), flow)
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


def _still(box: Box) -> Proposal:
    same = replace(box, origin=BoxOrigin.CARRIED, score=STILL_SCORE)
    return Proposal(box=same, verdict=Verdict.STILL)


def _with_camera(box: Box, scene: Scene) -> Proposal:
    """One box too many to look for: where the camera's motion puts it."""
    height, width = scene.after.grey.shape[:2]
    place = scene.motion.carry(corners_of(box))
    if share_inside(place, width, height) < GONE_INSIDE:
        return _gone(box)
    is_steady = np.array_equal(scene.motion.matrix, STEADY.matrix)
    if is_steady and scene.changed(place) < UNCHANGED_BELOW:
        return _still(box)
    return _carried(box, place, UNSEEN_SCORE, scene)


def _moved(
    box: Box, target: Target, chosen: Candidate | None, scene: Scene
) -> Proposal:
    height, width = scene.after.grey.shape[:2]
    corners = target.expected if chosen is None else chosen.corners
    score = 0.0 if chosen is None else score_of(chosen)
    if has_left(target, corners, score, width, height):
        return _gone(box)
    return _carried(box, corners, score, scene)


def _carried(box: Box, corners: Corners, score: float, scene: Scene) -> Proposal:
    height, width = scene.after.grey.shape[:2]
    inside = clip(corners, width, height)
    if inside is None:
        return _gone(box)
    x0, y0, x1, y1 = inside
    carried = replace(
        box, x0=x0, y0=y0, x1=x1, y1=y1, origin=BoxOrigin.CARRIED, score=score
    )
    verdict = Verdict.MOVED if score >= WEAK_BELOW else Verdict.WEAK
    return Proposal(box=carried, verdict=verdict)


def _gone(box: Box) -> Proposal:
    gone = replace(box, origin=BoxOrigin.CARRIED, score=0.0)
    return Proposal(box=gone, verdict=Verdict.LEFT)
