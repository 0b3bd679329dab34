"""What the machine knows of the time, and how far that can be trusted.

A box without a clock battery wakes up in 1970, and a corrected clock jumps. So a record
holds the wall clock and, beside it, what neither a person nor the network can turn
back: the monotonic clock with the id of the boot that it counts from.
"""

from __future__ import annotations

import ctypes
import sys
import time
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final, Protocol

OLDEST_US: Final = 1_767_225_600_000_000
"""2026-01-01, before which no fieldset existed: an earlier clock was never set."""

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
# systemd-timesyncd makes this file with the first answer of a time server.
_SYNCHRONISED: Final = Path("/run/systemd/timesync/synchronized")
_STA_UNSYNC: Final = 0x0040
_TIME_ERROR: Final = 5


class ClockState(StrEnum):
    """Whether the wall clock can be believed."""

    NOT_SET = "not-set"
    SYNCHRONISED = "synchronised"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading:
    """One look at the clocks, both in microseconds; `boot` is "" where none is told."""

    wall_us: int
    monotonic_us: int
    boot: str
    state: ClockState


class Clock(Protocol):
    """What gives the time."""

    def read(self) -> ClockReading:
        """Give the time now."""


class SystemClock:
    """The clocks of this machine."""

    def __init__(self) -> None:
        self._boot = _boot_id()

    def read(self) -> ClockReading:
        """Give the time now."""
        wall_us = time.time_ns() // 1000
        return ClockReading(
            wall_us=wall_us,
            monotonic_us=time.monotonic_ns() // 1000,
            boot=self._boot,
            state=clock_state(wall_us),
        )


class ScriptedClock:
    """A clock for demonstrations and tests: it gives what it was handed, in turn.

    The last reading is given again and again.
    """

    def __init__(self, *readings: ClockReading) -> None:
        self._readings = list(readings)

    def read(self) -> ClockReading:
        """Give the next reading."""
        if len(self._readings) > 1:
            return self._readings.pop(0)
        return self._readings[0]


def clock_state(wall_us: int) -> ClockState:
    """What the system says of its clock.

    On Linux the kernel knows whether anything disciplines it (`adjtimex(2)`, the flag
    STA_UNSYNC); a container may not ask, and elsewhere nobody is asked: unknown.
    """
    if wall_us < OLDEST_US:
        return ClockState.NOT_SET
    if sys.platform.startswith("linux") and (_is_disciplined() or _was_answered()):
        return ClockState.SYNCHRONISED
    return ClockState.UNKNOWN


class _Timex(ctypes.Structure):
    """The head of `struct timex`; what follows is not read, but written by the call."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def _is_disciplined() -> bool:
    try:
        answer = _Timex()
        state = _system_library().adjtimex(ctypes.byref(answer))
    except (OSError, AttributeError):
        return False
    return 0 <= state < _TIME_ERROR and not answer.status & _STA_UNSYNC


@cache
def _system_library() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def _was_answered() -> bool:
    try:
        return _SYNCHRONISED.exists()
    except OSError:
        return False


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
