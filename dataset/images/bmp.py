"""BMP: size and wholeness from its two headers.

Source: the BITMAPCOREHEADER, BITMAPINFOHEADER, V4 and V5 layouts of the Windows GDI
reference. A negative height stores the rows top-down; it is no other picture.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .image_header import ImageInfo, cut_short, damaged, image_info

MAGIC = b"BM"
_CORE = 12
_HEADERS = (16, 40, 52, 56, 64, 108, 124)
_BITS = (1, 4, 8, 16, 24, 32)
_UNPACKED = (0, 3, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    """The two headers; `pixels_at` is where the rows begin."""

    width: int
    height: int
    bits: int
    packing: int
    pixels_at: int


def read(data: bytes) -> ImageInfo:
    """What the headers of a BMP say.

    Raises:
        BadImage: headers that are no BMP's, or a size beyond the limits.
    """
    header = _header(data)
    return image_info(
        suffix="bmp",
        stored=(header.width, header.height),
        orientation=1,
        channels=4 if header.bits == 32 else 3,
        bits=8,
    )


def prove_whole(data: bytes) -> None:
    """Check that uncompressed rows are all there; the size field is not trusted.

    Raises:
        BadImage: rows are missing.
    """
    header = _header(data)
    if header.packing in _UNPACKED:
        row = (header.width * header.bits + 31) // 32 * 4
        if header.pixels_at + row * header.height > len(data):
            raise cut_short("BMP")


def _header(data: bytes) -> _Header:
    if len(data) < 26:
        raise cut_short("BMP")
    (pixels_at, size) = struct.unpack_from("<II", data, 10)
    if size == _CORE:
        width, height, planes, bits = struct.unpack_from("<HHHH", data, 18)
        packing = 0
    elif size in _HEADERS and len(data) >= 14 + size:
        width, height, planes, bits = struct.unpack_from("<iiHH", data, 18)
        packing = struct.unpack_from("<I", data, 30)[0] if size >= 20 else 0
    else:
        raise damaged("BMP", "header")
    if bits not in _BITS or planes != 1:
        raise damaged("BMP", "header")
    return _Header(
        width=width,
        height=abs(height),
        bits=bits,
        packing=packing,
        pixels_at=pixels_at,
    )
