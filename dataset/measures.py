"""Numbers that describe one image and its boxes, for drift and for the queue.

Pixels are (H, W, 3) uint8 in BGR order, upright. Luma is the Rec. 601 weighting
that OpenCV uses for gray (0.299 R + 0.587 G + 0.114 B), 0 black to 1 white.
What cannot be measured is NaN: sharpness of an image under 3 pixels, the place of
boxes where there are none.

Tones (from one histogram of luma) and colour are measured at half size, images under
64 pixels whole. Sharpness and noise would be falsified by
shrinking, so they are measured at full resolution on nine tiles of at most 192
pixels a side, centred in the cells of a 3 x 3 grid.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .metric import BOX_METRICS, CLIP_HIGH, CLIP_LOW, IMAGE_METRICS, METRICS, Metric
from .records import Box

__all__ = [
    "BOX_METRICS",
    "CLIP_HIGH",
    "CLIP_LOW",
    "DIGEST",
    "IMAGE_METRICS",
    "METRICS",
    "Metric",
    "embed",
    "measure_boxes",
    "measure_image",
    "measure_light_and_detail",
]

# Raise it whenever a number below can come out differently: it voids the cache.
CODE_VERSION = 2
TILE_GRID = 3
TILE_SIDE = 192
WHOLE_SIDE = 64
# A box this close to the border (share of the side) touches it.
EDGE_SHARE = 0.005
QUIET_TILES = 3
EMBEDDING_GRID = 4
EMBEDDING_SIDE = 64
EMBEDDING_ANGLES = 8
EMBEDDING_LENGTH = EMBEDDING_GRID**2 * 4 + 4 * EMBEDDING_ANGLES

Pixels = NDArray[np.uint8]
Gray = NDArray[np.uint8]


def _digest() -> str:
    """Hexadecimal digest that changes when any measure may have changed."""
    lines = [f"measures {CODE_VERSION}"]
    lines += [f"{metric.name} {metric.unit}" for metric in METRICS]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


DIGEST = _digest()


def measure_image(pixels: Pixels) -> dict[str, float]:
    """Every number of IMAGE_METRICS for one upright image.

    Args:
        pixels: (H, W, 3) uint8, BGR, at least 1 x 1.

    Raises:
        ValueError: the array is no such image.
    """
    _check(pixels)
    small = _halved(pixels) if min(pixels.shape[:2]) >= WHOLE_SIDE else pixels
    values = _tones(_gray(small)) | _details(pixels) | _colours(small)
    return {metric.name: values[metric.name] for metric in IMAGE_METRICS}


def measure_light_and_detail(pixels: Pixels) -> dict[str, float]:
    """What `measure_image` says of tones, sharpness and noise, without the colours.

    For each chosen frame of a camera, where every millisecond counts; raises as it.
    """
    _check(pixels)
    small = _halved(pixels) if min(pixels.shape[:2]) >= WHOLE_SIDE else pixels
    return _tones(_gray(small)) | _details(pixels)


def measure_boxes(boxes: Sequence[Box], width: int, height: int) -> dict[str, float]:
    """Every number of BOX_METRICS for the accepted boxes of one image.

    Corners are clipped to the image first. All but the count are NaN without
    boxes. Call it for `labeled` and `empty` samples only: elsewhere a missing box
    means that nobody has looked yet.

    Args:
        boxes: accepted boxes, in pixels of the upright image.
        width: of the upright image, in pixels, at least 1.
        height: of the upright image, in pixels, at least 1.

    Raises:
        ValueError: the image has no size.
    """
    if width < 1 or height < 1:
        raise ValueError(f"an image has a size: {width}x{height}")
    values = {metric.name: math.nan for metric in BOX_METRICS}
    values["boxes"] = float(len(boxes))
    if not boxes:
        return values
    raw = np.array([(b.x0, b.y0, b.x1, b.y1) for b in boxes], dtype=np.float64)
    sides = np.array([width, height, width, height], dtype=np.float64)
    corners = np.clip(raw / sides, 0.0, 1.0)
    size = corners[:, 2:] - corners[:, :2]
    centre = (corners[:, 2:] + corners[:, :2]) / 2
    touches = (corners[:, :2] <= EDGE_SHARE).any(axis=1)
    touches |= (corners[:, 2:] >= 1 - EDGE_SHARE).any(axis=1)
    whole = (raw[:, 2] - raw[:, 0]) / (raw[:, 3] - raw[:, 1])
    values["box_area"] = float((size[:, 0] * size[:, 1]).mean())
    values["box_aspect"] = float(np.log2(whole).mean())
    values["box_x"] = float(centre[:, 0].mean())
    values["box_y"] = float(centre[:, 1].mean())
    values["box_edge"] = float(touches.mean())
    values["box_overlap"] = _overlap(corners)
    return values


def _overlap(corners: NDArray[np.float64]) -> float:
    """Share of the boxes that have an area in common with another one, by a sweep.

    Only neighbours in x are compared, so that a crowd of small boxes stays cheap.
    """
    seen = corners[(corners[:, 2:] > corners[:, :2]).all(axis=1)]
    ordered = seen[np.argsort(seen[:, 0], kind="stable")]
    touched = np.zeros(len(ordered), dtype=bool)
    ends = np.searchsorted(ordered[:, 0], ordered[:, 2], side="left")
    for index, end in enumerate(ends.tolist()):
        rest = ordered[index + 1 : end]
        shared = (rest[:, 1] < ordered[index, 3]) & (rest[:, 3] > ordered[index, 1])
        touched[index + 1 : end] |= shared
        touched[index] |= bool(shared.any())
    return float(touched.sum() / len(corners))


def embed(pixels: Pixels) -> NDArray[np.float32]:
    """A compact vector of colour and edges, (96,) float32, for maps and distances.

    The image is shrunk to 64 x 64. Numbers 0 to 63 are the mean L, a and b
    (CIE Lab, each about 0 to 1) and the standard deviation of L in each cell of a
    4 x 4 grid, rows first; numbers 64 to 95 are, for each quarter, the shares of
    edge strength in eight unsigned directions (as in HOG, Dalal and Triggs 2005,
    without its blocks), all 0 where a quarter has no edge at all.

    Args:
        pixels: (H, W, 3) uint8, BGR, at least 1 x 1.

    Raises:
        ValueError: the array is no such image.
    """
    _check(pixels)
    small = pixels
    while min(small.shape[:2]) >= 4 * EMBEDDING_SIDE:  # halving is the fast path
        small = _halved(small)
    small = _resized(small, (EMBEDDING_SIDE, EMBEDDING_SIDE))
    lab = cv2.cvtColor(small, cv2.COLOR_BGR2Lab).astype(np.float32) / np.float32(255)
    cell = EMBEDDING_SIDE // EMBEDDING_GRID
    cells = lab.reshape(EMBEDDING_GRID, cell, EMBEDDING_GRID, cell, 3)
    means = cells.mean(axis=(1, 3))
    spread = cells[..., 0].std(axis=(1, 3))[..., None]
    colour = np.concatenate([means, spread], axis=2).ravel()
    light: NDArray[np.float32] = np.ascontiguousarray(lab[..., 0])
    return np.concatenate([colour, _directions(light)]).astype(np.float32)


def _check(pixels: Pixels) -> None:
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise ValueError(
            f"an image is (H, W, 3) uint8: {pixels.shape} {pixels.dtype.name}"
        )
    if 0 in pixels.shape:
        raise ValueError(f"an image has a size: {pixels.shape}")


def _resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """The image at (width, height), by area so that nothing aliases."""
    resized = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return resized.astype(np.uint8, copy=False)


def _halved(pixels: Pixels) -> Pixels:
    return _resized(pixels, (pixels.shape[1] // 2, pixels.shape[0] // 2))


def _gray(pixels: Pixels) -> Gray:
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)


def _tones(gray: Gray) -> dict[str, float]:
    """What the histogram of luma alone tells.

    RMS contrast: Peli, "Contrast in complex images", JOSA A 7 (1990), eq. 4.
    """
    counts = cv2.calcHist([gray], [0], None, [256], [0, 256]).ravel()
    share = counts.astype(np.float64) / gray.size
    levels = np.arange(256, dtype=np.float64) / 255
    mean = float(share @ levels)
    below = np.cumsum(share)
    low, high = np.searchsorted(below, [0.05 - 1e-12, 0.95 - 1e-12])
    seen = share[share > 0]
    return {
        "brightness": mean,
        "luma_spread": float(levels[high] - levels[low]),
        "clip_low": float(share[: CLIP_LOW + 1].sum()),
        "clip_high": float(share[CLIP_HIGH:].sum()),
        "contrast": math.sqrt(max(0.0, float(share @ (levels - mean) ** 2))),
        "entropy": abs(float(-(seen * np.log2(seen)).sum())),
    }


def _tiles(pixels: Pixels) -> list[Gray]:
    """Gray full-resolution tiles, centred in the cells of a 3 x 3 grid."""
    height, width = pixels.shape[:2]
    rows = _spans(height)
    columns = _spans(width)
    return [_gray(pixels[y0:y1, x0:x1]) for y0, y1 in rows for x0, x1 in columns]


def _spans(length: int) -> list[tuple[int, int]]:
    """Start and end of each tile along one side; one span on a small image."""
    if length < TILE_GRID * 8:
        return [(0, length)]
    side = min(TILE_SIDE, length // TILE_GRID)
    starts = [
        (2 * cell + 1) * length // (2 * TILE_GRID) - side // 2
        for cell in range(TILE_GRID)
    ]
    return [(start, start + side) for start in starts]


def _details(pixels: Pixels) -> dict[str, float]:
    """Sharpness and noise of the full-resolution tiles.

    Sharpness is 10 log10(1 + mean over the tiles of the variance of the Laplacian):
    Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000.
    The logarithm is ours: blur divides the variance, so that equal blur is an equal
    step whatever the scene.
    """
    if min(pixels.shape[:2]) < 3:
        return dict.fromkeys(("sharpness", "edge_strength", "noise"), math.nan)
    tiles = _tiles(pixels)
    energy = [_laplacian_variance(tile) for tile in tiles]
    return {
        "sharpness": 10 * math.log10(1 + sum(energy) / len(energy)),
        "edge_strength": 10 * math.log10(1 + _tenengrad(tiles)),
        "noise": _noise(tiles),
    }


def _laplacian_variance(tile: Gray) -> float:
    edges = cv2.Laplacian(tile, cv2.CV_16S, ksize=1)
    square = cv2.norm(edges, cv2.NORM_L2SQR) / edges.size
    return float(max(0.0, square - cv2.mean(edges)[0] ** 2))


def _tenengrad(tiles: Sequence[Gray]) -> float:
    """Mean squared Sobel gradient over the tiles.

    Krotkov, "Focusing", International Journal of Computer Vision 1 (1988), without
    its threshold, which would make it a step of the exposure.
    """
    total, count = 0.0, 0
    for tile in tiles:
        for order in ((1, 0), (0, 1)):
            slope = cv2.Sobel(tile, cv2.CV_16S, *order, ksize=3)
            total += cv2.norm(slope, cv2.NORM_L2SQR)
        count += tile.size
    return total / count


# Immerkaer's 3 x 3 mask is this one across times this one down.
_IMMERKAER = np.array([1, -2, 1], dtype=np.float32)


def _noise(tiles: Sequence[Gray]) -> float:
    """Standard deviation of the noise in grey levels of 255.

    Immerkaer, "Fast noise variance estimation", Computer Vision and Image
    Understanding 64 (1996), eq. 6. Texture looks like noise to it, so we differ in
    one point: the mean of the three quietest tiles. Clipped pixels carry no noise:
    tiles with more than 5 % of them are left out where there are others.
    """
    estimates: list[float] = []
    clipped: list[float] = []
    for tile in tiles:
        answer = cv2.sepFilter2D(tile, cv2.CV_16S, _IMMERKAER, _IMMERKAER)
        answer = answer[1:-1, 1:-1]
        total = cv2.norm(answer, cv2.NORM_L1)
        sigma = math.sqrt(math.pi / 2) * total / (6 * answer.size)
        whole = cv2.countNonZero(cv2.inRange(tile, CLIP_LOW + 1, CLIP_HIGH - 1))
        (estimates if whole >= 0.95 * tile.size else clipped).append(sigma)
    quiet = sorted(estimates or clipped)[:QUIET_TILES]
    return float(sum(quiet) / len(quiet))


# Cosine and sine of OpenCV's 8-bit hue, two degrees a step.
_HUE_PARTS = tuple(
    part(np.arange(256, dtype=np.float64) * math.pi / 90).astype(np.float32)
    for part in (np.cos, np.sin)
)


def _colours(small: Pixels) -> dict[str, float]:
    """Saturation, hue and the balance of the channels.

    Hue is an angle and has no mean of its own: what is averaged is its arrow, weighted
    by saturation (Mardia and Jupp, "Directional Statistics", 2000, 2.2), in two parts
    that can be compared like any other number. Gray pixels have no weight.
    """
    blue, green, red, _ = cv2.mean(small)
    hue, saturation, _ = cv2.split(cv2.cvtColor(small, cv2.COLOR_BGR2HSV))
    strength = saturation.astype(np.float32)
    along, across = (
        cv2.mean(cv2.multiply(np.asarray(cv2.LUT(hue, part)), strength))[0] / 255
        for part in _HUE_PARTS
    )
    # Under one grey level the ratio is rounding, not colour.
    known = green >= 1.0
    return {
        "saturation": float(cv2.mean(saturation)[0] / 255),
        "hue_red": float(along),
        "hue_yellow": float(across),
        "red_green": float(red / green) if known else math.nan,
        "blue_green": float(blue / green) if known else math.nan,
    }


def _directions(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shares of edge strength by direction in each quarter, (32,) float32."""
    dx = cv2.Sobel(light, cv2.CV_32F, 1, 0)
    dy = cv2.Sobel(light, cv2.CV_32F, 0, 1)
    strength = np.hypot(dx, dy)
    angle = np.mod(np.arctan2(dy, dx), math.pi) * (EMBEDDING_ANGLES / math.pi)
    bins = np.minimum(angle.astype(np.int64), EMBEDDING_ANGLES - 1)
    half = EMBEDDING_SIDE // 2
    quarter = (np.arange(EMBEDDING_SIDE) // half).astype(np.int64)
    index = (quarter[:, None] * 2 + quarter[None, :]) * EMBEDDING_ANGLES + bins
    summed = np.bincount(
        index.ravel(), weights=strength.ravel(), minlength=4 * EMBEDDING_ANGLES
    ).reshape(4, EMBEDDING_ANGLES)
    total = summed.sum(axis=1, keepdims=True)
    # Below this, strength is the rounding of a flat picture.
    shares: NDArray[np.float64] = np.zeros_like(summed)
    np.divide(summed, total, out=shares, where=total > 1e-3)
    return shares.ravel().astype(np.float32)
