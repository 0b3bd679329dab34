"""Watches a stream against a baseline on a thread of its own, beside the capture."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from dataset.drift_statistics.live_drift import DriftWatch, LiveDrift
from dataset.errors import FieldsetError
from dataset.measures import measure_image
from dataset.progress import Cancelled, Progress

from ..camera.frames import Frame, SourceInfo
from .stoppable import Stoppable

log = logging.getLogger(__name__)

EVERY_S: Final = 1.0
MakeWatch = Callable[[str, Progress], DriftWatch]
OnVerdict = Callable[[str, LiveDrift, LiveDrift], None]


class StreamWatch:
    """Measures the newest picture once a second from `start` on, until `close`.

    The baseline is measured first, which may take minutes; nobody waits for it. What
    fails is kept as `problem`: capture goes on without a watch.
    """

    def __init__(
        self,
        make: MakeWatch,
        *,
        newest: Callable[[], Frame | None],
        info: Callable[[], SourceInfo | None],
        on_verdict: OnVerdict,
        every_s: float = EVERY_S,
    ) -> None:
        """Prepare to watch.

        Args:
            make: the watch over the camera of that address.
            newest: the newest picture; None before the first.
            info: of the open source; None until it is.
            on_verdict: hears of a camera's verdict before and now, on this thread;
                what it cannot note ends no watch.
            every_s: from one look to the next.
        """
        self._make = make
        self._newest = newest
        self._info = info
        self._on_verdict = on_verdict
        self._every_s = every_s
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stream-watch")
        self._view: LiveDrift | None = None
        self._problem: FieldsetError | None = None

    @property
    def view(self) -> LiveDrift | None:
        """What is known of the stream; None before the baseline is. From any thread."""
        return self._view

    @property
    def problem(self) -> FieldsetError | None:
        """Why nothing is watched; None where something is, or will be."""
        return self._problem

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Look no more; never waits."""
        self._closed.set()

    def close(self) -> None:
        """End, and wait for the thread."""
        self.end()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            self._watch()
        except Cancelled:
            return
        except FieldsetError as error:
            log.info("the stream is not watched: %s", error.message)
            self._problem = error

    def _watch(self) -> None:
        while (info := self._info()) is None:
            if self._closed.wait(self._every_s):
                return
        watch = self._make(info.address, Stoppable(self._closed))
        self._view = watch.now
        last = -1
        while not self._closed.wait(self._every_s):
            frame = self._newest()
            if frame is None or frame.index == last:
                continue
            last = frame.index
            before = watch.now
            self._view = now = watch.see(measure_image(frame.pixels))
            if now.verdict is not before.verdict:
                self._tell(info.address, before, now)

    def _tell(self, camera: str, before: LiveDrift, now: LiveDrift) -> None:
        try:
            self._on_verdict(camera, before, now)
        except FieldsetError as error:
            # The gauge still shows the verdict.
            log.info("the verdict was not noted: %s", error.message)
