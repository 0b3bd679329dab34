"""Brings what a decoder hands over into the one form of a frame: BGR, 8 bits."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .feed import Rejected

STRANGE = "pixels of an unknown form"


def bgr_of(data: NDArray[np.generic]) -> NDArray[np.uint8] | Rejected:
    """Return pixels as (H, W, 3) uint8 BGR, or why they are none.

    Takes (H, W), (H, W, 1), (H, W, 3) and (H, W, 4) of uint8 or uint16. Grey becomes
    three equal channels, the fourth (alpha) is dropped, and of 16 bits the upper 8
    are kept: 65535 stays white whatever the camera's range.
    """
    if data.dtype == np.uint16:
        data = (data.astype(np.uint16) >> 8).astype(np.uint8)
    if data.dtype != np.uint8 or data.ndim not in (2, 3) or 0 in data.shape:
        return Rejected(reason=STRANGE)
    pixels = np.asarray(data, np.uint8)
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if channels == 3:
        return pixels
    if channels == 1:
        grey = pixels.reshape(pixels.shape[:2])
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
    if channels == 4:
        return np.ascontiguousarray(pixels[:, :, :3])
    return Rejected(reason=STRANGE)
