"""An image folder as a source: each image's own bytes, its pixels upright.

A folder has no clock, so its images are one second apart for the triggers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import cv2

from dataset.errors import BadImage, CameraError
from dataset.images import image_file

from .address import Address
from .camera_controls import NoControls
from .feed import Attempt, FeedInfo, Picture, Rejected
from .folder import FolderSession, sessions_of

FOLDER_FPS = 1.0
_FILE_LIMIT = 256 << 20


class FolderFeed:
    """All images of a folder, session by session; the first `skip` are left out."""

    def __init__(self, address: Address, skip: int = 0) -> None:
        self._address = address
        self._folder = Path(address.target)
        self._skip = skip
        self._sessions: tuple[FolderSession, ...] = ()

    @property
    def controls(self) -> NoControls:
        """A folder has none."""
        return NoControls()

    def open(self) -> FeedInfo:
        """List the images."""
        self._sessions = sessions_of(self._folder)
        if not self._sessions:
            raise CameraError(f"The folder holds no images: {self._address.shown}")
        return FeedInfo(fps=FOLDER_FPS)

    def pictures(self) -> Iterator[Picture | Rejected | Attempt]:
        """Yield every image; one that cannot be used is named and passed over."""
        number = 0
        for session in self._sessions:
            for path in session.images:
                number += 1
                if number <= self._skip:
                    continue
                name = path.relative_to(self._folder).as_posix()
                yield Attempt(number=number, name=name)
                yield _picture(path, name, session.name, number - 1)

    def close(self) -> None:
        """Nothing is held open."""


def _picture(path: Path, name: str, session: str, number: int) -> Picture | Rejected:
    try:
        stat = path.stat()
        if not path.is_file() or stat.st_size > _FILE_LIMIT:
            return Rejected(reason="the file is too large, or no file", name=name)
        data = path.read_bytes()
        info = image_file.check(data)
        pixels = image_file.decode(data)
    except BadImage as error:
        reason = error.message.partition(":")[0]
        return Rejected(reason=reason[:1].lower() + reason[1:], name=name)
    except OSError as error:
        what = error.strerror or type(error).__name__
        return Rejected(reason=f"the file cannot be read ({what})", name=name)
    except cv2.error:
        return Rejected(reason="the image is damaged", name=name)
    return Picture(
        pixels=pixels,
        arrived_s=time.monotonic(),
        media_s=number / FOLDER_FPS,
        wall_us=stat.st_mtime_ns // 1000,
        encoded=data,
        suffix=info.suffix,
        session=session,
        name=name,
    )
