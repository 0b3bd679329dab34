"""The end of a command that was told to end, however long its disk takes."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, NoReturn

from .exit_codes import ExitCode
from .output import say

# Who sends SIGTERM sends SIGKILL soon after; five seconds are promised.
_LEAVE_S: Final = 4.0
_SPEAK_S: Final = 0.2


class LastWords:
    """What is said at the very end: once, by whoever gets there first.

    `speak` is told whether it is late, so that it must not wait for anything.
    """

    def __init__(self, speak: Callable[[bool], None]) -> None:
        self._speak = speak
        self._lock = threading.Lock()
        self._is_said = False

    def say(self, *, is_late: bool = False) -> None:
        """Say them, unless they were said, or are being said for too long."""
        if not self._lock.acquire(timeout=_SPEAK_S if is_late else -1.0):
            return
        try:
            if not self._is_said:
                self._is_said = True
                self._speak(is_late)
        finally:
            self._lock.release()


class Ending:
    """Whether the end was asked for, and what is said then.

    Attributes:
        words: the last ones.
    """

    def __init__(self, words: LastWords) -> None:
        self.words = words
        self.asked = threading.Event()
        self.is_over = threading.Event()

    def begin(self) -> None:
        """The end was asked for just now; fit for a signal's handler."""
        self.asked.set()

    def leave(self) -> NoReturn:
        """Leave the process as it is, once everything is told; never comes back.

        For a disk that was too slow to be waited for: closing the catalog in order
        would flush it several times more, and it is opened again all the same.
        """
        say("cancelled")
        _leave()


@contextmanager
def ending_in_time(words: LastWords, leave_s: float = _LEAVE_S) -> Iterator[Ending]:
    """A block that is over soon after its end was asked for.

    Where a disk or a camera does not let go by then, the last words are said and the
    process leaves as it is: what was acknowledged is on the disk, and the rest is
    mended at the next start, as after a power cut.
    """
    ending = Ending(words)
    thread = threading.Thread(
        target=_leave_late, args=(ending, leave_s), name="ending", daemon=True
    )
    thread.start()
    try:
        yield ending
    finally:
        ending.is_over.set()
        ending.asked.set()
        thread.join()


def _leave_late(ending: Ending, leave_s: float) -> None:
    ending.asked.wait()
    if ending.is_over.wait(leave_s):
        return
    ending.words.say(is_late=True)
    say("error: The disk did not answer in time; what was told is stored")
    _leave()


def _leave() -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(ExitCode.CANCELLED)
