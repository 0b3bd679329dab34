"""Saturation, hue and the balance of the channels."""

from __future__ import annotations

import math

import cv2
import numpy as np

from .pixels import Pixels

# Cosine and sine of OpenCV's 8-bit hue, two degrees a step.
_HUE_PARTS = tuple(
    part(np.arange(256, dtype=np.float64) * math.pi / 90).astype(np.float32)
    for part in (np.cos, np.sin)
)


def colours(pixels: Pixels) -> dict[str, float]:
    """Saturation, hue and the balance of the channels of (H, W, 3) uint8 BGR.

    Hue is an angle and has no mean of its own: what is averaged is its arrow, weighted
    by saturation (Mardia and Jupp, "Directional Statistics", 2000, 2.2), in two parts
    that can be compared like any other number. Gray pixels have no weight.
    """
    blue, green, red, _ = cv2.mean(pixels)
    hue, saturation, _ = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV))
    strength = saturation.astype(np.float32).ravel()
    along, across = (
        float(np.asarray(cv2.LUT(hue, part)).ravel() @ strength) / (255 * hue.size)
        for part in _HUE_PARTS
    )
    # Under one grey level the ratio is rounding, not colour.
    known = green >= 1.0
    return {
        "saturation": float(cv2.mean(saturation)[0] / 255),
        "hue_red": along,
        "hue_yellow": across,
        "red_green": float(red / green) if known else math.nan,
        "blue_green": float(blue / green) if known else math.nan,
    }
