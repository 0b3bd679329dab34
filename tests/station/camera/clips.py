"""Clips made for the tests: good ones, and one that kills OpenCV."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import cv2

from dataset.images import image_file


def raw_clip(width: int, height: int, count: int, *, top_down: bool = True) -> bytes:
    """An AVI of uncompressed 24-bit frames, rows from the top or from the bottom."""
    frame = bytes(index % 256 for index in range((width * 3 + 3) // 4 * 4 * height))
    avih = struct.pack(
        "<14I", 100_000, 16_000, 0, 0x10, count, 0, 1, 1 << 20, width, height, *[0] * 4
    )
    strh = struct.pack(
        "<4s4sIHHIIIIIIII4h",
        *(b"vids", b"\0\0\0\0", 0, 0, 0, 0, 1, 10, 0, count, 1 << 20, 0xFFFFFFFF, 0),
        *(0, 0, width, height),
    )
    strf = struct.pack(
        "<IiiHH4sIiiII",
        *(40, width, -height if top_down else height, 1, 24, bytes(4), len(frame)),
        *(0, 0, 0, 0),
    )
    movi = index = b""
    for _ in range(count):
        index += struct.pack("<4sIII", b"00dc", 0x10, 4 + len(movi), len(frame))
        movi += _chunk(b"00dc", frame)
    streams = _chunk(b"strh", strh) + _chunk(b"strf", strf)
    header = _list(b"hdrl", _chunk(b"avih", avih) + _list(b"strl", streams))
    body = b"AVI " + header + _list(b"movi", movi) + _chunk(b"idx1", index)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def deadly_clip() -> bytes:
    """A clip that any player shows and that kills OpenCV 5.0 with a signal.

    Uncompressed AVIs store their rows from the bottom, as bitmaps do; FFmpeg hands
    them over with a negative stride, and OpenCV writes beyond its buffer. Found by
    changing bytes of a good clip; seen with opencv-python-headless 5.0.0.93.
    """
    return raw_clip(640, 480, 20, top_down=False)


def mjpeg_clip(path: Path, jpegs: Sequence[bytes], fps: float = 10.0) -> None:
    """Write an MJPEG AVI whose packets are these very JPEGs."""
    pixels = [image_file.decode(data) for data in jpegs]
    height, width = pixels[0].shape[:2]
    kind = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, kind, fps, (width, height))
    for picture in pixels:
        writer.write(picture)
    writer.release()


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _list(name: bytes, data: bytes) -> bytes:
    return _chunk(b"LIST", name + data)
