"""The project's images: content-addressed, read-only, written whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from . import durable
from .errors import BadImage, ProjectError

READ_ONLY = 0o444


class ImageStore:
    """Image files under `root/ab/ab12....jpg`, named by the SHA-256 of their bytes."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, data: bytes, suffix: str) -> str:
        """Store the bytes durably and give back their id; known bytes are left alone.

        A stored file whose bytes changed since is replaced by the good ones.

        Raises:
            StorageFull: no room; nothing is left behind.
            ReadOnlyProject: the store cannot be written.
        """
        sample_id = hashlib.sha256(data).hexdigest()
        path = self.path(sample_id, suffix)
        with durable.translated(path):
            if _holds(path, data):
                # The file may be there from a run that died before its folder was
                # flushed; the caller will acknowledge it, so flush again.
                durable.sync_folder(path.parent)
                return sample_id
        durable.make_folder(path.parent)
        durable.write_new(path, data, mode=READ_ONLY)
        return sample_id

    def path(self, sample_id: str, suffix: str) -> Path:
        """Where the image of that id lies, whether it is there or not."""
        return self.root / sample_id[:2] / f"{sample_id}.{suffix}"

    def read(self, sample_id: str, suffix: str) -> bytes:
        """The image's bytes, unchecked.

        Raises:
            ProjectError: the file is missing or cannot be read.
        """
        path = self.path(sample_id, suffix)
        try:
            return path.read_bytes()
        except OSError as error:
            raise ProjectError(
                f"The image of a sample cannot be read ({error.strerror}): {path}",
                hint="put it back from a backup, or take the same picture in again",
            ) from error

    def verify(self, sample_id: str, suffix: str) -> None:
        """Prove by hash that the stored bytes are the sample's.

        Raises:
            ProjectError: the file is missing.
            BadImage: the bytes changed.
        """
        found = hashlib.sha256(self.read(sample_id, suffix)).hexdigest()
        if found != sample_id:
            raise BadImage(
                "An image's bytes are not those that were stored: "
                f"{self.path(sample_id, suffix)}",
                hint="put it back from a backup, or take the same picture in again",
            )

    def files(self) -> Iterator[Path]:
        """Every image file in the store, in the order of their names."""
        for folder in sorted(self.root.glob("[0-9a-f][0-9a-f]/")):
            yield from sorted(
                p for p in folder.iterdir() if p.suffix != "" and p.is_file()
            )

    def leftovers(self) -> Iterator[Path]:
        """Temporary files that an interrupted write left behind."""
        yield from sorted(self.root.glob(f"*/{durable.TEMPORARY_PREFIX}*"))
        yield from sorted(self.root.glob(f"{durable.TEMPORARY_PREFIX}*"))


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except FileNotFoundError:
        return False
