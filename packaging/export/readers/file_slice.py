"""A part of a file: how an image comes out of one that holds many."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dataset.errors import BadFile
from dataset.images.sandbox import SIZE_LIMIT

_LIMIT: Final = SIZE_LIMIT


def slice_of(path: Path, offset: int, size: int) -> bytes:
    """The `size` bytes from `offset` on.

    Raises:
        BadFile: they are not there, or more than an image may have.
    """
    if size > _LIMIT:
        raise BadFile(f"An image file has at most {_LIMIT} bytes: {size}")
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            data = stream.read(size)
    except OSError as error:
        raise BadFile(f"The file cannot be read: {error.strerror}") from None
    if len(data) != size:
        raise BadFile("The file ends within an image")
    return data
