"""Class hints: the class that was chosen when a sample was captured.

A hint is no proposal, for nobody knows yet where the thing is. The queue begins the
sample with that class chosen; nothing counts or exports it, and another digit outdoes
it.
"""

from __future__ import annotations

from .classes import Classes
from .connection import Connection

_OPEN = "s.state IN ('new', 'proposed')"


class ClassHints:
    """The class hints of a catalog."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._classes = Classes(connection)

    def put(self, sample_id: str, class_id: int) -> bool:
        """Keep the class a sample was captured for; False where somebody was faster.

        A sample that a person decided, or that is gone, keeps what it has.

        Raises:
            NotFound: there is no such class.
        """
        with self._connection.writing():
            self._classes.get(class_id)
            before = self.get(sample_id)
            self._connection.run(
                "INSERT OR REPLACE INTO class_hints (sample_n, class_id) "
                f"SELECT s.n, ? FROM samples s WHERE s.id = ? AND {_OPEN}",
                [class_id, sample_id],
            )
            return self.get(sample_id) == class_id != before

    def drop(self, sample_id: str) -> None:
        """Forget the hint of a sample."""
        with self._connection.writing():
            self._connection.run(
                "DELETE FROM class_hints WHERE sample_n = "
                "(SELECT n FROM samples WHERE id = ?)",
                [sample_id],
            )

    def get(self, sample_id: str) -> int | None:
        """The class a sample was captured for, None for none.

        Where that class was merged it is the one it became; a retired one is none.
        """
        found = self._connection.value(
            "SELECT h.class_id FROM class_hints h JOIN samples s ON s.n = h.sample_n "
            "WHERE s.id = ?",
            [sample_id],
        )
        if found is None:
            return None
        class_id = self._classes.merged_into(int(found))
        return None if self._classes.get(class_id).retired else class_id

    def waiting(self) -> dict[int, int]:
        """How many samples that wait for their labels were captured for each class."""
        rows = self._connection.rows(
            "SELECT h.class_id, count(*) FROM class_hints h "
            f"JOIN samples s ON s.n = h.sample_n WHERE {_OPEN} GROUP BY 1"
        )
        found: dict[int, int] = {}
        for class_id, count in rows:
            own = self._classes.merged_into(int(class_id))
            found[own] = found.get(own, 0) + int(count)
        return found
