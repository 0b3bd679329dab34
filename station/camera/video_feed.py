"""Clips and RTSP cameras, both through OpenCV's FFmpeg.

Where the pictures are JPEGs already (an MJPEG clip, RTP/JPEG), the stream is opened a
second time with CAP_PROP_FORMAT=-1: FFmpeg then hands the packets over undecoded, and
nothing has to be compressed again. A clip's frames carry the file's own time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.errors import CameraError

from .address import Address
from .camera_controls import NoControls
from .feed import FeedInfo, Picture, Rejected, decode_jpeg
from .huffman import with_huffman_tables
from .pixels import bgr_of

_MJPEG = {cv2.VideoWriter.fourcc(*name) for name in ("MJPG", "mjpg", "jpeg", "JPEG")}
_MAX_FPS = 1000.0
_ENDED_EARLY = "the clip ends early"


class VideoFeed:
    """One clip (`live=False`) or RTSP stream; the limits are FFmpeg's own, too."""

    def __init__(self, address: Address, timeout_s: float) -> None:
        self._address = address
        self._live = address.live
        self._limits = [
            *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(timeout_s * 1000)),
            *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(timeout_s * 1000)),
        ]
        self._capture: cv2.VideoCapture | None = None
        self._raw = False
        self._fps = 0.0
        self._count = 0
        self._start_us = 0

    @property
    def controls(self) -> NoControls:
        """Neither a clip nor an RTSP stream has any."""
        return NoControls()

    def open(self) -> FeedInfo:
        """Open the stream; raw where its pictures are JPEGs."""
        capture = self._opened()
        self._capture = capture
        if int(capture.get(cv2.CAP_PROP_FOURCC)) in _MJPEG:
            capture.release()
            self._capture = self._opened(cv2.CAP_PROP_FORMAT, -1)
            self._raw = True
        fps = float(self._capture.get(cv2.CAP_PROP_FPS))
        self._fps = fps if 0.0 < fps <= _MAX_FPS else 0.0
        if not self._live:
            self._count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
            path = Path(self._address.target)
            self._start_us = path.stat().st_mtime_ns // 1000
        return FeedInfo(fps=self._fps)

    def pictures(self) -> Iterator[Picture | Rejected]:
        """Yield the frames in order; a clip's first frame has media time 0."""
        assert self._capture is not None
        origin_s: float | None = None
        last_s = -1.0
        index = 0
        while True:
            is_read, data = self._capture.read()
            if not is_read:
                break
            arrived_s = time.monotonic()
            media_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
            origin_s = media_s if origin_s is None else origin_s
            media_s -= origin_s
            if not media_s > last_s:  # no time stamps, or broken ones
                media_s = last_s + 1.0 / (self._fps or 25.0) if index else 0.0
            last_s = media_s
            index += 1
            yield self._picture(np.asarray(data), arrived_s, media_s)
        yield from self._ending(index)

    def close(self) -> None:
        """Close the stream; an RTSP camera is told."""
        if self._capture is not None:
            self._capture.release()

    def _opened(self, *extra: int) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(
            self._address.target, cv2.CAP_FFMPEG, [*self._limits, *extra]
        )
        if capture.isOpened():
            return capture
        shown = self._address.shown
        if self._live:
            raise CameraError(
                f"The camera gives no stream: {shown}",
                hint="check the address, the name and the password",
            )
        raise CameraError(f"The file is no clip that can be decoded: {shown}")

    def _picture(
        self, data: NDArray[np.generic], arrived_s: float, media_s: float
    ) -> Picture | Rejected:
        encoded: bytes | None = None
        if self._raw:
            encoded = with_huffman_tables(data.tobytes())
            pixels = decode_jpeg(encoded)
        else:
            pixels = bgr_of(data)
        if isinstance(pixels, Rejected):
            return pixels
        return Picture(
            pixels=pixels,
            arrived_s=arrived_s,
            media_s=media_s,
            wall_us=None if self._live else self._start_us + round(media_s * 1e6),
            encoded=encoded,
            suffix="jpg" if encoded is not None else "",
        )

    def _ending(self, index: int) -> Iterator[Rejected]:
        shown = self._address.shown
        if self._live:
            raise CameraError(f"The camera ended the stream: {shown}")
        if index == 0:
            raise CameraError(f"The clip holds no picture that can be decoded: {shown}")
        if index < 0.9 * self._count - 2:
            yield Rejected(reason=_ENDED_EARLY, name=Path(shown).name)
