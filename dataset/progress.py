"""How long work tells how far it is, and hears that it should stop.

One small protocol serves the window, the terminal and the tests: the work calls
`step` often, and `step` raises `Cancelled` when the person asked to stop.
"""

from __future__ import annotations

from typing import Protocol


class Cancelled(Exception):
    """The person asked the running work to stop."""


class Progress(Protocol):
    """Told by long work how far it is."""

    def step(self, done: int, total: int | None, what: str) -> None:
        """Note that `done` of `total` units are done; `total` None means unknown.

        Raises:
            Cancelled: the person asked to stop.
        """


class SilentProgress:
    """Progress that nobody watches and nobody cancels."""

    def step(self, done: int, total: int | None, what: str) -> None:
        """Do nothing."""


SILENT: Progress = SilentProgress()
