"""Which modes a V4L2 camera offers, and which one it is in."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from . import v4l2_abi as abi
from .modes import Mode
from .v4l2_device import Device

_SIZES = ((640, 480), (1280, 720), (1920, 1080), (2592, 1944), (3840, 2160))
_RATES = (5.0, 10.0, 15.0, 25.0, 30.0, 60.0)
_MOST = 1000  # entries of one list; a driver that never ends is stopped here


def modes_of(device: Device) -> tuple[Mode, ...]:
    """Return the modes that the camera offers, each once, smallest first.

    Where a camera takes any size or rate within limits, the usual ones within them and
    its largest and fastest are given; those between can be asked for as well.
    """
    found = {
        Mode(width=width, height=height, fps=fps, pixel_format=_name(code))
        for code in _formats(device)
        for width, height in _sizes(device, code)
        for fps in _rates(device, code, width, height)
    }
    return tuple(sorted(found))


def mode_of(device: Device) -> Mode | None:
    """Return the mode that the camera is in; None where it does not tell it."""
    data = bytearray(abi.FORMAT.pack(abi.BUFFER_CAPTURE, 0, 0, bytes(4)))
    try:
        device.ask(abi.G_FMT, data)
    except OSError:
        return None
    _, width, height, code = abi.FORMAT.unpack(data)
    if not (width and height):
        return None
    return Mode(width=width, height=height, fps=_rate(device), pixel_format=_name(code))


def _rate(device: Device) -> float:
    data = bytearray(abi.STREAM.pack(abi.BUFFER_CAPTURE, 0, 0, 0, 0))
    try:
        device.ask(abi.G_PARM, data)
    except OSError:
        return 0.0
    return _per_second(*abi.STREAM.unpack(data)[3:5])


def _formats(device: Device) -> Iterator[bytes]:
    for index in range(_MOST):
        asked = abi.FORMAT_NAME.pack(index, abi.BUFFER_CAPTURE, 0, b"", b"")
        answer = _answer(device, abi.ENUM_FMT, asked, abi.FORMAT_NAME)
        if answer is None:
            return
        yield answer[4]


def _sizes(device: Device, code: bytes) -> Iterator[tuple[int, int]]:
    for index in range(_MOST):
        asked = abi.FRAME_SIZE.pack(index, code, 0, *[0] * 6)
        answer = _answer(device, abi.ENUM_FRAMESIZES, asked, abi.FRAME_SIZE)
        if answer is None:
            return
        if answer[2] == abi.DISCRETE:
            yield answer[3], answer[4]
            continue
        low_w, high_w, _, low_h, high_h, _ = answer[3:9]
        yield from (
            (width, height)
            for width, height in (*_SIZES, (high_w, high_h))
            if low_w <= width <= high_w and low_h <= height <= high_h
        )
        return


def _rates(device: Device, code: bytes, width: int, height: int) -> Iterator[float]:
    for index in range(_MOST):
        asked = abi.FRAME_INTERVAL.pack(index, code, width, height, 0, *[0] * 6)
        answer = _answer(device, abi.ENUM_FRAMEINTERVALS, asked, abi.FRAME_INTERVAL)
        if answer is None:
            break
        if answer[4] == abi.DISCRETE:
            yield _per_second(answer[5], answer[6])
            continue
        fastest, slowest = _per_second(*answer[5:7]), _per_second(*answer[7:9])
        yield from (one for one in _RATES if slowest <= one < fastest)
        yield fastest
        return
    if index == 0:
        yield 0.0  # it names no rates


def _answer(
    device: Device, request: int, asked: bytes, layout: struct.Struct
) -> tuple[Any, ...] | None:
    data = bytearray(asked)
    try:
        device.ask(request, data)
    except OSError:  # EINVAL: the end of the list; else the camera is gone
        return None
    return layout.unpack(data)


def _per_second(numerator: int, denominator: int) -> float:
    """Pictures a second, from the seconds that one takes."""
    return round(denominator / numerator, 3) if numerator and denominator else 0.0


def _name(code: bytes) -> str:
    return "".join(c for c in code.decode("latin-1") if c.isalnum())
