"""Whether two portraits show the same view, by phase correlation of their edges.

Kuglin and Hines, "The phase correlation image alignment method", IEEE Cybernetics and
Society 1975. Edges instead of light, so that a darker or tinted picture is the same
view; medians instead of frames, so that what moves through is not part of it.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from .health_finding import HealthFinding, HealthVerdict
from .portrait import Portrait

# Share of the picture's width that a view may move: what a box drawn once can bear.
MOVED = 0.01
# A view that moves by more than this within a session has no view.
UNSTEADY = 0.02
# Correlation of the aligned edges under which there is no telling what moved.
ALIKE = 0.3
LEAST_SIDE = 32
# Stops of luma beyond which a scene may well have other edges: lamps for the sun.
OTHER_LIGHT = 1.0
_UNIT = "share of width"
_AIM = "aim the camera as it was, or set a new reference if it is meant to stay"


def is_steady(portrait: Portrait) -> bool:
    """Whether a camera shows one view from its first to its last block."""
    if not portrait.is_known or min(portrait.views.shape[1:]) < LEAST_SIDE:
        return False
    moved, alike = _displacement(portrait.views[0], portrait.views[-1])
    return bool(np.hypot(*moved) <= UNSTEADY) and alike >= ALIKE


def moved_view(reference: Portrait, current: Portrait) -> HealthFinding:
    """The finding on the view; both portraits have one size and are steady."""
    moved, alike = _displacement(_whole(reference), _whole(current))
    distance = math.hypot(*moved)
    if alike < ALIKE:
        return _unlike(reference, current)
    is_moved = distance > MOVED
    return HealthFinding(
        name="view",
        verdict=HealthVerdict.FAULT if is_moved else HealthVerdict.FINE,
        sentence=f"The view moved {_direction(*moved)}."
        if is_moved
        else "The view is where it was.",
        unit=_UNIT,
        effect=distance,
        limit=MOVED,
        next_step=_AIM if is_moved else "",
    )


def _unlike(reference: Portrait, current: Portrait) -> HealthFinding:
    """Nothing stands where it stood: another view, unless day became night."""
    light = np.log2((current.views.mean() + 1) / (reference.views.mean() + 1))
    if abs(light) > OTHER_LIGHT:
        return HealthFinding(
            name="view",
            verdict=HealthVerdict.NOT_ENOUGH_DATA,
            sentence="The light is too different to tell whether the view moved.",
            unit=_UNIT,
            limit=MOVED,
            next_step="compare with a reference of the same light",
        )
    return HealthFinding(
        name="view",
        verdict=HealthVerdict.FAULT,
        sentence="The camera shows another view than the reference: nothing that "
        "stood still is where it was.",
        unit=_UNIT,
        limit=MOVED,
        next_step=_AIM,
    )


def _whole(portrait: Portrait) -> NDArray[np.uint8]:
    return np.asarray(np.median(portrait.views, axis=0), np.uint8)


def _displacement(
    one: NDArray[np.uint8], other: NDArray[np.uint8]
) -> tuple[tuple[float, float], float]:
    """How far what stands still moved, in shares of the width, and how alike it is.

    Right and down are positive. The likeness is the correlation of the edges where
    the aligned pictures overlap, -1 to 1; 0 where either has no edge.
    """
    first, second = _edges(one), _edges(other)
    window = np.asarray(cv2.createHanningWindow(first.shape[::-1], cv2.CV_32F))
    (dx, dy), _ = cv2.phaseCorrelate(first, second, window)
    height, width = first.shape
    back = np.array([[1, 0, -dx], [0, 1, -dy]], dtype=np.float32)
    aligned = np.asarray(cv2.warpAffine(second, back, (width, height)), np.float32)
    inside = np.ones((height, width), bool)
    x, y = round(dx), round(dy)
    inside[:, : max(0, -x)] = inside[:, min(width, width - x) :] = False
    inside[: max(0, -y)] = inside[min(height, height - y) :] = False
    return (dx / width, dy / width), _correlation(first[inside], aligned[inside])


def _edges(light: NDArray[np.uint8]) -> NDArray[np.float32]:
    smooth = np.asarray(cv2.GaussianBlur(light, (0, 0), 1.5), np.float32)
    dx, dy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    strength = np.hypot(dx, dy)
    return np.asarray(strength - strength.mean(), np.float32)


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    if one.size < LEAST_SIDE**2 or one.std() < 1e-3 or other.std() < 1e-3:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _direction(dx: float, dy: float) -> str:
    parts = [
        f"{abs(share):.0%} of the width {word}"
        for share, word in (
            (dx, "right" if dx > 0 else "left"),
            (dy, "down" if dy > 0 else "up"),
        )
        if abs(share) >= MOVED / 2
    ]
    return " and ".join(parts)
