"""Orientation, place and texts in EXIF and XMP, read and blanked, pixels untouched.

EXIF is a TIFF structure: a byte order, then chained directories (IFDs) of 12-byte
entries whose longer values lie at offsets from the start (EXIF 2.32, section 4.6).
Everything here takes bytes from strangers: a broken structure is "not stated", never
an exception. Blanking keeps every length and offset, so that makers' notes, thumbnails
and multi-picture indexes stay where they are.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Collection, Iterable
from dataclasses import dataclass

PREFIX = b"Exif\x00\x00"
_ORIENTATION = 0x0112
_GPS_IFD = 0x8825
_EXIF_IFD = 0x8769
_ASCII, _SHORT, _LONG = 2, 3, 4
_TEXT_LIMIT = 256
_ENTRY_BYTES = 12
_ENTRY_LIMIT = 1000
_DIRECTORY_LIMIT = 16
_TYPE_BYTES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
}
_XMP_ORIENTATION = re.compile(
    rb"tiff:Orientation\s*(?:=\s*[\"']|>)\s*([0-9]{1,3})\s*[\"'<]"
)
_XMP_PLACE = re.compile(
    rb"[\w.-]+:gps[\w.-]*\s*=\s*(?:\"[^\"]*\"|'[^']*')"
    rb"|<(?P<name>[\w.-]+:gps[\w.-]*)[^<>]*>.*?</(?P=name)\s*>",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One directory entry; `at` is the offset of its 12 bytes."""

    at: int
    tag: int
    kind: int
    count: int

    @property
    def size(self) -> int:
        """Bytes of the value."""
        return _TYPE_BYTES.get(self.kind, 0) * self.count


def upright_orientation(exif: Iterable[bytes], xmp: Iterable[bytes]) -> int:
    """The orientation 1..8 that a picture states, 1 where it states none.

    Policy: the first readable EXIF block that holds the tag decides, and a value
    outside 1..8 in it counts as 1; only where no EXIF block holds the tag is XMP's
    `tiff:Orientation` used.
    """
    for block in exif:
        stated = orientation(block)
        if stated is not None:
            return stated
    for packet in xmp:
        found = _XMP_ORIENTATION.search(packet)
        if found:
            value = int(found.group(1))
            return value if 1 <= value <= 8 else 1
    return 1


def orientation(block: bytes) -> int | None:
    """The orientation in one EXIF block (with or without its prefix), or None."""
    try:
        tiff = block.removeprefix(PREFIX)
        order = _byte_order(tiff)
        for entry in _entries(tiff, order, _first_ifd(tiff, order)):
            if entry.tag == _ORIENTATION and entry.kind in (_SHORT, _LONG):
                code = "H" if entry.kind == _SHORT else "I"
                (value,) = struct.unpack_from(order + code, tiff, entry.at + 8)
                return value if 1 <= value <= 8 else 1
    except (struct.error, ValueError):
        return None
    return None


def texts(block: bytes, tags: Collection[int]) -> dict[int, str]:
    """The text values of those tags in an EXIF block, as far as they can be read.

    The first directory and the EXIF directory that it points to are looked at.
    """
    tiff = block.removeprefix(PREFIX)
    found: dict[int, str] = {}
    try:
        order = _byte_order(tiff)
        entries = _entries(tiff, order, _first_ifd(tiff, order))
        for pointer in [e for e in entries if e.tag == _EXIF_IFD][:1]:
            (offset,) = struct.unpack_from(order + "I", tiff, pointer.at + 8)
            entries += _entries(tiff, order, offset)
        for entry in entries:
            if entry.tag in tags and entry.kind == _ASCII and entry.tag not in found:
                found[entry.tag] = _text(tiff, order, entry)
    except (struct.error, ValueError):
        pass
    return found


def without_place(block: bytes) -> bytes:
    """The same EXIF block, as long as before, without its GPS directory.

    The very same object comes back where there is none. Where blanking would
    change the orientation (a hostile file whose GPS values overlap other tags),
    everything but the orientation is blanked.
    """
    prefix = PREFIX if block.startswith(PREFIX) else b""
    tiff = bytearray(block[len(prefix) :])
    try:
        order = _byte_order(tiff)
        found = [
            _blank_gps(tiff, order, ifd) for ifd in _directories(bytes(tiff), order)
        ]
    except (struct.error, ValueError):
        return block
    if not any(found):
        return block
    stated = orientation(block)
    if orientation(bytes(tiff)) != stated:
        tiff = _orientation_only(stated or 1, len(tiff))
    return prefix + bytes(tiff)


