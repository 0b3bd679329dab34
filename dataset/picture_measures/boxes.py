"""Numbers of the accepted boxes of one image."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..metric import BOX_METRICS
from ..records import Box

# A box this close to the border (share of the side) touches it.
EDGE_SHARE = 0.005


def measure_boxes(boxes: Sequence[Box], width: int, height: int) -> dict[str, float]:
    """Every number of BOX_METRICS for the accepted boxes of one image.

    Corners are clipped to the image first. All but the count are NaN without
    boxes. Call it for `labeled` and `empty` samples only: elsewhere a missing box
    means that nobody has looked yet. Classes are not numbers: see `class_mix`.

    Args:
        boxes: accepted boxes, in pixels of the upright image.
        width: of the upright image, in pixels, at least 1.
        height: of the upright image, in pixels, at least 1.

    Raises:
        ValueError: the image has no size.
    """
    if width < 1 or height < 1:
        raise ValueError(f"an image has a size: {width}x{height}")
    values = {metric.name: math.nan for metric in BOX_METRICS}
    values["boxes"] = float(len(boxes))
    if not boxes:
        return values
    raw = np.array([(b.x0, b.y0, b.x1, b.y1) for b in boxes], dtype=np.float64)
    sides = np.array([width, height, width, height], dtype=np.float64)
    corners = np.clip(raw / sides, 0.0, 1.0)
    size = corners[:, 2:] - corners[:, :2]
    centre = (corners[:, 2:] + corners[:, :2]) / 2
    touches = (corners[:, :2] <= EDGE_SHARE).any(axis=1)
    touches |= (corners[:, 2:] >= 1 - EDGE_SHARE).any(axis=1)
    whole = (raw[:, 2] - raw[:, 0]) / (raw[:, 3] - raw[:, 1])
    values["box_area"] = float((size[:, 0] * size[:, 1]).mean())
    values["box_aspect"] = float(np.log2(whole).mean())
    values["box_x"] = float(centre[:, 0].mean())
    values["box_y"] = float(centre[:, 1].mean())
    values["box_edge"] = float(touches.mean())
    values["box_overlap"] = _overlap(corners)
    return values


def _overlap(corners: NDArray[np.float64]) -> float:
    """Share of the boxes that have an area in common with another one, by a sweep.

    Only neighbours in x are compared, so that a crowd of small boxes stays cheap.
    """
    seen = corners[(corners[:, 2:] > corners[:, :2]).all(axis=1)]
    ordered = seen[np.argsort(seen[:, 0], kind="stable")]
    touched = np.zeros(len(ordered), dtype=bool)
    ends = np.searchsorted(ordered[:, 0], ordered[:, 2], side="left")
    for index, end in enumerate(ends.tolist()):
        rest = ordered[index + 1 : end]
        shared = (rest[:, 1] < ordered[index, 3]) & (rest[:, 3] > ordered[index, 1])
        touched[index + 1 : end] |= shared
        touched[index] |= bool(shared.any())
    return float(touched.sum() / len(corners))
