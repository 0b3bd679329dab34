"""The boxes of the newest accepted image as targets, with what the history knows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dataset.records import Box

from ..geometry import Corners, corners_of
from . import template
from .accepted import AcceptedImage
from .camera_motion import CameraMotion
from .candidates import Target
from .course import course_of

MEMORY = 3
"""How many earlier accepted images are looked at beside the newest."""
OTHERS_MOST = 64


def make_targets(
    history: Sequence[AcceptedImage],
    boxes: Sequence[Box],
    indexes: Sequence[int],
    motion: CameraMotion,
) -> list[Target]:
    """Those of the newest image's boxes with what the history knows of each.

    `boxes` are the newest image's at the size of `motion` and of the targets, which may
    be a fraction of the history's.
    """
    scale = boxes[0].width / history[-1].boxes[0].width
    seen: dict[str, list[tuple[int, Box]]] = {boxes[k].id: [] for k in indexes}
    for age, image in enumerate(reversed(history)):
        for box in image.boxes:
            if box.id in seen:
                seen[box.id].append((age, box))
    corners = np.array([corners_of(box) for box in boxes], np.float64)
    targets = []
    for k in indexes:
        own = seen[boxes[k].id]
        course = course_of(_in_a_row(own, scale), motion)
        targets.append(
            Target(
                corners=corners_of(boxes[k]),
                expected=course.expected,
                spread=course.spread,
                deviation=course.deviation,
                seen=tuple(own[: MEMORY + 1]),
                others=_nearest(corners, k),
            )
        )
    return targets


def _in_a_row(seen: Sequence[tuple[int, Box]], scale: float) -> list[Corners]:
    """The places in the newest images without a gap, newest last."""
    row: list[Corners] = []
    for expected, (age, box) in enumerate(seen):
        if age != expected:
            break
        x0, y0, x1, y1 = corners_of(box)
        row.append((x0 * scale, y0 * scale, x1 * scale, y1 * scale))
    return row[::-1]


def _nearest(corners: NDArray[np.float64], index: int) -> tuple[Corners, ...]:
    """The other boxes, the nearest first; only the nearest where they are many.

    Their order is that of their places, so that the order of the boxes changes nothing.
    """
    away = np.abs(corners - corners[index]).sum(axis=1)
    away[index] = np.inf
    near = np.lexsort((*corners.T, away))[: min(len(away) - 1, OTHERS_MOST)]
    return tuple((x0, y0, x1, y1) for x0, y0, x1, y1 in corners[near].tolist())


def looks_of(
    history: Sequence[AcceptedImage], target: Target
) -> tuple[template.Maps, ...]:
    """Windows of one object in the images before the newest."""
    (_, newest), *before = target.seen
    looks = (_look(history[-1 - age], earlier, newest) for age, earlier in before)
    return tuple(window for window in looks if window is not None)


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
