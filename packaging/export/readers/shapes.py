"""Boxes around what is no upright box: polygons and turned rectangles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, TypeAlias

from ..intakes.image_draft import ImageDraft, as_number

FROM_POLYGON: Final = "a polygon became its enclosing box"
FROM_TURNED: Final = "a turned box became its enclosing box"
Corners: TypeAlias = tuple[float, float, float, float]


def around(points: Sequence[Sequence[object]]) -> Corners | None:
    """The box around points (x, y); None where there are none, or one is no number."""
    numbers = [(as_number(x), as_number(y)) for x, y in points]
    if not numbers or any(x is None or y is None for x, y in numbers):
        return None
    xs = [x for x, _ in numbers if x is not None]
    ys = [y for _, y in numbers if y is not None]
    return min(xs), min(ys), max(xs), max(ys)


def turned_about(
    corners: Corners, degrees: float, pivot: tuple[float, float]
) -> Corners:
    """The box around a rectangle turned clockwise (y points down) about `pivot`."""
    x0, y0, x1, y1 = corners
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    px, py = pivot
    turned = [
        (
            px + (x - px) * cosine - (y - py) * sine,
            py + (x - px) * sine + (y - py) * cosine,
        )
        for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    ]
    xs, ys = [x for x, _ in turned], [y for _, y in turned]
    return min(xs), min(ys), max(xs), max(ys)


def add_polygon(image: ImageDraft, name: str, points: Sequence[object]) -> None:
    """Add the box around a polygon's points, and say so; bad points are named."""
    pairs = [point for point in points if _is_pair(point)]
    corners = around(pairs) if len(pairs) == len(points) else None  # type: ignore[arg-type]
    if corners is None or len(pairs) < 3:
        image.is_annotated = True
        image.skip("a polygon is skipped, its points are no numbers")
        return
    image.skip(FROM_POLYGON)
    image.add(name, corners)


def _is_pair(point: object) -> bool:
    return isinstance(point, (list, tuple)) and len(point) == 2
