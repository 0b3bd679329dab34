"""The hash tree over a version's leaves: 4,096 buckets and a root.

A sample lies in the bucket that the first 12 bits of its id name. With H for
SHA-256, and samples sorted by id:

    bucket  =  H("fsb1"  id leaf  id leaf ...), or 32 zero bytes when it is empty
    root    =  H("fsr1"  bucket 0 ... bucket 4095)

So two trees differ in few buckets when few samples differ, and a comparison only
has to walk those.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BUCKETS = 4096
_BUCKET, _ROOT = b"fsb1", b"fsr1"
_SIZE = 32


def bucket_of(sample_id: str) -> int:
    """The bucket, 0 to 4095, of a sample id in hexadecimal digits."""
    return int(sample_id[:3], 16)


def buckets_of(ids: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The bucket of each id, shape (n,), for raw ids of shape (n, 32)."""
    return (ids[:, 0].astype(np.int64) << 4) | (ids[:, 1] >> 4)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HashTree:
    """The bucket digests of one tree, shape (4096, 32); zeros where empty."""

    digests: NDArray[np.uint8]

    @property
    def root(self) -> str:
        """The root as hexadecimal SHA-256."""
        return hashlib.sha256(_ROOT + self.digests.tobytes()).hexdigest()

    def differing(self, other: HashTree) -> NDArray[np.bool_]:
        """Which buckets differ from those of another tree, shape (4096,)."""
        differs: NDArray[np.bool_] = (self.digests != other.digests).any(axis=1)
        return differs

    def pack(self) -> str:
        """The tree as text: base64 of a bitmap of full buckets, then their digests."""
        full = self.digests.any(axis=1)
        data = np.packbits(full).tobytes() + self.digests[full].tobytes()
        return base64.b64encode(data).decode("ascii")

    @classmethod
    def unpack(cls, text: str) -> HashTree:
        """The tree that `pack` wrote.

        Raises:
            ValueError: the text is not what `pack` writes.
        """
        try:
            data = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise ValueError("the buckets of a hash tree are damaged") from error
        bitmap = np.frombuffer(data[: BUCKETS // 8], np.uint8)
        full = np.unpackbits(bitmap).astype(bool)
        body = np.frombuffer(data[BUCKETS // 8 :], np.uint8)
        if len(full) != BUCKETS or len(body) != full.sum() * _SIZE:
            raise ValueError("the buckets of a hash tree are incomplete")
        digests = np.zeros((BUCKETS, _SIZE), np.uint8)
        digests[full] = body.reshape(-1, _SIZE)
        return cls(digests=digests)


class TreeBuilder:
    """Takes leaves in the order of their ids and gives the tree; constant memory."""

    def __init__(self) -> None:
        self._digests = np.zeros((BUCKETS, _SIZE), np.uint8)
        self._bucket = -1
        self._hash = hashlib.sha256()

    def add(self, ids: NDArray[np.uint8], leaves: NDArray[np.uint8]) -> None:
        """Add leaves, shape (n, 32), under raw ids, shape (n, 32), both sorted by id.

        The ids must be above all those that were added before.
        """
        rows = np.concatenate([ids, leaves], axis=1)
        buckets = buckets_of(ids)
        starts = np.flatnonzero(np.diff(buckets, prepend=-1))
        ends = [*starts[1:].tolist(), len(rows)]
        for start, end in zip(starts.tolist(), ends, strict=True):
            self._enter(int(buckets[start]))
            self._hash.update(rows[start:end].tobytes())

    def finish(self) -> HashTree:
        """The tree of everything that was added."""
        self._close()
        return HashTree(digests=self._digests)

    def _enter(self, bucket: int) -> None:
        if bucket != self._bucket:
            self._close()
            self._bucket = bucket
            self._hash = hashlib.sha256(_BUCKET)

    def _close(self) -> None:
        if self._bucket >= 0:
            digest = np.frombuffer(self._hash.digest(), np.uint8)
            self._digests[self._bucket] = digest
