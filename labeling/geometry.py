"""Rectangles on plain numbers: overlap, clipping, dragging and hit testing.

Corners are `(x0, y0, x1, y1)`: float pixels of the upright image, 0-based, continuous
and half-open, x to the right and y down. Nothing here knows of a window: the canvas
turns pointer positions into image pixels first and tolerances with them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataset.records import Box

Corners = tuple[float, float, float, float]
Shape = Corners | Box

MIN_SIDE = 1.0
"""The least width and height, in image pixels, that an edit leaves."""


class Handle(StrEnum):
    """The eight grips of a box, named by compass point; north is the top edge."""

    NORTH_WEST = "nw"
    NORTH = "n"
    NORTH_EAST = "ne"
    EAST = "e"
    SOUTH_EAST = "se"
    SOUTH = "s"
    SOUTH_WEST = "sw"
    WEST = "w"

    @property
    def is_corner(self) -> bool:
        """True for the four grips that move two edges at once."""
        return len(self.value) == 2


class Zone(StrEnum):
    """Which part of a box a point fell on."""

    HANDLE = "handle"
    EDGE = "edge"
    INSIDE = "inside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One box under a point.

    `index` counts in the sequence that was searched. `handle` is the grip for HANDLE,
    the middle grip of the side for EDGE and None for INSIDE; so `drag` with
    `hit.handle` does what the person expects in all three cases.
    """

    index: int
    zone: Zone
    handle: Handle | None = None


def corners_of(shape: Shape) -> Corners:
    """The corners of a box record, or of plain corners unchanged."""
    if isinstance(shape, Box):
        return shape.x0, shape.y0, shape.x1, shape.y1
    return shape


def area(shape: Shape) -> float:
    """Square pixels; 0 for corners without a width or a height."""
    x0, y0, x1, y1 = corners_of(shape)
    return max(x1 - x0, 0.0) * max(y1 - y0, 0.0)


def overlap(a: Shape, b: Shape) -> float:
    """Square pixels that both cover."""
    ax0, ay0, ax1, ay1 = corners_of(a)
    bx0, by0, bx1, by1 = corners_of(b)
    width = min(ax1, bx1) - max(ax0, bx0)
    height = min(ay1, by1) - max(ay0, by0)
    return max(width, 0.0) * max(height, 0.0)


def iou(a: Shape, b: Shape) -> float:
    """Intersection over union (Jaccard index), 0 to 1; 0 without any area."""
    shared = overlap(a, b)
    union = area(a) + area(b) - shared
    return min(shared / union, 1.0) if union > 0 else 0.0


def iou_matrix(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """Intersection over union of each of N boxes with each of M.

    `a` is (N, 4) and `b` (M, 4), corners in the order x0, y0, x1, y1; the answer is
    (N, M) float64, 0 to 1. Raises ValueError for another shape.
    """
    rows, columns = _corner_array(a), _corner_array(b)
    low = np.maximum(rows[:, None, :2], columns[None, :, :2])
    high = np.minimum(rows[:, None, 2:], columns[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0.0), axis=2)
    sizes = [
        np.prod(np.maximum(v[:, 2:] - v[:, :2], 0.0), axis=1) for v in (rows, columns)
    ]
    union = sizes[0][:, None] + sizes[1][None, :] - shared
    known = union > 0
    share = np.divide(shared, union, out=np.zeros_like(shared), where=known)
    return np.asarray(np.minimum(share, 1.0), np.float64)


def _corner_array(values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, np.float64)
    if array.size == 0:
        return np.zeros((0, 4))
    if array.ndim != 2 or array.shape[1] != 4:
        raise ValueError(f"boxes come as an array of N x 4: {array.shape}")
    return array


def clip(shape: Shape, width: float, height: float) -> Corners | None:
    """The part inside an image of that size; None where nothing of it is inside."""
    x0, y0, x1, y1 = corners_of(shape)
    x0, x1 = max(x0, 0.0), min(x1, float(width))
    y0, y1 = max(y0, 0.0), min(y1, float(height))
    if x1 <= x0 or y1 <= y0:
        return None
    return x0, y0, x1, y1


def normalised(ax: float, ay: float, bx: float, by: float) -> Corners:
    """Corners of the rectangle between two points, dragged in any direction."""
    return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)


def drawn(
    ax: float, ay: float, bx: float, by: float, width: float, height: float
) -> Corners | None:
    """The box a person drew between two points, clipped to the image.

    None where it is smaller than MIN_SIDE either way: that was a click, not a box.
    """
    inside = clip(normalised(ax, ay, bx, by), width, height)
    if inside is None:
        return None
    x0, y0, x1, y1 = inside
    return inside if x1 - x0 >= MIN_SIDE and y1 - y0 >= MIN_SIDE else None


