"""Points drawn into pixels: thousands at once, each as a small shape.

Qt paints a hundred thousand shapes in half a second; here a shape is a handful of
offsets that are written for all its points in one step each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint32]
Offsets = NDArray[np.int32]
Floats = NDArray[np.float64]

SHAPES: Final = ("circle", "triangle", "square", "diamond", "drop", "plus", "cross")
LARGEST_RADIUS: Final = 24.0
_OVERSAMPLE: Final = 8
_CORE, _RIM = 0.6, 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class Ink:
    """How points look: colours are 0xFFRRGGBB, `shape` is one of `SHAPES`."""

    core: int
    rim: int
    shape: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """Points of one look: x and y in pixels of the picture, (N, 2) float."""

    points: NDArray[np.float32]
    ink: Ink
    radius: float


def paint(width: int, height: int, ground: int, layers: Sequence[Layer]) -> Pixels:
    """The layers one over the other: (height, width) uint32, 0xFFRRGGBB.

    Points outside of the picture are cut; a later point covers an earlier one of its
    layer, rims never cover cores.
    """
    edge = int(max((layer.radius for layer in layers), default=0.0)) + 3
    held = np.full((height + 2 * edge, width + 2 * edge), ground, np.uint32)
    flat, stride = held.ravel(), held.shape[1]
    for layer in layers:
        at = _visible(layer.points, width, height, edge, stride)
        core, rim = stamp(layer.ink.shape, layer.radius)
        for offsets, colour in ((rim, layer.ink.rim), (core, layer.ink.core)):
            for dy, dx in offsets.tolist():
                flat[at + (dy * stride + dx)] = colour
    return held[edge : edge + height, edge : edge + width]


@lru_cache(maxsize=64)
def stamp(shape: str, radius: float) -> tuple[Offsets, Offsets]:
    """The pixels that a shape covers, and those that its border touches.

    Offsets are (K, 2) int32, rows first; all shapes of a radius have about the area of
    its circle.

    Raises:
        KeyError: there is no such shape.
    """
    reach = int(np.ceil(radius)) + 2
    steps = (np.arange(_OVERSAMPLE) + 0.5) / _OVERSAMPLE - 0.5
    fine = (np.arange(-reach, reach + 1)[:, None] + steps[None, :]).ravel()
    y, x = np.meshgrid(fine / radius, fine / radius, indexing="ij")
    inside = _INSIDE[shape](x, y).astype(np.float64)
    side = 2 * reach + 1
    cover = inside.reshape(side, _OVERSAMPLE, side, _OVERSAMPLE).mean(axis=(1, 3))
    core = np.argwhere(cover >= _CORE) - reach
    rim = np.argwhere((cover >= _RIM) & (cover < _CORE)) - reach
    return core.astype(np.int32), rim.astype(np.int32)


def mixed(first: int, second: int, share: float) -> int:
    """`share` of the second colour in the first one; both 0xFFRRGGBB."""
    parts = (
        round(
            (first >> shift & 0xFF) * (1.0 - share) + (second >> shift & 0xFF) * share
        )
        << shift
        for shift in (0, 8, 16)
    )
    return 0xFF000000 | sum(parts)


def radius_for(count: int, width: int, height: int) -> float:
    """How large points are drawn, in device-independent pixels, so that they part.

    A third of the distance they had if they were spread evenly, 1.8 to 4.5.
    """
    room = width * height / max(count, 1)
    return float(np.clip(0.22 * np.sqrt(room), 1.8, 4.5))


def _visible(
    points: NDArray[np.float32], width: int, height: int, edge: int, stride: int
) -> NDArray[np.intp]:
    """Where the points lie in the padded picture, those out of sight left out."""
    x, y = points[:, 0], points[:, 1]
    reach = edge - 3
    seen = (x > -reach) & (x < width + reach) & (y > -reach) & (y < height + reach)
    columns = np.rint(x[seen]).astype(np.intp) + edge
    rows = np.rint(y[seen]).astype(np.intp) + edge
    return rows * stride + columns


def _circle(x: Floats, y: Floats) -> NDArray[np.bool_]:
    return x * x + y * y <= 1.0


def _square(x: Floats, y: Floats) -> NDArray[np.bool_]:
    return np.maximum(np.abs(x), np.abs(y)) <= 0.9


def _diamond(x: Floats, y: Floats) -> NDArray[np.bool_]:
    return np.abs(x) + np.abs(y) <= 1.3


def _triangle(x: Floats, y: Floats) -> NDArray[np.bool_]:
    return (y <= 0.85) & (2.0 * np.abs(x) - y <= 1.25)


def _drop(x: Floats, y: Floats) -> NDArray[np.bool_]:
    return _triangle(x, -y)


def _plus(x: Floats, y: Floats) -> NDArray[np.bool_]:
    low = np.minimum(np.abs(x), np.abs(y))
    return (low <= 0.45) & (np.maximum(np.abs(x), np.abs(y)) <= 1.15)


def _cross(x: Floats, y: Floats) -> NDArray[np.bool_]:
    return _plus((x + y) / np.sqrt(2.0), (x - y) / np.sqrt(2.0))


_INSIDE: Final[dict[str, Callable[[Floats, Floats], NDArray[np.bool_]]]] = {
    "circle": _circle,
    "triangle": _triangle,
    "square": _square,
    "diamond": _diamond,
    "drop": _drop,
    "plus": _plus,
    "cross": _cross,
}
