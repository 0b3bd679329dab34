"""The queue: which samples are labeled, in which order, and where the person is."""

from __future__ import annotations

from collections.abc import Collection, Sequence


class Queue:
    """Sample ids in a fixed order with a current place; never empty in the middle.

    The order is fixed when the queue is made, so that a sample does not jump away
    under the person's hands when its state changes.
    """

    def __init__(self, sample_ids: Sequence[str]) -> None:
        self._ids = list(sample_ids)
        self._at = 0

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def current(self) -> str | None:
        """The id at the current place; None at the end and in an empty queue."""
        return self._ids[self._at] if self._at < len(self._ids) else None

    @property
    def position(self) -> int:
        """The current place, counted from 1; one past the last at the end."""
        return self._at + 1

    def step(self, by: int) -> str | None:
        """Go on or back; stops at the first sample and one past the last."""
        self._at = min(max(self._at + by, 0), len(self._ids))
        return self.current

    def start_at(self, sample_id: str | None) -> None:
        """Begin at that sample, or at the end where there is none."""
        self._at = len(self._ids) if sample_id is None else self._ids.index(sample_id)

    def at(self, position: int) -> str | None:
        """The id at a place counted from 1; None where there is none."""
        return self._ids[position - 1] if 0 < position <= len(self._ids) else None

    def beginning(self, start: str) -> str | None:
        """The first id, from the current place on and round, that begins so."""
        places = (*range(self._at, len(self._ids)), *range(self._at))
        return next((i for n in places if (i := self._ids[n]).startswith(start)), None)

    def slice(self, first: int, count: int) -> tuple[str, ...]:
        """Up to `count` ids from the place `first`, counted from 0."""
        return tuple(self._ids[max(first, 0) : max(first, 0) + count])

    def go_to(self, sample_id: str) -> None:
        """Go to a sample; one that the queue does not hold is put in here."""
        try:
            self._at = self._ids.index(sample_id)
        except ValueError:
            self._ids.insert(self._at, sample_id)

    def drop(self) -> None:
        """Take the current sample out: it vanished; the next one is current then."""
        del self._ids[self._at]

    def around(self, before: int, after: int) -> tuple[str, ...]:
        """Ids from `before` places back to `after` places on."""
        return tuple(self._ids[max(self._at - before, 0) : self._at + after + 1])

    def among(self, sample_ids: Collection[str]) -> tuple[str, ...]:
        """Those of its ids that are among these."""
        return tuple(each for each in self._ids if each in sample_ids)

    def ahead(self, count: int | None = None) -> tuple[str, ...]:
        """Ids from the current place on, at most `count`."""
        end = None if count is None else self._at + count
        return tuple(self._ids[self._at : end])
