"""When and with what a picture was taken, as its EXIF block says.

`DateTimeOriginal` (EXIF 2.32, section 4.6.5) with its part of a second and its offset
from UTC where they are stated; a time without an offset is that of an unknown zone and
counts as UTC, which keeps the distances within one set right. The time of the file's
last change (`DateTime`) is not asked for: programs rewrite it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .exif import texts

_MAKE, _MODEL = 0x010F, 0x0110
_TAKEN, _PART, _OFFSET, _SERIAL = 0x9003, 0x9291, 0x9011, 0xA431
_OFFSET_TEXT = re.compile(r"([+-])(\d\d):(\d\d)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a picture was taken (us since the epoch, 0: not stated), by which device."""

    captured_us: int = 0
    device: str = ""


def moment(blocks: Iterable[bytes]) -> Moment:
    """What the first EXIF block says that states a time; never raises."""
    for block in blocks:
        found = texts(block, (_MAKE, _MODEL, _TAKEN, _PART, _OFFSET, _SERIAL))
        captured_us = _microseconds(
            found.get(_TAKEN, ""), found.get(_PART, ""), found.get(_OFFSET, "")
        )
        if captured_us:
            names = (found.get(tag, "") for tag in (_MAKE, _MODEL, _SERIAL))
            device = " ".join(name for name in names if name)
            return Moment(captured_us=captured_us, device=device)
    return Moment()


def _microseconds(taken: str, part: str, offset: str) -> int:
    """0 for a time that is blank, impossible, or before the epoch."""
    try:
        when = datetime.strptime(taken, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return 0
    if part.isascii() and part.isdigit():
        when += timedelta(seconds=float(f"0.{part}"))
    if stated := _OFFSET_TEXT.fullmatch(offset):
        ahead = timedelta(hours=int(stated[2]), minutes=int(stated[3]))
        try:
            when -= ahead if stated[1] == "+" else -ahead
        except OverflowError:
            return 0
    return max(0, (when - _EPOCH) // timedelta(microseconds=1))
