"""A project with versions, what is asked of stores, and a store that fails."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from dataset.cloud_settings import CloudSettings
from export.stores.blob_store import Blob, Content, Pace, Unanswered, no_pace
from export.stores.folder_store import LocalFolderStore

QUICK = CloudSettings(parallel=4, attempts=2, timeout_s=5, block_kb=64)


class CountingStore(LocalFolderStore):
    """A folder store that counts its requests, and goes silent after some of them."""

    def __init__(self, root: Path, *, answers: int = 1_000_000) -> None:
        super().__init__(root)
        self.puts: list[str] = []
        self.requests = 0
        self._answers = answers

    def listed(self, prefix: str) -> Iterator[Blob]:
        self._count()
        yield from super().listed(prefix)

    def head(self, name: str) -> Blob | None:
        self._count()
        return super().head(name)

    def get(self, name: str) -> Iterator[bytes]:
        self._count()
        yield from super().get(name)

    def put_new(self, name: str, content: Content, pace: Pace = no_pace) -> Blob:
        self._count()
        blob = super().put_new(name, content, pace)
        self.puts.append(name)
        return blob

    def swap(self, name: str, content: Content, etag: str | None) -> Blob:
        self._count()
        return super().swap(name, content, etag)

    def _count(self) -> None:
        self.requests += 1
        if self.requests > self._answers:
            raise Unanswered("The line is cut")


def blobs_of(folder: Path) -> dict[str, str]:
    """SHA-256 of the bytes of each blob in a folder store, by the name it has."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (folder / "blobs").glob("*/*")
    }


def heads_of(folder: Path) -> list[Path]:
    """The heads in a folder store."""
    return sorted((folder / "heads").glob("*/*.json"))
