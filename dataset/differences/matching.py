"""Which box of one state of a sample is which box of another.

By UUID where both sides have it: we own the labels. What is left (boxes imported
anew) is matched by place, whatever the class: first identical corners, then the
assignment with the greatest sum of IoU over pairs of at least `MIN_IOU`, by the
Hungarian method (Kuhn, 1955; scipy's implementation follows Crouse, 2016). The
answer does not depend on which side comes first, nor on the order of the boxes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..records import Box

MIN_IOU: Final = 0.5
Corners = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Pairs (old, new), and what has no partner; each sorted by box id."""

    pairs: tuple[tuple[Box, Box], ...]
    removed: tuple[Box, ...]
    added: tuple[Box, ...]


def match_boxes(
    old: Sequence[Box], new: Sequence[Box], *, min_iou: float = MIN_IOU
) -> Matching:
    """Match the boxes of one sample; `min_iou` is for those that share no UUID."""
    by_id = {box.id: box for box in new}
    pairs = [(box, by_id[box.id]) for box in old if box.id in by_id]
    known = {box.id for box, _ in pairs}
    removed = [box for box in old if box.id not in known]
    added = [box for box in new if box.id not in known]
    for match in (_same_corners, _by_overlap):
        if removed and added:
            found = match(removed, added, min_iou)
            pairs += found
            gone = {box.id for box, _ in found}
            come = {box.id for _, box in found}
            removed = [box for box in removed if box.id not in gone]
            added = [box for box in added if box.id not in come]
    return Matching(
        pairs=tuple(sorted(pairs, key=lambda pair: pair[0].id)),
        removed=tuple(sorted(removed, key=lambda box: box.id)),
        added=tuple(sorted(added, key=lambda box: box.id)),
    )


def iou(first: Box, second: Box) -> float:
    """Intersection over union of two boxes, 0 to 1; symmetric."""
    width = min(first.x1, second.x1) - max(first.x0, second.x0)
    height = min(first.y1, second.y1) - max(first.y0, second.y0)
    if width <= 0 or height <= 0:
        return 0.0
    inside = width * height
    return inside / (first.area + second.area - inside)


def corners(box: Box) -> Corners:
    """x0, y0, x1, y1 of a box."""
    return box.x0, box.y0, box.x1, box.y1


def _same_corners(
    old: Sequence[Box], new: Sequence[Box], _min_iou: float
) -> list[tuple[Box, Box]]:
    """Pairs on the very same place; of several, those of one class first."""
    pairs: list[tuple[Box, Box]] = []
    taken: set[int] = set()
    for with_class in (True, False):
        waiting: dict[tuple[object, ...], list[Box]] = defaultdict(list)
        for box in sorted(new, key=_order):
            if id(box) not in taken:
                waiting[corners(box), with_class and box.class_id].append(box)
        for box in sorted(old, key=_order):
            partners = waiting.get((corners(box), with_class and box.class_id))
            if partners and id(box) not in taken:
                partner = partners.pop(0)
                taken |= {id(box), id(partner)}
                pairs.append((box, partner))
    return pairs


def _by_overlap(
    old: Sequence[Box], new: Sequence[Box], min_iou: float
) -> list[tuple[Box, Box]]:
    rows, columns = sorted(old, key=_order), sorted(new, key=_order)
    # One orientation for both directions, so that ties fall the same way.
    turned = [_order(box) for box in columns] < [_order(box) for box in rows]
    if turned:
        rows, columns = columns, rows
    overlap = _overlaps(rows, columns)
    overlap[overlap < min_iou] = 0.0
    chosen = [
        (rows[row], columns[column])
        for row, column in _best_assignment(overlap)
        if overlap[row, column] > 0
    ]
    return [(b, a) for a, b in chosen] if turned else chosen


def _best_assignment(gain: NDArray[np.float64]) -> list[tuple[int, int]]:
    if 1 in gain.shape:
        best = int(gain.argmax())
        return [divmod(best, gain.shape[1])]
    # Slow to load, and needed for boxes without a common UUID only.
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    rows, columns = linear_sum_assignment(gain, maximize=True)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def _overlaps(rows: Sequence[Box], columns: Sequence[Box]) -> NDArray[np.float64]:
    a = np.array([corners(box) for box in rows])[:, None, :]
    b = np.array([corners(box) for box in columns])[None, :, :]
    size = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    inside = np.clip(size, 0.0, None).prod(axis=-1)
    area_a = (a[..., 2:] - a[..., :2]).prod(axis=-1)
    area_b = (b[..., 2:] - b[..., :2]).prod(axis=-1)
    overlaps: NDArray[np.float64] = inside / (area_a + area_b - inside)
    return overlaps


def _order(box: Box) -> tuple[Corners, int, str]:
    return corners(box), box.class_id, box.id
