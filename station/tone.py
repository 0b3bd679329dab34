"""A picture shown brighter or with more contrast: for the eye alone.

Only what is painted changes. Files, pixels in memory, proposals and exports do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage

STOPS = 2.5
"""How many times brightness 1 halves the exponent of the tone curve."""
GAIN = 2.0
"""How many times contrast 1 doubles the slope around the middle grey."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """How pictures are shown: brightness and contrast, -1 to 1 each, 0 as they are.

    Brightness bends the curve (a power law: black stays black, white white), so that
    the dark half of a night picture opens up before anything is clipped.
    """

    brightness: float = 0.0
    contrast: float = 0.0

    def __post_init__(self) -> None:
        for value in (self.brightness, self.contrast):
            if not -1.0 <= value <= 1.0:
                raise ValueError(f"a tone lies between -1 and 1: {value}")

    @property
    def is_plain(self) -> bool:
        """True where pictures are shown as they are."""
        return self == PLAIN

    def changed(self, brightness: float = 0.0, contrast: float = 0.0) -> Tone:
        """Give the tone with so much more of both, as far as it goes."""
        return Tone(
            brightness=_held(self.brightness + brightness),
            contrast=_held(self.contrast + contrast),
        )


PLAIN = Tone()
NIGHT = Tone(brightness=0.5)
"""What the key switches on at first."""


@lru_cache(maxsize=8)
def curve(tone: Tone) -> NDArray[np.uint8]:
    """Give what each of the 256 values is shown as, never falling."""
    value = np.arange(256) / 255.0
    value = value ** (2.0 ** (-STOPS * tone.brightness))
    value = (value - 0.5) * 2.0 ** (GAIN * tone.contrast) + 0.5
    return np.asarray(np.rint(np.clip(value, 0.0, 1.0) * 255.0), np.uint8)


def apply(image: QImage, tone: Tone, part: QRect) -> None:
    """Change a part, in its own pixels, of a 32-bit image; any thread.

    Raises:
        ValueError: the image has another depth.
    """
    if image.depth() != 32:
        raise ValueError(f"a tone is for images of 32 bit: {image.depth()}")
    held = part.intersected(QRect(0, 0, image.width(), image.height()))
    if tone.is_plain or held.isEmpty():
        return
    wide = image.bytesPerLine() // 4
    pixels = np.frombuffer(image.bits(), np.uint8).reshape(image.height(), wide, 4)
    rows = slice(held.top(), held.top() + held.height())
    columns = slice(held.left(), held.left() + held.width())
    shown = cv2.LUT(pixels[rows, columns], curve(tone))
    pixels[rows, columns, :3] = shown[:, :, :3]


def _held(value: float) -> float:
    return round(min(max(value, -1.0), 1.0), 3)
