"""Places in the next image where one object may be, with the evidence for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from . import colours, flow, template
from .geometry import Corners, iou
from .scene import Scene, ring_contrast

SCALES = (0.66, 0.78, 0.88, 1.0, 1.13, 1.28, 1.5)
REACH = 2.5
"""How far beyond the box to search, in sizes (square root of its area)."""
PEAKS = 5
PATCH = 24
SIZE_CARE = 0.7
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
    motion and its own velocity, `spread` how far it may be from there in pixels,
    `looks` its windows in images before that, `others` the other boxes.
    """

    corners: Corners
    expected: Corners
    spread: float
    looks: tuple[template.Maps, ...] = ()
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


def _around(corners: Corners, reach: float) -> Corners:
    x0, y0, x1, y1 = corners
    return x0 - reach, y0 - reach, x1 + reach, y1 + reach


def search(scene: Scene, target: Target) -> list[Candidate]:
    """The best places by template, best first; [] where nothing can be learned."""
    x0, y0, x1, y1 = target.corners
    zoom = template.half_cells_a_pixel(x1 - x0, y1 - y0)
    reach = REACH * target.size
    region = scene.before.look(_around(target.corners, reach), zoom)
    half = max(x1 - x0, y1 - y0) / 2
    ahead = scene.after.look(_around(target.expected, reach), zoom, half)
    if region is None or ahead is None:
        return []
    learned = template.learn(region, target.corners, target.looks, target.others)
    if learned is None:
        return []
    found: list[Candidate] = []
    for scale in SCALES:
        found += _peaks(scene, target, learned, ahead, scale * target.growth)
    return _apart(found)


def _peaks(
    scene: Scene,
    target: Target,
    learned: template.Template,
    ahead: template.Region,
    scale: float,
) -> list[Candidate]:
    maps = template.at_scale(ahead.maps, scale)
    heat = template.answers(learned, maps)
    if heat is None:
        return []
    top = cv2.dilate(heat, np.ones((3, 3), np.uint8))
    ys, xs = np.nonzero((heat >= top) & (heat > 0.02))
    best = np.argsort(-heat[ys, xs], kind="stable")[:PEAKS]
    frame = ahead.frame
    cell_x = ahead.maps[0].shape[1] / maps[0].shape[1] / frame.zoom
    cell_y = ahead.maps[0].shape[0] / maps[0].shape[0] / frame.zoom
    width = (target.corners[2] - target.corners[0]) * scale
    height = (target.corners[3] - target.corners[1]) * scale
    out = []
    for y, x in zip(ys[best].tolist(), xs[best].tolist(), strict=True):
        fine_y, fine_x = _vertex(heat, y, x)
        centre_x = frame.x + (fine_x + learned.columns / 2) * cell_x
        centre_y = frame.y + (fine_y + learned.rows / 2) * cell_y
        corners = (
            centre_x - width / 2,
            centre_y - height / 2,
            centre_x + width / 2,
            centre_y + height / 2,
        )
        size = -abs(float(np.log(scale / target.growth)))
        evidence = Evidence(looks=float(heat[y, x]), size=size)
        out.append(_placed(scene, target, corners, evidence))
    return out


def _vertex(heat: NDArray[np.float32], y: int, x: int) -> tuple[float, float]:
    """The peak's place between cells, by a parabola either way."""
    place = [float(y), float(x)]
    for axis, at in enumerate((y, x)):
        if 0 < at < heat.shape[axis] - 1:
            line = heat[:, x] if axis == 0 else heat[y, :]
            low, mid, high = (float(line[at + k]) for k in (-1, 0, 1))
            bend = low - 2 * mid + high
            if bend < 0:
                place[axis] += min(max((low - high) / (2 * bend), -0.5), 0.5)
    return place[0], place[1]


def _placed(
    scene: Scene, target: Target, corners: Corners, evidence: Evidence
) -> Candidate:
    dx = (corners[0] + corners[2] - target.expected[0] - target.expected[2]) / 2
    dy = (corners[1] + corners[3] - target.expected[1] - target.expected[3]) / 2
    away = float(np.hypot(dx, dy)) / target.spread
    return Candidate(
        corners=corners,
        evidence=replace(
            evidence, near=1 / (1 + away * away), changed=scene.changed(corners)
        ),
    )


def rank(candidate: Candidate) -> float:
    """A first order, before flow has been asked."""
    evidence = candidate.evidence
    return (
        evidence.looks
        + 0.3 * evidence.near
        + 0.15 * min(evidence.changed * 3, 1)
        + SIZE_CARE * evidence.size
    )


def _apart(found: list[Candidate]) -> list[Candidate]:
    """The best ones that do not overlap much."""
    kept: list[Candidate] = []
    for candidate in sorted(found, key=rank, reverse=True):
        if all(iou(candidate.corners, other.corners) < 0.6 for other in kept):
            kept.append(candidate)
            if len(kept) == PEAKS:
                break
    if len(kept) > 1:
        looks = [candidate.evidence.looks for candidate in kept]
        for k, candidate in enumerate(kept):
            rival = max(v for i, v in enumerate(looks) if i != k)
            evidence = replace(candidate.evidence, ahead=looks[k] - rival)
            kept[k] = replace(candidate, evidence=evidence)
    return kept


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


def refine(
    scene: Scene, targets: Sequence[Target], found: Sequence[Sequence[Candidate]]
) -> list[list[Candidate]]:
    """Each candidate moved to where flow puts it, with flow's and the patch's word."""
    jumps = [
        (target.corners, candidate.corners)
        for target, own in zip(targets, found, strict=True)
        for candidate in own
    ]
    followed = iter(_follow(scene, targets, jumps))
    out: list[list[Candidate]] = []
    for target, own in zip(targets, found, strict=True):
        memory = _memory(scene, target)
        out.append([_refined(scene, target, c, next(followed), memory) for c in own])
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is kept of a box to compare each candidate with."""

    patch: NDArray[np.float32]
    histograms: NDArray[np.float64]
    odds: NDArray[np.float64]


def _memory(scene: Scene, target: Target) -> Memory:
    weights = colours.odds(scene.before.colours, target.corners)
    return Memory(
        patch=_patch(scene.before.grey, target.corners),
        histograms=colours.histograms(scene.before.colours, target.corners),
        odds=colours.odds_table(scene.after.colours, weights),
    )


def _refined(
    scene: Scene,
    target: Target,
    candidate: Candidate,
    way: flow.Followed,
    memory: Memory,
) -> Candidate:
    corners, patch = candidate.corners, memory.patch
    alike = _correlation(patch, _patch(scene.after.grey, corners))
    if way.agreement > 0.25 and iou(way.corners, corners) > 0.3:
        flown = _blend(candidate.corners, way, target)
        other = _correlation(patch, _patch(scene.after.grey, flown))
        if other >= alike - 0.02:
            corners, alike = flown, other
    agreement = way.agreement if iou(way.corners, candidate.corners) > 0.3 else 0.0
    shrink = scene.after.colours.shrink
    scale = np.sqrt((corners[2] - corners[0]) * (corners[3] - corners[1])) / target.size
    evidence = replace(
        candidate.evidence,
        flow=agreement,
        colour=colours.likeness(
            memory.histograms, colours.histograms(scene.after.colours, corners)
        ),
        stands_out=ring_contrast(memory.odds, corners, shrink),
        outlined=ring_contrast(scene.change_sum, corners, scene.after.shrink),
        size=-abs(float(np.log(scale / target.growth))),
    )
    return _placed(scene, target, corners, evidence)


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
