"""Figures of the live picture, with a word for each."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.measures import measure_image

from ..language import tr
from ..views.capture.capture_contract import Reading, Readings

BINS = 40
LONGEST_PX = 960
DARK, BRIGHT = 0.2, 0.8
CLIPPED = 0.02


def readings_of(pixels: NDArray[np.uint8]) -> Readings:
    """Measure a picture ((H, W, 3) uint8 BGR), shrunk to what a preview needs."""
    longest = max(pixels.shape[:2])
    if longest > LONGEST_PX:
        scale = LONGEST_PX / longest
        pixels = np.asarray(
            cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA),
            np.uint8,
        )
    found = measure_image(pixels)
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    counts = np.bincount(grey.ravel() // (256 // BINS + 1), minlength=BINS)[:BINS]
    highest = max(int(counts.max()), 1)
    return Readings(
        lines=(
            _sharpness(found["sharpness"]),
            _brightness(found["brightness"]),
            _clipped(found["clip_low"], found["clip_high"]),
        ),
        histogram=tuple(float(count) / highest for count in counts),
    )


def _sharpness(decibel: float) -> Reading:
    # What is sharp depends on the scene: the figure is for comparing, not judging.
    return Reading(text=f"{tr('Sharp')} {decibel:.1f} dB", word="", tone="text")


def _brightness(luma: float) -> Reading:
    text = f"{tr('Bright')} {luma:.2f}"
    if luma < DARK:
        return Reading(text=text, word=tr("dark"), tone="warn")
    if luma > BRIGHT:
        return Reading(text=text, word=tr("very bright"), tone="warn")
    return Reading(text=text, word=tr("good"), tone="ok")


def _clipped(low: float, high: float) -> Reading:
    share = max(low, high)
    text = f"{tr('Clipped')} {share:.1%}".replace("%", " %")
    if share < CLIPPED:
        return Reading(text=text, word=tr("good"), tone="ok")
    word = tr("highlights") if high >= low else tr("shadows")
    return Reading(text=text, word=word, tone="warn")
