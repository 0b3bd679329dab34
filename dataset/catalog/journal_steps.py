"""Steps: journal rows that one gesture made, and that undo takes back together."""

from __future__ import annotations

from .connection import Connection


class JournalSteps:
    """The steps of a journal that hold more than one row."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note(self, first_n: int, last_n: int) -> None:
        """Join the journal's rows from one number to another to one step."""
        if last_n > first_n:
            self._connection.run(
                "INSERT INTO journal_steps (first_n, last_n) VALUES (?, ?)",
                [first_n, last_n],
            )

    def span_of(self, n: int) -> tuple[int, int]:
        """First and last number of the step that holds row `n`, often `n` alone."""
        found = self._connection.rows(
            "SELECT first_n, last_n FROM journal_steps "
            "WHERE first_n <= ? ORDER BY first_n DESC LIMIT 1",
            [n],
        )
        if not found or int(found[0][1]) < n:
            return n, n
        return int(found[0][0]), int(found[0][1])
