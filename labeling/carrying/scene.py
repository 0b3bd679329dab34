"""Two images made ready once, so that many boxes can be carried between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataset.records import Box

from ..geometry import Corners
from . import camera_motion
from .camera_motion import CameraMotion
from .colours import ColourMap, colour_map
from .template import CELL_PX, Frame, Region, look

SMALL_SIDE = 640
CHANGE_FLOOR = 6
CHANGE_RANGE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One image, (H, W, 3) uint8 BGR, with what is made of it once.

    `small` is the image times `shrink`, its longer side at most SMALL_SIDE.
    """

    pixels: NDArray[np.uint8]
    grey: NDArray[np.uint8]
    small: NDArray[np.uint8]
    small_grey: NDArray[np.uint8]
    colours: ColourMap
    shrink: float

    def look(self, around: Corners, zoom: float, beyond: float = 0.0) -> Region | None:
        """`template.look`, on the shrunk image where that is fine enough."""
        if self.shrink == 1 or zoom * CELL_PX / 2 > self.shrink:
            return look(self.pixels, around, zoom, beyond)
        x0, y0, x1, y1 = (value * self.shrink for value in around)
        part = (x0, y0, x1, y1)
        region = look(self.small, part, zoom / self.shrink, beyond * self.shrink)
        if region is None:
            return None
        inner = region.frame
        frame = Frame(
            x=inner.x / self.shrink,
            y=inner.y / self.shrink,
            zoom=inner.zoom * self.shrink,
        )
        return replace(region, frame=frame)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The earlier and the later image, and what changed between them.

    `change_sum` is the integral image, shrunk as the views are, of the change: 0 where
    the later image shows what the earlier one, moved with the camera, had there, to 1.
    """

    before: View
    after: View
    change_sum: NDArray[np.float64]
    motion: CameraMotion

    def changed(self, corners: Corners) -> float:
        """Mean change inside the box, 0 to 1; 0 outside the image."""
        return float(self.changes([corners])[0])

    def changes(self, boxes: ArrayLike) -> NDArray[np.float64]:
        """`changed` of each of (N, 4) boxes."""
        return box_means(self.change_sum, boxes, self.after.shrink)


def view(pixels: NDArray[np.uint8]) -> View:
    """What all boxes share of one image."""
    height, width = pixels.shape[:2]
    shrink = min(SMALL_SIDE / max(height, width), 1.0)
    small = pixels
    if shrink < 1:
        size = (max(round(width * shrink), 1), max(round(height * shrink), 1))
        small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)
    small_grey = grey
    if shrink < 1:
        small_grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
    return View(
        pixels=pixels,
        grey=grey,
        small=small,
        small_grey=small_grey,
        colours=colour_map(small, shrink),
        shrink=shrink,
    )


def scene_of(
    before: NDArray[np.uint8], after: NDArray[np.uint8], boxes: Sequence[Box]
) -> Scene:
    """Two images of one size made ready; `boxes` are those of the earlier one."""
    old, new = view(before), view(after)
    motion = camera_motion.estimate(
        _halved(old.small_grey), _halved(new.small_grey), boxes, old.shrink / 2
    )
    change = _change(motion.warp(old.small, old.shrink), new.small)
    return Scene(before=old, after=new, change_sum=change, motion=motion)


def _halved(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Enough for the camera's motion, which flow follows to a fraction of a pixel."""
    half = (max(grey.shape[1] // 2, 1), max(grey.shape[0] // 2, 1))
    return np.asarray(cv2.resize(grey, half, interpolation=cv2.INTER_AREA), np.uint8)


def _change(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.float64]:
    apart = cv2.absdiff(cv2.blur(before, (3, 3)), cv2.blur(after, (3, 3)))
    blue, green, red = cv2.split(apart)
    most = cv2.max(cv2.max(blue, green), red)
    counts = cv2.calcHist([most], [0], None, [256], [0, 256]).ravel()
    middle = int(np.searchsorted(np.cumsum(counts), most.size / 2))
    steps = (np.arange(256) - CHANGE_FLOOR - 2 * middle) / CHANGE_RANGE
    levels = cv2.LUT(most, np.clip(steps, 0, 1).astype(np.float32))
    return np.asarray(cv2.integral(levels, sdepth=cv2.CV_64F), np.float64)


def is_other_scene(scene: Scene) -> bool:
    """True where nothing of the earlier picture is left to follow."""
    if scene.motion.is_trusted:
        return False
    views = (scene.before, scene.after)
    thumbs = [
        cv2.resize(one.small_grey, (24, 18), interpolation=cv2.INTER_AREA).ravel()
        for one in views
    ]
    apart = [thumb.astype(np.float64) - thumb.mean() for thumb in thumbs]
    length = float(np.linalg.norm(apart[0]) * np.linalg.norm(apart[1]))
    alike = float(apart[0] @ apart[1]) / max(length, 1e-9)
    counts = [
        cv2.calcHist([one.small], [0, 1, 2], None, [6, 6, 6], [0, 256] * 3)
        for one in views
    ]
    common = float(np.minimum(counts[0], counts[1]).sum() / counts[0].sum())
    return alike < 0.2 and common < 0.35


def box_means(
    table: NDArray[np.float64], boxes: ArrayLike, shrink: float
) -> NDArray[np.float64]:
    """Means inside (N, 4) boxes from a shrunk picture's integral image; 0 outside."""
    rows, columns = table.shape
    limits = np.array([columns, rows, columns, rows]) - 1
    places = np.rint(np.asarray(boxes, np.float64) * shrink).astype(np.intp)
    x0, y0, x1, y1 = np.clip(places, 0, limits).T
    total = table[y1, x1] - table[y0, x1] - table[y1, x0] + table[y0, x0]
    size = (x1 - x0) * (y1 - y0)
    return np.asarray(np.where(size > 0, total / np.maximum(size, 1), 0.0), np.float64)


def ring_contrast(table: NDArray[np.float64], corners: Corners, shrink: float) -> float:
    """Mean inside the box above the mean beside it, a quarter of its width each way."""
    x0, y0, x1, y1 = corners
    aside = (x1 - x0) / 4
    beside = ((x0 - aside, y0, x0, y1), (x1, y0, x1 + aside, y1))
    own, left, right = box_means(table, (corners, *beside), shrink).tolist()
    return float(own - (left + right) / 2)
