"""Numbers that describe one image and its boxes, for drift and for the queue.

Pixels are (H, W, 3) uint8 in BGR order, upright; luma goes from 0 black to 1 white.
What cannot be measured is NaN; each metric's unit, range and gaps stand in `metric`,
its formula in `picture_measures`.

Tones (from one histogram of luma) are measured at half the width and height, colour at
a quarter: averaging moves no mean of a channel, and most cameras store colour at half
the size of light. No side is halved that has under 64 pixels. Sharpness, noise and
blocks would be falsified by shrinking, so they are measured at full resolution on nine
tiles of at most 192 pixels a side, centred in the cells of a 3 x 3 grid.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .images.image_file import decode
from .images.image_format import inspect
from .metric import (
    BOX_METRICS,
    CLIP_HIGH,
    CLIP_LOW,
    EVERY_METRIC,
    FILE_METRICS,
    FURTHER,
    FURTHER_IMAGE_METRICS,
    IMAGE_METRICS,
    METRICS,
    TIME_METRICS,
    Metric,
)
from .picture_measures.blocks import blockiness
from .picture_measures.boxes import measure_boxes
from .picture_measures.capture_time import measure_time
from .picture_measures.code_digest import code_digest
from .picture_measures.coding import measure_coding
from .picture_measures.colours import colours
from .picture_measures.detail import details
from .picture_measures.embedding import LENGTH as EMBEDDING_LENGTH
from .picture_measures.embedding import embed, is_halved_first
from .picture_measures.pixels import Pixels, check, halved, luma, tiles
from .picture_measures.tones import tones

__all__ = [
    "BOX_METRICS",
    "CLIP_HIGH",
    "CLIP_LOW",
    "DIGEST",
    "EMBEDDING_LENGTH",
    "EVERY_METRIC",
    "FILE_METRICS",
    "FURTHER",
    "IMAGE_METRICS",
    "METRICS",
    "PIXEL_METRICS",
    "TIME_METRICS",
    "Metric",
    "embed",
    "measure_boxes",
    "measure_bytes",
    "measure_image",
    "measure_light_and_detail",
    "measure_time",
]

_WHOLE_SIDE = 64
PIXEL_METRICS = IMAGE_METRICS + FURTHER_IMAGE_METRICS

DIGEST = code_digest()
"""Names the code that measures; numbers of another digest are not used."""


def measure_bytes(data: bytes) -> tuple[dict[str, float], NDArray[np.float32]]:
    """PIXEL_METRICS and FILE_METRICS of an image file, and its embedding.

    It is decoded once. The embedding is that of `embed`.

    Raises:
        BadImage: the bytes are no usable image.
    """
    info = inspect(data)
    pixels = decode(data, info=info)
    half = _halved(pixels)
    quarter = _halved(half)
    numbers = _measured(pixels, half, quarter, info.orientation)
    vector = embed(quarter if is_halved_first(half) else pixels)
    return numbers | measure_coding(data, info), vector


def measure_image(pixels: Pixels) -> dict[str, float]:
    """Every number of PIXEL_METRICS for one upright image.

    Args:
        pixels: (H, W, 3) uint8, BGR, at least 1 x 1.

    Raises:
        ValueError: the array is no such image.
    """
    check(pixels)
    half = _halved(pixels)
    return _measured(pixels, half, _halved(half), 1)


def measure_light_and_detail(pixels: Pixels) -> dict[str, float]:
    """What `measure_image` says of tones, sharpness and noise, without the rest.

    For each chosen frame of a camera, where every millisecond counts; raises as it.
    """
    check(pixels)
    return tones(luma(_halved(pixels))) | details(tiles(pixels))


def _halved(pixels: Pixels) -> Pixels:
    return halved(pixels) if min(pixels.shape[:2]) >= _WHOLE_SIDE else pixels


def _measured(
    pixels: Pixels, half: Pixels, quarter: Pixels, orientation: int
) -> dict[str, float]:
    height, width = pixels.shape[:2]
    parts = tiles(pixels)
    values = tones(luma(half)) | details(parts) | colours(quarter)
    values["blockiness"] = blockiness(parts, (width, height), orientation)
    return {metric.name: values[metric.name] for metric in PIXEL_METRICS}
