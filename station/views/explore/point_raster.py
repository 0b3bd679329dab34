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
_OVERSAMPLE: Final = 8
_PART, _HALF, _FULL = 0.3, 0.5, 0.75
_BORDER: Final = 1.0
_TURNS: Final = 12


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
    level: int = 0


def paint(width: int, height: int, ground: int, layers: Sequence[Layer]) -> Pixels:
    """The layers' points: (height, width) uint32, 0xFFRRGGBB.

    Points outside of the picture are cut. Layers of one `level` are painted in turns, a
    part of the points of each, border first: no layer hides another, and points that
    lie over one another are told apart. A higher level lies over a lower one.
    """
    edge = int(np.ceil(max((layer.radius for layer in layers), default=0.0))) + 4
    held = np.full((height + 2 * edge, width + 2 * edge), ground, np.uint32)
    flat, stride = held.ravel(), held.shape[1]
    for level in sorted({layer.level for layer in layers}):
        brushes = [
            (
                _visible(layer.points, width, height, edge, stride),
                _strokes(layer, stride),
            )
            for layer in layers
            if layer.level == level
        ]
        for turn in range(_TURNS):
            for at, strokes in brushes:
                some = at[turn::_TURNS]
                for offset, colour in strokes if len(some) else ():
                    flat[some + offset] = colour
    return held[edge : edge + height, edge : edge + width]


def _strokes(layer: Layer, stride: int) -> list[tuple[int, int]]:
    """The offsets of a layer's shape with their colours, the border's first."""
    ink = layer.ink
    colours = (ink.rim, mixed(ink.core, ink.rim, 0.5), ink.core)
    return [
        (int(offset), colour)
        for offsets, colour in zip(stamp(ink.shape, layer.radius), colours, strict=True)
        for offset in (offsets @ (stride, 1)).tolist()
    ]


@lru_cache(maxsize=64)
def stamp(shape: str, radius: float) -> tuple[Offsets, Offsets, Offsets]:
    """The pixels of the border round a shape, of its soft edge, and of its inside.

    Offsets are (K, 2) int32, rows first; all shapes of a radius have about the area of
    its circle. The border is one pixel wide, the edge those pixels that the shape
    covers in part.

    Raises:
        KeyError: there is no such shape.
    """
    reach = int(np.ceil(radius + _BORDER)) + 1
    own = _cover(shape, radius, reach)
    whole = _cover(shape, radius + _BORDER, reach)
    inside, edge = own >= _FULL, (own >= _PART) & (own < _FULL)
    border = (whole >= _HALF) & ~inside & ~edge
    rim, soft, core = (
        (np.argwhere(pixels) - reach).astype(np.int32)
        for pixels in (border, edge, inside)
    )
    return rim, soft, core


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

    A fifth of the distance they had if they were spread evenly, from 1.6 up to what a
    widget of this size can bear.
    """
    room = width * height / max(count, 1)
    largest = float(np.clip(min(width, height) / 140, 4.0, 8.0))
    return float(np.clip(0.22 * np.sqrt(room), 1.6, largest))


def _cover(shape: str, radius: float, reach: int) -> Floats:
    """The part, 0 to 1, that a shape covers of each pixel within reach."""
    steps = (np.arange(_OVERSAMPLE) + 0.5) / _OVERSAMPLE - 0.5
    fine = (np.arange(-reach, reach + 1)[:, None] + steps[None, :]).ravel()
    y, x = np.meshgrid(fine / radius, fine / radius, indexing="ij")
    inside = _INSIDE[shape](x, y).astype(np.float64)
    side = 2 * reach + 1
    cover: Floats = inside.reshape(side, _OVERSAMPLE, side, _OVERSAMPLE).mean((1, 3))
    return cover


def _visible(
    points: NDArray[np.float32], width: int, height: int, edge: int, stride: int
) -> NDArray[np.intp]:
    """Where the points lie in the padded picture, those out of sight left out."""
    x, y = points[:, 0], points[:, 1]
    reach = edge - 4
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
    return (y <= 0.95) & (2.0 * np.abs(x) - y <= 1.45)


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
