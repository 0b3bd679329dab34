"""The queue: which samples are labeled, in which order, and where the person is."""

from __future__ import annotations

from collections.abc import Sequence


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

    def ahead(self) -> tuple[str, ...]:
        """Ids from the current place on."""
        return tuple(self._ids[self._at :])