def scaled(corners: Corners, factor: float) -> Corners:
    """The box with both sides times a factor, its centre kept."""
    x0, y0, x1, y1 = corners
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    half_w, half_h = (x1 - x0) * factor / 2, (y1 - y0) * factor / 2
    return x - half_w, y - half_h, x + half_w, y + half_h


def moved(
    corners: Corners, dx: float, dy: float, width: float, height: float
) -> Corners:
    """The box shifted by pixels, its size kept, stopped at the image's border.

    A box that is larger than the image keeps its size and starts at 0.
    """
    x0, y0, x1, y1 = corners
    box_width, box_height = x1 - x0, y1 - y0
    left = max(min(x0 + dx, width - box_width), 0.0)
    top = max(min(y0 + dy, height - box_height), 0.0)
    return left, top, left + box_width, top + box_height


def resized(
    corners: Corners, handle: Handle, dx: float, dy: float, width: float, height: float
) -> Corners:
    """The box with the edges of one grip shifted by pixels.

    An edge stops at the image's border and MIN_SIDE before the opposite edge, which
    never moves: dragging across it does not turn the box over.
    """
    x0, y0, x1, y1 = corners
    if "w" in handle.value:
        x0 = max(min(x0 + dx, x1 - MIN_SIDE), 0.0)
    if "e" in handle.value:
        x1 = min(max(x1 + dx, x0 + MIN_SIDE), float(width))
    if "n" in handle.value:
        y0 = max(min(y0 + dy, y1 - MIN_SIDE), 0.0)
    if "s" in handle.value:
        y1 = min(max(y1 + dy, y0 + MIN_SIDE), float(height))
    return x0, y0, x1, y1


def moved_together(
    boxes: Sequence[Corners], dx: float, dy: float, width: float, height: float
) -> tuple[Corners, ...]:
    """The boxes shifted by the same way, all stopped where the first would leave.

    A box that lies outside the image already holds none of them back on the way in.
    """
    around = bounds(boxes)
    if around is None:
        return ()
    x0, y0, x1, y1 = around
    dx = min(max(dx, min(-x0, 0.0)), max(width - x1, 0.0))
    dy = min(max(dy, min(-y0, 0.0)), max(height - y1, 0.0))
    return tuple((a + dx, b + dy, c + dx, d + dy) for a, b, c, d in boxes)


def snapped_point(
    x: float, y: float, reach: float, width: float, height: float
) -> tuple[float, float]:
    """The point, put onto the image's border where it is within `reach` of it."""
    return _snapped_value(x, reach, width), _snapped_value(y, reach, height)


def snapped(
    corners: Corners, handle: Handle | None, reach: float, width: float, height: float
) -> Corners:
    """The box with what a grip moved put onto the image's border within `reach`.

    Without a grip the whole box is shifted, its size kept; the nearer border wins.
    Edges that the grip does not move stay where they are.
    """
    x0, y0, x1, y1 = corners
    if handle is None:
        dx = _snapping_shift(x0, x1, reach, width)
        dy = _snapping_shift(y0, y1, reach, height)
        return x0 + dx, y0 + dy, x1 + dx, y1 + dy
    if "w" in handle.value and abs(x0) <= reach:
        x0 = 0.0
    if "e" in handle.value and abs(x1 - width) <= reach:
        x1 = float(width)
    if "n" in handle.value and abs(y0) <= reach:
        y0 = 0.0
    if "s" in handle.value and abs(y1 - height) <= reach:
        y1 = float(height)
    return x0, y0, x1, y1


def _snapped_value(value: float, reach: float, length: float) -> float:
    near = min((0.0, float(length)), key=lambda border: abs(value - border))
    return near if abs(value - near) <= reach else value


def _snapping_shift(low: float, high: float, reach: float, length: float) -> float:
    shift = min(-low, length - high, key=abs)
    return shift if abs(shift) <= reach else 0.0


def drag(
    corners: Corners,
    handle: Handle | None,
    dx: float,
    dy: float,
    width: float,
    height: float,
) -> Corners:
    """What a drag from a hit gives: `resized` with a grip, `moved` without one.

    `dx` and `dy` are the whole way since the press and `corners` those at the press,
    so that stopping at a border and coming back loses nothing.
    """
    if handle is None:
        return moved(corners, dx, dy, width, height)
    return resized(corners, handle, dx, dy, width, height)


