"""Enter as a shutter: each line on the standard input takes a picture."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable


def press_on_enter(press: Callable[[], None]) -> None:
    """Call `press` for each line that comes, from a thread that ends with the program.

    The input is read below Python's own buffer: a thread that waits in that would hold
    a lock which the interpreter needs to end.
    """
    try:
        handle = sys.stdin.fileno()
    except (OSError, ValueError, AttributeError):
        return
    thread = threading.Thread(
        target=_listen, args=(handle, press), name="shutter-key", daemon=True
    )
    thread.start()


def _listen(handle: int, press: Callable[[], None]) -> None:
    while True:
        try:
            read = os.read(handle, 4096)
        except OSError:
            return
        if not read:
            return
        for _ in range(read.count(b"\n")):
            press()
