"""PNG as a row of chunks: size, orientation, proof of wholeness and place.

Source: W3C PNG specification, third edition (chunks, CRC, Adam7, eXIf, acTL). EXIF is
also read from the text chunk "Raw profile type exif" that ImageMagick writes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..errors import BadImage
from . import exif
from .exif_moment import moment
from .image_header import ImageInfo, cut_short, damaged, image_info

MAGIC = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_CHUNK_LIMIT = 200_000
_TEXT_LIMIT = 4_000_000
_XMP_KEY = b"XML:com.adobe.xmp"
_PROFILE_KEYS = (b"Raw profile type exif", b"Raw profile type APP1")
_STEP = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    """One chunk; `at` is the offset of its length field."""

    at: int
    kind: bytes
    size: int

    @property
    def start(self) -> int:
        """Where the chunk's data begins."""
        return self.at + 8

    @property
    def end(self) -> int:
        """Where the chunk's data ends and its CRC begins."""
        return self.at + 8 + self.size

    def is_sound(self, data: bytes) -> bool:
        """Whether the CRC fits."""
        stored = int.from_bytes(data[self.end : self.end + 4], "big")
        return zlib.crc32(memoryview(data)[self.at + 4 : self.end]) == stored


def read(data: bytes) -> ImageInfo:
    """What the chunks of a PNG say.

    Raises:
        BadImage: no sound header, or more than one frame.
    """
    chunks = list(_chunks(data))
    width, height, bits, colour = _header(data, chunks)
    exif_blocks: list[bytes] = []
    xmp_packets: list[bytes] = []
    for chunk in chunks:
        if chunk.kind == b"acTL" and chunk.size >= 8 and chunk.is_sound(data):
            frames = int.from_bytes(data[chunk.start : chunk.start + 4], "big")
            if frames > 1:
                raise BadImage(
                    f"The image is animated, with this many frames: {frames}",
                    hint="take the frames apart first, or capture from it as a clip",
                )
        elif chunk.kind == b"eXIf" and chunk.is_sound(data):
            exif_blocks.append(data[chunk.start : chunk.end])
        elif chunk.kind in _TEXTS and chunk.is_sound(data):
            text = _text(chunk.kind, data[chunk.start : chunk.end])
            if text is not None and text.is_xmp:
                xmp_packets.append(text.content)
            elif text is not None:
                exif_blocks.append(_profile_bytes(text.content))
    return image_info(
        suffix="png",
        stored=(width, height),
        orientation=exif.upright_orientation(exif_blocks, xmp_packets),
        channels=_CHANNELS[colour],
        bits=bits,
        moment=moment(exif_blocks),
    )


def prove_whole(data: bytes) -> None:
    """Check each critical chunk's CRC, the end chunk and the length of the pixels.

    A wrong CRC in an ancillary chunk (text, colour profile) is forgiven: that chunk
    is ignored, as decoders do.

    Raises:
        BadImage: something is missing or wrong.
    """
    chunks = list(_chunks(data))
    width, height, bits, colour = _header(data, chunks)
    if chunks[-1].kind != b"IEND":
        raise cut_short("PNG")
    for chunk in chunks:
        is_critical = not chunk.kind[0] & 0x20
        if is_critical and not chunk.is_sound(data):
            raise damaged("PNG", f"checksum of {chunk.kind.decode('latin-1')}")
    pixels = _inflated_size(data, [c for c in chunks if c.kind == b"IDAT"])
    is_interlaced = data[chunks[0].start + 12] == 1
    needed = _pixel_bytes(width, height, bits * _SAMPLES[colour], is_interlaced)
    if pixels < needed:
        raise cut_short("PNG")


def without_place(data: bytes) -> bytes:
    """The same PNG without GPS in eXIf, XMP or a raw EXIF profile.

    The very same object comes back where nothing is to be dropped.
    """
    pieces: list[bytes] = []
    done = 0
    for chunk in _chunks(data):
        clear = _CLEARED.get(chunk.kind)
        if clear is None:
            continue
        old = data[chunk.start : chunk.end]
        new = clear(old)
        if new is not old and new != old:
            pieces += (data[done : chunk.at], _chunk_bytes(chunk.kind, new))
            done = chunk.end + 4
    return b"".join((*pieces, data[done:])) if pieces else data


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """The chunks up to and with IEND, or up to where the data ends."""
    position = len(MAGIC)
    for _ in range(_CHUNK_LIMIT):
        if position + 12 > len(data):
            return
        size = int.from_bytes(data[position : position + 4], "big")
        if position + 12 + size > len(data):
            return
        chunk = _Chunk(at=position, kind=data[position + 4 : position + 8], size=size)
        yield chunk
        if chunk.kind == b"IEND":
            return
        position += 12 + size
    raise damaged("PNG", "too many chunks")


