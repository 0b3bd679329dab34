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
        """Add a member; the name has at most 100 ASCII characters."""
        member = tarfile.TarInfo(name)
        member.size = len(data)
        member.mode = _MODE
        self._file.write(member.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict"))
        self._file.write(data)
        self._file.write(bytes(-len(data) % _BLOCK))

    def close(self) -> None:
        """Write the two empty blocks that end an archive."""
        self._file.write(bytes(2 * _BLOCK))
        self._file.close()
