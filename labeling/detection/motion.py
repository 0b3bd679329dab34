"""Boxes around what moves in front of a fixed camera; no model needed.

A background (median and noise of a session's images, or a running one beside a live
camera) is taken from the image; what differs more than noise and is no mere shadow is
gathered into blobs, and each blob becomes a proposal of origin MOTION.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataset.records import Box, BoxOrigin, Proposal, Verdict

from ..geometry import Corners, area, bounds, overlap

FEWEST_IMAGES = 3
QUIET = 4.0
COLOUR_LIMIT = 14.0
EDGE_LIMIT = 14.0
EDGE_DENSITY = 0.12
STRONG = 2.0
SURE_SHARE = 0.08
SURE_OUTLINE = 4.0
LEAST_FILL = 0.3
MOST_OF_THE_IMAGE = 0.6
EDGE_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionModel:
    """A fixed camera's empty picture; a value, owned by the caller.

    `background` is (H, W, 3) uint8 BGR, `noise` (H, W) float32: how many grey levels
    a pixel varies by itself (half the range
    between quartiles, largest of the channels).
    `smallest` is the least side of a box as a share of the image's longer side.
    """

    background: NDArray[np.uint8]
    noise: NDArray[np.float32]
    smallest: float = 0.015

    def seen(self, image: NDArray[np.uint8]) -> MotionModel:
        """The model after one more image of a live camera.

        Each background pixel moves one grey level towards the image: a running median
        (McFarlane and Schofield 1995), so what only passes by leaves no trace.
        """
        _check_size(self.background, image)
        more, less = image > self.background, image < self.background
        background = (self.background + more - less).astype(np.uint8)
        away = _largest(_bytes(cv2.absdiff(image, self.background))).astype(np.float32)
        noise = self.noise + np.clip(away - self.noise, -0.2, 0.2)
        return replace(self, background=background, noise=noise)

    def mask(
        self, image: NDArray[np.uint8], *, sensitivity: float = 1.0
    ) -> NDArray[np.uint8]:
        """(H, W) uint8: 255 where something stands before the background, else 0.

        With a sensitivity above 1 less of a difference is something. Raises ValueError
        where the image's size is not the background's.
        """
        _check_size(self.background, image)
        raw = cv2.subtract(image, self.background, dtype=cv2.CV_16S)
        apart = np.asarray(cv2.GaussianBlur(raw, (3, 3), 0), np.int16)
        level = np.maximum(np.float32(1), cv2.blur(self.noise, (5, 5)) / QUIET)
        level /= np.float32(sensitivity)
        colour = _largest(_bytes(cv2.convertScaleAbs(apart))) > COLOUR_LIMIT * level
        outline = _steepness(apart)
        edges = outline > EDGE_LIMIT * level
        window = 2 * max(round(max(edges.shape) / 200), 1) + 1
        dense = cv2.blur(edges.astype(np.float32), (window, window)) > EDGE_DENSITY
        # A large thing cut off by the border has no outline there to close it.
        dense[:2] = dense[-2:] = True
        dense[:, :2] = dense[:, -2:] = True
        return _cleaned(colour & dense, outline > STRONG * EDGE_LIMIT * level)

    def proposals(
        self,
        image: NDArray[np.uint8],
        class_id: int,
        *,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> tuple[Proposal, ...]:
        """A proposal for each moving thing, from left to right.

        `image` is (H, W, 3) uint8 BGR of the background's size. `new_id` is asked once
        a box, in order; give one of your own for repeatable ids. () where most of the
        picture changed (a lamp, a bumped camera): then there is no background.
        """
        mask = self.mask(image)
        if float(np.count_nonzero(mask)) > MOST_OF_THE_IMAGE * mask.size:
            return ()
        found = blobs(mask, smallest=self.smallest * max(mask.shape))
        return tuple(
            Proposal(box=_box(corners, fill, class_id, new_id()), verdict=Verdict.MOVED)
            for corners in found
            if (fill := _fill(mask, corners)) >= LEAST_FILL
        )


def background_from(images: Sequence[NDArray[np.uint8]]) -> MotionModel:
    """A model from at least three images of one size, in any order.

    The background is the median of each pixel and channel, so each spot must be empty
    in more than half of the images; a dozen, far apart in time, do well. Raises
    ValueError for fewer images or differing sizes.
    """
    if len(images) < FEWEST_IMAGES:
        raise ValueError(f"a background needs {FEWEST_IMAGES} images: {len(images)}")
    sizes = {image.shape for image in images}
    if len(sizes) > 1:
        raise ValueError(f"a background needs images of one size: {sorted(sizes)}")
    height, width, channels = images[0].shape
    background = np.empty((height, width, channels), np.uint8)
    noise = np.empty((height, width), np.float32)
    for top in range(0, height, 64):
        rows = slice(top, min(top + 64, height))
        stack = np.sort(np.stack([image[rows] for image in images]), axis=0)
        background[rows] = stack[len(images) // 2]
        # From quartile to quartile: what seldom passes by is not noise.
        low, high = stack[len(images) // 4], stack[len(images) - 1 - len(images) // 4]
        noise[rows] = (high - low).max(axis=2) / np.float32(2)
    return MotionModel(background=background, noise=noise)


def blobs(mask: NDArray[np.uint8], *, smallest: float) -> tuple[Corners, ...]:
    """Boxes of the connected parts of a mask, merged and tightened, left to right.

    `smallest` is the least side in pixels.
    """
    count, marks, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    parts: list[Corners] = []
    for mark in range(1, count):
        x, y, width, height, pixels = (int(v) for v in stats[mark])
        if pixels < 0.15 * smallest * smallest:
            continue
        own = marks[y : y + height, x : x + width] == mark
        x0, y0, x1, y1 = _tight(own)
        parts.append((x + x0, y + y0, x + x1, y + y1))
    whole = [
        part
        for part in _merged(parts)
        if min(part[2] - part[0], part[3] - part[1]) >= smallest
    ]
    return tuple(sorted(whole))


def _check_size(background: NDArray[np.uint8], image: NDArray[np.uint8]) -> None:
    if image.shape != background.shape:
        raise ValueError(
            f"the image has not the background's size {background.shape}: {image.shape}"
        )


def _bytes(pixels: ArrayLike) -> NDArray[np.uint8]:
    return np.asarray(pixels, np.uint8)


def _largest(channels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The largest of the three channels at each pixel."""
    blue, green, red = cv2.split(channels)
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def _steepness(apart: NDArray[np.int16]) -> NDArray[np.uint8]:
    """How steep the difference is, grey levels a pixel, largest of the channels.

    A thing brings outlines of its own; a shadow or a gleam changes colours over a
    wide and soft front and leaves the texture below as it was.
    """
    across, down = (
        cv2.convertScaleAbs(cv2.Sobel(apart, cv2.CV_16S, dx, dy, ksize=3), alpha=0.25)
        for dx, dy in ((1, 0), (0, 1))
    )
    # Length without a square root: the longer part and 3/8 of the shorter.
    length = cv2.addWeighted(cv2.max(across, down), 1, cv2.min(across, down), 0.375, 0)
    return _largest(np.asarray(length, np.uint8))


