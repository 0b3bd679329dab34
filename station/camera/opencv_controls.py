"""Controls through OpenCV, where there is no V4L2 (Windows, macOS); untested there.

OpenCV says -1 where a control does not exist, knows no limits, and gives values in each
system's own units, so the readings carry the value alone.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from typing import Final

import cv2

from .controls import (
    CONTROL_NAMES,
    ControlReading,
    ControlSetting,
    Readback,
    unsupported,
)
from .modes import Mode
from .readback import CameraReadback


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    value: int
    automatic: int | None = None


_CODES: Final = {
    "exposure": _Code(
        value=cv2.CAP_PROP_EXPOSURE, automatic=cv2.CAP_PROP_AUTO_EXPOSURE
    ),
    "gain": _Code(value=cv2.CAP_PROP_GAIN),
    "focus": _Code(value=cv2.CAP_PROP_FOCUS, automatic=cv2.CAP_PROP_AUTOFOCUS),
    "white_balance": _Code(
        value=cv2.CAP_PROP_WB_TEMPERATURE, automatic=cv2.CAP_PROP_AUTO_WB
    ),
    "brightness": _Code(value=cv2.CAP_PROP_BRIGHTNESS),
    "contrast": _Code(value=cv2.CAP_PROP_CONTRAST),
    "saturation": _Code(value=cv2.CAP_PROP_SATURATION),
}


class OpenCvControls:
    """The controls of an open capture; `turn` is held while it takes a picture."""

    def __init__(self, capture: cv2.VideoCapture, turn: threading.Lock) -> None:
        self._capture = capture
        self._turn = turn

    def modes(self) -> tuple[Mode, ...]:
        """OpenCV knows of no modes."""
        return ()

    def read(self) -> CameraReadback:
        """What the camera does now, as far as OpenCV tells it."""
        with self._turn:
            return CameraReadback(
                mode=granted_mode(self._capture),
                controls=tuple(map(self._reading, CONTROL_NAMES)),
                driver=self._capture.getBackendName(),
            )

    def set(self, name: str, setting: ControlSetting) -> Readback:
        """Set a control and read it back."""
        if name not in _CODES:
            return Readback(asked=setting, reading=unsupported(name))
        code = _CODES[name]
        with self._turn:
            if code.automatic is not None:
                self._capture.set(code.automatic, _automatic(name, setting.is_auto))
            if setting.value is not None:
                self._capture.set(code.value, setting.value)
            return Readback(asked=setting, reading=self._reading(name))

    def _reading(self, name: str) -> ControlReading:
        code = _CODES[name]
        value = float(self._capture.get(code.value))
        if value == -1.0:
            return unsupported(name)
        is_auto = None
        if code.automatic is not None:
            told = float(self._capture.get(code.automatic))
            is_auto = None if told == -1.0 else told == _automatic(name, True)
        return ControlReading(name=name, value=value, is_auto=is_auto)


def granted_mode(capture: cv2.VideoCapture) -> Mode | None:
    """The mode that OpenCV tells, without a pixel format; None where it tells none."""
    width = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH))
    height = int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    fps = float(capture.get(cv2.CAP_PROP_FPS))
    if width < 1 or height < 1:
        return None
    return Mode(width=width, height=height, fps=fps if 0 < fps < 1000 else 0.0)


def _automatic(name: str, is_auto: bool) -> float:
    """The number that means automatic: 0.75 and 0.25 for DirectShow's exposure."""
    if name == "exposure" and sys.platform == "win32":
        return 0.75 if is_auto else 0.25
    return float(is_auto)
