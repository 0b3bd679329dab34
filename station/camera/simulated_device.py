"""A camera that is not there: answers V4L2 requests as a webcam would.

It stands at the border to the kernel, so everything above it is the real thing. It
ships with fieldset, so that the program can be shown, and tried, without a camera.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from . import v4l2_abi as abi
from .modes import Mode

Entry = TypeVar("Entry")

MODES: Final = tuple(
    Mode(width=width, height=height, fps=fps, pixel_format=pixel_format)
    for pixel_format in ("MJPG", "YUYV")
    for width, height in ((640, 480), (1280, 720), (1920, 1080))
    for fps in (15.0, 30.0)
    if pixel_format == "MJPG" or width < 1920
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedControl:
    """Limits of a control; `ruled_by` is the automatic that owns it while it is on."""

    minimum: int
    maximum: int
    step: int
    default: int
    ruled_by: int | None = None
    refused: tuple[int, ...] = ()


WEBCAM: Final[Mapping[int, SimulatedControl]] = {
    abi.EXPOSURE_AUTO: SimulatedControl(
        minimum=0, maximum=3, step=1, default=3, refused=(0, 2)
    ),
    abi.EXPOSURE_ABSOLUTE: SimulatedControl(
        minimum=3, maximum=2047, step=1, default=250, ruled_by=abi.EXPOSURE_AUTO
    ),
    abi.GAIN: SimulatedControl(minimum=0, maximum=255, step=1, default=64),
    abi.FOCUS_AUTO: SimulatedControl(minimum=0, maximum=1, step=1, default=1),
    abi.FOCUS_ABSOLUTE: SimulatedControl(
        minimum=0, maximum=250, step=5, default=0, ruled_by=abi.FOCUS_AUTO
    ),
    abi.AUTO_WHITE_BALANCE: SimulatedControl(minimum=0, maximum=1, step=1, default=1),
    abi.WHITE_BALANCE_TEMPERATURE: SimulatedControl(
        minimum=2000,
        maximum=6500,
        step=10,
        default=4000,
        ruled_by=abi.AUTO_WHITE_BALANCE,
    ),
    abi.BRIGHTNESS: SimulatedControl(minimum=0, maximum=255, step=1, default=128),
}


class SimulatedDevice:
    """A webcam's answers: it clamps values, rounds to steps, and refuses what it must.

    `answers` cleared makes the next request wait for ever, as a wedged camera does;
    `unplug` makes every request fail.
    """

    def __init__(
        self,
        mode: Mode = MODES[-1],
        *,
        name: str = "Simulated camera",
        controls: Mapping[int, SimulatedControl] = WEBCAM,
        modes: tuple[Mode, ...] = MODES,
    ) -> None:
        self._mode = mode
        self._name = name
        self._controls = dict(controls)
        self._modes = modes
        self._values = {code: one.default for code, one in controls.items()}
        self._is_plugged = True
        self.answers = threading.Event()
        self.answers.set()

    def value(self, control: int) -> int:
        """Return a control's value by the kernel's number."""
        return self._values[control]

    def unplug(self) -> None:
        """Be gone from now on."""
        self._is_plugged = False

    def ask(self, request: int, data: bytearray) -> None:
        """Do a request (see `Device`)."""
        self.answers.wait()
        if not self._is_plugged:
            raise OSError(errno.ENODEV, "No such device")
        work = {
            abi.QUERYCAP: self._tell_name,
            abi.ENUM_FMT: self._tell_format,
            abi.ENUM_FRAMESIZES: self._tell_size,
            abi.ENUM_FRAMEINTERVALS: self._tell_interval,
            abi.G_FMT: self._tell_mode,
            abi.G_PARM: self._tell_rate,
            abi.QUERYCTRL: self._tell_limits,
            abi.G_CTRL: self._get,
            abi.S_CTRL: self._set,
        }.get(request)
        if work is None:
            raise OSError(errno.ENOTTY, "Inappropriate ioctl for device")
        work(data)

    def close(self) -> None:
        """Nothing is held open."""

    def _tell_name(self, data: bytearray) -> None:
        able = abi.VIDEO_CAPTURE & 0x1
        names = (b"simulated", self._name.encode()[:31], b"nowhere")
        abi.CAPABILITY.pack_into(data, 0, *names, 0, able | abi.HAS_DEVICE_CAPS, able)

    def _tell_format(self, data: bytearray) -> None:
        index = abi.FORMAT_NAME.unpack(data)[0]
        formats = list(dict.fromkeys(one.pixel_format for one in self._modes))
        name = _entry(formats, index).encode()
        abi.FORMAT_NAME.pack_into(data, 0, index, abi.BUFFER_CAPTURE, 0, name, name)

    def _tell_size(self, data: bytearray) -> None:
        index, code, *_ = abi.FRAME_SIZE.unpack(data)
        sizes = [(m.width, m.height) for m in self._modes if _is_of(m, code)]
        size = _entry(list(dict.fromkeys(sizes)), index)
        rest = (*size, 0, 0, 0, 0)
        abi.FRAME_SIZE.pack_into(data, 0, index, code, abi.DISCRETE, *rest)

    def _tell_interval(self, data: bytearray) -> None:
        index, code, width, height, *_ = abi.FRAME_INTERVAL.unpack(data)
        rates = [
            mode.fps
            for mode in self._modes
            if _is_of(mode, code) and (mode.width, mode.height) == (width, height)
        ]
        fraction = _seconds(_entry(rates, index))
        head = (index, code, width, height, abi.DISCRETE)
        abi.FRAME_INTERVAL.pack_into(data, 0, *head, *fraction, 0, 0, 0, 0)

    def _tell_mode(self, data: bytearray) -> None:
        mode = self._mode
        abi.FORMAT.pack_into(
            *(data, 0, abi.BUFFER_CAPTURE),
            *(mode.width, mode.height, mode.pixel_format.encode()),
        )

    def _tell_rate(self, data: bytearray) -> None:
        fraction = _seconds(self._mode.fps)
        abi.STREAM.pack_into(data, 0, abi.BUFFER_CAPTURE, 0, 0, *fraction)

    def _tell_limits(self, data: bytearray) -> None:
        code = abi.QUERY_CONTROL.unpack(data)[0]
        one = self._control(code)
        limits = (one.minimum, one.maximum, one.step, one.default)
        flags = abi.INACTIVE if self._is_ruled(one) else 0
        abi.QUERY_CONTROL.pack_into(data, 0, code, 1, b"", *limits, flags)

    def _get(self, data: bytearray) -> None:
        code, _ = abi.CONTROL.unpack(data)
        self._control(code)
        abi.CONTROL.pack_into(data, 0, code, self._values[code])

    def _set(self, data: bytearray) -> None:
        code, value = abi.CONTROL.unpack(data)
        one = self._control(code)
        if self._is_ruled(one):
            raise OSError(errno.EACCES, "Permission denied")
        if value in one.refused:
            raise OSError(errno.EINVAL, "Invalid argument")
        value = min(max(value, one.minimum), one.maximum)
        self._values[code] = one.minimum + (value - one.minimum) // one.step * one.step

    def _control(self, code: int) -> SimulatedControl:
        if code not in self._controls:
            raise OSError(errno.EINVAL, "Invalid argument")
        return self._controls[code]

    def _is_ruled(self, control: SimulatedControl) -> bool:
        ruler = control.ruled_by
        if ruler is None or ruler not in self._values:
            return False
        manual = abi.EXPOSURE_MANUAL if ruler == abi.EXPOSURE_AUTO else 0
        return self._values[ruler] != manual


def _is_of(mode: Mode, code: bytes) -> bool:
    return mode.pixel_format.encode() == code


def _entry(entries: Sequence[Entry], index: int) -> Entry:
    """The entry of a list, or the error by which a driver ends one."""
    if index >= len(entries):
        raise OSError(errno.EINVAL, "Invalid argument")
    return entries[index]


def _seconds(fps: float) -> tuple[int, int]:
    """The seconds that one picture takes, as a fraction."""
    return 1000, round(fps * 1000)