def _cleaned(
    differs: NDArray[np.bool_], surely: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Blobs that hold sure pixels, their gaps and holes closed, specks dropped."""
    reach = max(round(max(differs.shape) / 320), 1)
    kernel = cv2.getStructuringElement(
        cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)
    )
    rough = cv2.medianBlur(differs.astype(np.uint8) * 255, 3)
    closed = cv2.morphologyEx(rough, cv2.MORPH_CLOSE, kernel)
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros_like(closed), outlines, -1, 255, cv2.FILLED)
    mask = cv2.morphologyEx(filled, cv2.MORPH_OPEN, kernel)
    count, marks = cv2.connectedComponents(mask, connectivity=8)
    total = np.bincount(marks.ravel(), minlength=count)
    sure = np.bincount(marks[surely], minlength=count)
    keep = sure > np.minimum(SURE_SHARE * total, SURE_OUTLINE * np.sqrt(total))
    keep[0] = False
    return np.asarray(keep[marks].astype(np.uint8) * 255, np.uint8)


def _tight(own: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Bounds without thin ends (a strip of shadow, an aerial)."""
    bounds_of = []
    for axis in (0, 1):
        filled = own.sum(axis=axis)
        kept = np.flatnonzero(filled >= EDGE_SHARE * filled.max())
        bounds_of.append((int(kept[0]), int(kept[-1]) + 1))
    (x0, x1), (y0, y1) = bounds_of
    return x0, y0, x1, y1


def _merged(parts: Sequence[Corners]) -> list[Corners]:
    """Parts that belong together as one box: mostly covered, or stacked closely."""
    left = sorted(parts, key=lambda part: (-area(part), part))
    done: list[Corners] = []
    for part in left:
        for index, whole in enumerate(done):
            if _belongs(part, whole):
                joined = bounds([part, whole])
                done[index] = whole if joined is None else joined
                break
        else:
            done.append(part)
    return done if len(done) == len(parts) else _merged(done)


def _belongs(part: Corners, whole: Corners) -> bool:
    if overlap(part, whole) > 0.4 * area(part):
        return True
    wide = min(part[2], whole[2]) - max(part[0], whole[0])
    gap = max(part[1], whole[1]) - min(part[3], whole[3])
    same_column = wide > 0.7 * (part[2] - part[0])
    height = whole[3] - whole[1]
    return same_column and gap < 0.15 * height and area(part) < 0.5 * area(whole)


def _fill(mask: NDArray[np.uint8], corners: Corners) -> float:
    x0, y0, x1, y1 = (int(value) for value in corners)
    part = mask[y0:y1, x0:x1]
    return float(np.count_nonzero(part)) / max(part.size, 1)


def _box(corners: Corners, fill: float, class_id: int, box_id: str) -> Box:
    x0, y0, x1, y1 = (float(value) for value in corners)
    return Box(
        id=box_id,
        class_id=class_id,
        x0=x0,
        y0=y0,
        x1=x1,
        y1=y1,
        origin=BoxOrigin.MOTION,
        score=round(min(0.3 + 0.6 * fill, 0.9), 3),
    )
