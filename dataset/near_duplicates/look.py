"""What a picture looks like in about 1.4 KB, as the catalog keeps it.

    whole    one hash of the whole picture
    crops    one hash for each of its largest boxes: what stands before a fixed camera
    thumb    the picture in grey at 32x32, for the last word on a pair
    points   salient places with a hash of what is around them; a crop keeps most

`keys` says where a look stands in the index of the catalog: two looks that share two
keys or more are worth comparing. No OpenCV here: the catalog needs the keys alone.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

HASH_SIZE: Final = 16
THUMB_SIDE: Final = 32
THUMB_SIZE: Final = THUMB_SIDE * THUMB_SIDE
# x and y in 1/65535 of width and height, kind (size, and dark or bright), 64 bits.
POINT: Final = np.dtype(
    [("x", ">u2"), ("y", ">u2"), ("kind", "u1"), ("bits", ">u8")], align=False
)
_VERSION: Final = 2
_HEAD: Final = struct.Struct(">BBBBB")

# Pieces of 21 bits find nearly every copy and crop; two of them are asked for, and so
# different pictures seldom meet.
_POINT_BITS: Final = 21
_POINT_PIECES: Final = 3
_CROP_BITS: Final = 32
_CROP_PIECES: Final = 4
_CROPS_WITH_KEYS: Final = 3
_FIRST_CROP_FAMILY: Final = 64
_KEY_BITS: Final = 40

Keys = NDArray[np.int64]
Points = NDArray[np.void]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What `fingerprint` saw; whole, thumb and points are b"" of a flat picture."""

    whole: bytes = b""
    crops: tuple[bytes, ...] = ()
    thumb: bytes = b""
    points: bytes = b""

    def to_bytes(self) -> bytes:
        """The fingerprint as the catalog keeps it."""
        points = len(self.points) // POINT.itemsize
        has_thumb = bool(self.thumb)
        head = _HEAD.pack(
            _VERSION, bool(self.whole), len(self.crops), has_thumb, points
        )
        return head + self.whole + b"".join(self.crops) + self.thumb + self.points

    @classmethod
    def from_bytes(cls, data: bytes) -> Fingerprint | None:
        """What `to_bytes` wrote; None for one of another version or a damaged one."""
        if len(data) < _HEAD.size:
            return None
        version, has_whole, crops, has_thumb, points = _HEAD.unpack_from(data)
        sizes = [HASH_SIZE] * (has_whole + crops)
        sizes += [THUMB_SIZE] * has_thumb + [POINT.itemsize * points]
        is_sound = version == _VERSION and has_whole <= 1 and has_thumb <= 1
        if not is_sound or len(data) != _HEAD.size + sum(sizes):
            return None
        parts, at = [], _HEAD.size
        for size in sizes:
            parts.append(data[at : at + size])
            at += size
        return cls(
            whole=parts[0] if has_whole else b"",
            crops=tuple(parts[has_whole : has_whole + crops]),
            thumb=parts[has_whole + crops] if has_thumb else b"",
            points=parts[-1],
        )

    @property
    def places(self) -> Points:
        """The points as an array of `POINT`."""
        return np.frombuffer(self.points, POINT)

    @property
    def keys(self) -> Keys:
        """Where it stands in the index, sorted, each key once; below 2**40."""
        return keys_of([self])[1]


def keys_of(looks: Sequence[Fingerprint]) -> tuple[NDArray[np.int64], Keys]:
    """The keys of many looks, as (place of the look, key) sorted by both."""
    points = np.frombuffer(b"".join(look.points for look in looks), POINT)
    places = np.arange(len(looks))
    owner = np.repeat(places, [len(look.points) // POINT.itemsize for look in looks])
    crops = [look.crops[:_CROPS_WITH_KEYS] for look in looks]
    words = np.frombuffer(b"".join(b"".join(some) for some in crops), ">u4")
    of_words = np.repeat(places, [_CROP_PIECES * len(some) for some in crops])
    owners = np.concatenate([np.tile(owner, _POINT_PIECES), of_words])
    keys = np.concatenate([_point_keys(points), _crop_keys(words.astype(np.int64))])
    both = np.unique((owners << _KEY_BITS) | keys)
    return both >> _KEY_BITS, both & (2**_KEY_BITS - 1)


def is_crop_key(keys: Keys) -> NDArray[np.bool_]:
    """Which keys are of boxes' crops rather than of the whole picture."""
    return keys >= FIRST_CROP_KEY


def _point_keys(points: Points) -> Keys:
    bits = points["bits"].astype(np.uint64)
    kind = points["kind"].astype(np.int64) & 7
    pieces = []
    for piece in range(_POINT_PIECES):
        part = (bits >> np.uint64(_POINT_BITS * piece)) & np.uint64(2**_POINT_BITS - 1)
        family = kind * _POINT_PIECES + piece
        pieces.append((family << _CROP_BITS) | part.astype(np.int64))
    return np.concatenate(pieces)


def _crop_keys(words: NDArray[np.int64]) -> Keys:
    family = _FIRST_CROP_FAMILY + np.arange(len(words), dtype=np.int64) % _CROP_PIECES
    return (family << _CROP_BITS) | words


# Keys of one kind and piece follow each other; there are at most 68 families.
KEY_FAMILY: Final = 1 << _CROP_BITS
FIRST_CROP_KEY: Final = _FIRST_CROP_FAMILY << _CROP_BITS
