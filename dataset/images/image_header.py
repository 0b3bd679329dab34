"""What the first bytes of an image say, without decoding a pixel.

JPEG, PNG, WebP and BMP are taken in; everything else is refused with a sentence.
Sizes are checked before anything is decoded, so that a file of a few bytes cannot ask
for gigabytes. This file and the parsers beside it need nothing but the standard
library: whoever only wants a size does not pay for OpenCV.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import BadImage
from .exif_moment import Moment

SIDE_LIMIT = 32_767
PIXEL_LIMIT = 100_000_000
CONVERT_HINT = "convert it to JPEG or PNG first"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageInfo:
    """What an image is, without its pixels.

    `width` and `height` are those of the UPRIGHT image, that is after `orientation`
    (EXIF 1..8) was applied. `channels` counts what is stored (1 grey, 2 grey and
    alpha, 3 colour, 4 colour and alpha or CMYK), `bits` is per channel. `suffix` is
    "jpg", "png", "webp" or "bmp". `captured_us` and `device` are when and by which
    camera the picture says that it was taken; 0 and "" where it does not.
    """

    suffix: str
    width: int
    height: int
    orientation: int
    channels: int
    bits: int
    captured_us: int = 0
    device: str = ""

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height as stored, before the orientation is applied."""
        if self.orientation >= 5:
            return self.height, self.width
        return self.width, self.height


def image_info(
    *,
    suffix: str,
    stored: tuple[int, int],
    orientation: int,
    channels: int,
    bits: int,
    moment: Moment | None = None,
) -> ImageInfo:
    """The info for a picture stored with `stored` = (width, height).

    Raises:
        BadImage: a side is zero, a side or the area is beyond the limit.
    """
    width, height = stored
    if width < 1 or height < 1:
        raise BadImage(f"An image needs a width and a height: {width}x{height}")
    if max(width, height) > SIDE_LIMIT or width * height > PIXEL_LIMIT:
        raise BadImage(
            f"An image has at most {PIXEL_LIMIT // 1_000_000} million pixels and "
            f"{SIDE_LIMIT} on a side: {width}x{height}",
            hint="cut it into tiles or shrink it first",
        )
    if orientation >= 5:
        width, height = height, width
    return ImageInfo(
        suffix=suffix,
        width=width,
        height=height,
        orientation=orientation,
        channels=channels,
        bits=bits,
        captured_us=moment.captured_us if moment else 0,
        device=moment.device if moment else "",
    )


def cut_short(kind: str) -> BadImage:
    """The error for an image whose end is missing."""
    return BadImage(
        f"The image is cut short: {kind}",
        hint="copy it again from where it came from",
    )


def damaged(kind: str, what: str) -> BadImage:
    """The error for an image whose bytes are wrong; `what` is the offending part."""
    return BadImage(f"The image is damaged ({what}): {kind}")
