"""Questions to the camera's process, and the threads that wait for what it answers."""

from __future__ import annotations

import threading

from .controls import Readback


class Answers:
    """Numbers questions and hands each answer to the thread that asked."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._asked = 0
        self._open: dict[int, Readback | None] = {}
        self._is_over = False

    def expect(self) -> int:
        """Return the number of a new question."""
        with self._changed:
            self._asked += 1
            self._open[self._asked] = None
            return self._asked

    def put(self, number: int, answer: Readback) -> None:
        """Take an answer; one that nobody waits for any more is dropped."""
        with self._changed:
            if number in self._open:
                self._open[number] = answer
            self._changed.notify_all()

    def end(self) -> None:
        """Free everybody who waits: no answer will come."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def wait(self, number: int, timeout_s: float) -> Readback | None:
        """Return the answer; None when there was none within `timeout_s`."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._open[number] is not None or self._is_over, timeout_s
            )
            return self._open.pop(number)
