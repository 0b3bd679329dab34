"""What the camera's process tells the program: messages, and pixels in shared slots.

Several threads tell: the one that decodes and the one that sets controls. Live pixels
go over older ones; those of a clip or folder wait until the program has taken some out.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .slots import SLOTS, Slots
from .wire import send


class Output:
    """The pipe to the program, and the shared slots where the system has them."""

    def __init__(self, pipe: int, slots: Slots | None, *, live: bool) -> None:
        self._pipe = pipe
        self._slots = slots
        self._free = None if live else threading.Semaphore(SLOTS)
        self._turn = threading.Lock()

    def tell(self, header: Mapping[str, object]) -> None:
        """Send a message.

        Raises:
            BrokenPipeError: nobody reads any more.
        """
        with self._turn:
            send(self._pipe, header)

    def give(
        self,
        header: Mapping[str, object],
        pixels: NDArray[np.uint8],
        encoded: bytes | None,
    ) -> None:
        """Send a frame, (H, W, 3) uint8; waits for room unless the source is live."""
        if self._slots is None:
            with self._turn:
                send(self._pipe, header, encoded=encoded, pixels=pixels)
            return
        if self._free is not None:
            self._free.acquire()
        ticket = self._slots.write(pixels)
        with self._turn:
            send(self._pipe, header, encoded=encoded, ticket=ticket)

    def make_room(self, count: int = 1) -> None:
        """Note that the program has taken `count` pictures out of their slots."""
        if self._free is not None:
            self._free.release(count)
