"""A run of bytes inside a file: how images lie in shards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dataset.errors import BadFile


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSlice:
    """`size_bytes` bytes of the file `container`, from `offset`."""

    container: Path
    offset: int
    size_bytes: int

    def read(self) -> bytes:
        """The bytes.

        Raises:
            OSError: the file cannot be read.
            BadFile: the file ends before they do.
        """
        with self.container.open("rb") as stream:
            stream.seek(self.offset)
            data = stream.read(self.size_bytes)
        if len(data) != self.size_bytes:
            raise BadFile(f"The file ends before its image does: {self.container}")
        return data
