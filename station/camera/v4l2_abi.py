"""The kernel's words for cameras: requests, structures and numbers of V4L2.

After the kernel's user-space interface `linux/videodev2.h`, which never changes for a
program that was compiled once. A request's number holds the size of its structure, so a
wrong layout is refused by the kernel and not misread.
"""

from __future__ import annotations

import struct
from typing import Final

_WRITE, _READ = 1, 2

CAPABILITY: Final = struct.Struct("=16s32s32sIII12x")
"""driver, card, bus, version, capabilities of all, capabilities of this node."""
FORMAT_NAME: Final = struct.Struct("=III32s4s16x")
"""index, buffer type, flags, description, pixel format."""
FRAME_SIZE: Final = struct.Struct("=I4sI6I8x")
"""index, pixel format, type; width and height, or their least, most and step."""
FRAME_INTERVAL: Final = struct.Struct("=I4sIII6I8x")
"""index, format, width, height, type; one fraction, or least, most and step."""
QUERY_CONTROL: Final = struct.Struct("=II32siiiiI8x")
"""id, type, name, minimum, maximum, step, default, flags."""
CONTROL: Final = struct.Struct("=Ii")
"""id, value."""
# The union in it holds pointers: on 64-bit machines it starts at 8, not at 4.
_UNION_AT: Final = struct.calcsize("P")
FORMAT: Final = struct.Struct(f"=I{_UNION_AT - 4}xII4s188x")
"""buffer type, width, height, pixel format."""
STREAM: Final = struct.Struct("=III II 184x")
"""buffer type, capability, mode, seconds a picture as numerator and denominator."""


def _request(direction: int, number: int, layout: struct.Struct) -> int:
    return direction << 30 | layout.size << 16 | ord("V") << 8 | number


QUERYCAP: Final = _request(_READ, 0, CAPABILITY)
ENUM_FMT: Final = _request(_READ | _WRITE, 2, FORMAT_NAME)
G_FMT: Final = _request(_READ | _WRITE, 4, FORMAT)
G_PARM: Final = _request(_READ | _WRITE, 21, STREAM)
G_CTRL: Final = _request(_READ | _WRITE, 27, CONTROL)
S_CTRL: Final = _request(_READ | _WRITE, 28, CONTROL)
QUERYCTRL: Final = _request(_READ | _WRITE, 36, QUERY_CONTROL)
ENUM_FRAMESIZES: Final = _request(_READ | _WRITE, 74, FRAME_SIZE)
ENUM_FRAMEINTERVALS: Final = _request(_READ | _WRITE, 75, FRAME_INTERVAL)

VIDEO_CAPTURE: Final = 0x1 | 0x1000  # single- and multi-planar
HAS_DEVICE_CAPS: Final = 0x8000_0000
BUFFER_CAPTURE: Final = 1
DISCRETE: Final = 1

BRIGHTNESS: Final = 0x0098_0900
CONTRAST: Final = 0x0098_0901
SATURATION: Final = 0x0098_0902
AUTO_WHITE_BALANCE: Final = 0x0098_090C
AUTO_GAIN: Final = 0x0098_0912
GAIN: Final = 0x0098_0913
WHITE_BALANCE_TEMPERATURE: Final = 0x0098_091A
EXPOSURE_AUTO: Final = 0x009A_0901
EXPOSURE_ABSOLUTE: Final = 0x009A_0902
FOCUS_ABSOLUTE: Final = 0x009A_090A
FOCUS_AUTO: Final = 0x009A_090C

EXPOSURE_ALL_AUTO: Final = 0
EXPOSURE_MANUAL: Final = 1
EXPOSURE_SHUTTER_PRIORITY: Final = 2
EXPOSURE_APERTURE_PRIORITY: Final = 3

DISABLED: Final = 0x1
READ_ONLY: Final = 0x4
INACTIVE: Final = 0x10
WRITE_ONLY: Final = 0x40


def text(field: bytes) -> str:
    """Return a fixed field of characters up to its first zero."""
    return field.split(b"\0", 1)[0].decode("utf-8", "replace").strip()
