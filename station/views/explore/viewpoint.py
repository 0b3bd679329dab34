"""From places on the map to pixels of the widget and back; plain numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.float32]

MARGIN_PX = 28.0
STEP = 1.25
# Of the zoom that shows everything: half as near, ten thousand times nearer.
FARTHEST, NEAREST = 0.5, 10_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewpoint:
    """Which part of the map is seen.

    `scale` is pixels a unit, the same both ways; `x`, `y` the place in the middle of
    a widget of `width` x `height` pixels. The map's y points up.
    """

    width: float = 1.0
    height: float = 1.0
    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0
    fitted: float = 1.0

    def to_widget(self, places: Places) -> Places:
        """The pixels, (N, 2) float32, of places (N, 2)."""
        found = np.empty((len(places), 2), np.float32)
        found[:, 0] = (places[:, 0] - self.x) * self.scale + self.width / 2
        found[:, 1] = self.height / 2 - (places[:, 1] - self.y) * self.scale
        return found

    def to_map(self, x: float, y: float) -> tuple[float, float]:
        """The place under a pixel."""
        return (
            (x - self.width / 2) / self.scale + self.x,
            (self.height / 2 - y) / self.scale + self.y,
        )

    def zoomed(self, factor: float, x: float, y: float) -> Viewpoint:
        """Nearer or farther; the place under the pixel stays there."""
        low, high = self.fitted * FARTHEST, self.fitted * NEAREST
        scale = min(max(self.scale * factor, low), high)
        held_x, held_y = self.to_map(x, y)
        return replace(
            self,
            scale=scale,
            x=held_x - (x - self.width / 2) / scale,
            y=held_y - (self.height / 2 - y) / scale,
        )

    def moved(self, dx: float, dy: float) -> Viewpoint:
        """The map moved by so many pixels, as a hand drags it."""
        return replace(self, x=self.x - dx / self.scale, y=self.y + dy / self.scale)

    def resized(self, width: float, height: float) -> Viewpoint:
        """The same middle and zoom in a widget of another size."""
        return replace(self, width=max(width, 1.0), height=max(height, 1.0))


def fit(places: Places, width: float, height: float) -> Viewpoint:
    """The viewpoint that shows all places, with a margin."""
    width, height = max(width, 1.0), max(height, 1.0)
    if not len(places):
        return Viewpoint(width=width, height=height)
    low, high = places.min(axis=0).astype(float), places.max(axis=0).astype(float)
    span = np.maximum(high - low, 1e-6)
    room = (max(width - 2 * MARGIN_PX, 1.0), max(height - 2 * MARGIN_PX, 1.0))
    scale = float(min(room[0] / span[0], room[1] / span[1]))
    if float((high - low).max()) <= 0.0:
        scale = 1.0
    middle = (low + high) / 2
    return Viewpoint(
        width=width,
        height=height,
        scale=scale,
        x=float(middle[0]),
        y=float(middle[1]),
        fitted=scale,
    )
