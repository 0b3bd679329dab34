"""Corruptions for stress test sets: dark, haze, blur, noise, JPEG, in five severities.

Written in NumPy and OpenCV alone, on one seed. Boxes stay where they are: nothing
moves. The kinds and the idea of five severities are those of Hendrycks and
Dietterich, "Benchmarking neural network robustness to common corruptions and
perturbations" (2019); their noise and JPEG levels are kept, the others are our own,
stated beside each, for pictures of any size rather than of 224 pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ..policies.recipes import StressRecipe

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

# Part of the light that is left, in linear light.
_LIGHT: Final = (0.50, 0.30, 0.18, 0.10, 0.05)
# Electrons at full scale: the less light, the more its own noise shows.
_ELECTRONS: Final = 2000.0
_GAMMA: Final = 2.2
# Optical depth of the air at the picture's top; half of it at the bottom.
_HAZE: Final = (0.4, 0.7, 1.1, 1.6, 2.3)
_AIR: Final = 0.85
# Standard deviation of a Gaussian, in thousandths of the shorter side.
_BLUR: Final = (1.5, 3.0, 5.0, 8.0, 12.0)
# Standard deviation of the noise as a part of the range (Hendrycks and Dietterich).
_NOISE: Final = (0.08, 0.12, 0.18, 0.26, 0.38)
# Quality of the JPEG codec (Hendrycks and Dietterich).
_JPEG: Final = (25, 18, 15, 10, 7)


def corrupt(recipe: StressRecipe, pixels: Pixels, *, seed: int) -> Pixels:
    """A corrupted copy, of the same shape; `pixels` stay as they are.

    Args:
        recipe: the corruptions with their severities.
        pixels: (H, W, 3), BGR, 8 bit, upright.
        seed: of the noise; the same seed gives the same copy.
    """
    rng = np.random.default_rng(seed)
    found = pixels
    for name, severity in recipe.corruptions:
        found = _CORRUPTIONS[name](found, severity - 1, rng)
    return found


def _dark(pixels: Pixels, level: int, rng: np.random.Generator) -> Pixels:
    """Less light, in linear light, with the shot noise that little light has."""
    linear = (pixels.astype(np.float32) / 255.0) ** _GAMMA * _LIGHT[level]
    sigma = np.sqrt(linear / _ELECTRONS)
    noisy = linear + sigma * rng.standard_normal(pixels.shape, np.float32)
    return _bytes(np.clip(noisy, 0.0, 1.0) ** (1.0 / _GAMMA))


def _haze(pixels: Pixels, level: int, rng: np.random.Generator) -> Pixels:  # noqa: ARG001
    """Koschmieder's law: J t + A (1 - t), t = exp(-depth); the top is far away."""
    depth = np.linspace(1.0, 0.5, pixels.shape[0], dtype=np.float32) * _HAZE[level]
    t = np.exp(-depth)[:, None, None]
    return _bytes(pixels.astype(np.float32) / 255.0 * t + _AIR * (1.0 - t))


def _blur(pixels: Pixels, level: int, rng: np.random.Generator) -> Pixels:  # noqa: ARG001
    sigma = max(0.5, _BLUR[level] / 1000.0 * min(pixels.shape[:2]))
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


def _noise(pixels: Pixels, level: int, rng: np.random.Generator) -> Pixels:
    noise = rng.standard_normal(pixels.shape, np.float32) * _NOISE[level]
    return _bytes(pixels.astype(np.float32) / 255.0 + noise)


def _jpeg(pixels: Pixels, level: int, rng: np.random.Generator) -> Pixels:  # noqa: ARG001
    quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG[level]]
    data = cv2.imencode(".jpg", pixels, quality)[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


_CORRUPTIONS: Final[
    Mapping[str, Callable[[Pixels, int, np.random.Generator], Pixels]]
] = {"dark": _dark, "haze": _haze, "blur": _blur, "noise": _noise, "jpeg": _jpeg}


def _bytes(values: Floats) -> Pixels:
    """Values from 0 to 1 as 8 bit, rounded and cut."""
    return np.asarray(np.clip(np.rint(values * 255.0), 0, 255), np.uint8)
