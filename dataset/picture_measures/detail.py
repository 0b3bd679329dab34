"""Sharpness and noise, which shrinking would falsify: of full-resolution tiles."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from itertools import islice

import cv2
import numpy as np

from ..metric import CLIP_HIGH, CLIP_LOW
from .pixels import Gray, Tile

LEAST_SIDE = 3
_QUIET_TILES = 3
# Immerkaer's 3 x 3 mask is this one across times this one down.
_IMMERKAER = np.array([1, -2, 1], dtype=np.float32)
_NAMES = (
    "sharpness",
    "sharpness_least",
    "sharpness_middle",
    "edge_strength",
    "edge_least",
    "edge_middle",
    "noise",
)


def details(tiles: Sequence[Tile]) -> dict[str, float]:
    """Sharpness, strength of edges and noise; NaN on tiles under 3 pixels a side.

    Sharpness is 10 log10(1 + variance of the Laplacian), of the tiles' mean, of the
    least tile and of their median: Pech-Pacheco et al., "Diatom autofocusing in
    brightfield microscopy", ICPR 2000. Strength of edges is the same of the squared
    Sobel gradient: Krotkov, "Focusing", International Journal of Computer Vision 1
    (1988), without its threshold, which would make it a step of the exposure. The
    logarithm is ours: blur divides the energy, so that equal blur is an equal step
    whatever the scene.
    """
    grays = [tile.luma for tile in tiles]
    if min(min(gray.shape) for gray in grays) < LEAST_SIDE:
        return dict.fromkeys(_NAMES, math.nan)
    laplace = [_laplacian_variance(gray) for gray in grays]
    slopes = [_tenengrad(gray) for gray in grays]
    # Tiles are equal in size, so that their mean is that of all their pixels.
    return {
        "sharpness": _decibel(statistics.fmean(laplace)),
        "sharpness_least": _decibel(min(laplace)),
        "sharpness_middle": _decibel(statistics.median(laplace)),
        "edge_strength": _decibel(statistics.fmean(slopes)),
        "edge_least": _decibel(min(slopes)),
        "edge_middle": _decibel(statistics.median(slopes)),
        "noise": _noise(grays, laplace),
    }


def _decibel(energy: float) -> float:
    return 10 * math.log10(1 + energy)


def _laplacian_variance(gray: Gray) -> float:
    edges = cv2.Laplacian(gray, cv2.CV_16S, ksize=1)
    square = cv2.norm(edges, cv2.NORM_L2SQR) / edges.size
    return float(max(0.0, square - cv2.mean(edges)[0] ** 2))


def _tenengrad(gray: Gray) -> float:
    """Mean squared Sobel gradient."""
    slopes = cv2.spatialGradient(gray)
    return sum(cv2.norm(slope, cv2.NORM_L2SQR) for slope in slopes) / gray.size


def _noise(grays: Sequence[Gray], laplace: Sequence[float]) -> float:
    """Standard deviation of the noise in grey levels of 255.

    Immerkaer, "Fast noise variance estimation", Computer Vision and Image
    Understanding 64 (1996), eq. 6. Texture looks like noise to it, so we differ in
    one point: the mean of three tiles, those with the least variance of the Laplacian
    (`laplace`). Clipped pixels carry no noise: tiles with more than 5 % of them are
    left out where there are others.
    """
    ordered = [grays[tile] for tile in np.argsort(laplace, kind="stable").tolist()]
    whole = (gray for gray in ordered if _is_whole(gray))
    quiet = list(islice(whole, _QUIET_TILES)) or ordered[:_QUIET_TILES]
    return statistics.fmean(_immerkaer(gray) for gray in quiet)


def _is_whole(gray: Gray) -> bool:
    """Whether nearly no pixel is clipped."""
    inside = cv2.inRange(gray, CLIP_LOW + 1, CLIP_HIGH - 1)
    return cv2.countNonZero(inside) >= 0.95 * gray.size


def _immerkaer(gray: Gray) -> float:
    answer = cv2.sepFilter2D(gray, cv2.CV_16S, _IMMERKAER, _IMMERKAER)
    answer = answer[1:-1, 1:-1]
    total = cv2.norm(answer, cv2.NORM_L1)
    return math.sqrt(math.pi / 2) * total / (6 * answer.size)
