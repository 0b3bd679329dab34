"""Pixels between two processes without a copy through the kernel: a few shared slots.

The memory is a file without a name (memfd) that the child inherits, so that nothing is
left behind however either side dies. It is mapped at its full size once and sealed: a
child that went mad can neither shrink it under our feet (SIGBUS) nor let it grow. Pages
come into being when they are written, and those of a large picture are given back when
smaller ones follow: six pictures are held at most, 37 MB at 1080p, 600 MB at 8K.

Each slot has a number: odd while it is written, then even and higher than before. The
reader looks at it before and after its copy; where it differs from what was announced,
the slot was written over meanwhile, and the picture counts as dropped. The lock that is
taken around each look orders the memory on processors that reorder reads.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import sys
import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

if sys.platform == "linux":
    import fcntl

SLOTS = 6
_HEAD_BYTES = mmap.PAGESIZE
_PIXEL_BYTES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Where one picture lies: slot, the slot's number, and (height, width)."""

    slot: int
    number: int
    height: int
    width: int


class Slots:
    """The shared memory of one source; one side writes, the other one reads."""

    def __init__(self, descriptor: int, pixel_limit: int) -> None:
        """Map `descriptor`, made by `make_memory` for the same limit."""
        self._stride = _stride(pixel_limit)
        self._memory = mmap.mmap(descriptor, _size(pixel_limit))
        self._numbers = np.frombuffer(self._memory, np.uint64, SLOTS)
        self._bytes = np.frombuffer(self._memory, np.uint8, offset=_HEAD_BYTES)
        self._touched = [0] * SLOTS
        self._written = 0
        self._fence = threading.Lock()

    def write(self, pixels: NDArray[np.uint8]) -> Ticket:
        """Put (H, W, 3) uint8 pixels into the next slot, over what lies there."""
        height, width = pixels.shape[:2]
        self._written += 1
        slot = self._written % SLOTS
        self._mark(slot, 2 * self._written - 1)
        self._give_back(slot, pixels.nbytes)
        np.copyto(self._view(slot, height, width), pixels)
        self._mark(slot, 2 * self._written)
        return Ticket(slot=slot, number=2 * self._written, height=height, width=width)

    def read(self, ticket: Ticket) -> NDArray[np.uint8] | None:
        """Copy a picture out, (H, W, 3) uint8; None when it was written over.

        Raises:
            ValueError: no picture can lie where the ticket says.
        """
        self.check(ticket)
        if self._number(ticket.slot) != ticket.number:
            return None
        pixels = self._view(ticket.slot, ticket.height, ticket.width).copy()
        return pixels if self._number(ticket.slot) == ticket.number else None

    def check(self, ticket: Ticket) -> None:
        """Pass where a picture can lie; the other side may have lost its mind.

        Raises:
            ValueError: none can.
        """
        room = ticket.height * ticket.width * _PIXEL_BYTES
        sides = min(ticket.height, ticket.width)
        if not (0 <= ticket.slot < SLOTS and sides > 0 and room <= self._stride):
            raise ValueError(f"no picture lies there: {ticket}")

    def _view(self, slot: int, height: int, width: int) -> NDArray[np.uint8]:
        start = slot * self._stride
        flat = self._bytes[start : start + height * width * _PIXEL_BYTES]
        return flat.reshape(height, width, _PIXEL_BYTES)

    def _mark(self, slot: int, number: int) -> None:
        with self._fence:
            self._numbers[slot] = number

    def _number(self, slot: int) -> int:
        with self._fence:
            return int(self._numbers[slot])

    def _give_back(self, slot: int, needed: int) -> None:
        """Let go of the pages of a larger picture that lay here before."""
        needed = _pages(needed)
        if self._touched[slot] > needed and sys.platform == "linux":
            start = _HEAD_BYTES + slot * self._stride + needed
            with contextlib.suppress(OSError):  # the memory is only not given back
                self._memory.madvise(
                    mmap.MADV_REMOVE, start, self._touched[slot] - needed
                )
        self._touched[slot] = needed


def make_memory(pixel_limit: int) -> int | None:
    """Return the descriptor of new shared memory for pictures up to `pixel_limit`.

    None where the system has no such memory: pixels go through the pipe there.
    """
    if sys.platform != "linux":
        return None
    try:
        descriptor = os.memfd_create(
            "fieldset-pixels", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
        )
    except OSError:
        return None
    try:
        os.ftruncate(descriptor, _size(pixel_limit))
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _pages(size: int) -> int:
    return -(-size // mmap.PAGESIZE) * mmap.PAGESIZE


def _stride(pixel_limit: int) -> int:
    return _pages(pixel_limit * _PIXEL_BYTES)


def _size(pixel_limit: int) -> int:
    return _HEAD_BYTES + SLOTS * _stride(pixel_limit)
