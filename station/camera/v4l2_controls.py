"""Lists, sets and reads back the controls of a V4L2 camera.

To set a value the control's automatic is turned off first: most cameras refuse a value
while it is on, and those that take it forget it with the next picture.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Final

from . import v4l2_abi as abi
from .controls import (
    CONTROL_NAMES,
    ControlReading,
    ControlSetting,
    Readback,
    unsupported,
)
from .device_facts import DeviceFacts
from .modes import Mode
from .readback import CameraReadback
from .v4l2_device import Device
from .v4l2_modes import mode_of, modes_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    """The kernel's numbers of a control and of its automatic, if it can have one."""

    value: int
    automatic: int | None = None


_CODES: Final = {
    "exposure": _Code(value=abi.EXPOSURE_ABSOLUTE, automatic=abi.EXPOSURE_AUTO),
    "gain": _Code(value=abi.GAIN, automatic=abi.AUTO_GAIN),
    "focus": _Code(value=abi.FOCUS_ABSOLUTE, automatic=abi.FOCUS_AUTO),
    "white_balance": _Code(
        value=abi.WHITE_BALANCE_TEMPERATURE, automatic=abi.AUTO_WHITE_BALANCE
    ),
    "brightness": _Code(value=abi.BRIGHTNESS),
    "contrast": _Code(value=abi.CONTRAST),
    "saturation": _Code(value=abi.SATURATION),
}
_REASONS: Final = {
    errno.ERANGE: "the value is outside the camera's limits",
    errno.EINVAL: "the camera does not take this value",
    errno.EBUSY: "the camera is busy",
    errno.EACCES: "the control can only be read",
    errno.EPERM: "another program has the camera for itself",
    errno.ENODEV: "the camera was unplugged",
}
_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """What QUERYCTRL says of a control that there is."""

    minimum: int
    maximum: int
    step: int
    default: int
    flags: int


class V4l2Controls:
    """The controls of one open device; not for several threads at once."""

    def __init__(self, device: Device, facts: DeviceFacts | None = None) -> None:
        self._device = device
        self._facts = facts or DeviceFacts()

    def modes(self) -> tuple[Mode, ...]:
        """The modes that the camera offers."""
        return modes_of(self._device)

    def read(self) -> CameraReadback:
        """What the camera does now."""
        driver, card = self._names()
        return CameraReadback(
            mode=mode_of(self._device),
            controls=tuple(map(self._read, CONTROL_NAMES)),
            driver=driver,
            card=card,
            serial=self._facts.serial,
        )

    def set(self, name: str, setting: ControlSetting) -> Readback:
        """Set a control and read it back."""
        if name not in _CODES:
            return Readback(asked=setting, reading=unsupported(name))
        reason = ""
        if self._range(_CODES[name].value) is not None:
            try:
                self._write(_CODES[name], setting)
            except OSError as error:
                reason = _REASONS.get(error.errno or 0, "the camera refuses it")
        return Readback(asked=setting, reading=self._read(name), reason=reason)

    def _names(self) -> tuple[str, str]:
        data = bytearray(abi.CAPABILITY.size)
        try:
            self._device.ask(abi.QUERYCAP, data)
        except OSError:
            return "", ""
        driver, card, *_ = abi.CAPABILITY.unpack(data)
        return abi.text(driver), abi.text(card)

    def _read(self, name: str) -> ControlReading:
        code = _CODES[name]
        limits = self._range(code.value)
        if limits is None:
            return unsupported(name)
        value = None if limits.flags & abi.WRITE_ONLY else self._get(code.value)
        return ControlReading(
            name=name,
            value=None if value is None else float(value),
            is_auto=self._is_auto(code),
            minimum=float(limits.minimum),
            maximum=float(limits.maximum),
            step=float(limits.step),
            default=float(limits.default),
        )

    def _is_auto(self, code: _Code) -> bool | None:
        if code.automatic is None or self._range(code.automatic) is None:
            return None
        value = self._get(code.automatic)
        if value is None:
            return None
        if code.automatic == abi.EXPOSURE_AUTO:
            return value in (abi.EXPOSURE_ALL_AUTO, abi.EXPOSURE_APERTURE_PRIORITY)
        return value != 0

    def _write(self, code: _Code, setting: ControlSetting) -> None:
        has_automatic = (
            code.automatic is not None and self._range(code.automatic) is not None
        )
        if has_automatic:
            self._turn(code, is_auto=setting.is_auto)
        if setting.value is not None:
            value = round(setting.value)
            if abs(value) > _LARGEST:
                raise OSError(errno.ERANGE, "no control is that wide")
            self._put(code.value, value)

    def _turn(self, code: _Code, *, is_auto: bool) -> None:
        """Turn a control's automatic on or off, where it does not stand so already."""
        assert code.automatic is not None
        if self._is_auto(code) is is_auto:
            return
        if code.automatic != abi.EXPOSURE_AUTO:
            self._put(code.automatic, int(is_auto))
            return
        self._put_first(code.automatic, self._exposure_modes(is_auto=is_auto))

    def _exposure_modes(self, *, is_auto: bool) -> list[int]:
        """The values of the exposure's menu to try: each camera has only some."""
        if not is_auto:
            return [abi.EXPOSURE_MANUAL, abi.EXPOSURE_SHUTTER_PRIORITY]
        both = [abi.EXPOSURE_APERTURE_PRIORITY, abi.EXPOSURE_ALL_AUTO]
        limits = self._range(abi.EXPOSURE_AUTO)
        # The one that the camera itself starts with comes first.
        return sorted(both, key=lambda one: limits is None or one != limits.default)

    def _put_first(self, control: int, values: list[int]) -> None:
        for value in values[:-1]:
            try:
                self._put(control, value)
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.ERANGE):
                    raise
            else:
                return
        self._put(control, values[-1])

    def _range(self, control: int) -> _Range | None:
        data = bytearray(abi.QUERY_CONTROL.pack(control, 0, b"", 0, 0, 0, 0, 0))
        try:
            self._device.ask(abi.QUERYCTRL, data)
        except OSError:
            return None
        *_, minimum, maximum, step, default, flags = abi.QUERY_CONTROL.unpack(data)
        if flags & abi.DISABLED:
            return None
        return _Range(
            minimum=minimum, maximum=maximum, step=step, default=default, flags=flags
        )

    def _get(self, control: int) -> int | None:
        data = bytearray(abi.CONTROL.pack(control, 0))
        try:
            self._device.ask(abi.G_CTRL, data)
        except OSError:
            return None
        return int(abi.CONTROL.unpack(data)[1])

    def _put(self, control: int, value: int) -> None:
        self._device.ask(abi.S_CTRL, bytearray(abi.CONTROL.pack(control, value)))
