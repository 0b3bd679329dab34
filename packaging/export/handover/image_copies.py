"""Copies of image files, made beside the work that describes them.

Blocks are shared where the file system can (reflink), else copied inside the kernel,
else through memory; never linked. Copying needs no Python lock, so two threads do it
while the caller writes labels.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from dataset.errors import BadImage, ProjectError

if sys.platform == "linux":
    import fcntl

_FICLONE = 0x40049409
_NO_WAY = {
    errno.EOPNOTSUPP,
    errno.ENOTTY,
    errno.EXDEV,
    errno.EINVAL,
    errno.EPERM,
    errno.ENOSYS,
}
_CHUNK_BYTES = 1 << 30
_BATCH = 16
_WAITING = 16
_THREADS = 2
_BINARY = getattr(os, "O_BINARY", 0)
_HINT = (
    "run `fieldset check --repair`; where `fieldset version verify` says that it was "
    "erased, freeze a version without it and export that"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageCopy:
    """One image to copy; `size_bytes` 0 means that nobody knows.

    With `temporary` the copy is made under that name and renamed; an image of the
    right size that is there already is left alone.
    """

    source: str
    target: str
    size_bytes: int
    temporary: str = ""


class ImageCopies:
    """Makes copies in the order given, a few at a time; use it in a `with` block."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, "image-copies")
        self._batch: list[ImageCopy] = []
        self._waiting: deque[Future[int]] = deque()
        self._bytes = 0
        self._can_share = sys.platform == "linux"
        self._can_copy_range = hasattr(os, "copy_file_range")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown(cancel_futures=True)

    def add(self, copy: ImageCopy) -> None:
        """Have an image copied soon.

        Raises:
            ProjectError: an earlier image is missing.
            BadImage: an earlier image has another size than the version says.
            OSError: the target refused an earlier one.
        """
        self._batch.append(copy)
        if len(self._batch) >= _BATCH:
            self._submit()
        while len(self._waiting) > _WAITING:
            self._bytes += self._waiting.popleft().result()

    def finish(self) -> int:
        """Wait for all copies and give their size in bytes; raises as `add`."""
        self._submit()
        while self._waiting:
            self._bytes += self._waiting.popleft().result()
        return self._bytes

    def _submit(self) -> None:
        batch, self._batch = self._batch, []
        if batch:
            self._waiting.append(self._threads.submit(self._copy_all, batch))

    def _copy_all(self, batch: list[ImageCopy]) -> int:
        return sum(map(self._copy, batch))

    def _copy(self, copy: ImageCopy) -> int:
        if copy.temporary and _size_of(copy.target) == copy.size_bytes > 0:
            return copy.size_bytes
        goal = copy.temporary or copy.target
        try:
            reading = os.open(copy.source, os.O_RDONLY | _BINARY)
        except OSError as error:
            raise _unreadable(copy.source, error) from error
        try:
            size = os.fstat(reading).st_size
            _require_size(copy.source, size, copy.size_bytes)
            self._copy_open(reading, copy.source, goal, size)
        finally:
            os.close(reading)
        if copy.temporary:
            Path(goal).replace(copy.target)
        return size

    def _copy_open(self, reading: int, source: str, goal: str, size: int) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY
        writing = os.open(goal, flags, 0o644)
        try:
            if self._share(reading, writing):
                return
            if self._copy_range(reading, writing, size):
                return
        finally:
            os.close(writing)
        shutil.copyfile(source, goal)

    def _share(self, reading: int, writing: int) -> bool:
        """Let the new file share the old one's blocks (Btrfs, XFS, bcachefs)."""
        if sys.platform != "linux" or not self._can_share:
            return False
        try:
            fcntl.ioctl(writing, _FICLONE, reading)
        except OSError as error:
            if error.errno not in _NO_WAY:
                raise
            self._can_share = False
            return False
        return True

    def _copy_range(self, reading: int, writing: int, size: int) -> bool:
        """Copy inside the kernel; False where it cannot."""
        if sys.platform != "linux" or not self._can_copy_range:
            return False
        done = 0
        try:
            while done < size:
                step = min(size - done, _CHUNK_BYTES)
                count = os.copy_file_range(reading, writing, step)
                if count == 0:
                    return False
                done += count
        except OSError as error:
            if error.errno not in _NO_WAY or done:
                raise
            self._can_copy_range = False
            return False
        return True


def image_bytes(source: str, size_bytes: int) -> bytes:
    """The bytes of an image; `size_bytes` 0 means that nobody knows how many.

    Raises:
        ProjectError: it is missing or cannot be read.
        BadImage: it has another size than the version says.
    """
    try:
        data = Path(source).read_bytes()
    except OSError as error:
        raise _unreadable(source, error) from error
    _require_size(source, len(data), size_bytes)
    return data


def _unreadable(source: str, error: OSError) -> ProjectError:
    return ProjectError(
        f"The image of a sample cannot be read ({error.strerror}): {source}",
        hint=_HINT,
    )


def _require_size(source: str, size: int, size_bytes: int) -> None:
    if size_bytes not in (0, size):
        raise BadImage(f"An image is not the one of the version: {source}", hint=_HINT)


def _size_of(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except FileNotFoundError:
        return -1
