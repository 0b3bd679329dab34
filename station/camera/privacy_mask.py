"""Fills what must not be seen, before anything else sees the picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from dataset.provenance.record import Zone

from .frames import Frame


def masked(frame: Frame, zones: Sequence[Zone]) -> Frame:
    """The frame with the zones filled black; the very same one without zones.

    Zones are parts of width and height; every pixel that one touches is filled. The
    camera's own bytes hold what was hidden, so they are dropped, and whoever stores
    the frame encodes it anew.
    """
    if not zones or frame.masks:
        return frame
    pixels = frame.pixels.copy()
    for x0, y0, x1, y1 in zones:
        left, top = math.floor(x0 * frame.width), math.floor(y0 * frame.height)
        right, bottom = math.ceil(x1 * frame.width), math.ceil(y1 * frame.height)
        pixels[top:bottom, left:right] = 0
    pixels.setflags(write=False)
    return replace(frame, pixels=pixels, encoded=None, suffix="", masks=tuple(zones))
