"""Judges one picture before it becomes a sample: pixels in, readings out.

What a single picture does not show (how long it has stood still, what came before it,
what the samples before look like) is given along as a `Sight` and `Recent`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.capture_settings import GateSettings
from dataset.measures import measure_light_and_detail
from dataset.near_duplicates.likeness import residuals

from .gate_reading import Gate, GateReading
from .torn_rows import RowSteps, dead_share, row_steps, seam

Pixels = NDArray[np.uint8]
Picture = NDArray[np.uint8] | NDArray[np.uint16]
Thumb = NDArray[np.float32]

THUMB_SIDE: Final = 32
_THUMB_FROM: Final = 320
_LEAST_SAMPLES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sight:
    """What the pictures around one tell of it; None where nothing is known.

    `frozen_s` is for how long the source has shown the very same picture;
    `steps_before` are the `row_steps` of the picture just before.
    """

    frozen_s: float | None = None
    steps_before: RowSteps | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recent:
    """The last samples of a session: their thumbnails and their sharpness in dB."""

    thumbs: tuple[Thumb, ...] = ()
    sharpness: tuple[float, ...] = ()


NOTHING_SEEN: Final = Sight()
NOTHING_KEPT: Final = Recent()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judgement:
    """The readings of the gates that are on, most telling first, and what to remember.

    `sharpness` is in dB, None where it cannot be measured.
    """

    readings: tuple[GateReading, ...]
    thumb: Thumb
    sharpness: float | None


def judge(
    picture: Picture,
    settings: GateSettings,
    *,
    sight: Sight = NOTHING_SEEN,
    recent: Recent = NOTHING_KEPT,
) -> Judgement:
    """What the gates say of a picture.

    `picture` is (H, W, 3) uint8 BGR, upright, at least 1 x 1. Grey pictures, (H, W) or
    (H, W, 1), those with alpha and those of 16 bit are judged by what is stored.

    Raises:
        ValueError: the array is no picture.
    """
    pixels = as_stored(picture)
    figures = measure_light_and_detail(pixels)
    sharpness = _known(figures["sharpness"])
    thumb = thumb_of(pixels)
    values = {
        Gate.FROZEN: (sight.frozen_s, settings.frozen),
        Gate.DEAD: (dead_share(pixels), settings.dead),
        Gate.TORN: (_seam(pixels, sight), settings.torn),
        Gate.DARK: (figures["brightness"], settings.dark),
        Gate.CLIPPED: (
            max(figures["clip_low"], figures["clip_high"]),
            settings.clipped,
        ),
        Gate.BLUR: (sharpness, least_sharpness(settings, recent.sharpness)),
        Gate.ALIKE: (_least_unlike(thumb, recent.thumbs), settings.alike),
    }
    readings = tuple(
        GateReading(gate=gate, value=value, limit=limit)
        for gate, (value, limit) in values.items()
        if limit is not None
    )
    return Judgement(readings=readings, thumb=thumb, sharpness=sharpness)


def least_sharpness(
    settings: GateSettings, sharpness: Sequence[float] = ()
) -> float | None:
    """The limit of the gate `blur` in dB; None where it is off.

    The fixed limit, or the median of the recent samples less the drop, whichever is
    higher. Under five samples say nothing of a scene.
    """
    if settings.blur is None:
        return None
    if settings.blur_drop is None or len(sharpness) < _LEAST_SAMPLES:
        return settings.blur
    return max(settings.blur, float(np.median(sharpness)) - settings.blur_drop)


def as_stored(picture: Picture) -> Pixels:
    """The picture as (H, W, 3) uint8 BGR: grey thrice, no alpha, 16 bit cut to 8.

    Raises:
        ValueError: the array is no picture.
    """
    flat = picture[:, :, 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture
    has_shape = flat.ndim == 2 or (flat.ndim == 3 and flat.shape[2] in (3, 4))
    if not has_shape or 0 in flat.shape or flat.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"this is no picture: {picture.shape} {picture.dtype.name}")
    deep = flat // 256 if flat.dtype == np.uint16 else flat
    eight = deep.astype(np.uint8, copy=False)
    if eight.ndim == 2:
        return np.asarray(cv2.cvtColor(eight, cv2.COLOR_GRAY2BGR), np.uint8)
    return eight[:, :, :3] if eight.shape[2] == 4 else eight


def thumb_of(pixels: Pixels) -> Thumb:
    """The picture in grey at 32 x 32, (1024,) float32, to tell likeness by.

    Large pictures are thinned out first; it need not be the thumbnail of `Fingerprint`
    to the last digit.
    """
    step = max(1, min(pixels.shape[:2]) // _THUMB_FROM)
    size = (pixels.shape[1] // step, pixels.shape[0] // step)
    thin = cv2.resize(pixels, size, interpolation=cv2.INTER_NEAREST)
    grey = cv2.cvtColor(thin, cv2.COLOR_BGR2GRAY)
    side = (THUMB_SIDE, THUMB_SIDE)
    small = cv2.resize(grey, side, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32).ravel()


def sharpness_at_half(pixels: Pixels) -> float:
    """The variance of the Laplacian at a quarter of the area, to compare moments by."""
    small = cv2.resize(pixels, None, fx=0.5, fy=0.5)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def _seam(pixels: Pixels, sight: Sight) -> float | None:
    """The seam; without a picture before, edges of the scene look like one."""
    before = sight.steps_before
    if before is None or len(before) != pixels.shape[0] - 1:
        return None
    return seam(row_steps(pixels), before)


def _least_unlike(thumb: Thumb, others: Sequence[Thumb]) -> float | None:
    if not others:
        return None
    many = np.repeat(thumb[None], len(others), axis=0)
    return float(residuals(many, np.stack(others)).min())


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
