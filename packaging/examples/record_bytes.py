"""A TFRecord export without TensorFlow: plain Python, no library but `numpy`.

    fieldset export latest --format tfrecord --to EXPORT
    python packaging/examples/record_bytes.py EXPORT train

A record is its length (8 bytes), a checksum of that (4), the bytes, a checksum of those
(4). The bytes are a `tf.train.Example`: nested protocol buffers of keys and lists.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Value = list[bytes] | NDArray[np.float32] | list[int]


def records(path: Path) -> Iterator[bytes]:
    """The records of a file; whether it is whole, `sha256sum -c SHA256SUMS` says."""
    with path.open("rb") as file:
        while head := file.read(12):
            (length,) = struct.unpack("<Q", head[:8])
            yield file.read(length)
            file.read(4)


def fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of each field of a message whose fields have a length."""
    at = 0
    while at < len(message):
        tag, at = number(message, at)
        length, at = number(message, at)
        yield tag >> 3, message[at : at + length]
        at += length


def number(message: bytes, at: int) -> tuple[int, int]:
    """A whole number, seven bits a byte, and the place behind it."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def example(record: bytes) -> dict[str, Value]:
    """The lists of an Example by their keys."""
    found: dict[str, Value] = {}
    for _, features in fields(record):
        for _, entry in fields(features):
            (_, key), (_, feature) = fields(entry)
            for kind, packed in fields(feature):
                found[key.decode()] = values(kind, packed)
    return found


def values(kind: int, packed: bytes) -> Value:
    """A list of bytes (1), of floats (2) or of whole numbers (3)."""
    held = [content for _, content in fields(packed)]
    if kind == 1:
        return held
    if kind == 2:
        return np.frombuffer(b"".join(held), "<f4")
    whole, numbers, at = b"".join(held), [], 0
    while at < len(whole):
        value, at = number(whole, at)
        numbers.append(value)
    return numbers


def main(export: str, split: str) -> None:
    """Count what a split holds."""
    images = boxes = 0
    for path in sorted(Path(export).glob(f"{split}-*.tfrecord")):
        for record in records(path):
            images += 1
            boxes += len(example(record)["image/object/class/label"])
    sys.stdout.write(f"{images} images, {boxes} boxes\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
