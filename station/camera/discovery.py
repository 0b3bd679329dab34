"""Which cameras are plugged in, and what a source really gives.

On Linux a camera's address is its by-id path where it has one: it stays the same when
the camera is plugged in again, while `/dev/video0` may become `/dev/video2`.
"""

from __future__ import annotations

import os
import re
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from dataset.errors import CameraError

from .child import OPEN_S
from .frames import SourceInfo
from .source import open_source

if sys.platform != "win32":
    import fcntl

_QUERYCAP = 0x80685600  # VIDIOC_QUERYCAP of linux/videodev2.h
_CAPABILITY = struct.Struct("=16s32s32sIII12x")
_VIDEO_CAPTURE = 0x1 | 0x1000  # single- and multi-planar
_HAS_DEVICE_CAPS = 0x80000000
_TRIED_INDEXES = 4
_TRY_S = 8.0
_PROBE_FRAMES = 30
_PROBE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCamera:
    """A camera that is plugged in: what to open, its name and its device."""

    address: str
    name: str
    device: str


def list_cameras(devices: Path = Path("/dev")) -> tuple[FoundCamera, ...]:
    """Return the cameras of this machine in the order of their numbers.

    On Linux nothing is opened for capture. Elsewhere the first indexes are tried,
    which takes seconds.
    """
    if sys.platform == "linux":
        return cameras_under(devices, camera_name)
    return tuple(_tried())


def cameras_under(
    devices: Path, name_of: Callable[[Path], str | None]
) -> tuple[FoundCamera, ...]:
    """Return the cameras under a folder laid out like /dev.

    `name_of` gives a device's name, and None for one that gives no pictures.
    """
    stable = _stable_paths(devices / "v4l" / "by-id")
    found = []
    for path in sorted(devices.glob("video[0-9]*"), key=_number):
        name = name_of(path)
        if name is not None:
            address = stable.get(path.resolve(), path)
            found.append(FoundCamera(address=str(address), name=name, device=str(path)))
    return tuple(found)


def camera_name(device: Path) -> str | None:
    """The name that a V4L2 device gives itself; None when it gives no pictures."""
    if sys.platform == "win32":
        return None
    answer = bytearray(_CAPABILITY.size)
    try:
        descriptor = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except PermissionError:
        return "a camera that this user may not open"
    except OSError:
        return None
    try:
        fcntl.ioctl(descriptor, _QUERYCAP, answer)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    _, card, _, _, all_of_it, of_device = _CAPABILITY.unpack(answer)
    able = of_device if all_of_it & _HAS_DEVICE_CAPS else all_of_it
    if not able & _VIDEO_CAPTURE:
        return None
    text: str = card.split(b"\0", 1)[0].decode("utf-8", "replace")
    return text.strip() or device.name


def probe(address: str, *, timeout_s: float = OPEN_S) -> SourceInfo:
    """Open a source, read from it and return what it is.

    For a live source `fps` is the rate that was measured over up to two seconds.

    Raises:
        UsageError: no source can have this address.
        CameraError: it gives no pictures.
    """
    with open_source(address, timeout_s=timeout_s) as source:
        info = source.info
        if not info.live:
            return info
        times_s: list[float] = []
        until_s = time.monotonic() + _PROBE_S
        while len(times_s) < _PROBE_FRAMES and time.monotonic() < until_s:
            frame = source.read(timeout_s)
            if frame is not None:
                times_s.append(frame.elapsed_s)
        span_s = times_s[-1] - times_s[0] if times_s else 0.0
        measured = (len(times_s) - 1) / span_s if span_s > 0 else info.fps
        return replace(info, fps=round(measured, 2))


def _stable_paths(folder: Path) -> dict[Path, Path]:
    if not folder.is_dir():
        return {}
    return {path.resolve(): path for path in sorted(folder.iterdir(), reverse=True)}


def _number(path: Path) -> int:
    digits = re.search(r"([0-9]+)$", path.name)
    return int(digits[1]) if digits else sys.maxsize


def _tried() -> list[FoundCamera]:
    found = []
    for index in range(_TRIED_INDEXES):
        try:
            with open_source(str(index), timeout_s=_TRY_S) as source:
                size = f"{source.info.width}x{source.info.height}"
        except CameraError:
            break
        name = f"camera {index} ({size})"
        found.append(FoundCamera(address=str(index), name=name, device=str(index)))
    return found
