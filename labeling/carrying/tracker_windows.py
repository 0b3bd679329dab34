"""Square windows of a picture that trackers look at, and what their maps say.

Two families are known, both as OpenCV's `video` module runs them: VitTrack
(`cv::TrackerVit`, maps of confidence, size and offset) and NanoTrack
(`cv::TrackerNano`, maps of classes and of distances to the four sides). Windows are
cut at fractions of a pixel and corners are not rounded: OpenCV's are whole pixels,
which costs a small box much of its IoU.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ..geometry import Corners, clip, is_shape
from .tracker import Tracked

TEMPLATE_REACH: Final = 2.0
SEARCH_REACH: Final = 4.0
"""Sides of VitTrack's two windows, in sizes (square root of the box's area)."""
CONTEXT: Final = 0.5
"""How much of (width + height) / 2 NanoTrack adds to either side of a box."""
STRIDE: Final = 16
PENALTY: Final = 0.055
WINDOW_SHARE: Final = 0.455

Map = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A square of a picture: left and upper edge and side, in its pixels."""

    x: float
    y: float
    side: float

    @classmethod
    def around(cls, corners: Corners, side: float) -> Window:
        """The square of that side round the middle of a box."""
        x0, y0, x1, y1 = corners
        return cls(x=(x0 + x1 - side) / 2, y=(y0 + y1 - side) / 2, side=side)

    def paint(
        self,
        image: NDArray[np.uint8],
        pixels: int,
        fill: tuple[float, ...] = (0.0, 0.0, 0.0),
    ) -> NDArray[np.uint8]:
        """The square resampled to (pixels, pixels, 3) uint8; `fill` is beyond."""
        step = self.side / pixels
        # Pixel k of the canvas has its middle at k + 0.5, as the picture's have theirs.
        matrix = np.array(
            [[step, 0, self.x + step / 2 - 0.5], [0, step, self.y + step / 2 - 0.5]]
        )
        painted = cv2.warpAffine(
            image,
            matrix,
            (pixels, pixels),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=fill,
        )
        return np.asarray(painted, np.uint8)

    def corners(self, x0: float, y0: float, x1: float, y1: float) -> Corners:
        """Corners in the picture of shares of the window, 0 to 1."""
        return (
            self.x + x0 * self.side,
            self.y + y0 * self.side,
            self.x + x1 * self.side,
            self.y + y1 * self.side,
        )


def vit_windows(corners: Corners, place: Corners) -> tuple[Window, Window]:
    """VitTrack's windows: what the object looks like, and where to search for it."""
    size = _size(corners)
    return (
        Window.around(corners, TEMPLATE_REACH * size),
        Window.around(place, SEARCH_REACH * size),
    )


def vit_place(
    confidence: Map, sizes: Map, offsets: Map, window: Window
) -> Tracked | None:
    """Where VitTrack's maps put the object; None where they hold no box.

    `confidence` is (g, g), `sizes` and `offsets` are (2, g, g): width and height as
    shares of the window, x and y as shares of a cell. The place is the cell with the
    best confidence under a Hann window; the score is its confidence.
    """
    grid = confidence.shape[0]
    row, column = _best(confidence * _hann(grid))
    middle_x = (column + float(offsets[0, row, column])) / grid
    middle_y = (row + float(offsets[1, row, column])) / grid
    half_w, half_h = sizes[0, row, column] / 2, sizes[1, row, column] / 2
    corners = window.corners(
        float(middle_x - half_w),
        float(middle_y - half_h),
        float(middle_x + half_w),
        float(middle_y + half_h),
    )
    return _tracked(corners, float(confidence[row, column]))


def nano_windows(corners: Corners, place: Corners) -> tuple[Window, Window]:
    """NanoTrack's windows; the second is twice the first."""
    side = _padded(corners[2] - corners[0], corners[3] - corners[1])
    return Window.around(corners, side), Window.around(place, 2 * side)


def nano_place(
    classes: Map, sides: Map, corners: Corners, window: Window, pixels: int
) -> Tracked | None:
    """Where NanoTrack's maps put the object; None where they hold no box.

    `classes` is (2, g, g), background and object before a softmax; `sides` is
    (4, g, g), distances to left, top, right and bottom in pixels of the search canvas
    of `pixels` a side. A change of size or ratio and the distance from the middle
    count against a place, as in SiamRPN (Li et al., CVPR 2018, section 4.3).
    """
    grid = classes.shape[1]
    score = 1 / (1 + np.exp(np.clip(classes[0] - classes[1], -60, 60)))
    at = (np.arange(grid) - grid // 2) * float(STRIDE) + pixels / 2
    x0, x1 = at[None] - sides[0], at[None] + sides[2]
    y0, y1 = at[:, None] - sides[1], at[:, None] + sides[3]
    zoom = pixels / window.side
    width = (corners[2] - corners[0]) * zoom
    height = (corners[3] - corners[1]) * zoom
    wide, high = np.maximum(x1 - x0, 1e-3), np.maximum(y1 - y0, 1e-3)
    resized = _either(_padded_all(wide, high) / _padded(width, height))
    turned = _either((width / height) / (wide / high))
    penalty = np.exp(-(resized * turned - 1) * PENALTY)
    weighed = penalty * score * (1 - WINDOW_SHARE) + _hann(grid) * WINDOW_SHARE
    best = _best(weighed)
    shares = [float(v[best]) / pixels for v in (x0, y0, x1, y1)]
    return _tracked(window.corners(*shares), float(score[best]))


def inside(seen: Tracked | None, width: int, height: int) -> Tracked | None:
    """The place clipped to the picture; None where less than a pixel is in it."""
    clipped = None if seen is None else clip(seen.corners, width, height)
    if seen is None or clipped is None:
        return None
    x0, y0, x1, y1 = clipped
    if x1 - x0 < 1 or y1 - y0 < 1:
        return None
    return Tracked(corners=clipped, score=seen.score)


def _tracked(corners: Corners, score: float) -> Tracked | None:
    is_number = bool(np.isfinite([*corners, score]).all())
    if not is_number or not is_shape(corners):
        return None
    return Tracked(corners=corners, score=min(max(score, 0.0), 1.0))


def _size(corners: Corners) -> float:
    x0, y0, x1, y1 = corners
    return float(np.sqrt((x1 - x0) * (y1 - y0)))


def _padded(width: float, height: float) -> float:
    pad = CONTEXT * (width + height)
    return float(np.sqrt((width + pad) * (height + pad)))


def _padded_all(
    width: NDArray[np.float64], height: NDArray[np.float64]
) -> NDArray[np.float64]:
    pad = CONTEXT * (width + height)
    return np.asarray(np.sqrt((width + pad) * (height + pad)), np.float64)


def _either(ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    """A ratio or its reciprocal, whichever is above 1."""
    return np.maximum(ratio, 1 / ratio)


def _hann(grid: int) -> NDArray[np.float64]:
    """A Hann window without its zeros at the border."""
    line = np.hanning(grid + 2)[1:-1]
    return np.outer(line, line)


def _best(values: NDArray[np.float64]) -> tuple[int, int]:
    """Row and column of the highest value that is a number."""
    known = np.where(np.isfinite(values), values, -np.inf)
    row, column = np.unravel_index(int(np.argmax(known)), known.shape)
    return int(row), int(column)
