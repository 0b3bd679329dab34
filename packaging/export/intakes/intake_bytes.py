"""The bytes of an image from elsewhere: its file's, or those packed in another."""

from __future__ import annotations

from dataset.errors import BadImage
from dataset.images.sandbox import SIZE_LIMIT

from ..contract import ImportedImage


def image_bytes(image: ImportedImage) -> tuple[bytes, int]:
    """The image's bytes, and when its file was written (microseconds, UTC).

    Raises:
        BadImage: the file cannot be read, or the image is too large.
        BadFile: the bytes cannot be unpacked.
    """
    try:
        stat = image.path.stat()
        size, data = stat.st_size, b""
        if image.unpack is not None:
            data = image.unpack()
            size = len(data)
        elif size <= SIZE_LIMIT:
            data = image.path.read_bytes()
    except OSError as error:
        raise BadImage(f"The file cannot be read: {error.strerror}") from None
    if size > SIZE_LIMIT:
        raise BadImage(f"An image file has at most {SIZE_LIMIT} bytes: {size}")
    return data, stat.st_mtime_ns // 1000
