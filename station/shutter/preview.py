"""Figures of the live picture: where it is sharp, how bright it is.

Pictures are (H, W, 3) uint8 in BGR order, upright; luma is Rec. 601, 0 to 255. Each
function takes a few milliseconds at 720p and can run on any thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.measures import CLIP_HIGH, CLIP_LOW

Pixels = NDArray[np.uint8]

PEAK_SIDE: Final = 640
"""The longer side of the picture in which focus peaks are looked for."""
_LEAST_PEAK: Final = 24.0
_PEAK_SHARE: Final = 0.5
_NOISE_WIDTHS: Final = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureLevel:
    """How the luma of a picture lies, each from 0 black to 1 white.

    `low` and `high` are the luma that 5 % and 95 % of the pixels stay under; `blocked`
    and `blown` the shares of the pixels that are black or white for good.
    """

    mean: float
    low: float
    high: float
    blocked: float
    blown: float

    @property
    def stops(self) -> float:
        """Stops away from middle grey (0.46 of the sRGB scale), 0.0 where it is met.

        By the sRGB curve taken as a power of 2.2; -8.0 at most for a black picture.
        """
        relative = max(self.mean, 1e-9) / _MIDDLE_GREY
        return float(max(-8.0, 2.2 * np.log2(relative)))


_MIDDLE_GREY: Final = 0.46


def focus_peaks(pixels: Pixels) -> NDArray[np.uint8]:
    """Where the picture is sharp: 255 there, else 0; a mask (h, w) uint8.

    The picture is shrunk to 640 on its longer side, or left at its size where it is
    smaller, and the mask has that size. Peaks are where the Laplacian is far above
    the noise of the picture and at least half as strong as in its sharpest places.
    """
    grey = _grey(_shrunk(pixels))
    edges = cv2.convertScaleAbs(cv2.Laplacian(grey, cv2.CV_16S, ksize=1))
    counts = cv2.calcHist([edges], [0], None, [256], [0, 256]).ravel()
    below = np.cumsum(counts) / edges.size
    usual, sharpest = np.searchsorted(below, [0.5, 0.999])
    limit = max(_LEAST_PEAK, _NOISE_WIDTHS * float(usual), _PEAK_SHARE * sharpest)
    return np.asarray(cv2.compare(edges, limit, cv2.CMP_GE), np.uint8)


def luma_histogram(pixels: Pixels, bins: int = 64) -> NDArray[np.float64]:
    """The share of the pixels in each of `bins` equal steps of luma, sum 1.

    Every second pixel of every second row is counted.

    Raises:
        ValueError: `bins` does not lie in 1 to 256.
    """
    if not 1 <= bins <= 256:
        raise ValueError(f"a histogram has 1 to 256 bins: {bins}")
    counts = _counts(pixels)
    places = np.arange(256) * bins // 256
    binned = np.bincount(places, weights=counts, minlength=bins)
    return np.asarray(binned / counts.sum(), np.float64)


def exposure_level(pixels: Pixels) -> ExposureLevel:
    """How bright the picture is, for a meter; every second pixel and row counts."""
    counts = _counts(pixels)
    share = counts / counts.sum()
    below = np.cumsum(share)
    low, high = np.searchsorted(below, [0.05 - 1e-12, 0.95 - 1e-12])
    return ExposureLevel(
        mean=float(share @ np.arange(256)) / 255,
        low=float(low) / 255,
        high=float(high) / 255,
        blocked=float(share[: CLIP_LOW + 1].sum()),
        blown=float(share[CLIP_HIGH:].sum()),
    )


def _counts(pixels: Pixels) -> NDArray[np.float64]:
    size = tuple(max(1, side // 2) for side in pixels.shape[1::-1])
    thin = cv2.resize(pixels, size, interpolation=cv2.INTER_NEAREST)
    grey = _grey(np.asarray(thin, np.uint8))
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel()
    return counts.astype(np.float64)


def _grey(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)


def _shrunk(pixels: Pixels) -> Pixels:
    longest = max(pixels.shape[:2])
    if longest <= PEAK_SIDE:
        return pixels
    scale = PEAK_SIDE / longest
    width, height = (max(1, round(side * scale)) for side in pixels.shape[1::-1])
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)
