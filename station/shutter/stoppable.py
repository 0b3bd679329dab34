"""Progress that nobody watches and that an event ends."""

from __future__ import annotations

import threading

from dataset.progress import Cancelled


class Stoppable:
    """Raises `Cancelled` at the next step once the event is set."""

    def __init__(self, stopped: threading.Event) -> None:
        self._stopped = stopped

    def step(self, done: int, total: int | None, what: str) -> None:  # noqa: ARG002
        """Go on, unless it is to end."""
        if self._stopped.is_set():
            raise Cancelled
