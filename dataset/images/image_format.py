"""Which of the four image formats some bytes are, and what their header says.

Nothing here decodes pixels or loads OpenCV; the policy stands in `image_file`.
"""

from __future__ import annotations

from types import ModuleType

from ..errors import BadImage
from . import bmp, jpeg, png, webp
from .image_header import CONVERT_HINT, ImageInfo

_REFUSED = (
    (0, b"GIF8", "GIF"),
    (0, b"II*\x00", "TIFF"),
    (0, b"MM\x00*", "TIFF"),
    (0, b"II+\x00", "BigTIFF"),
    (0, b"MM\x00+", "BigTIFF"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypavis", "AVIF"),
    (4, b"ftyphei", "HEIF"),
    (4, b"ftyphev", "HEIF"),
    (4, b"ftypmif1", "HEIF"),
    (4, b"ftypmsf1", "HEIF"),
    (4, b"ftyp", "a film"),
    (0, b"\x00\x00\x00\x0cjP", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\x00\x00\x00\x0cJXL", "JPEG XL"),
    (0, b"8BPS", "Photoshop"),
    (0, b"%PDF", "PDF"),
)


def inspect(data: bytes) -> ImageInfo:
    """What the image's header says; nothing is decoded.

    Raises:
        BadImage: not one of the four formats, animated, empty, too large, or a
            header that cannot be read.
    """
    info: ImageInfo = image_format(data).read(data)
    return info


def without_gps(data: bytes) -> bytes:
    """The same file without its place: GPS in EXIF and in XMP.

    Pixel data is not touched and a JPEG or WebP keeps its length. The very same
    object comes back where there is no place to drop, and for bytes that are no
    image of ours.
    """
    try:
        module = image_format(data)
        if module is bmp:
            return data
        cleared: bytes = module.without_place(data)
    except BadImage:
        return data
    return cleared


def image_format(data: bytes) -> ModuleType:
    """The module that reads these bytes, by their first few.

    Raises:
        BadImage: not one of the four formats.
    """
    if data.startswith(jpeg.MAGIC + b"\xff"):
        return jpeg
    if data.startswith(png.MAGIC):
        return png
    if data.startswith(webp.MAGIC) and data[8:12] == webp.FORM:
        return webp
    if data.startswith(bmp.MAGIC):
        return bmp
    if not data:
        raise BadImage("An image has bytes: 0")
    for offset, magic, name in _REFUSED:
        if data.startswith(magic, offset):
            raise BadImage(
                f"Images of this format are not taken in: {name}", hint=CONVERT_HINT
            )
    raise BadImage(
        f"The file is no JPEG, PNG, WebP or BMP; it begins with: {data[:8].hex(' ')}",
        hint=CONVERT_HINT,
    )
