"""Where the demo's road lies in the picture, and which way its two halves go."""

from __future__ import annotations

import cv2
import numpy as np

from dataset.records import Box

CLASSES = ("going", "coming")
# Corners (x, y). Beside it grass moves, too, and beyond it vehicles are specks.
_ROAD = np.array(
    [[440, 340], [850, 340], [1280, 600], [1280, 760], [-60, 760], [-60, 600]],
    np.float32,
)
# The central barrier, where the two directions part.
_BARRIER_TOP = (575.0, 330.0)
_BARRIER_FOOT = (640.0, 720.0)


def is_on_road(box: Box) -> bool:
    """Whether the middle of the box's lower edge lies on the road."""
    foot = ((box.x0 + box.x1) / 2, box.y1)
    return cv2.pointPolygonTest(_ROAD, foot, measureDist=False) >= 0


def is_coming(box: Box) -> bool:
    """Whether the box is right of the barrier, where vehicles come nearer."""
    (top_x, top_y), (foot_x, foot_y) = _BARRIER_TOP, _BARRIER_FOOT
    barrier_x = top_x + (foot_x - top_x) * (box.y1 - top_y) / (foot_y - top_y)
    return (box.x0 + box.x1) / 2 > barrier_x
