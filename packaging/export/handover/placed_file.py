"""One file of an export that is written as a stream, hashed on the way."""

from __future__ import annotations

import contextlib
import filecmp
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import IO


class PlacedFile:
    """A file that grows beside its place and is put there whole by `close`.

    It is enough of a file object for pyarrow's writers. With `keeps_equal` an equal
    file that is there already is left alone. `on_close` is told digest and size.
    """

    def __init__(
        self,
        target: Path,
        temporary: Path,
        *,
        keeps_equal: bool,
        on_close: Callable[[str, int], None],
    ) -> None:
        self._target = target
        self._temporary = temporary
        self._keeps_equal = keeps_equal
        self._on_close = on_close
        self._whole = hashlib.sha256()
        self._stream: IO[bytes] = temporary.open("wb")

    @property
    def closed(self) -> bool:
        """Whether it takes no more."""
        return self._stream.closed

    @property
    def digest(self) -> str:
        """The SHA-256 of what was written so far, hexadecimal."""
        return self._whole.hexdigest()

    def write(self, data: bytes) -> int:
        """Append."""
        self._whole.update(data)
        return self._stream.write(data)

    def tell(self) -> int:
        """How many bytes there are."""
        return self._stream.tell()

    def flush(self) -> None:
        """Hand over to the system."""
        self._stream.flush()

    def close(self) -> None:
        """Put it in its place; nothing happens the second time."""
        if self._stream.closed:
            return
        size = self._stream.tell()
        self._stream.close()
        if self._keeps_equal and _are_equal(self._temporary, self._target):
            self._temporary.unlink()
        else:
            self._temporary.replace(self._target)
        self._on_close(self._whole.hexdigest(), size)

    def discard(self) -> None:
        """Remove it; harmless after `close`."""
        drop(self._stream, self._temporary)


def drop(stream: IO[bytes], path: Path) -> None:
    """Close and remove a file that nobody wants; a full disk may refuse its rest."""
    with contextlib.suppress(OSError):
        stream.close()
    path.unlink(missing_ok=True)


def _are_equal(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except FileNotFoundError:
        return False
