"""Places in the next image where one object may be, with the evidence for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataset.records import Box

from ..geometry import Corners, iou
from . import colours, flow
from .scene import Scene, ring_contrast

PATCH = 24
FLOW_SCALE = 1.0
LEAST_FLOW_SIZE = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What speaks for one candidate; each number is about 0 to 1, more is better.

    `looks` is the template's answer, `near` the closeness to the expected place,
    `changed` the share of pixels that are not what the earlier image had there,
    `flow` the forward-backward agreement, `ahead` how far it answers above the best
    rival place, `colour` the likeness of colours, `stands_out` how much more of the
    object's colours it has than what is beside it, `outlined` the same for change,
    `size` minus the logarithm of its size over the expected one, 0 at most.
    """

    looks: float = 0.0
    near: float = 0.0
    changed: float = 1.0
    flow: float = 0.0
    ahead: float = 0.0
    colour: float = 0.0
    stands_out: float = 0.0
    outlined: float = 0.0
    size: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One place for one object; `corners` may reach over the image's border."""

    corners: Corners
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One object to look for.

    `corners` is its box in the earlier image, `expected` where it should be by camera
    motion and its own course, `spread` how far it may be from there in pixels,
    `deviation` as in `Course`,
    `seen` its boxes in the history by the image's age, newest first (the same one at
    the history's own size, at least), `others` the other boxes.
    """

    corners: Corners
    expected: Corners
    spread: float
    deviation: tuple[float, float] | None = None
    seen: tuple[tuple[int, Box], ...] = ()
    others: tuple[Corners, ...] = ()

    @property
    def growth(self) -> float:
        """Expected size over the size it had."""
        return (self.expected[2] - self.expected[0]) / (
            self.corners[2] - self.corners[0]
        )

    @property
    def size(self) -> float:
        """Square root of the area in pixels."""
        x0, y0, x1, y1 = self.corners
        return float(np.sqrt((x1 - x0) * (y1 - y0)))


def nearness(target: Target, places: ArrayLike) -> NDArray[np.float64]:
    """How near boxes, (N, 4), are to the expected place: 1 there, half at `spread`."""
    boxes = np.asarray(places, np.float64)
    away = boxes - np.array(target.expected)
    across, down = away[:, 0] + away[:, 2], away[:, 1] + away[:, 3]
    return np.asarray(
        1 / (1 + (across**2 + down**2) / (4 * target.spread**2)), np.float64
    )


def _follow(
    scene: Scene,
    targets: Sequence[Target],
    jumps: Sequence[tuple[Corners, Corners]],
) -> tuple[flow.Followed, ...]:
    """Flow on the shrunk images, on the full ones where a box is too small for it."""
    before, after = scene.before, scene.after
    least = min((target.size for target in targets), default=0.0)
    if least * before.shrink < LEAST_FLOW_SIZE:
        return flow.follow(before.grey, after.grey, jumps)
    return flow.follow(before.small_grey, after.small_grey, jumps, before.shrink)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is kept of a box to compare each candidate with.

    `patch` are its grey pixels, `histograms` and `odds` its colours, see `colours`.
    """

    patch: NDArray[np.float32]
    histograms: NDArray[np.float64]
    odds: NDArray[np.float32]


def memory_of(scene: Scene, target: Target) -> Memory:
    """What the earlier image shows of a target."""
    return Memory(
        patch=_patch(scene.before.grey, target.corners),
        histograms=colours.histograms(scene.before.colours, target.corners),
        odds=colours.odds(scene.before.colours, target.corners),
    )


def refine(
    scene: Scene,
    targets: Sequence[Target],
    memories: Sequence[Memory],
    found: Sequence[Sequence[Candidate]],
) -> list[list[Candidate]]:
    """Each candidate moved to where flow puts it, with flow's and the patch's word."""
    jumps = [
        (target.corners, candidate.corners)
        for target, own in zip(targets, found, strict=True)
        for candidate in own
    ]
    followed = iter(_follow(scene, targets, jumps))
    out: list[list[Candidate]] = []
    for target, memory, own in zip(targets, memories, found, strict=True):
        table = _odds_around(scene, memory, own)
        out.append(
            [_refined(scene, target, c, next(followed), memory, table) for c in own]
        )
    return out


