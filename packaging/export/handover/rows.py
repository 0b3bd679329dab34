"""A file that grows row by row beside an export, and is put in its place whole."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import pyarrow as pa

from .column_texts import content, joined
from .export_folder import ExportFolder
from .placed_file import drop


class RowFile:
    """Rows that wait in a scratch file, so that memory stays small.

    `separator` stands between two rows. `close` removes what was never written.
    """

    def __init__(self, folder: ExportFolder, separator: bytes = b"") -> None:
        self._folder = folder
        self._path: Path = folder.scratch()
        self._stream: IO[bytes] = self._path.open("wb")
        self._separator = separator
        self.count = 0

    def add(self, row: str | bytes) -> None:
        """Add one row."""
        if self.count and self._separator:
            self._stream.write(self._separator)
        self._stream.write(row.encode() if isinstance(row, str) else row)
        self.count += 1

    def add_all(self, rows: pa.Array) -> None:
        """Add a column of rows."""
        if not len(rows):
            return
        text = content(joined(rows, self._separator.decode()))
        if self.count and self._separator:
            self._stream.write(self._separator)
        self._stream.write(text.removesuffix(self._separator))
        self.count += len(rows)

    def write(self, name: str, head: str = "", tail: str = "") -> None:
        """Make the file `name`: what comes before, the rows, and what comes after."""
        self._stream.close()
        self._folder.write_joined(name, [head.encode(), self._path, tail.encode()])

    def write_before(
        self, second: RowFile, name: str, *, head: str, middle: str, tail: str
    ) -> None:
        """Make the file `name` of these rows, then those of `second`."""
        self._stream.close()
        second._stream.close()
        self._folder.write_joined(
            name,
            [head.encode(), self._path, middle.encode(), second._path, tail.encode()],
        )

    def take(self) -> Path:
        """The finished scratch file, for whoever writes it into a file of their own."""
        self._stream.close()
        return self._path

    def close(self) -> None:
        """Remove the scratch file; harmless after `write`."""
        drop(self._stream, self._path)