def xmp_without_place(packet: bytes) -> bytes:
    """The same XMP packet, as long as before, with every `*:GPS*` property blanked.

    The very same object comes back where there is none.
    """
    return _XMP_PLACE.sub(lambda found: b" " * len(found.group()), packet)


def _byte_order(tiff: bytes | bytearray) -> str:
    orders = {b"II*\x00": "<", b"MM\x00*": ">"}
    try:
        return orders[bytes(tiff[:4])]
    except KeyError:
        raise ValueError("no TIFF header") from None


def _first_ifd(tiff: bytes | bytearray, order: str) -> int:
    (offset,) = struct.unpack_from(order + "I", tiff, 4)
    return int(offset)


def _directories(tiff: bytes, order: str) -> list[int]:
    """Offsets of the directories that may point to a place, each once.

    The chain from the first one on (pictures and thumbnails), and the EXIF directories
    that they point to; what is cut off or broken ends the walk.
    """
    found: dict[int, None] = {}
    ifd = _first_ifd(tiff, order)
    while ifd and ifd not in found and len(found) < _DIRECTORY_LIMIT:
        found[ifd] = None
        try:
            entries = _entries(tiff, order, ifd)
            for entry in entries:
                if entry.tag == _EXIF_IFD:
                    (own,) = struct.unpack_from(order + "I", tiff, entry.at + 8)
                    if own + 2 <= len(tiff):
                        found.setdefault(own)
            link = ifd + 2 + len(entries) * _ENTRY_BYTES
            (ifd,) = struct.unpack_from(order + "I", tiff, link)
        except struct.error:
            break
    return list(found)


def _entries(tiff: bytes | bytearray, order: str, ifd: int) -> list[_Entry]:
    """The entries of one directory, as far as they lie inside the block."""
    (count,) = struct.unpack_from(order + "H", tiff, ifd)
    entries = []
    for index in range(min(count, _ENTRY_LIMIT)):
        at = ifd + 2 + index * _ENTRY_BYTES
        if at + _ENTRY_BYTES > len(tiff):
            break
        tag, kind, items = struct.unpack_from(order + "HHI", tiff, at)
        entries.append(_Entry(at=at, tag=tag, kind=kind, count=items))
    return entries


def _text(tiff: bytes, order: str, entry: _Entry) -> str:
    start = entry.at + 8
    if entry.size > 4:
        (start,) = struct.unpack_from(order + "I", tiff, start)
    raw = tiff[start : start + min(entry.size, _TEXT_LIMIT)]
    text = raw.partition(b"\x00")[0].decode("ascii", "replace")
    return "".join(c for c in text if c.isprintable()).strip()


def _blank_gps(tiff: bytearray, order: str, ifd: int) -> bool:
    """Blank each GPS directory that the directory at `ifd` points to."""
    pointers = [e for e in _entries(tiff, order, ifd) if e.tag == _GPS_IFD]
    for pointer in reversed(pointers):
        (offset,) = struct.unpack_from(order + "I", tiff, pointer.at + 8)
        _take_out(tiff, order, ifd, pointer)
        if ifd < offset < len(tiff) - 1:
            _blank_directory(tiff, order, offset)
    return bool(pointers)


def _blank_directory(tiff: bytearray, order: str, ifd: int) -> None:
    entries = _entries(tiff, order, ifd)
    for entry in entries:
        if entry.size > 4:
            (start,) = struct.unpack_from(order + "I", tiff, entry.at + 8)
            _blank(tiff, start, start + entry.size)
    _blank(tiff, ifd, ifd + 2 + len(entries) * _ENTRY_BYTES + 4)


def _take_out(tiff: bytearray, order: str, ifd: int, entry: _Entry) -> None:
    """Remove one entry: those behind it and the link to the next IFD move up."""
    (count,) = struct.unpack_from(order + "H", tiff, ifd)
    end = min(ifd + 2 + count * _ENTRY_BYTES + 4, len(tiff))
    behind = tiff[entry.at + _ENTRY_BYTES : end]
    tiff[entry.at : end] = behind + bytes(end - entry.at - len(behind))
    struct.pack_into(order + "H", tiff, ifd, count - 1)


def _blank(tiff: bytearray, start: int, end: int) -> None:
    """Zero [start, end) as far as it lies behind the 8-byte TIFF header."""
    start, end = max(start, 8), min(end, len(tiff))
    if start < end:
        tiff[start:end] = bytes(end - start)


def _orientation_only(value: int, size: int) -> bytearray:
    minimal = struct.pack(
        "<4sIHHHIHHI", b"II*\x00", 8, 1, _ORIENTATION, _SHORT, 1, value, 0, 0
    )
    return bytearray(minimal[:size].ljust(size, b"\x00"))
