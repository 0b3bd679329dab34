"""Reads blobs back and proves them: every byte, by SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing

from dataset.errors import CloudError
from dataset.progress import Progress

from .handover.plan import Plan
from .stores.blob_store import BlobStore
from .stores.line import Line
from .stores.shelf import Head, blob_name
from .stores.transfer import Transfer


def prove_blobs(
    store: BlobStore, line: Line, head: Head, plan: Plan, progress: Progress
) -> int:
    """How many blobs of a pushed version were read back and are what they should be.

    Raises:
        CloudError: one is missing or has other bytes.
    """
    transfer = Transfer()
    transfer.begin(plan.samples + 1, head.bytes)

    def wanted() -> Iterator[str]:
        yield head.manifest
        yield from (sample.id for sample in plan.images())

    def prove(sha256: str) -> tuple[int, bool]:
        return fetched(store, line, sha256, lambda: lambda _piece: None), True

    with closing(line.each(store, wanted(), prove)) as proving:
        for done in proving:
            if done is not None:
                transfer.add(done)
            transfer.tell(progress)
    return transfer.sent


def fetched(
    store: BlobStore,
    line: Line,
    sha256: str,
    begin: Callable[[], Callable[[bytes], object]],
) -> int:
    """Have the bytes of that digest handed over, proven; gives how many they were.

    `begin` is called before each attempt and gives what takes the pieces. Bytes that
    are not those of the digest are asked for once more: a line may garble them.

    Raises:
        BlobMissing: the store has none.
        CloudError: it holds other bytes.
    """
    name = blob_name(sha256)

    def read() -> tuple[str, int]:
        take, digest, size = begin(), hashlib.sha256(), 0
        for piece in store.get(name):
            line.pace(len(piece))
            digest.update(piece)
            size += len(piece)
            take(piece)
        return digest.hexdigest(), size

    for _ in range(2):
        found, size = line.asked(read)
        if found == sha256:
            return size
    raise CloudError(
        f"A blob has other bytes than were pushed, {store.label}: {name}",
        hint="remove it, then push the version again: what is missing is sent",
    )
