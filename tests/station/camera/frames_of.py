"""Waiting on a source in tests: on what comes, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from station.camera.frames import CameraSource, Frame, NoPicture

PATIENCE_S = 30.0


def all_frames(source: CameraSource) -> list[Frame]:
    """Everything up to the end of a clip or folder."""
    frames = []
    while (frame := source.read(PATIENCE_S)) is not None:
        frames.append(frame)
    return frames


def read_until(source: CameraSource, is_met: Callable[[Frame], bool]) -> list[Frame]:
    """The frames up to the first that meets the condition."""
    frames: list[Frame] = []
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        try:
            frame = source.read(0.5)
        except NoPicture:
            continue
        if frame is None:
            break
        frames.append(frame)
        if is_met(frame):
            return frames
    raise AssertionError(f"the condition was never met in {len(frames)} frames")


def read_until_none_comes(source: CameraSource, patience_s: float = 0.3) -> None:
    """Read on until nothing came for a while."""
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        try:
            source.read(patience_s)
        except NoPicture:
            return
    raise AssertionError("pictures never ceased")


def wait_for(is_met: Callable[[], bool]) -> None:
    """Wait for a condition that nobody signals."""
    until_s = time.monotonic() + PATIENCE_S
    while not is_met():
        assert time.monotonic() < until_s, "the condition was never met"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie (Linux)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"
