"""USB cameras: Motion JPEG asked for and kept as the camera compressed it.

Written against V4L2 on Linux, where CONVERT_RGB=0 hands the camera's JPEG over; on
Windows and macOS OpenCV's default is used and frames come decoded. OpenCV takes the
pictures; on Linux a second descriptor of ours sets the controls and reads back what the
camera really does, which OpenCV tells in its own units or not at all.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.errors import BadImage, CameraError
from dataset.images.jpeg import picture_end

from .address import Address
from .camera_controls import CameraControls, NoControls
from .device_facts import facts_of
from .feed import FeedInfo, Picture, Rejected, decode_jpeg
from .huffman import with_huffman_tables
from .modes import Mode, best_mode, no_such_mode
from .opencv_controls import OpenCvControls, granted_mode
from .pixels import bgr_of
from .v4l2_controls import V4l2Controls
from .v4l2_device import KernelDevice, in_use
from .wishes import Wishes

USUAL_MODE = Mode(width=1920, height=1080, fps=30.0, pixel_format="MJPG")
"""What is asked for where nobody asked; the camera grants what is next to it."""


class UsbFeed:
    """One USB camera, by index or device path, in the mode and with the controls asked.

    `timeout_s` is not needed: the program ends a camera that does not open.
    """

    def __init__(
        self, address: Address, timeout_s: float, wishes: Wishes | None = None
    ) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._wishes = wishes or Wishes()
        self._capture: cv2.VideoCapture | None = None
        self._device: KernelDevice | None = None
        self._controls: CameraControls = NoControls()
        self._turn = threading.Lock()
        self._raw = False

    @property
    def controls(self) -> CameraControls:
        """The camera's controls."""
        return self._controls

    def open(self) -> FeedInfo:
        """Open the camera, ask for mode and controls, and see what was granted."""
        if sys.platform == "linux":
            capture = self._opened_by_path()
        else:
            capture = cv2.VideoCapture(int(self._address.target))
            self._controls = OpenCvControls(capture, self._turn)
        if not capture.isOpened():
            raise CameraError(
                f"The camera cannot be opened: {self._address.shown}",
                hint="close other programs that use it, or plug it in again",
            )
        self._capture = capture
        self._ask_mode(capture)
        for name, setting in self._wishes.controls.items():
            self._controls.set(name, setting)
        fps = float(capture.get(cv2.CAP_PROP_FPS))
        return FeedInfo(fps=max(0.0, fps))

    def pictures(self) -> Iterator[Picture | Rejected]:
        """Yield frames; a buffer that the driver hands out twice is not new."""
        assert self._capture is not None
        last_ms = -1.0
        while True:
            with self._turn:
                is_read, data = self._capture.read()
                stamp_ms = float(self._capture.get(cv2.CAP_PROP_POS_MSEC))
            if not is_read:
                raise CameraError(f"The camera was lost: {self._address.shown}")
            arrived_s = time.monotonic()
            if stamp_ms > 0.0 and stamp_ms == last_ms:
                yield Rejected(reason="the same picture again")
                continue
            last_ms = stamp_ms
            media_s = stamp_ms / 1000.0 if stamp_ms > 0.0 else None
            yield self._picture(np.asarray(data), arrived_s, media_s)

    def close(self) -> None:
        """Let go of the camera."""
        if self._capture is not None:
            self._capture.release()
        if self._device is not None:
            self._device.close()

    def _opened_by_path(self) -> cv2.VideoCapture:
        """The camera by its device file, taken for ourselves (Linux)."""
        target = self._address.target
        link = Path(f"/dev/video{target}" if target.isdigit() else target)
        path = str(link.resolve())
        self._device = self._kernel_device(path)
        self._device.take(self._address.shown)
        self._controls = V4l2Controls(self._device, facts_of(link))
        capture = cv2.VideoCapture(path, cv2.CAP_V4L2)
        if not capture.isOpened() and self._controls.read().driver:
            raise in_use(path, self._address.shown)  # it is one, and it answers us
        return capture

    def _kernel_device(self, path: str) -> KernelDevice:
        """The device file, or a sentence on why it could not be opened."""
        shown = self._address.shown
        try:
            return KernelDevice(path)
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

    def _ask_mode(self, capture: cv2.VideoCapture) -> None:
        asked = self._wishes.mode or USUAL_MODE
        offered = best_mode(asked, self._controls.modes()) or asked
        code = cv2.VideoWriter.fourcc(*(offered.pixel_format or "MJPG").ljust(4))
        capture.set(cv2.CAP_PROP_FOURCC, code)
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, offered.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, offered.height)
        capture.set(cv2.CAP_PROP_FPS, offered.fps or USUAL_MODE.fps)
        # Multi-planar devices do not answer us, but OpenCV.
        granted = self._controls.read().mode or granted_mode(capture)
        if self._wishes.mode is not None and not (granted and granted.grants(asked)):
            raise no_such_mode(
                asked, self._controls.modes(), granted, self._address.shown
            )
        is_jpeg = capture.get(cv2.CAP_PROP_FOURCC) == cv2.VideoWriter.fourcc(*"MJPG")
        if sys.platform == "linux" and is_jpeg:
            self._raw = bool(capture.set(cv2.CAP_PROP_CONVERT_RGB, 0))

    def _picture(
        self, data: NDArray[np.generic], arrived_s: float, media_s: float | None
    ) -> Picture | Rejected:
        if not self._raw:
            pixels = bgr_of(data)
            if isinstance(pixels, Rejected):
                return pixels
            return Picture(pixels=pixels, arrived_s=arrived_s, media_s=media_s)
        encoded = whole_jpeg(data.tobytes())
        decoded = decode_jpeg(encoded)
        if isinstance(decoded, Rejected):
            return decoded
        return Picture(
            pixels=decoded,
            arrived_s=arrived_s,
            media_s=media_s,
            encoded=encoded,
            suffix="jpg",
        )


def whole_jpeg(data: bytes) -> bytes:
    """A driver's buffer without the padding behind the JPEG, with Huffman tables."""
    try:
        data = data[: picture_end(data)]
    except BadImage:
        return data
    return with_huffman_tables(data)
