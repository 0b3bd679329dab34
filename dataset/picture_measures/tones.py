"""What the histogram of luma tells."""

from __future__ import annotations

import math

import cv2
import numpy as np

from ..metric import CLIP_HIGH, CLIP_LOW
from .pixels import Gray

# Shares summed in another order may lie this far under the share that is meant.
_ROUNDING = 1e-12
_LEVELS = (0.01, 0.05, 0.95, 0.99)


def tones(gray: Gray) -> dict[str, float]:
    """Brightness, contrast, clipping, percentiles and entropy of (H, W) uint8 luma.

    RMS contrast: Peli, "Contrast in complex images", JOSA A 7 (1990), eq. 4. Entropy:
    Shannon, Bell System Technical Journal 27 (1948), of the 256 levels, in bits. The
    percentiles are the lowest level that so many of the pixels do not exceed.
    """
    counts = cv2.calcHist([gray], [0], None, [256], [0, 256]).ravel()
    share = counts.astype(np.float64) / gray.size
    levels = np.arange(256, dtype=np.float64) / 255
    mean = float(share @ levels)
    points = np.searchsorted(np.cumsum(share), np.array(_LEVELS) - _ROUNDING)
    black, low, high, white = levels[points].tolist()
    seen = share[share > 0]
    return {
        "brightness": mean,
        "luma_spread": high - low,
        "clip_low": float(share[: CLIP_LOW + 1].sum()),
        "clip_high": float(share[CLIP_HIGH:].sum()),
        "contrast": math.sqrt(max(0.0, float(share @ (levels - mean) ** 2))),
        "entropy": abs(float(-(seen * np.log2(seen)).sum())),
        "black_point": black,
        "white_point": white,
    }
