"""The built-in embedding: a compact vector of colour and edges."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from .pixels import Pixels, check, halved, resized

GRID = 4
SIDE = 64
ANGLES = 8
LENGTH = GRID**2 * 4 + 4 * ANGLES


def embed(pixels: Pixels) -> NDArray[np.float32]:
    """A compact vector of colour and edges, (96,) float32, for maps and distances.

    The image is shrunk to 64 x 64. Numbers 0 to 63 are the mean L, a and b
    (CIE Lab, each about 0 to 1) and the standard deviation of L in each cell of a
    4 x 4 grid, rows first; numbers 64 to 95 are, for each quarter, the shares of
    edge strength in eight unsigned directions (as in HOG, Dalal and Triggs 2005,
    without its blocks), all 0 where a quarter has no edge at all. Nothing is learned
    and nothing is downloaded; an ONNX backbone may take its place, see `[drift]
    backbone` in `dataset.drift_settings`.

    Args:
        pixels: (H, W, 3) uint8, BGR, at least 1 x 1.

    Raises:
        ValueError: the array is no such image.
    """
    check(pixels)
    small = pixels
    while is_halved_first(small):
        small = halved(small)
    small = resized(small, (SIDE, SIDE))
    lab = cv2.cvtColor(small, cv2.COLOR_BGR2Lab).astype(np.float32) / np.float32(255)
    light: NDArray[np.float32] = np.ascontiguousarray(lab[..., 0])
    means = _cell_means(lab)
    variance = _cell_means(light * light) - means[..., 0] ** 2
    spread = np.sqrt(np.maximum(variance, 0))[..., None]
    colour = np.concatenate([means, spread], axis=2).ravel()
    return np.concatenate([colour, _directions(light)]).astype(np.float32)


def is_halved_first(pixels: Pixels) -> bool:
    """Whether the embedding is that of the image at half its size, too.

    Halving is the fast path to 64 x 64; whoever has the half already saves it.
    """
    return bool(min(pixels.shape[:2]) >= 2 * SIDE)


def _cell_means(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of each cell of the grid; averaging is what INTER_AREA does."""
    means = cv2.resize(values, (GRID, GRID), interpolation=cv2.INTER_AREA)
    return np.asarray(means, np.float32)


def _directions(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shares of edge strength by direction in each quarter, (32,) float32."""
    dx = cv2.Sobel(light, cv2.CV_32F, 1, 0)
    dy = cv2.Sobel(light, cv2.CV_32F, 0, 1)
    strength = np.hypot(dx, dy)
    angle = np.mod(np.arctan2(dy, dx), math.pi) * (ANGLES / math.pi)
    bins = np.minimum(angle.astype(np.int64), ANGLES - 1)
    quarter = (np.arange(SIDE) // (SIDE // 2)).astype(np.int64)
    index = (quarter[:, None] * 2 + quarter[None, :]) * ANGLES + bins
    summed = np.bincount(
        index.ravel(), weights=strength.ravel(), minlength=4 * ANGLES
    ).reshape(4, ANGLES)
    total = summed.sum(axis=1, keepdims=True)
    # Below this, strength is the rounding of a flat picture.
    shares: NDArray[np.float64] = np.zeros_like(summed)
    np.divide(summed, total, out=shares, where=total > 1e-3)
    return shares.ravel().astype(np.float32)
