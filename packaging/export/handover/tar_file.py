"""Tar archives with the same bytes anywhere: plain USTAR, no clock, no owner."""

from __future__ import annotations

import tarfile
from typing import Final

from .placed_file import PlacedFile

_BLOCK: Final = tarfile.BLOCKSIZE
_MODE: Final = 0o644


class TarFile:
    """An archive that is written member by member."""

    def __init__(self, file: PlacedFile) -> None:
        self._file = file

    def add(self, name: str, data: bytes) -> None:
        """Add a member; the name is one of `tar_head`."""
        self._file.write(tar_head(name, len(data)))
        self._file.write(data)
        self._file.write(tar_padding(len(data)))

    def close(self) -> None:
        """Write what ends an archive."""
        self._file.write(tar_end())
        self._file.close()


def tar_head(name: str, size: int) -> bytes:
    """The block before a member of `size` bytes.

    The name is ASCII: at most 100 characters after the last slash that lies within the
    first 155; the size is below 8 GiB.

    Raises:
        ValueError: the name or size does not fit.
    """
    member = tarfile.TarInfo(name)
    member.size = size
    member.mode = _MODE
    return member.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")


def tar_padding(size: int) -> bytes:
    """What fills the last block of a member."""
    return bytes(-size % _BLOCK)


def tar_end() -> bytes:
    """The two empty blocks that end an archive."""
    return bytes(2 * _BLOCK)
