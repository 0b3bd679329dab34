"""A stored picture as the child process reads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataset.errors import BadImage
from dataset.images import image_file


def read_picture(path: Path) -> NDArray[np.uint8]:
    """The upright picture in a file, (H, W, 3) uint8 BGR.

    Raises:
        BadImage: it cannot be read or decoded.
    """
    try:
        return image_file.decode(path.read_bytes())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadImage(f"The image cannot be read ({reason}): {path.name}") from None
