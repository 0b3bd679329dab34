"""Plays a clip or folder at its own speed, for eyes; capture takes it unpaced."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Self

from .controls import ControlSetting, Readback
from .frames import (
    ANSWER_S,
    CameraSource,
    Frame,
    NoPicture,
    SourceInfo,
    retry_of,
)


class PacedSource:
    """Gives each frame out when its media time has come; a live source passes through.

    `speed` 2.0 plays twice as fast.
    """

    def __init__(self, source: CameraSource, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(f"a speed lies above 0: {speed}")
        self._source = source
        self._speed = speed
        self._closed = threading.Event()
        self._origin_s: float | None = None
        self._waiting: Frame | None = None

    @property
    def info(self) -> SourceInfo:
        """What is known of the source."""
        return self._source.info

    @property
    def refused(self) -> Mapping[str, int]:
        """How many pictures were not passed on so far, by reason."""
        return self._source.refused

    @property
    def retry_in_s(self) -> float | None:
        """Seconds until the source is tried again; None while it is there."""
        return retry_of(self._source)

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame when it is due (see `CameraSource.read`)."""
        if self._source.info.live:
            return self._source.read(timeout_s)
        deadline_s = time.monotonic() + timeout_s
        frame = self._waiting or self._source.read(timeout_s)
        self._waiting = frame
        if frame is None:
            return None
        now_s = time.monotonic()
        media_s = frame.elapsed_s / self._speed
        if self._origin_s is None:
            self._origin_s = now_s - media_s
        due_s = self._origin_s + media_s
        if due_s > now_s and self._closed.wait(min(due_s, deadline_s) - now_s):
            return None
        if due_s > deadline_s:
            raise NoPicture(f"The next picture is not due: {self.info.address}")
        self._waiting = None
        return frame

    def age_s(self) -> float:
        """Return the age of the newest frame in seconds."""
        return self._source.age_s()

    def set_control(
        self,
        name: str,
        setting: ControlSetting,
        *,
        timeout_s: float = ANSWER_S,
    ) -> Readback:
        """Set a control of the source."""
        return self._source.set_control(name, setting, timeout_s=timeout_s)

    def close(self) -> None:
        """Close the source; a second call is free."""
        self._closed.set()
        self._source.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close."""
        self.close()
