"""Folders of images: which sessions they hold, and their pictures in order."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from dataset.errors import CameraError

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSession:
    """The images that lie directly in one folder, in order.

    `name` is the folder's path under the folder that was asked for, with forward
    slashes; "" for that folder itself.
    """

    name: str
    path: Path
    images: tuple[Path, ...]


def sessions_of(folder: Path) -> tuple[FolderSession, ...]:
    """Return the sessions of a folder: itself and every sub-folder with images.

    Names are in natural order (`2.jpg` before `10.jpg`); hidden files and links to
    folders are left out. Whether an image is usable is found out when it is read.

    Raises:
        CameraError: the folder cannot be read.
    """
    found = []
    for path, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        images = tuple(
            Path(path, name)
            for name in sorted(files, key=natural_key)
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES
        )
        if images:
            name = Path(path).relative_to(folder).as_posix()
            name = "" if name == "." else name
            found.append(FolderSession(name=name, path=Path(path), images=images))
    return tuple(sorted(found, key=lambda session: natural_key(session.name)))


def natural_key(name: str) -> tuple[list[tuple[int, str]], str]:
    """The key that sorts numbers in names by value; ties by the plain name."""
    pieces = re.split(r"([0-9]+)", name)
    return [
        (int(text), "") if text.isdecimal() and text.isascii() else (-1, text)
        for text in pieces
    ], name


def _refuse(error: OSError) -> None:
    raise CameraError(
        f"The folder cannot be read ({error.strerror}): {error.filename}"
    ) from error
