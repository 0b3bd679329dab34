"""Pictures as bytes for tests: encoded here, so that nothing has to be shipped."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray


def scene(width: int = 48, height: int = 32, seed: int = 0) -> NDArray[np.uint8]:
    """A smooth picture in which no two corners look alike."""
    noise = np.random.default_rng(seed).integers(0, 255, (4, 6, 3), np.uint8)
    large = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, dtype=np.uint8)


def encoded(suffix: str, pixels: NDArray[np.generic], *options: int) -> bytes:
    """The pixels as a file of that format."""
    done, data = cv2.imencode(f".{suffix}", np.asarray(pixels), list(options))
    assert done
    return bytes(data.tobytes())


def exif(
    orientation: int | None = None, *, gps: bool = False, order: str = "<"
) -> bytes:
    """An EXIF block: orientation and, on wish, a GPS directory with a latitude."""
    entries = []
    if orientation is not None:
        entries.append((0x0112, 3, 1, struct.pack(f"{order}HH", orientation, 0)))
    gps_at = 8 + 2 + 12 * (len(entries) + gps) + 4
    if gps:
        entries.append((0x8825, 4, 1, struct.pack(f"{order}I", gps_at)))
    block = b"II*\x00" if order == "<" else b"MM\x00*"
    block += struct.pack(f"{order}IH", 8, len(entries))
    for tag, kind, count, value in entries:
        block += struct.pack(f"{order}HHI", tag, kind, count) + value
    block += struct.pack(f"{order}I", 0)
    if gps:
        block += struct.pack(f"{order}HHHII", 1, 2, 5, 3, gps_at + 18)
        block += struct.pack(f"{order}I", 0)
        block += struct.pack(f"{order}6I", 48, 1, 51, 1, 2965, 100)
    return block


def jpeg_with(data: bytes, *payloads: bytes) -> bytes:
    """The JPEG with an APP1 segment for each payload, first in the file."""
    segments = b"".join(
        b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload
        for payload in payloads
    )
    return data[:2] + segments + data[2:]


def png_chunk(kind: bytes, payload: bytes) -> bytes:
    """One PNG chunk."""
    check = zlib.crc32(kind + payload)
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", check)


def png_with(data: bytes, *chunks: bytes) -> bytes:
    """The PNG with further chunks behind its header."""
    return data[:33] + b"".join(chunks) + data[33:]


def webp_with(data: bytes, width: int, height: int, block: bytes) -> bytes:
    """A plain WebP as an extended one that carries an EXIF chunk."""
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    extended = b"VP8X" + struct.pack("<I", 10) + b"\x08\x00\x00\x00" + size
    padded = block + b"\x00" * (len(block) % 2)
    body = b"WEBP" + extended + data[12:]
    body += b"EXIF" + struct.pack("<I", len(block)) + padded
    return b"RIFF" + struct.pack("<I", len(body)) + body


def exif_taken(
    taken: str, *, part: str = "", offset: str = "", model: str = "", order: str = "<"
) -> bytes:
    """An EXIF block that says when a picture was taken, and by what camera."""
    inner = [(0x9003, taken), (0x9291, part), (0x9011, offset)]
    first = [(0x0110, model)] if model else []
    return _directories(first, [(tag, text) for tag, text in inner if text], order)


def _directories(
    first: list[tuple[int, str]], inner: list[tuple[int, str]], order: str
) -> bytes:
    """Two directories of texts; the first one points to the inner one."""
    at_inner = 8 + 2 + 12 * (len(first) + 1) + 4
    at_texts = at_inner + 2 + 12 * len(inner) + 4
    texts = b""

    def rows(entries: list[tuple[int, str]]) -> bytes:
        nonlocal texts
        found = b""
        for tag, text in entries:
            raw = text.encode() + b"\x00"
            value = raw.ljust(4, b"\x00")
            if len(raw) > 4:
                value = struct.pack(f"{order}I", at_texts + len(texts))
                texts += raw
            found += struct.pack(f"{order}HHI", tag, 2, len(raw)) + value
        return found

    head = b"II*\x00" if order == "<" else b"MM\x00*"
    head += struct.pack(f"{order}IH", 8, len(first) + 1) + rows(first)
    head += struct.pack(f"{order}HHII", 0x8769, 4, 1, at_inner)
    head += struct.pack(f"{order}IH", 0, len(inner)) + rows(inner)
    return head + struct.pack(f"{order}I", 0) + texts
