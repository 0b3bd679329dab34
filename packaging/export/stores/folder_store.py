"""The embedded default: a blob store in a folder, on a disk or a share.

Blobs are files under their names, written whole or not at all and flushed before they
count. One lock file guards the moment in which a name is looked at and taken, so that
stations that share the folder never overwrite one another; the system lets go of it
when a process dies.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dataset import durable
from dataset.errors import CloudError, FieldsetError, ProjectError

from .blob_store import (
    PIECE_BYTES,
    Blob,
    Content,
    Pace,
    changed,
    exists,
    missing,
    no_pace,
)

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_LOCK: Final = ".fieldset-lock"


class LocalFolderStore:
    """A blob store in a folder, which is made when the first blob comes."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    @property
    def label(self) -> str:
        """The folder."""
        return str(self._root)

    def listed(self, prefix: str) -> Iterator[Blob]:
        """The blobs whose names begin so, by name."""
        # The deepest folder that the prefix names, so that no other one is walked.
        start = self._root / prefix.rpartition("/")[0]
        for path in self._files(start):
            name = path.relative_to(self._root).as_posix()
            if name.startswith(prefix):
                blob = self._blob(name, path)
                if blob is not None:
                    yield blob

    def head(self, name: str) -> Blob | None:
        """What is known of a blob."""
        return self._blob(name, self._path(name))

    def get(self, name: str) -> Iterator[bytes]:
        """A blob's bytes in pieces."""
        try:
            with self._told(name), self._path(name).open("rb") as file:
                while piece := file.read(PIECE_BYTES):
                    yield piece
        except (FileNotFoundError, NotADirectoryError):
            raise missing(name, self.label) from None

    def put_new(self, name: str, content: Content, pace: Pace = no_pace) -> Blob:
        """Keep a blob under a free name; on the disk when this returns."""
        path = self._path(name)
        with self._told(name):
            if path.exists():
                raise exists(name, self.label)
            with self._written(path, content, pace) as fresh, self._locked():
                if path.exists():
                    raise exists(name, self.label)
                fresh.replace(path)
            durable.sync_folder(path.parent)
        return self._known(name, path, content)

    def swap(self, name: str, content: Content, etag: str | None) -> Blob:
        """Put a blob in the place of the one with that ETag."""
        path = self._path(name)
        with self._told(name):
            with self._written(path, content, no_pace) as fresh, self._locked():
                kept = self._blob(name, path)
                if (None if kept is None else kept.etag) != etag:
                    raise changed(name, self.label)
                fresh.replace(path)
            durable.sync_folder(path.parent)
        return self._known(name, path, content)

    def abort(self) -> None:
        """A disk cannot be interrupted."""

    def close(self) -> None:
        """Nothing is held."""

    def _path(self, name: str) -> Path:
        parts = name.split("/")
        if any(part in ("", ".", "..") or part[0] == "." for part in parts):
            raise CloudError(f"A blob cannot have that name: {name}")
        return self._root.joinpath(*parts)

    def _files(self, folder: Path) -> Iterator[Path]:
        """Every file below, by the name that the blob has."""
        with self._told(str(folder)):
            try:
                entries = list(folder.iterdir())
            except (FileNotFoundError, NotADirectoryError):
                return
        visible = [path for path in entries if path.name[0] != "."]
        folders = {path for path in visible if path.is_dir()}
        # A folder sorts as its files do: `a-b` comes before `a/b`.
        for path in sorted(
            visible, key=lambda p: p.name + "/" if p in folders else p.name
        ):
            if path in folders:
                yield from self._files(path)
            else:
                yield path

    def _blob(self, name: str, path: Path) -> Blob | None:
        with self._told(name):
            try:
                stat = path.stat()
            except (FileNotFoundError, NotADirectoryError):
                return None
        etag = f'"{stat.st_mtime_ns:x}-{stat.st_ino:x}-{stat.st_size:x}"'
        return Blob(name=name, size_bytes=stat.st_size, etag=etag)

    def _known(self, name: str, path: Path, content: Content) -> Blob:
        blob = self._blob(name, path)
        if blob is None:
            raise missing(name, self.label)
        return Blob(
            name=name,
            size_bytes=blob.size_bytes,
            etag=blob.etag,
            sha256=content.sha256,
        )

    @contextlib.contextmanager
    def _written(self, path: Path, content: Content, pace: Pace) -> Iterator[Path]:
        """The content in a flushed file beside `path`; gone again at the end."""
        if self._root.exists() and not self._root.is_dir():
            raise ProjectError(
                f"This is a file, not a folder: {self._root}",
                hint="name a folder, or one that is still to be made",
            )
        durable.make_folder(path.parent)
        fresh = durable.temporary_beside(path)
        try:
            with fresh.open("xb") as file:
                for piece in content.pieces(PIECE_BYTES):
                    pace(len(piece))
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            yield fresh
        finally:
            fresh.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._root / _LOCK).open("a+b") as file:
            if sys.platform == "win32":
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            else:
                # Another open file is another holder, so this keeps threads apart, too.
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """The system's refusals as sentences; a missing file is left to the caller."""
        try:
            yield
        except (FieldsetError, FileNotFoundError, NotADirectoryError):
            raise
        except OSError as error:
            raise durable.os_refusal(error, self._root / name) from error
