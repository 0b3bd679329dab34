"""Where an object is heading: what its earlier places say of the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry import Corners, area, scaled
from .camera_motion import CameraMotion

RECENT = 3
"""How many of the last steps make the speed."""
FADE = 0.6
"""What an earlier step weighs beside the one after it."""
SIZE_TREND = 0.3
"""How much of the last change of size is expected again, as an exponent."""
STEPS_ASSUMED = 2.7
"""How many steps the assumed deviation weighs beside the ones that were seen."""
DEVIATION_AT_REST = 0.07
DEVIATION_BY_STEP = 0.4
"""The assumed deviation in sizes: alone, and for the square of a step in sizes, as of a
speed that changes by a share of itself while the object crosses its own length."""
PAN_IN_DOUBT = 0.5
"""How much of the camera's motion since the newest image the course may be wrong by."""
SPREAD_UNKNOWN = 1.2
"""How far a thing may be that was seen once, in sizes."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Where a box is expected next, and how sure that is.

    `deviation` is by how many pixels the expected centre is usually wrong across and
    down; None where the object was seen once only, or nothing can be said because the
    camera's motion is not known.
    """

    expected: Corners
    spread: float
    deviation: tuple[float, float] | None = None


def course_of(seen: Sequence[Corners], motion: CameraMotion) -> Course:
    """The course of an object from its boxes in consecutive images, newest last.

    `motion` is the camera's from the newest image to the next; a course is told only
    where it is known. Steps are those in the picture: a camera that follows an object
    keeps it in place. Whether it goes on to follow is not known, so the course is the
    less sure the more the camera moved.
    """
    newest = seen[-1]
    size = float(np.sqrt(area(newest)))
    expected = motion.carry(newest)
    if len(seen) < 2 or not motion.is_trusted:
        return Course(expected=expected, spread=SPREAD_UNKNOWN * size)
    steps = np.diff(_centres(seen), axis=0)
    speed = _speed(steps)
    deviation = _deviation(steps, speed, size)
    growth = (area(newest) / area(seen[-2])) ** (0.5 * SIZE_TREND)
    panned = np.subtract(*_centres((expected, newest)))
    deviation = np.hypot(deviation, PAN_IN_DOUBT * np.abs(panned))
    expected = _shifted(expected, speed - panned)
    expected = scaled(expected, min(max(growth, 0.7), 1.4))
    spread = 0.35 * size + 0.35 * float(np.hypot(*steps[-1]))
    across, down = deviation.tolist()
    return Course(expected=expected, spread=spread, deviation=(across, down))


def _centres(boxes: Sequence[Corners]) -> Floats:
    corners = np.array(boxes, np.float64)
    return (corners[:, :2] + corners[:, 2:]) / 2


def _speed(steps: Floats) -> Floats:
    """The last steps together, (2,) pixels a step, the later ones weighing more."""
    recent = steps[-RECENT:]
    weight = FADE ** np.arange(len(recent))[::-1]
    return np.asarray(weight @ recent / weight.sum(), np.float64)


def _deviation(steps: Floats, speed: Floats, size: float) -> Floats:
    """How wrong the earlier steps were foretold, with an assumption for too few."""
    step = float(np.hypot(*speed)) / size
    assumed = size * (DEVIATION_AT_REST + DEVIATION_BY_STEP * step * step)
    missed = [steps[k] - _speed(steps[:k]) for k in range(1, len(steps))]
    total = np.full(2, STEPS_ASSUMED * assumed**2)
    for miss in missed[-2 * RECENT :]:
        total = total + miss**2
    count = STEPS_ASSUMED + min(len(missed), 2 * RECENT)
    return np.asarray(np.sqrt(total / count), np.float64)


def _shifted(corners: Corners, by: Floats) -> Corners:
    x0, y0, x1, y1 = corners
    dx, dy = by.tolist()
    return x0 + dx, y0 + dy, x1 + dx, y1 + dy
