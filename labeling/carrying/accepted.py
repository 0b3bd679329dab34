"""One image a person accepted, with its boxes: what carry-over knows a session by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dataset.records import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedImage:
    """One image a person accepted, with its boxes.

    `pixels` is (H, W, 3) uint8, BGR, upright. The id of a box stands for the object:
    equal ids in two images are one object.
    """

    pixels: NDArray[np.uint8]
    boxes: tuple[Box, ...]
    captured_us: int = 0
