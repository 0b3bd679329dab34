"""How a store is asked over a bad line: again after a fault, at a pace, stoppable."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from itertools import islice
from typing import Final, TypeVar

from dataset.cloud_settings import CloudSettings
from dataset.progress import Cancelled, Progress

from .blob_store import BlobStore, Unanswered

_T = TypeVar("_T")
_R = TypeVar("_R")
_FIRST_WAIT_S: Final = 0.25
_LONGEST_WAIT_S: Final = 30.0
_BEAT_S: Final = 0.2
_KIB: Final = 1024


class Line:
    """The way to a store; one for a whole push, shared by its threads."""

    def __init__(self, settings: CloudSettings) -> None:
        self._attempts = settings.attempts
        self._workers = settings.parallel
        self._rate = settings.rate_kb_s * _KIB
        self._free_at = 0.0
        self._dice = random.Random()
        self._lock = threading.Lock()
        self._is_stopped = threading.Event()

    def asked(self, call: Callable[[], _T]) -> _T:
        """What the call gives; one that goes unanswered is made again, a while later.

        Raises:
            Unanswered: as often as the settings allow.
            Cancelled: the line was stopped.
        """
        for attempt in range(1, self._attempts + 1):
            self._require_running()
            try:
                return call()
            except Unanswered as fault:
                self._require_running()
                if attempt == self._attempts:
                    raise
                self._is_stopped.wait(self._pause_s(attempt, fault.wait_s))
        raise AssertionError("an attempt gives or raises")

    def heard(self, store: BlobStore, call: Callable[[], _T], progress: Progress) -> _T:
        """What the call gives; while it waits, the progress can say to stop.

        Raises:
            Cancelled: `progress` said so; the store's connections are broken.
        """
        answers: list[_T] = []
        with closing(self.each(store, [call], lambda one: (one(),))) as asking:
            # To the end: left early, it would break the connections.
            for done in asking:
                if done is not None:
                    answers += done
                else:
                    progress.step(0, None, "asking the store")
        return answers[0]

    def pace(self, size_bytes: int) -> None:
        """Wait until so many bytes may go, where there is a rate to be kept.

        Raises:
            Cancelled: the line was stopped.
        """
        if self._rate:
            with self._lock:
                now = time.monotonic()
                start = max(now, self._free_at)
                self._free_at = start + size_bytes / self._rate
            self._is_stopped.wait(start - now)
        self._require_running()

    def each(
        self, store: BlobStore, items: Iterable[_T], work: Callable[[_T], _R]
    ) -> Generator[_R | None, None, None]:
        """What `work` gives for each item, in the order in which it is done.

        Many are under way at once, and few wait: memory does not grow with the items.
        None is given now and then while nothing is done, so that the caller can look
        up. When the caller leaves, or work fails, the store's connections are broken
        and no work goes on.
        """
        rest = iter(items)
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="push")
        try:
            open_: set[Future[_R]] = set()
            while True:
                room = 2 * self._workers - len(open_)
                open_ |= {pool.submit(work, item) for item in islice(rest, room)}
                if not open_:
                    return
                done, open_ = wait(open_, _BEAT_S, FIRST_COMPLETED)
                yield from (future.result() for future in done)
                if not done:
                    yield None
        except BaseException:
            self._is_stopped.set()
            store.abort()
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def _require_running(self) -> None:
        if self._is_stopped.is_set():
            raise Cancelled

    def _pause_s(self, attempt: int, asked_s: float) -> float:
        """Twice as long with each attempt; spread, so that workers come apart."""
        longest = min(_FIRST_WAIT_S * 2**attempt, _LONGEST_WAIT_S)
        return max(asked_s, self._dice.uniform(longest / 2, longest))