def handle_points(corners: Corners) -> dict[Handle, tuple[float, float]]:
    """Where the eight grips sit, in image pixels."""
    x0, y0, x1, y1 = corners
    mid_x, mid_y = (x0 + x1) / 2, (y0 + y1) / 2
    return {
        Handle.NORTH_WEST: (x0, y0),
        Handle.NORTH: (mid_x, y0),
        Handle.NORTH_EAST: (x1, y0),
        Handle.EAST: (x1, mid_y),
        Handle.SOUTH_EAST: (x1, y1),
        Handle.SOUTH: (mid_x, y1),
        Handle.SOUTH_WEST: (x0, y1),
        Handle.WEST: (x0, mid_y),
    }


def hits(
    boxes: Sequence[Shape],
    x: float,
    y: float,
    tolerance: float,
    *,
    selected: int | None = None,
) -> tuple[Hit, ...]:
    """All boxes under a point, the smallest first, later ones first among equals.

    `tolerance` is in image pixels (a window divides its own by the zoom). Where
    `selected` is given and the point is on a grip or an edge of that box, it comes
    first; so a large selected box can be resized below a small one.
    """
    found = [
        one
        for index, box in enumerate(boxes)
        if (one := _hit_one(index, corners_of(box), x, y, tolerance)) is not None
    ]
    found.sort(key=lambda one: (area(boxes[one.index]), -one.index))
    found.sort(key=lambda one: one.index != selected or one.zone is Zone.INSIDE)
    return tuple(found)


def hit(
    boxes: Sequence[Shape],
    x: float,
    y: float,
    tolerance: float,
    *,
    selected: int | None = None,
) -> Hit | None:
    """The first of `hits`, None where the point is on no box."""
    return next(iter(hits(boxes, x, y, tolerance, selected=selected)), None)


def _hit_one(
    index: int, corners: Corners, x: float, y: float, tolerance: float
) -> Hit | None:
    x0, y0, x1, y1 = corners
    if not (x0 - tolerance <= x <= x1 + tolerance):
        return None
    if not (y0 - tolerance <= y <= y1 + tolerance):
        return None
    # A box of a few pixels must keep a middle by which it can be moved.
    reach_x = min(tolerance, (x1 - x0) / 4) if x0 <= x <= x1 else tolerance
    reach_y = min(tolerance, (y1 - y0) / 4) if y0 <= y <= y1 else tolerance
    grip = _grip(corners, x, y, reach_x, reach_y)
    if grip is not None:
        return Hit(index=index, zone=Zone.HANDLE, handle=grip)
    side = _side(corners, x, y, reach_x, reach_y)
    if side is not None:
        return Hit(index=index, zone=Zone.EDGE, handle=side)
    return Hit(index=index, zone=Zone.INSIDE)


def _grip(
    corners: Corners, x: float, y: float, reach_x: float, reach_y: float
) -> Handle | None:
    near: list[tuple[float, bool, Handle]] = []
    for handle, (at_x, at_y) in handle_points(corners).items():
        if abs(x - at_x) <= reach_x and abs(y - at_y) <= reach_y:
            away = math.hypot(x - at_x, y - at_y)
            near.append((away, not handle.is_corner, handle))
    return min(near)[2] if near else None


def _side(
    corners: Corners, x: float, y: float, reach_x: float, reach_y: float
) -> Handle | None:
    x0, y0, x1, y1 = corners
    sides = (
        (abs(x - x0), reach_x, Handle.WEST),
        (abs(x - x1), reach_x, Handle.EAST),
        (abs(y - y0), reach_y, Handle.NORTH),
        (abs(y - y1), reach_y, Handle.SOUTH),
    )
    near = [(away, side) for away, reach, side in sides if away <= reach]
    return min(near)[1] if near else None


def encloses(outer: Shape, inner: Shape) -> bool:
    """Whether the one lies wholly inside the other, borders included."""
    ox0, oy0, ox1, oy1 = corners_of(outer)
    x0, y0, x1, y1 = corners_of(inner)
    return ox0 <= x0 and oy0 <= y0 and x1 <= ox1 and y1 <= oy1


def is_shape(corners: Corners) -> bool:
    """Whether these are corners of something: finite, with a width and a height."""
    x0, y0, x1, y1 = corners
    return all(map(math.isfinite, corners)) and x1 > x0 and y1 > y0


def bounds(shapes: Iterable[Shape]) -> Corners | None:
    """The least rectangle around all of them, None for none."""
    corners = [corners_of(shape) for shape in shapes]
    if not corners:
        return None
    x0s, y0s, x1s, y1s = zip(*corners, strict=True)
    return min(x0s), min(y0s), max(x1s), max(y1s)
