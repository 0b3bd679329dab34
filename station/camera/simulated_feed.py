"""Pictures of a camera that is not there: `simulated:`, or `simulated:NAME`.

A test chart with a hand that goes round, as bright as exposure and gain make it, tinted
by the white balance and blurred by the focus, so that a control can be seen to work.
The camera called `stuck` stops answering when a control is set: its pictures go on.
"""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from . import v4l2_abi as abi
from .address import Address
from .controls import ControlSetting, Readback
from .device_facts import DeviceFacts
from .feed import FeedInfo, Picture
from .modes import Mode, best_mode, no_such_mode
from .simulated_device import MODES, SimulatedDevice
from .v4l2_controls import V4l2Controls
from .wishes import Wishes

USUAL_MODE: Final = Mode(width=1280, height=720, fps=30.0, pixel_format="MJPG")
STUCK: Final = "stuck"
_QUALITY = 90
_NEUTRAL_K = 4000
_SHARP_AT = 50
_BLUR_STEP = 50


class SimulatedFeed:
    """A simulated camera's pictures, at the rate of its mode."""

    def __init__(self, address: Address, wishes: Wishes | None = None) -> None:
        self._address = address
        self._wishes = wishes or Wishes()
        self._name = address.target
        # Two of them never show the same picture: their hands stand elsewhere.
        self._ahead_s = zlib.crc32(self._name.encode()) % 4000 / 1000
        self._mode = USUAL_MODE
        self._device = SimulatedDevice()
        self._controls = _Controls(self._device, self._name)

    @property
    def controls(self) -> _Controls:
        """The camera's controls."""
        return self._controls

    def open(self) -> FeedInfo:
        """Take the mode and set the controls that were asked for."""
        asked = self._wishes.mode or USUAL_MODE
        mode = best_mode(asked, MODES)
        if mode is None:
            raise no_such_mode(asked, MODES, None, self._address.shown)
        self._mode = mode
        self._device = SimulatedDevice(mode)
        self._controls = _Controls(self._device, self._name)
        for name, setting in self._wishes.controls.items():
            self._controls.set(name, setting)
        return FeedInfo(fps=mode.fps)

    def pictures(self) -> Iterator[Picture]:
        """Yield pictures for ever."""
        chart = _chart(self._mode)
        due_s = time.monotonic()
        while True:
            time.sleep(max(0.0, due_s - time.monotonic()))
            yield self._picture(chart)
            due_s = max(due_s + 1.0 / self._mode.fps, time.monotonic() - 1.0)

    def close(self) -> None:
        """Nothing is held open."""

    def _picture(self, chart: NDArray[np.uint8]) -> Picture:
        arrived_s = time.monotonic()
        pixels = chart.copy()
        _draw_hand(pixels, arrived_s + self._ahead_s)
        pixels = _seen(pixels, self._device)
        if self._mode.pixel_format != "MJPG":
            return Picture(pixels=pixels, arrived_s=arrived_s)
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        return Picture(
            pixels=np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8),
            arrived_s=arrived_s,
            encoded=data.tobytes(),
            suffix="jpg",
        )


class _Controls(V4l2Controls):
    """Those of the simulated device; the camera called `stuck` never sets one."""

    def __init__(self, device: SimulatedDevice, name: str) -> None:
        super().__init__(device, DeviceFacts(serial=f"SIM-{name or 'camera'}"))
        self._simulated = device
        self._is_stuck = name == STUCK

    def set(self, name: str, setting: ControlSetting) -> Readback:
        if self._is_stuck:
            self._simulated.answers.clear()
        return super().set(name, setting)


def _chart(mode: Mode) -> NDArray[np.uint8]:
    """Eight bars from black to white over a checkerboard, (H, W, 3) uint8."""
    rows, columns = np.mgrid[0 : mode.height, 0 : mode.width]
    bars = columns * 8 // mode.width * 32 + 16
    squares = np.where((rows // 40 + columns // 40) % 2 == 0, 40, 200)
    grey = np.where(rows * 3 < mode.height, bars, squares).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def _draw_hand(pixels: NDArray[np.uint8], now_s: float) -> None:
    """One turn in four seconds: no two pictures are alike."""
    height, width = pixels.shape[:2]
    centre = (width // 2, height * 2 // 3)
    angle = now_s % 4.0 * math.pi / 2.0
    reach = height / 4.0
    tip = (
        round(centre[0] + reach * math.sin(angle)),
        round(centre[1] - reach * math.cos(angle)),
    )
    cv2.circle(pixels, centre, round(reach), (90, 90, 90), -1, cv2.LINE_AA)
    cv2.line(pixels, centre, tip, (60, 200, 250), max(2, height // 90), cv2.LINE_AA)


def _seen(pixels: NDArray[np.uint8], device: SimulatedDevice) -> NDArray[np.uint8]:
    """The picture as the camera's settings show it."""
    is_auto = device.value(abi.EXPOSURE_AUTO) != abi.EXPOSURE_MANUAL
    exposure = 250 if is_auto else device.value(abi.EXPOSURE_ABSOLUTE)
    light = exposure / 250 * (1 + (device.value(abi.GAIN) - 64) / 128)
    offset = device.value(abi.BRIGHTNESS) - 128
    warmth = 1.0
    if not device.value(abi.AUTO_WHITE_BALANCE):
        warmth = device.value(abi.WHITE_BALANCE_TEMPERATURE) / _NEUTRAL_K
    if (light, offset, warmth) != (1.0, 0, 1.0):
        levels = np.arange(256)[:, None] * np.array(
            [light / warmth, light, light * warmth]
        )
        curves = np.clip(levels + offset, 0, 255).astype(np.uint8).reshape(1, 256, 3)
        pixels = np.asarray(cv2.LUT(pixels, curves), np.uint8)
    off = 0
    if not device.value(abi.FOCUS_AUTO):
        off = abs(device.value(abi.FOCUS_ABSOLUTE) - _SHARP_AT) // _BLUR_STEP
    if off:
        pixels = np.asarray(cv2.blur(pixels, (2 * off + 1, 2 * off + 1)), np.uint8)
    return pixels
