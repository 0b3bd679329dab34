"""How the reader in the child process speaks to the program: one pipe, framed.

A message is a magic word and the header's length, a JSON header, the encoded bytes and
the raw pixels, whose sizes stand in the header. A pipe was chosen over shared memory:
it needs no clean-up after a crash, carries back-pressure by itself, and a 1080p frame
goes straight from the decoder's array into the receiver's (6 MB, about 2 ms).
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from io import RawIOBase
from typing import Any

import numpy as np
from numpy.typing import NDArray

if sys.platform == "linux":
    import fcntl

_MAGIC = b"fsc1"
_HEAD = struct.Struct("!4sI")
_HEADER_LIMIT = 1 << 20
_ENCODED_LIMIT = 512 << 20
PIXEL_LIMIT = 1 << 27
_PIPE_BYTES = 1 << 20


class BrokenWire(Exception):
    """The other side stopped in the middle of a message, or sent something else."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Message:
    """One message: its header, the encoded bytes and the pixels, where it has them."""

    header: Mapping[str, Any]
    encoded: bytes | None = None
    pixels: NDArray[np.uint8] | None = None

    @property
    def type(self) -> str:
        """What it tells: info, frame, refused, size, at, end or error."""
        return str(self.header.get("type", ""))


def send(
    pipe: int,
    header: Mapping[str, object],
    *,
    encoded: bytes | None = None,
    pixels: NDArray[np.uint8] | None = None,
) -> None:
    """Write one message to the file descriptor `pipe`; waits while the pipe is full.

    `pixels` is (H, W, 3) uint8.

    Raises:
        BrokenPipeError: nobody reads any more.
    """
    fields = dict(header)
    if encoded is not None:
        fields["encoded_bytes"] = len(encoded)
    if pixels is not None:
        fields["shape"] = pixels.shape
    text = json.dumps(fields).encode()
    _write(pipe, memoryview(_HEAD.pack(_MAGIC, len(text)) + text))
    if encoded is not None:
        _write(pipe, memoryview(encoded))
    if pixels is not None:
        _write(pipe, np.ascontiguousarray(pixels).data.cast("B"))


def receive(pipe: RawIOBase) -> Message | None:
    """Read one message from an unbuffered pipe; None when the other side has closed.

    Raises:
        BrokenWire: what came is no whole message.
    """
    head = bytearray(_HEAD.size)
    got = _fill(pipe, memoryview(head))
    if got == 0:
        return None
    if got < len(head):
        raise BrokenWire("a message broke off")
    magic, length = _HEAD.unpack(head)
    if magic != _MAGIC or length > _HEADER_LIMIT:
        raise BrokenWire("the bytes are no message")
    header = _header(_exactly(pipe, length))
    encoded = pixels = None
    if (size := header.get("encoded_bytes")) is not None:
        encoded = bytes(_exactly(pipe, _within(size, _ENCODED_LIMIT)))
    if (shape := header.get("shape")) is not None:
        pixels = _pixels(pipe, shape)
    return Message(header=header, encoded=encoded, pixels=pixels)


def widen(pipe: int) -> None:
    """Give the pipe a larger buffer where the system can: fewer switches a frame."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # more than this user may have
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _write(pipe: int, data: memoryview) -> None:
    while data:
        data = data[os.write(pipe, data) :]


def _header(text: bytearray) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except ValueError as error:
        raise BrokenWire("a header is no JSON") from error
    if not isinstance(header, dict):
        raise BrokenWire("a header is no object")
    return header


def _pixels(pipe: RawIOBase, shape: object) -> NDArray[np.uint8]:
    if not isinstance(shape, list) or len(shape) != 3 or shape[2] != 3:
        raise BrokenWire(f"pixels cannot have this shape: {shape}")
    height, width = (_within(side, PIXEL_LIMIT) for side in shape[:2])
    _within(height * width, PIXEL_LIMIT)
    pixels = np.empty((height, width, 3), np.uint8)
    view = pixels.reshape(-1).data
    if _fill(pipe, view) < len(view):
        raise BrokenWire("a picture broke off")
    pixels.flags.writeable = False
    return pixels


def _exactly(pipe: RawIOBase, size: int) -> bytearray:
    data = bytearray(size)
    if _fill(pipe, memoryview(data)) < size:
        raise BrokenWire("a message broke off")
    return data


def _within(size: object, limit: int) -> int:
    if not isinstance(size, int) or not 0 <= size <= limit:
        raise BrokenWire(f"a size is out of bounds: {size}")
    return size


def _fill(pipe: RawIOBase, view: memoryview) -> int:
    done = 0
    while done < len(view):
        got = pipe.readinto(view[done:])
        if not got:
            break
        done += got
    return done
