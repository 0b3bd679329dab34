"""Work that runs one step ahead: reading and encoding need no interpreter lock."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

T = TypeVar("T")
_STEPS: Final = 2
_END: Final = object()


def ahead(source: Iterator[T]) -> Iterator[T]:
    """The items of `source`, fetched by a thread while the last one is worked on.

    At most two items wait. The thread is the only one that touches `source`, and it
    has ended when the iteration ends, is closed, or raises what `source` raised.
    """
    with ThreadPoolExecutor(1, "ahead") as pool:
        waiting: deque[Future[object]] = deque()
        for _ in range(_STEPS):
            waiting.append(pool.submit(next, source, _END))
        while (item := waiting.popleft().result()) is not _END:
            waiting.append(pool.submit(next, source, _END))
            yield item  # type: ignore[misc]  # not the end, so a T
