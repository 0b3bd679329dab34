"""Images as files: what they are, whether they are whole, and their upright pixels.

Policy, in one place:

- JPEG, PNG, WebP and BMP are taken in. GIF, TIFF, AVIF, HEIF, JPEG 2000 and the like
  are refused with the advice to convert them; so is anything animated. Of a
  multi-picture JPEG (MPO) the first picture counts.
- At most 100 million pixels and 32,767 on a side, known before decoding.
- Orientation: EXIF 1..8 (anything else counts as 1), else XMP `tiff:Orientation`; it
  is applied exactly once, here. Sizes and boxes are those of the upright image.
- CMYK and grey images are decoded to BGR, 16 bit to 8, alpha is dropped.
- A cut or half-empty image is refused: JPEG needs its end marker and every block, PNG
  its end chunk, checksums and all rows, WebP and BMP their full length.

Files from elsewhere go through `dataset.images.sandbox`, which runs this in a child
process. Whoever needs no pixels imports `inspect` and `without_gps` from
`image_format`, which does not load OpenCV.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from . import jpeg
from .image_format import image_format, inspect, without_gps
from .image_header import PIXEL_LIMIT, SIDE_LIMIT, ImageInfo, cut_short, damaged

__all__ = [
    "PIXEL_LIMIT",
    "SIDE_LIMIT",
    "ImageInfo",
    "check",
    "decode",
    "inspect",
    "without_gps",
]

_REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
_NEUTRAL_GREY = 128
_BLOCK = 8


def check(data: bytes) -> ImageInfo:
    """What the image is, after proving that it is whole by decoding all of it.

    Raises:
        BadImage: as `inspect`, or the image is cut short, half-empty or damaged.
    """
    info = inspect(data)
    if info.suffix == "jpg":
        end = jpeg.picture_end(data)
        pixels = _stored_pixels(data, info, reduce=1)
        if _has_empty_end(pixels) and _takes_more_data(data, end, pixels, info):
            raise cut_short("JPEG")
        return info
    image_format(data).prove_whole(data)
    _stored_pixels(data, info, reduce=1)
    return info


def decode(
    data: bytes, *, reduce: int = 1, info: ImageInfo | None = None
) -> NDArray[np.uint8]:
    """The upright pixels, shape (height, width, 3), BGR, 8 bit, contiguous.

    With `reduce` 2, 4 or 8 both sides are divided by it, rounded up; a JPEG is
    shrunk while it is decoded, which is much faster. `info` is what `inspect` said of
    these bytes, where it was asked already.

    Raises:
        BadImage: as `inspect`, or the decoder refuses the image.
    """
    if reduce not in _REDUCED:
        raise ValueError(f"reduce is 1, 2, 4 or 8: {reduce}")
    info = info or inspect(data)
    return upright(_stored_pixels(data, info, reduce=reduce), info.orientation)


def upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """The pixels turned and mirrored as EXIF orientation 1..8 asks (EXIF 4.6.4)."""
    turned: object = pixels
    if orientation == 2:
        turned = cv2.flip(pixels, 1)
    elif orientation == 3:
        turned = cv2.rotate(pixels, cv2.ROTATE_180)
    elif orientation == 4:
        turned = cv2.flip(pixels, 0)
    elif orientation == 5:
        turned = cv2.transpose(pixels)
    elif orientation == 6:
        turned = cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE)
    elif orientation == 7:
        turned = cv2.flip(cv2.transpose(pixels), -1)
    elif orientation == 8:
        turned = cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE)
    return np.ascontiguousarray(turned, dtype=np.uint8)


def _stored_pixels(data: bytes, info: ImageInfo, *, reduce: int) -> NDArray[np.uint8]:
    """The pixels as stored, before orientation, each side divided by `reduce`."""
    width, height = (-(-side // reduce) for side in info.stored_size)
    is_shrunk_later = reduce > 1 and info.suffix != "jpg"
    flags = _REDUCED[1 if is_shrunk_later else reduce] | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise damaged(info.suffix, "the decoder refuses it")
    if is_shrunk_later and pixels.shape[:2] == info.stored_size[::-1]:
        pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    if pixels.shape != (height, width, 3):
        raise damaged(info.suffix, "the decoder finds another size than the header")
    return np.asarray(pixels, dtype=np.uint8)


def _has_empty_end(pixels: NDArray[np.uint8]) -> bool:
    """Whether the last block has the grey that libjpeg puts where data is missing."""
    return bool((pixels[-_BLOCK:, -_BLOCK:] == _NEUTRAL_GREY).all())


def _takes_more_data(
    data: bytes, end: int, pixels: NDArray[np.uint8], info: ImageInfo
) -> bool:
    """Whether bytes put before the end marker become pixels.

    A complete scan ignores them; one that was cut and closed with an end marker
    decodes them. So a truly grey corner is told from a missing one.
    """
    marker = data.rindex(b"\xff\xd9", 0, end)
    filler = bytes(range(1, 250, 3)) * 4
    longer = _stored_pixels(data[:marker] + filler + data[marker:], info, reduce=1)
    return not np.array_equal(pixels, longer)
