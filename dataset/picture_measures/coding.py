"""How a picture is stored: quality, size and bytes, from its header alone."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from ..images import jpeg
from ..images.image_header import ImageInfo

# ITU-T T.81 (1992), table K.1: luminance, rows first.
_ANNEX_K = np.array(
    [
        *(16, 11, 10, 16, 24, 40, 51, 61),
        *(12, 12, 14, 19, 26, 58, 60, 55),
        *(14, 13, 16, 24, 40, 57, 69, 56),
        *(14, 17, 22, 29, 51, 87, 80, 62),
        *(18, 22, 37, 56, 68, 109, 103, 77),
        *(24, 35, 55, 64, 81, 104, 113, 92),
        *(49, 64, 78, 87, 103, 121, 120, 101),
        *(72, 92, 95, 98, 112, 100, 103, 99),
    ],
    dtype=np.int64,
)
_QUALITIES = np.arange(1, 101, dtype=np.int64)
_SCALES = np.where(_QUALITIES < 50, 5000 // _QUALITIES, 200 - 2 * _QUALITIES)
_TABLES = np.clip((_ANNEX_K * _SCALES[:, None] + 50) // 100, 1, 255)


def measure_coding(data: bytes, info: ImageInfo) -> dict[str, float]:
    """Every number of FILE_METRICS for the bytes of one image and their header."""
    return {
        "jpeg_quality": jpeg_quality(data) if info.suffix == "jpg" else math.nan,
        "megapixels": info.width * info.height / 1e6,
        "aspect": math.log2(info.width / info.height),
        "file_bytes": float(len(data)),
    }


def jpeg_quality(data: bytes) -> float:
    """The quality, 1 to 100, that a JPEG was written with; NaN where none is told.

    A JPEG holds tables and no quality. This is the quality whose table of luminance,
    as the Independent JPEG Group's library makes it (`jcparam.c`,
    `jpeg_quality_scaling`: annex K of ITU-T T.81 times 50/q below 50 and times
    2 - q/50 from there), differs least from the picture's in the sum of absolute
    differences; the higher one of equals. Exact for files of that library, and the
    nearest of its scale for cameras with tables of their own.
    """
    table = jpeg.luminance_table(data)
    return math.nan if table is None else _nearest(table)


@lru_cache(maxsize=64)
def _nearest(table: tuple[int, ...]) -> float:
    off = np.abs(_TABLES - np.array(table, dtype=np.int64)).sum(axis=1)
    return float(_QUALITIES[len(off) - 1 - int(off[::-1].argmin())])
