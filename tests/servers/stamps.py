"""Stamps in a JPEG's comment: which picture it is, and when it was sent."""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass

_MARK = b"fieldset-stamp"
_STAMP = struct.Struct("!14sQQd")
_SEGMENT = b"\xff\xfe" + struct.pack("!H", _STAMP.size + 2)
_LENGTH = len(_SEGMENT) + _STAMP.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A picture's number in its connection, which connection, and when it was sent.

    The time is that of the monotonic clock, which all processes of a machine share.
    """

    number: int
    connection: int
    sent_s: float


def stamped(jpeg: bytes, number: int, connection: int = 0) -> bytes:
    """The JPEG with a stamp of now behind its first marker."""
    stamp = _STAMP.pack(_MARK, number, connection, time.monotonic())
    return jpeg[:2] + _SEGMENT + stamp + jpeg[2:]


def unstamped(jpeg: bytes) -> tuple[Stamp, bytes]:
    """The stamp of a JPEG, and the JPEG without it.

    Raises:
        ValueError: it has none.
    """
    if not jpeg[2:].startswith(_SEGMENT + _MARK):
        raise ValueError("a picture without a stamp")
    _, number, connection, sent_s = _STAMP.unpack(jpeg[6 : 2 + _LENGTH])
    stamp = Stamp(number=number, connection=connection, sent_s=sent_s)
    return stamp, jpeg[:2] + jpeg[2 + _LENGTH :]
