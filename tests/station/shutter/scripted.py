"""Frames and a live camera for the tests of what stands between camera and sample."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from station.camera.frames import Frame, NoPicture, SourceInfo, SourceKind
from station.recorder import Ended, Recorder, RecorderEvent
from tests.small_projects import BEGAN_US, jpeg, pixels

WAIT_S = 30.0
CLIP = SourceInfo(
    address="clip", kind=SourceKind.VIDEO, width=64, height=48, fps=10.0, live=False
)
CAMERA = SourceInfo(
    address="cam", kind=SourceKind.USB, width=64, height=48, fps=10.0, live=True
)


def frame(
    index: int,
    elapsed_s: float | None = None,
    picture: NDArray[np.uint8] | None = None,
    *,
    has_bytes: bool = False,
) -> Frame:
    """A frame; without a picture each index has another one."""
    return Frame(
        index=index,
        captured_us=BEGAN_US + index,
        elapsed_s=index / 10 if elapsed_s is None else elapsed_s,
        pixels=pixels(index) if picture is None else picture,
        encoded=jpeg(index) if has_bytes else None,
        suffix="jpg" if has_bytes else "",
    )


class LiveFrames:
    """A live camera that shows frames as fast as they are read, then no more."""

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._frames = iter(frames)
        self._closed = threading.Event()
        self.is_over = threading.Event()

    @property
    def info(self) -> SourceInfo:
        """What the camera is."""
        return CAMERA

    @property
    def refused(self) -> Mapping[str, int]:
        """Nothing."""
        return {}

    def read(self, timeout_s: float) -> Frame | None:
        """The next frame."""
        found = next(self._frames, None)
        if found is not None:
            return found
        self.is_over.set()
        if self._closed.wait(timeout_s):
            return None
        raise NoPicture("no picture: cam")

    def age_s(self) -> float:
        """Always new."""
        return 0.0

    def close(self) -> None:
        """End every wait."""
        self._closed.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class EveryFrame:
    """A trigger that keeps all it is offered."""

    def offer(self, frame: Frame) -> tuple[Frame, ...]:
        """The frame."""
        return (frame,)


def wait_for(is_true: Callable[[], object]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + WAIT_S
    while not is_true():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)


def to_the_end(recorder: Recorder) -> list[RecorderEvent]:
    """Every event up to the last."""
    events: list[RecorderEvent] = []
    while not (events and isinstance(events[-1], Ended)):
        event = recorder.wait_event(WAIT_S)
        assert event is not None, events
        events.append(event)
    return events
