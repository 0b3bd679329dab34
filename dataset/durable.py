"""Files that are written whole or not at all, and are on the disk when acknowledged.

The order is the one DESIGN section 4 demands: temporary file in the same folder,
full write, fsync, close, rename, fsync of the folder. A crash at any point leaves
the old state or the new one, and at worst a `.tmp-` file that the sweep removes.
"""

from __future__ import annotations

import errno
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import FieldsetError, ProjectError, ReadOnlyProject, StorageFull

TEMPORARY_PREFIX = ".tmp-"
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
_NO_RIGHT = {errno.EROFS, errno.EACCES, errno.EPERM}


def write_new(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write `data` to a file that may not exist yet; durable when it returns.

    An existing file of the same name is replaced as a whole: use it where the
    name follows from the content, or where the old content may go.

    Raises:
        StorageFull: no room; nothing is left behind.
        ReadOnlyProject: the folder cannot be written.
    """
    with translated(path):
        temporary = temporary_beside(path)
        try:
            _write_synced(temporary, data, mode)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


replace = write_new


def temporary_beside(path: Path) -> Path:
    """A fresh temporary name in the folder of `path`; nothing is created."""
    return path.parent / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}"


def make_folder(path: Path) -> None:
    """Create a folder and its parents, and make their entries durable."""
    missing = []
    folder = path
    with translated(path):
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            sync_folder(folder.parent)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        ProjectError: it is missing or cannot be read; the sentence names it.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ProjectError(
            f"The file cannot be read ({error.strerror}): {path}",
            hint="`fieldset check` says what else is missing",
        ) from error


def sync_folder(folder: Path) -> None:
    """Flush the entries of a folder; Windows has no such call and needs none."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Flush a file that another library wrote and closed."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals into sentences about `path`."""
    try:
        yield
    except FieldsetError:
        raise
    except OSError as error:
        raise os_refusal(error, path) from error


def os_refusal(error: OSError, path: Path) -> ProjectError:
    """The sentence for an operating-system error that concerns `path`."""
    if error.errno in _NO_SPACE:
        return StorageFull(
            f"The disk is full, nothing was stored: {path}",
            hint="free some space, then try again",
        )
    if error.errno in _NO_RIGHT:
        return ReadOnlyProject(
            f"This place cannot be written: {path}",
            hint="check the rights of the folder, or copy the project elsewhere",
        )
    return ProjectError(f"The system refused ({error.strerror}): {path}")


def _write_synced(path: Path, data: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
        if mode != 0o644 and sys.platform != "win32":
            # FAT, as on memory cards, knows no such rights; the file is whole.
            with suppress(PermissionError):
                os.fchmod(handle, mode)
    finally:
        os.close(handle)
