"""Creates a blob over a bad line: its bytes go once, whatever becomes of answers."""

from __future__ import annotations

from itertools import count

from .blob_store import Blob, BlobExists, BlobStore, Content, Unanswered
from .line import Line


def created(store: BlobStore, line: Line, name: str, content: Content) -> Blob | None:
    """Create a blob; the one that was there already, None where ours went.

    What is there is not compared with what should be: that is the caller's.

    Raises:
        Unanswered: as often as the line allows.
        Cancelled: the line was stopped.
    """
    attempts = count()

    def put() -> Blob | None:
        # A fault may hide a success: look before the bytes go once more.
        there = store.head(name) if next(attempts) else None
        if there is not None:
            return there
        try:
            store.put_new(name, content, line.pace)
        except BlobExists:
            there = store.head(name)
            if there is None:
                raise Unanswered(
                    f"The store says both yes and no, {store.label}: {name}"
                ) from None
            return there
        return None

    return line.asked(put)
