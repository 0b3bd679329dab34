"""What the child process reads from: one protocol over every kind of source."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset.errors import BadImage
from dataset.images import image_file
from dataset.images.jpeg import picture_end

from .camera_controls import CameraControls
from .multipart import HALF

DAMAGED = "damaged JPEG"
_MESSAGES_LIMIT = 256 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedInfo:
    """What an open feed says of itself; `fps` 0.0 where it says nothing."""

    fps: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """One decoded picture; `arrived_s` is monotonic, `media_s` the source's time.

    `wall_us` is the file's time for clips and folders, None for live sources.
    """

    pixels: NDArray[np.uint8]
    arrived_s: float
    media_s: float | None = None
    wall_us: int | None = None
    encoded: bytes | None = None
    suffix: str = ""
    session: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A picture that came and cannot be used."""

    reason: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Told before a file is decoded, so that the file that kills us is known."""

    number: int
    name: str


class Feed(Protocol):
    """Opens one source and yields what comes from it."""

    @property
    def controls(self) -> CameraControls:
        """The source's controls; asked of an open feed, from another thread as well."""

    def open(self) -> FeedInfo:
        """Open the source.

        Raises:
            CameraError: it cannot be opened.
        """

    def pictures(self) -> Iterator[Picture | Rejected | Attempt]:
        """Yield what comes until the end.

        Raises:
            CameraError: the source was lost.
        """

    def close(self) -> None:
        """Let go of the source."""


def decode_jpeg(data: bytes, *, is_whole: bool = False) -> NDArray[np.uint8] | Rejected:
    """The upright pixels of a camera's JPEG, or why it cannot be trusted.

    `is_whole` says that its end was found already; looking for it takes 2 ms at 1080p.

    libjpeg fills what is missing with grey and only prints a warning, so what was
    printed to the standard error, a file in this process, counts as damage.
    """
    if not is_whole and not _has_end(data):
        return Rejected(reason=HALF)
    before = _messages_size()
    try:
        pixels = image_file.decode(data)
    except (BadImage, cv2.error):
        return Rejected(reason=DAMAGED)
    if _messages_size() > before:
        return Rejected(reason=DAMAGED)
    return pixels


def _has_end(data: bytes) -> bool:
    try:
        picture_end(data)
    except BadImage:
        return False
    return True


def trim_messages() -> None:
    """Keep the file behind the standard error small when a library floods it."""
    if _messages_size() > _MESSAGES_LIMIT:
        os.ftruncate(2, 0)
        os.lseek(2, 0, os.SEEK_SET)


def _messages_size() -> int:
    sys.stderr.flush()
    return os.fstat(2).st_size
