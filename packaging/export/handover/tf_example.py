"""`tf.train.Example` in protobuf's wire format, and TFRecord's framing, by hand.

An Example is one field (1: features) of map entries (1: key, 2: feature); a feature is
one of bytes_list (1), float_list (2) and int64_list (3), whose only field 1 repeats:
floats and integers packed. Sources: Protocol Buffers, "Encoding"; TensorFlow's
`example.proto`, `feature.proto` and "TFRecords format details". Entries are sorted by
key, so that one Example has one form.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import IO, Any, Final

from .crc32c import masked_crc32c
from .placed_file import PlacedFile

_LENGTH_DELIMITED: Final = 2
_FIRST_FIELD: Final = 1 << 3 | _LENGTH_DELIMITED
_SECOND_FIELD: Final = 2 << 3 | _LENGTH_DELIMITED
_VARINT_BYTES: Final = 10


class Kind(IntEnum):
    """What a feature's values are; the number of its list in the wire format."""

    TEXTS = 1
    FLOATS = 2
    INTEGERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """The values under one key; an empty list has a kind, too."""

    kind: Kind
    values: tuple[Any, ...]


class RecordFile:
    """A TFRecord file that is written record by record."""

    def __init__(self, file: PlacedFile) -> None:
        self._file = file

    def add(self, record: bytes) -> None:
        """Add a record: length, its checksum, the bytes, and theirs."""
        length = struct.pack("<Q", len(record))
        self._file.write(length + struct.pack("<I", masked_crc32c(length)))
        self._file.write(record)
        self._file.write(struct.pack("<I", masked_crc32c(record)))

    def close(self) -> None:
        """Close the file; nothing ends it."""
        self._file.close()


def read_records(path: Path) -> Iterator[bytes]:
    """The records of a file.

    Raises:
        ValueError: a checksum does not fit, or the file ends within a record.
    """
    with path.open("rb") as stream:
        while head := stream.read(8):
            _require_checksum(stream, head)
            (length,) = struct.unpack("<Q", head)
            record = stream.read(length)
            if len(record) != length:
                raise ValueError("the file ends within a record")
            _require_checksum(stream, record)
            yield record


def encode(features: Mapping[str, Feature]) -> bytes:
    """An Example of these features."""
    entries = b"".join(
        _field(
            _FIRST_FIELD,
            _field(_FIRST_FIELD, key.encode())
            + _field(_SECOND_FIELD, _feature(features[key])),
        )
        for key in sorted(features)
    )
    return _field(_FIRST_FIELD, entries)


def decode(record: bytes) -> dict[str, Feature]:
    """The features of an Example.

    Raises:
        ValueError, IndexError, struct.error: it is none.
    """
    found = {}
    for _, entries in _fields(record):
        for _, entry in _fields(entries):
            parts = dict(_fields(entry))
            found[parts[1].decode()] = _decoded(parts[2])
    return found


def _feature(feature: Feature) -> bytes:
    """A feature; an empty list is written as one, for readers look for its kind."""
    if feature.kind is Kind.TEXTS:
        values = b"".join(_field(_FIRST_FIELD, text) for text in feature.values)
    elif not feature.values:
        values = b""
    elif feature.kind is Kind.FLOATS:
        packed = struct.pack(f"<{len(feature.values)}f", *feature.values)
        values = _field(_FIRST_FIELD, packed)
    else:
        values = _field(_FIRST_FIELD, b"".join(map(_varint, feature.values)))
    return _field(feature.kind << 3 | _LENGTH_DELIMITED, values)


def _decoded(feature: bytes) -> Feature:
    ((number, content),) = _fields(feature)
    kind = Kind(number)
    parts = [part for _, part in _fields(content)]
    if kind is Kind.TEXTS:
        return Feature(kind=kind, values=tuple(parts))
    packed = b"".join(parts)
    if kind is Kind.INTEGERS:
        return Feature(kind=kind, values=tuple(_integers(packed)))
    return Feature(kind=kind, values=struct.unpack(f"<{len(packed) // 4}f", packed))


def _field(tag: int, content: bytes) -> bytes:
    return _varint(tag) + _varint(len(content)) + content


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of each field, all of them length-delimited."""
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        length, at = _read_varint(data, at)
        if tag & 7 != _LENGTH_DELIMITED or at + length > len(data):
            raise ValueError("a field is not as it must be")
        yield tag >> 3, data[at : at + length]
        at += length


def _integers(packed: bytes) -> Iterator[int]:
    at = 0
    while at < len(packed):
        value, at = _read_varint(packed, at)
        yield value


def _varint(value: int) -> bytes:
    """Seven bits a byte, lowest first; the numbers here are never negative."""
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(_VARINT_BYTES):
        byte = data[at + place]
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    raise ValueError("a number has no end")


def _require_checksum(stream: IO[bytes], data: bytes) -> None:
    if stream.read(4) != struct.pack("<I", masked_crc32c(data)):
        raise ValueError("a checksum does not fit")


def texts(*values: str | bytes) -> Feature:
    """A feature of texts, as UTF-8."""
    data = tuple(v.encode() if isinstance(v, str) else v for v in values)
    return Feature(kind=Kind.TEXTS, values=data)


def floats(values: Sequence[float]) -> Feature:
    """A feature of floats, kept with 32 bits."""
    return Feature(kind=Kind.FLOATS, values=tuple(values))


def integers(*values: int) -> Feature:
    """A feature of integers, none of them negative."""
    return Feature(kind=Kind.INTEGERS, values=values)