def _header(data: bytes, chunks: list[_Chunk]) -> tuple[int, int, int, int]:
    """Width, height, bits and colour type from IHDR."""
    if not chunks:
        raise cut_short("PNG")
    first = chunks[0]
    if first.kind != b"IHDR" or first.size != 13 or not first.is_sound(data):
        raise damaged("PNG", "header")
    width, height, bits, colour, packing, filtering, interlace = struct.unpack_from(
        ">IIBBBBB", data, first.start
    )
    is_known = bits in _DEPTHS.get(colour, ()) and not packing and not filtering
    if not is_known or interlace > 1:
        raise damaged("PNG", "header")
    return width, height, bits, colour


def _inflated_size(data: bytes, parts: list[_Chunk]) -> int:
    """How many bytes of pixels the IDAT chunks hold; nothing is kept."""
    inflate = zlib.decompressobj()
    total = 0
    try:
        for part in parts:
            pending = data[part.start : part.end]
            while pending and not inflate.eof:
                total += len(inflate.decompress(pending, _STEP))
                pending = inflate.unconsumed_tail
        while not inflate.eof and (rest := inflate.decompress(b"", _STEP)):
            total += len(rest)
    except zlib.error:
        raise damaged("PNG", "compressed pixels") from None
    return total


def _pixel_bytes(width: int, height: int, depth: int, is_interlaced: bool) -> int:
    """Bytes of the filtered rows of an image with `depth` bits a pixel."""
    passes = _ADAM7 if is_interlaced else ((0, 0, 1, 1),)
    total = 0
    for x, y, step_x, step_y in passes:
        columns = -(-max(width - x, 0) // step_x)
        rows = -(-max(height - y, 0) // step_y)
        if columns:
            total += rows * (1 + (columns * depth + 7) // 8)
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """A text chunk that can hold a place: what stands before it, and the text."""

    head: bytes
    content: bytes
    is_xmp: bool
    is_compressed: bool


_TEXTS = (b"tEXt", b"zTXt", b"iTXt")


def _text(kind: bytes, payload: bytes) -> _Text | None:
    """The XMP packet or raw profile in a text chunk; None for any other text."""
    key, found, rest = payload.partition(b"\x00")
    if not found or not (key == _XMP_KEY or key in _PROFILE_KEYS):
        return None
    is_compressed = kind == b"zTXt"
    skip = 1 if is_compressed else 0
    if kind == b"iTXt":
        is_compressed = rest[:1] == b"\x01"
        language_end = rest.find(b"\x00", 2)
        skip = rest.find(b"\x00", language_end + 1) + 1 if language_end > 0 else 0
        if not skip:
            return None
    content = rest[skip:]
    if is_compressed:
        try:
            content = zlib.decompressobj().decompress(content, _TEXT_LIMIT)
        except zlib.error:
            return None
    head = payload[: len(payload) - len(rest) + skip]
    return _Text(
        head=head,
        content=content,
        is_xmp=key == _XMP_KEY,
        is_compressed=is_compressed,
    )


def _profile_bytes(text: bytes) -> bytes:
    """The EXIF bytes of a raw profile: newline, name, length, lines of hex digits."""
    lines = text.strip().split(b"\n", 2)
    try:
        return bytes.fromhex("".join(lines[2].decode("ascii").split()))
    except (IndexError, ValueError):
        return b""


def _clear_text(kind: bytes) -> Callable[[bytes], bytes]:
    def clear(payload: bytes) -> bytes:
        text = _text(kind, payload)
        if text is None:
            return payload
        content = _without_place(text)
        if content == text.content:
            return payload
        return text.head + (zlib.compress(content) if text.is_compressed else content)

    return clear


def _without_place(text: _Text) -> bytes:
    if text.is_xmp:
        return exif.xmp_without_place(text.content)
    block = _profile_bytes(text.content)
    cleared = exif.without_place(block)
    if cleared == block:
        return text.content
    digits = cleared.hex()
    rows = [digits[at : at + 72] for at in range(0, len(digits), 72)]
    return f"\nexif\n{len(cleared):8d}\n".encode() + "\n".join(rows).encode() + b"\n"


def _chunk_bytes(kind: bytes, payload: bytes) -> bytes:
    checksum = zlib.crc32(kind + payload)
    return (
        struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", checksum)
    )


_CLEARED: dict[bytes, Callable[[bytes], bytes]] = {
    b"eXIf": exif.without_place,
    **{kind: _clear_text(kind) for kind in _TEXTS},
}
