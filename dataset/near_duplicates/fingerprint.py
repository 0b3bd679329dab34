"""Looks at a picture, to find near-duplicates later without it.

A hash is 128 bits: the picture in grey, shrunk to 9x8, says for each pixel whether its
right neighbour is brighter, and shrunk to 8x9 the same of the one below (the "dHash"
of N. Krawetz, 2013, in both directions). Brightness, contrast, size and JPEG quality
hardly touch it. The whole picture has one hash, and each box has that of its crop: a
fixed camera makes whole pictures alike, but not what is in the boxes. What survives a
crop are the places of `local_points`; the thumbnail has the last word on a pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ..records import Box
from .local_points import local_points
from .look import THUMB_SIDE, Fingerprint

__all__ = ["Fingerprint", "fingerprint"]

CROPS_LIMIT: Final = 24
# Below these a hash is that of the noise.
MIN_CROP_SIDE: Final = 12.0
MIN_SPREAD: Final = 4.0


def fingerprint(pixels: NDArray[np.uint8], boxes: Sequence[Box] = ()) -> Fingerprint:
    """The fingerprint of a picture.

    Args:
        pixels: (H, W, 3) BGR or (H, W) grey, upright, 8 bit.
        boxes: in pixels of that picture; those that are too small or flat are left
            out, and of more than `CROPS_LIMIT` the largest count.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY) if pixels.ndim == 3 else pixels
    grey = np.asarray(grey, np.uint8)
    largest = sorted(boxes, key=lambda box: (-box.area, box.id))
    hashes = (_hash(_crop(grey, box)) for box in largest)
    crops = [found for found in hashes if found]
    whole, crops = _hash(grey), crops[:CROPS_LIMIT]
    if not whole:
        return Fingerprint(crops=tuple(crops))
    side = (THUMB_SIDE, THUMB_SIDE)
    return Fingerprint(
        whole=whole,
        crops=tuple(crops),
        thumb=cv2.resize(grey, side, interpolation=cv2.INTER_AREA).tobytes(),
        points=local_points(grey).tobytes(),
    )


def _crop(grey: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    height, width = grey.shape[:2]
    x0, y0 = max(0, round(box.x0)), max(0, round(box.y0))
    x1, y1 = min(width, round(box.x1)), min(height, round(box.y1))
    if x1 - x0 < MIN_CROP_SIDE or y1 - y0 < MIN_CROP_SIDE:
        return grey[:0, :0]
    return grey[y0:y1, x0:x1]


def _hash(grey: NDArray[np.uint8]) -> bytes:
    """128 bits, or b"" when there is nothing to tell apart."""
    if grey.size == 0:
        return b""
    across = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    if across.std() < MIN_SPREAD:
        return b""
    down = cv2.resize(grey, (8, 9), interpolation=cv2.INTER_AREA).astype(np.int16)
    bits = np.concatenate(
        [(across[:, 1:] > across[:, :-1]).ravel(), (down[1:] > down[:-1]).ravel()]
    )
    return np.packbits(bits).tobytes()
