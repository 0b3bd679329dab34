"""How the reader in the child process speaks to the program: one pipe, framed.

A message is a magic word and the header's length, a JSON header, the encoded bytes and
the raw pixels, whose sizes stand in the header. Where the system has shared memory the
pixels lie in a slot of it (`slots`), and the header says in which: at 1080p that takes
1.5 ms of processor time a frame on both sides together, the pipe 2.5 ms.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from io import RawIOBase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .slots import Ticket

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
    """One message: its header, encoded bytes and pixels or where they lie, if any."""

    header: Mapping[str, Any]
    encoded: bytes | None = None
    pixels: NDArray[np.uint8] | None = None
    ticket: Ticket | None = None

    @property
    def type(self) -> str:
        """What it tells: info, frame, refused, readback, answer, end and the like."""
        return str(self.header.get("type", ""))


def send(
    pipe: int,
    header: Mapping[str, object],
    *,
    encoded: bytes | None = None,
    pixels: NDArray[np.uint8] | None = None,
    ticket: Ticket | None = None,
) -> None:
    """Write one message to the file descriptor `pipe`; waits while the pipe is full.

    `pixels` is (H, W, 3) uint8; `ticket` says where they lie instead.

    Raises:
        BrokenPipeError: nobody reads any more.
    """
    fields = dict(header)
    if encoded is not None:
        fields["encoded_bytes"] = len(encoded)
    if pixels is not None:
        fields["shape"] = pixels.shape
    if ticket is not None:
        fields["ticket"] = asdict(ticket)
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
    ticket = _ticket(header["ticket"]) if "ticket" in header else None
    return Message(header=header, encoded=encoded, pixels=pixels, ticket=ticket)


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


def _ticket(found: object) -> Ticket:
    names = ("slot", "number", "height", "width")
    if not isinstance(found, dict) or set(found) != set(names):
        raise BrokenWire(f"this says nothing of pixels: {found}")
    height, width = (_within(found[name], PIXEL_LIMIT) for name in names[2:])
    _within(height * width, PIXEL_LIMIT)
    slot, number = (_within(found[name], 1 << 62) for name in names[:2])
    return Ticket(slot=slot, number=number, height=height, width=width)


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
