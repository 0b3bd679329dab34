"""USB cameras: Motion JPEG asked for and kept as the camera compressed it.

Written against V4L2 on Linux, where CONVERT_RGB=0 hands the camera's JPEG over; on
Windows and macOS OpenCV's default is used and frames come decoded.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.errors import BadImage, CameraError
from dataset.images.jpeg import picture_end

from .address import Address
from .feed import FeedInfo, Picture, Rejected, decode_jpeg
from .huffman import with_huffman_tables

ASKED_SIZE = (1920, 1080)
ASKED_FPS = 30
_MJPG = cv2.VideoWriter.fourcc(*"MJPG")
_CONTROLS = {
    "brightness": cv2.CAP_PROP_BRIGHTNESS,
    "contrast": cv2.CAP_PROP_CONTRAST,
    "saturation": cv2.CAP_PROP_SATURATION,
    "gain": cv2.CAP_PROP_GAIN,
    "auto_exposure": cv2.CAP_PROP_AUTO_EXPOSURE,
    "exposure": cv2.CAP_PROP_EXPOSURE,
    "auto_focus": cv2.CAP_PROP_AUTOFOCUS,
    "focus": cv2.CAP_PROP_FOCUS,
    "auto_white_balance": cv2.CAP_PROP_AUTO_WB,
    "white_balance": cv2.CAP_PROP_WB_TEMPERATURE,
}


class UsbFeed:
    """One USB camera, by index or device path."""

    def __init__(self, address: Address, timeout_s: float) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._capture: cv2.VideoCapture | None = None
        self._raw = False

    def open(self) -> FeedInfo:
        """Open the camera, ask for Motion JPEG and read back what was granted."""
        if sys.platform == "linux":
            capture = cv2.VideoCapture(self._device(), cv2.CAP_V4L2)
        else:
            capture = cv2.VideoCapture(int(self._address.target))
        if not capture.isOpened():
            raise CameraError(
                f"The camera cannot be opened: {self._address.shown}",
                hint="close other programs that use it, or plug it in again",
            )
        self._capture = capture
        capture.set(cv2.CAP_PROP_FOURCC, _MJPG)
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, ASKED_SIZE[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, ASKED_SIZE[1])
        capture.set(cv2.CAP_PROP_FPS, ASKED_FPS)
        if sys.platform == "linux" and capture.get(cv2.CAP_PROP_FOURCC) == _MJPG:
            self._raw = bool(capture.set(cv2.CAP_PROP_CONVERT_RGB, 0))
        fps = float(capture.get(cv2.CAP_PROP_FPS))
        return FeedInfo(fps=max(0.0, fps), controls=read_controls(capture))

    def pictures(self) -> Iterator[Picture | Rejected]:
        """Yield frames; a buffer that the driver hands out twice is not new."""
        assert self._capture is not None
        last_ms = -1.0
        while True:
            is_read, data = self._capture.read()
            if not is_read:
                raise CameraError(f"The camera was lost: {self._address.shown}")
            arrived_s = time.monotonic()
            stamp_ms = float(self._capture.get(cv2.CAP_PROP_POS_MSEC))
            if stamp_ms > 0.0 and stamp_ms == last_ms:
                yield Rejected(reason="the same picture again")
                continue
            last_ms = stamp_ms
            media_s = stamp_ms / 1000.0 if stamp_ms > 0.0 else None
            yield self._picture(np.asarray(data, np.uint8), arrived_s, media_s)

    def close(self) -> None:
        """Let go of the camera."""
        if self._capture is not None:
            self._capture.release()

    def _device(self) -> str:
        """The device's path, after asking the system why it could not be opened."""
        target = self._address.target
        path = f"/dev/video{target}" if target.isdigit() else target
        shown = self._address.shown
        try:
            os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
        except FileNotFoundError as error:
            raise CameraError(
                f"No such camera is plugged in: {shown}",
                hint="`fieldset camera list` shows the cameras that are there",
            ) from error
        except PermissionError as error:
            raise CameraError(
                f"This user may not use the camera: {shown}",
                hint="add the user to the group `video`",
            ) from error
        except OSError as error:
            raise CameraError(
                f"The camera cannot be opened ({error.strerror}): {shown}",
                hint="close other programs that use it",
            ) from error
        return os.path.realpath(path)

    def _picture(
        self, data: NDArray[np.uint8], arrived_s: float, media_s: float | None
    ) -> Picture | Rejected:
        if not self._raw:
            return Picture(pixels=data, arrived_s=arrived_s, media_s=media_s)
        encoded = whole_jpeg(data.tobytes())
        pixels = decode_jpeg(encoded)
        if isinstance(pixels, Rejected):
            return pixels
        return Picture(
            pixels=pixels,
            arrived_s=arrived_s,
            media_s=media_s,
            encoded=encoded,
            suffix="jpg",
        )


def read_controls(capture: cv2.VideoCapture) -> Mapping[str, float]:
    """The controls that the camera has, with their values as read back."""
    values = {name: float(capture.get(code)) for name, code in _CONTROLS.items()}
    # OpenCV says -1 (or 0 for the whole back end) where a control does not exist.
    return MappingProxyType({k: v for k, v in values.items() if v not in (-1.0,)})


def whole_jpeg(data: bytes) -> bytes:
    """A driver's buffer without the padding behind the JPEG, with Huffman tables."""
    try:
        data = data[: picture_end(data)]
    except BadImage:
        return data
    return with_huffman_tables(data)
