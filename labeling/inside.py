"""Corners that a person drew, as they are kept: clipped to the picture."""

from __future__ import annotations

import math
from typing import Final

from dataset.errors import UsageError
from dataset.records import Sample

from .geometry import Corners, clip

# A version keeps 1/1024 px, and a box has to keep a width and a height there.
_LEAST_SIDE: Final = 0.01


def inside_picture(corners: Corners, sample: Sample) -> Corners:
    """The corners clipped to the picture.

    Raises:
        UsageError: nothing of it lies in the picture, or it is too small to keep.
    """
    if not all(map(math.isfinite, corners)):
        raise UsageError(
            f"The corners of the box are no numbers: {corners}", hint="draw it again"
        )
    clipped = clip(corners, sample.width, sample.height)
    if clipped is None:
        raise UsageError(
            f"The box lies outside the picture: {corners}", hint="draw it again"
        )
    x0, y0, x1, y1 = clipped
    if x1 - x0 < _LEAST_SIDE or y1 - y0 < _LEAST_SIDE:
        raise UsageError(f"The box is too small: {corners}", hint="draw it larger")
    return clipped
