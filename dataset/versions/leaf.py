"""The canonical bytes of a sample, and their SHA-256: the leaves of a version.

A sample has three leaves. Integers are big-endian and unsigned unless said
otherwise, text is UTF-8 with its length in bytes before it (two bytes).

    images   "fsi1"  sample id (32)  width (4)  height (4)
    labels   "fsl1"  state (1)  number of boxes (4)  then for each box, by UUID:
             UUID (16)  class id (4)  x0 y0 x1 y1 (4 each, SIGNED, 1/1024 px)
    splits   "fss1"  length, group id  length, split name ("" = in no split)

Sizes and corners are those of the UPRIGHT image. States are numbered as in
`STATE_CODES`. Nothing else is inside: class names live in the taxonomy digest;
origin, score, session, place, camera, times and file names stay outside, so that
the same content has the same leaves on every station.

The functions in the plural do the same for whole columns; they are what makes a
million samples a matter of seconds.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..records import Box, SampleState, VersionSample

UNITS_PER_PIXEL = 1024
DIGEST_SIZE = 32
STATE_CODES = {
    SampleState.NEW: 0,
    SampleState.PROPOSED: 1,
    SampleState.LABELED: 2,
    SampleState.EMPTY: 3,
    SampleState.SKIPPED: 4,
}
BOX_RECORD = np.dtype(
    [("id", "V16"), ("class_id", ">u4"), ("corners", ">i4", (4,))], align=False
)

_IMAGES, _LABELS, _SPLITS = b"fsi1", b"fsl1", b"fss1"
_LIMIT = 2**31 - 1
_UUID_SIZE = 16

Bytes2D = NDArray[np.uint8]


def quantise(box: Box) -> tuple[int, int, int, int]:
    """The corners x0, y0, x1, y1 as whole 1/1024 pixels of the upright image.

    Halves go to the even neighbour, as IEEE 754 rounds. A box thinner than a unit
    becomes one unit wide, so that a box never loses its width or height.

    Raises:
        ValueError: a corner beyond 2,097,151 pixels.
    """
    corners = np.array([[box.x0, box.y0, box.x1, box.y1]])
    x0, y0, x1, y1 = quantise_corners(corners)[0].tolist()
    return x0, y0, x1, y1


def quantise_corners(corners: NDArray[np.float64]) -> NDArray[np.int32]:
    """`quantise` for an array of shape (n, 4) in pixels: (n, 4) in 1/1024 px.

    Raises:
        ValueError: a corner beyond 2,097,151 pixels.
    """
    units = np.rint(corners * UNITS_PER_PIXEL)
    np.maximum(units[:, 2:], units[:, :2] + 1, out=units[:, 2:])
    if units.size and np.abs(units).max() > _LIMIT:
        raise ValueError(f"a corner lies too far out: {np.abs(corners).max()} px")
    return units.astype(np.int32)


def uuid_bytes(box_id: str) -> bytes:
    """The 16 bytes of a box's UUID.

    Raises:
        ValueError: the text is no UUID.
    """
    try:
        raw = bytes.fromhex(box_id.replace("-", ""))
    except ValueError:
        raw = b""
    if len(raw) != _UUID_SIZE:
        raise ValueError(f"a box id is a UUID: {box_id!r}")
    return raw


def uuid_text(raw: bytes) -> str:
    """The UUID of 16 bytes as lower-case text with its four hyphens."""
    h = raw.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def images_bytes(sample: VersionSample) -> bytes:
    """What the images leaf is the digest of: id and upright size."""
    size = struct.pack(">II", sample.width, sample.height)
    return _IMAGES + bytes.fromhex(sample.id) + size


def labels_bytes(sample: VersionSample) -> bytes:
    """What the labels leaf is the digest of: state and boxes, sorted by UUID."""
    rows = sorted(
        (uuid_bytes(box.id), box.class_id, *quantise(box)) for box in sample.boxes
    )
    head = struct.pack(">BI", STATE_CODES[sample.state], len(rows))
    return _LABELS + head + b"".join(struct.pack(">16sI4i", *row) for row in rows)


def splits_bytes(sample: VersionSample) -> bytes:
    """What the splits leaf is the digest of: group id and split name."""
    return _SPLITS + _text(sample.group) + _text(sample.split)


def leaves(sample: VersionSample) -> tuple[bytes, bytes, bytes]:
    """The SHA-256 of the images, labels and splits leaf of one sample."""
    return (
        hashlib.sha256(images_bytes(sample)).digest(),
        hashlib.sha256(labels_bytes(sample)).digest(),
        hashlib.sha256(splits_bytes(sample)).digest(),
    )


def images_leaves(
    ids: Bytes2D, widths: NDArray[np.integer], heights: NDArray[np.integer]
) -> Bytes2D:
    """Images leaves, shape (n, 32), of ids of shape (n, 32) and sizes in pixels."""
    rows = np.empty((len(ids), 44), np.uint8)
    rows[:, :4] = np.frombuffer(_IMAGES, np.uint8)
    rows[:, 4:36] = ids
    rows[:, 36:40] = np.ascontiguousarray(widths, ">u4").view(np.uint8).reshape(-1, 4)
    rows[:, 40:44] = np.ascontiguousarray(heights, ">u4").view(np.uint8).reshape(-1, 4)
    data, sha256 = rows.tobytes(), hashlib.sha256
    return _digests(
        [sha256(data[at : at + 44]).digest() for at in range(0, len(data), 44)]
    )


def labels_leaves(
    states: NDArray[np.uint8], offsets: NDArray[np.integer], boxes: NDArray[np.void]
) -> Bytes2D:
    """Labels leaves, shape (n, 32).

    Args:
        states: the code of each sample's state, shape (n,).
        offsets: where each sample's boxes begin, and the end, shape (n + 1,);
            offsets[0] is 0.
        boxes: `BOX_RECORD`s of all samples, by UUID within each sample.
    """
    counts = np.diff(offsets)
    heads = np.zeros((len(states), 9), np.uint8)
    heads[:, :4] = np.frombuffer(_LABELS, np.uint8)
    heads[:, 4] = states
    heads[:, 5:] = np.ascontiguousarray(counts, ">u4").view(np.uint8).reshape(-1, 4)
    head, body, sha256 = heads.tobytes(), boxes.tobytes(), hashlib.sha256
    ends = (np.asarray(offsets, np.int64) * BOX_RECORD.itemsize).tolist()
    return _digests(
        [
            sha256(head[9 * row : 9 * row + 9] + body[start:end]).digest()
            for row, (start, end) in enumerate(pairwise(ends))
        ]
    )


def splits_leaves(groups: Sequence[str], splits: Sequence[str]) -> Bytes2D:
    """Splits leaves, shape (n, 32), of the group id and split name of each sample."""
    return _digests(list(map(_splits_leaf, groups, splits)))


@lru_cache(maxsize=1 << 16)
def _splits_leaf(group: str, split: str) -> bytes:
    """One splits leaf; samples share groups, and hardly any two rows differ."""
    return hashlib.sha256(_SPLITS + _text(group) + _text(split)).digest()


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">H", len(data)) + data


def _digests(found: list[bytes]) -> Bytes2D:
    return np.frombuffer(b"".join(found), np.uint8).reshape(-1, DIGEST_SIZE)
