"""Blob stores: where finished versions go, and the contract that all of them keep.

A name is written once (`put_new`) or moved by compare-and-swap (`swap`); nothing is
ever overwritten unseen. What a store cannot do is told by one of these, exit code 5:

    CloudError
    ├── AccessRefused   the credential is missing, wrong, expired or too weak
    ├── BlobExists      a name that should be new is there: do not try again
    ├── BlobChanged     a blob is not the one that was read: compare again
    ├── BlobMissing     nothing has that name
    └── Unanswered      cut, slow, busy or garbled: trying again may help

`folder_store.LocalFolderStore` is the embedded default and needs no account;
`azure_store.AzureStore` speaks to Azure Blob Storage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from dataset.errors import BadFile, CloudError, ProjectError

PIECE_BYTES: Final = 1 << 20

# Told of bytes before they go or after they came; waits, or raises to stop.
Pace = Callable[[int], None]


class AccessRefused(CloudError):
    """The store does not let us in, or not with that right."""


class BlobExists(CloudError):
    """A blob of that name is there already."""


class BlobChanged(CloudError):
    """A blob is not, or no longer, the one that was read."""


class BlobMissing(CloudError):
    """The store has no blob of that name."""


class Unanswered(CloudError):
    """The store did not answer, or not with what was sent; it may the next time.

    `wait_s` is what the store asked for, 0 where it did not say.
    """

    def __init__(self, message: str, *, hint: str = "", wait_s: float = 0.0) -> None:
        super().__init__(message, hint=hint)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """What a store says of a blob without handing it over.

    `sha256` is the note that was stored with it and `md5` what the store computed or
    was told, both hexadecimal, "" where the store keeps none. `etag` changes with
    every write.
    """

    name: str
    size_bytes: int
    etag: str
    sha256: str = ""
    md5: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Bytes to be sent, known by their digest; from memory or from a file.

    `data` None and `path` None means no bytes at all.
    """

    sha256: str
    size_bytes: int
    data: bytes | None = field(default=None, repr=False)
    path: Path | None = None

    @classmethod
    def of(cls, data: bytes) -> Content:
        """Content from memory."""
        digest = hashlib.sha256(data).hexdigest()
        return cls(sha256=digest, size_bytes=len(data), data=data)

    def pieces(self, size: int) -> Iterator[bytes]:
        """All bytes in pieces of that size, the last one shorter; proven at the end.

        Raises:
            BadFile: the file changed since its digest was computed.
            ProjectError: it can no longer be read.
        """
        if self.data is not None:
            view = memoryview(self.data)
            yield from (bytes(view[at : at + size]) for at in range(0, len(view), size))
            return
        if self.path is None:
            return
        digest = hashlib.sha256()
        try:
            with self.path.open("rb") as file:
                while piece := file.read(size):
                    digest.update(piece)
                    yield piece
        except OSError as error:
            raise ProjectError(
                f"A file cannot be read ({error.strerror}): {self.path}"
            ) from error
        if digest.hexdigest() != self.sha256:
            raise BadFile(
                f"A file changed while it was sent: {self.path}",
                hint="leave it alone, and run the same command again",
            )


def no_pace(_count: int) -> None:
    """Neither wait nor stop."""


class BlobStore(Protocol):
    """Where blobs are kept by name; safe to share between threads.

    Names use forward slashes. Every method may raise `AccessRefused` and `Unanswered`;
    no error names a secret.
    """

    @property
    def label(self) -> str:
        """Where this is, for people and for the journal; without any secret."""

    def listed(self, prefix: str) -> Iterator[Blob]:
        """The blobs whose names begin so, by name."""

    def head(self, name: str) -> Blob | None:
        """What is known of a blob; None where there is none."""

    def get(self, name: str) -> Iterator[bytes]:
        """A blob's bytes in pieces.

        Raises:
            BlobMissing: there is none.
        """

    def put_new(self, name: str, content: Content, pace: Pace = no_pace) -> Blob:
        """Keep a blob under a name that is free; whole or not at all.

        Raises:
            BlobExists: it is not free; what is there stays.
        """

    def swap(self, name: str, content: Content, etag: str | None) -> Blob:
        """Put a small blob in the place of the one with that ETag; None for no blob.

        Raises:
            BlobChanged: another one is there, or none.
        """

    def abort(self) -> None:
        """Break off what is under way in other threads; the store is of no more use."""

    def close(self) -> None:
        """Let go of connections."""


def exists(name: str, where: str) -> BlobExists:
    """The refusal to write over a blob."""
    return BlobExists(f"There is a blob of that name already in {where}: {name}")


def changed(name: str, where: str) -> BlobChanged:
    """The refusal to replace a blob that somebody else moved on."""
    return BlobChanged(
        f"Another writer moved this blob meanwhile in {where}: {name}",
        hint="run the same command again: it compares before it writes",
    )


def missing(name: str, where: str) -> BlobMissing:
    """The answer where nothing has that name."""
    return BlobMissing(
        f"There is no such blob in {where}: {name}",
        hint="push the version again: what is missing is sent",
    )
