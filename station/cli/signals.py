"""Signals that end a command, kept from tearing what belongs together."""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

# SIGHUP: the terminal was closed, or the line to it was lost. Windows has none.
HANG_UP: Final = getattr(signal, "SIGHUP", None)
_ENDING: Final = tuple(
    number for number in (signal.SIGINT, signal.SIGTERM, HANG_UP) if number is not None
)


@contextmanager
def held_signals(noticed: Callable[[], None] = lambda: None) -> Iterator[None]:
    """A block that Ctrl+C, SIGTERM and SIGHUP do not tear; they come when it is over.

    What is taken from a queue and told inside of it is told, or still in the queue.
    `noticed` is called at once, between two steps of the block.
    Signals reach the main thread alone: elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        caught.append(number)
        noticed()

    before = {number: signal.signal(number, note) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            # None: somebody set it who is not Python, and cannot be given back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if HANG_UP in caught:
            # Here, for what fails to be told on a terminal that is gone is no fault.
            signal.raise_signal(signal.Signals(HANG_UP))
    # All of them: the first one may be ignored, as SIGHUP is under `nohup`.
    for number in caught:
        signal.raise_signal(signal.Signals(number))


@contextmanager
def ending_as_ctrl_c() -> Iterator[None]:
    """A block that SIGTERM and SIGHUP end as Ctrl+C does, by `KeyboardInterrupt`.

    So sessions end and files close. SIGHUP stays ignored where it is, as `nohup` asks.
    Signals reach the main thread alone: elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [signal.SIGTERM]
    if HANG_UP is not None and signal.getsignal(HANG_UP) != signal.SIG_IGN:
        numbers.append(HANG_UP)
    before = {number: signal.signal(number, _stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, _frame: FrameType | None) -> None:
    if number == HANG_UP:
        _let_go_of_terminal()
    raise KeyboardInterrupt


def _let_go_of_terminal() -> None:
    """What is still to be said would fail on a terminal that is gone."""
    for descriptor in (1, 2):
        with suppress(OSError):
            if stat.S_ISCHR(os.fstat(descriptor).st_mode):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, descriptor)
                os.close(nowhere)