def _odds_around(
    scene: Scene, memory: Memory, own: Sequence[Candidate]
) -> colours.OddsTable:
    """The odds where the candidates are and wherever flow may move them to."""
    x0, y0, x1, y1 = np.array([c.corners for c in own] or [(0, 0, 1, 1)]).T
    wide, high = float((x1 - x0).max()), float((y1 - y0).max())
    around = (
        float(x0.min()) - wide,
        float(y0.min()) - high,
        float(x1.max()) + wide,
        float(y1.max()) + high,
    )
    return colours.odds_table(scene.after.colours, memory.odds, around)


def _refined(
    scene: Scene,
    target: Target,
    candidate: Candidate,
    way: flow.Followed,
    memory: Memory,
    odds: colours.OddsTable,
) -> Candidate:
    corners, patch = candidate.corners, memory.patch
    alike = _correlation(patch, _patch(scene.after.grey, corners))
    if way.agreement > 0.25 and iou(way.corners, corners) > 0.3:
        flown = _blend(candidate.corners, way, target)
        other = _correlation(patch, _patch(scene.after.grey, flown))
        if other >= alike - 0.02:
            corners, alike = flown, other
    agreement = way.agreement if iou(way.corners, candidate.corners) > 0.3 else 0.0
    scale = np.sqrt((corners[2] - corners[0]) * (corners[3] - corners[1])) / target.size
    evidence = replace(
        candidate.evidence,
        near=float(nearness(target, [corners])[0]),
        changed=scene.changed(corners),
        flow=agreement,
        colour=colours.likeness(
            memory.histograms, colours.histograms(scene.after.colours, corners)
        ),
        stands_out=_contrast(odds, corners),
        outlined=ring_contrast(scene.change_sum, corners, scene.after.shrink),
        size=-abs(float(np.log(scale / target.growth))),
    )
    return Candidate(corners=corners, evidence=evidence)


def _contrast(odds: colours.OddsTable, corners: Corners) -> float:
    left, top = odds.x / odds.shrink, odds.y / odds.shrink
    x0, y0, x1, y1 = corners
    inside = (x0 - left, y0 - top, x1 - left, y1 - top)
    return ring_contrast(odds.table, inside, odds.shrink)


def _blend(corners: Corners, way: flow.Followed, target: Target) -> Corners:
    """Flow's place; its scale only as far as its points agree."""
    own = np.log((corners[2] - corners[0]) / (target.corners[2] - target.corners[0]))
    flown = np.log(
        (way.corners[2] - way.corners[0]) / (target.corners[2] - target.corners[0])
    )
    trust = min(way.agreement * FLOW_SCALE, 1.0)
    return _sized(way.corners, target, float(np.exp(own + trust * (flown - own))))


def _sized(corners: Corners, target: Target, scale: float) -> Corners:
    x, y = (corners[0] + corners[2]) / 2, (corners[1] + corners[3]) / 2
    half_w = (target.corners[2] - target.corners[0]) * scale / 2
    half_h = (target.corners[3] - target.corners[1]) * scale / 2
    return x - half_w, y - half_h, x + half_w, y + half_h


def _patch(grey: NDArray[np.uint8], corners: Corners) -> NDArray[np.float32]:
    """The box's pixels resampled to PATCH x PATCH, mean 0 and length 1."""
    x0, y0, x1, y1 = corners
    step_x, step_y = (x1 - x0) / (2 * PATCH), (y1 - y0) / (2 * PATCH)
    matrix = np.array(
        [[step_x, 0, x0 + step_x / 2 - 0.5], [0, step_y, y0 + step_y / 2 - 0.5]]
    )
    size = (2 * PATCH, 2 * PATCH)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    fine = cv2.warpAffine(
        grey, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    patch = cv2.resize(fine, (PATCH, PATCH), interpolation=cv2.INTER_AREA)
    patch = patch.astype(np.float32) - np.float32(patch.mean())
    return np.asarray(patch / (np.linalg.norm(patch) + 1e-6), np.float32)


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.vdot(a, b))
