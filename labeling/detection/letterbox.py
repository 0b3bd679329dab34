"""An image on a model's canvas, and the way back.

Letterboxed, the aspect is kept and grey bars fill the rest; stretched, it is not kept.
Corners go both ways through the sides the image really has on the canvas, in whole
pixels, so that a box comes back to where it was: a scale alone would be off by up to
half a pixel on the canvas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from ..geometry import Corners

GREY: Final = 114
"""What fills the bars; the networks of the YOLO family are trained with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterbox:
    """Where an image of `image_width` x `image_height` lies on a canvas; all pixels."""

    image_width: int
    image_height: int
    canvas_width: int
    canvas_height: int
    left: int
    top: int
    width: int
    height: int

    @classmethod
    def of(
        cls,
        image_width: int,
        image_height: int,
        canvas_width: int,
        canvas_height: int,
        *,
        stretch: bool = False,
    ) -> Self:
        """The image as large as it fits, in the middle; stretched over all if asked."""
        width, height = canvas_width, canvas_height
        if not stretch:
            scale = min(canvas_width / image_width, canvas_height / image_height)
            width = min(max(round(image_width * scale), 1), canvas_width)
            height = min(max(round(image_height * scale), 1), canvas_height)
        return cls(
            image_width=image_width,
            image_height=image_height,
            canvas_width=canvas_width,
            canvas_height=canvas_height,
            left=(canvas_width - width) // 2,
            top=(canvas_height - height) // 2,
            width=width,
            height=height,
        )

    def to_canvas(self, corners: Corners) -> Corners:
        """Corners on the image as corners on the canvas."""
        x, y = self.width / self.image_width, self.height / self.image_height
        x0, y0, x1, y1 = corners
        return (
            x0 * x + self.left,
            y0 * y + self.top,
            x1 * x + self.left,
            y1 * y + self.top,
        )

    def to_image(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Boxes (N, 4) on the canvas as boxes on the image, clipped to it."""
        x, y = self.image_width / self.width, self.image_height / self.height
        shift = np.array([self.left, self.top, self.left, self.top])
        found = (boxes - shift) * np.array([x, y, x, y])
        sides = np.array([self.image_width, self.image_height] * 2, np.float64)
        return np.asarray(np.clip(found, 0.0, sides), np.float64)

    def paint(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The canvas, (H, W, 3) uint8, with the image on it; channels as they come."""
        size = (self.width, self.height)
        small = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
        if size == (self.canvas_width, self.canvas_height):
            return np.asarray(small, np.uint8)
        shape = (self.canvas_height, self.canvas_width, 3)
        canvas = np.full(shape, GREY, np.uint8)
        rows = slice(self.top, self.top + self.height)
        columns = slice(self.left, self.left + self.width)
        canvas[rows, columns] = small
        return canvas
