"""Which cameras are plugged in, and what a source really gives.

On Linux a camera's address is its by-id path where it has one: it stays the same when
the camera is plugged in again, while `/dev/video0` may become `/dev/video2`.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dataset.errors import CameraError

from . import v4l2_abi as abi
from .child import OPEN_S
from .controls import ControlSetting
from .device_facts import facts_of
from .frames import SourceInfo
from .modes import Mode
from .source import open_source
from .stable_path import stable_paths
from .v4l2_device import KernelDevice
from .wishes import NOTHING_ASKED

NOT_ALLOWED = "a camera that this user may not open"
_TRIED_INDEXES = 4
_TRY_S = 8.0
_PROBE_FRAMES = 30
_PROBE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCamera:
    """A camera that is plugged in: what to open, its name and its device.

    `serial` is "" where the camera has none, as many cheap ones do.
    """

    address: str
    name: str
    device: str
    serial: str = ""


def list_cameras(devices: Path = Path("/dev")) -> tuple[FoundCamera, ...]:
    """Return the cameras of this machine in the order of their numbers.

    On Linux nothing is opened for capture. Elsewhere the first indexes are tried,
    which takes seconds.
    """
    if sys.platform == "linux":
        return cameras_under(devices, camera_name)
    return tuple(_tried())


def cameras_under(
    devices: Path,
    name_of: Callable[[Path], str | None],
    system: Path = Path("/sys"),
) -> tuple[FoundCamera, ...]:
    """Return the cameras under a folder laid out like /dev.

    `name_of` gives a device's name, and None for one that gives no pictures; `system`
    is laid out like /sys.
    """
    stable = stable_paths(devices)
    found = []
    for path in sorted(devices.glob("video[0-9]*"), key=_number):
        name = name_of(path)
        if name is not None:
            address = stable.get(path.resolve(), path)
            found.append(
                FoundCamera(
                    address=str(address),
                    name=name,
                    device=str(path),
                    serial=facts_of(path, system).serial,
                )
            )
    return tuple(found)


def camera_name(device: Path) -> str | None:
    """The name that a V4L2 device gives itself; None when it gives no pictures."""
    answer = bytearray(abi.CAPABILITY.size)
    try:
        node = KernelDevice(device)
    except PermissionError:
        return NOT_ALLOWED
    except OSError:
        return None
    try:
        node.ask(abi.QUERYCAP, answer)
    except OSError:
        return None
    finally:
        node.close()
    _, card, _, _, all_of_it, of_device = abi.CAPABILITY.unpack(answer)
    able = of_device if all_of_it & abi.HAS_DEVICE_CAPS else all_of_it
    return (abi.text(card) or device.name) if able & abi.VIDEO_CAPTURE else None


def probe(
    address: str,
    *,
    timeout_s: float = OPEN_S,
    mode: Mode | None = None,
    controls: Mapping[str, ControlSetting] = NOTHING_ASKED,
) -> SourceInfo:
    """Open a source, read from it and return what it is.

    For a live source `fps` is the rate that was measured over up to two seconds.

    Raises:
        UsageError: no source can have this address.
        CameraError: it gives no pictures, or not in this mode.
    """
    with open_source(
        address, timeout_s=timeout_s, mode=mode, controls=controls
    ) as source:
        if not source.info.live:
            return source.info
        times_s: list[float] = []
        until_s = time.monotonic() + _PROBE_S
        while len(times_s) < _PROBE_FRAMES and time.monotonic() < until_s:
            frame = source.read(timeout_s)
            if frame is not None:
                times_s.append(frame.elapsed_s)
        info = source.info
        span_s = times_s[-1] - times_s[0] if times_s else 0.0
        measured = (len(times_s) - 1) / span_s if span_s > 0 else info.fps
        return replace(info, fps=round(measured, 2))


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
