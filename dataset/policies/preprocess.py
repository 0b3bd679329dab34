"""Preprocessing: what training and inference do to every image alike.

One pure function of a recipe and pixels. A version carries the recipe, the export
writes it as `preprocess.json`, and whoever runs the model calls `apply` with it; stored
images are never changed by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .recipes import PreprocessRecipe

Pixels = NDArray[np.uint8]

_TILES: Final = (8, 8)
_MID_GREY: Final = 127.5
_CONVERSIONS: Final = {
    "rgb": cv2.COLOR_BGR2RGB,
    "hsv": cv2.COLOR_BGR2HSV,
    "lab": cv2.COLOR_BGR2LAB,
}


def from_json(content: Mapping[str, Any]) -> PreprocessRecipe:
    """The recipe that a version's policy or an export's `preprocess.json` holds.

    Raises:
        ValueError: it is no such recipe, or its digest is that of another one.
    """
    values = {k: v for k, v in content.items() if k not in ("kind", "digest")}
    if content.get("kind") != PreprocessRecipe.kind:
        raise ValueError(f"this is no recipe for preprocessing: {content}")
    recipe = PreprocessRecipe.read(values)
    if content.get("digest", recipe.digest) != recipe.digest:
        raise ValueError(f"the recipe is not that of its digest: {content}")
    return recipe


def apply(recipe: PreprocessRecipe, pixels: Pixels) -> Pixels:
    """The image as a model shall see it; `pixels` stay as they are.

    Args:
        recipe: the steps, done in the order of its fields.
        pixels: (H, W, 3), BGR, 8 bit, upright.

    Returns:
        (H, W, 3), 8 bit, in the recipe's colour space. Grey fills all three channels;
        hue of `hsv` runs from 0 to 179, as OpenCV counts it.

    Raises:
        ValueError: the pixels have another shape or type.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise ValueError(f"pixels are (H, W, 3) of 8 bit: {pixels.shape}")
    found = _DENOISERS[recipe.denoise](pixels, recipe.strength)
    found = _toned(found, recipe.brightness, recipe.contrast)
    if recipe.equalise:
        found = _equalised(found, recipe.equalise)
    return np.array(_coloured(found, recipe.colour), np.uint8, copy=True, order="C")


def _median(pixels: Pixels, strength: int) -> Pixels:
    return np.asarray(cv2.medianBlur(pixels, strength | 1), np.uint8)


def _bilateral(pixels: Pixels, strength: int) -> Pixels:
    sigma = 10.0 * strength
    return np.asarray(cv2.bilateralFilter(pixels, 5, sigma, sigma), np.uint8)


def _nlm(pixels: Pixels, strength: int) -> Pixels:
    """Non-local means (Buades, Coll and Morel, 2005), windows of 7 and 21 pixels."""
    found = cv2.fastNlMeansDenoisingColored(pixels, None, strength, strength, 7, 21)
    return np.asarray(found, np.uint8)


def _unchanged(pixels: Pixels, strength: int) -> Pixels:  # noqa: ARG001
    return pixels


_DENOISERS: Final[Mapping[str, Callable[[Pixels, int], Pixels]]] = {
    "none": _unchanged,
    "median": _median,
    "bilateral": _bilateral,
    "nlm": _nlm,
}


def _toned(pixels: Pixels, brightness: float, contrast: float) -> Pixels:
    """(value - mid-grey) * contrast + mid-grey + brightness * 255, by a table."""
    if brightness == 0.0 and contrast == 1.0:
        return pixels
    levels = np.arange(256, dtype=np.float64)
    table = (levels - _MID_GREY) * contrast + _MID_GREY + 255.0 * brightness
    return np.asarray(
        cv2.LUT(pixels, np.clip(np.rint(table), 0, 255).astype(np.uint8)), np.uint8
    )


def _equalised(pixels: Pixels, clip: float) -> Pixels:
    """Contrast-limited adaptive equalisation (Zuiderveld, 1994) of the lightness."""
    lab = cv2.cvtColor(pixels, cv2.COLOR_BGR2LAB)
    lab[..., 0] = cv2.createCLAHE(clip, _TILES).apply(lab[..., 0])
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2BGR), np.uint8)


def _coloured(pixels: Pixels, colour: str) -> Pixels:
    if colour == "bgr":
        return pixels
    if colour == "grey":
        grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
        return np.asarray(cv2.merge([grey, grey, grey]), np.uint8)
    return np.asarray(cv2.cvtColor(pixels, _CONVERSIONS[colour]), np.uint8)
