"""What a model found on samples, kept so that it need not look twice.

A row belongs to one model and one way of using it; another one's run replaces it. The
queue takes its order by uncertainty from here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from .connection import Connection
from .test_runs import CLOSED_GROUPS, closed_splits

Row = tuple[int, float, float, float, float, float]
"""Class of the model, score, and the corners x0, y0, x1, y1 in pixels."""


class Detections:
    """The detections of a catalog, before classes are mapped and the doubtful left."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, sample_id: str, model: str) -> tuple[Row, ...] | None:
        """What that model found on a sample; None where it did not look yet."""
        text = self._connection.value(
            "SELECT d.found FROM detections d JOIN samples s ON s.n = d.sample_n "
            "WHERE s.id = ? AND d.model = ?",
            [sample_id, model],
        )
        if text is None:
            return None
        return tuple(
            (int(index), float(score), float(x0), float(y0), float(x1), float(y1))
            for index, score, x0, y0, x1, y1 in json.loads(text)
        )

    def put(
        self, sample_id: str, model: str, found: Sequence[Row], uncertainty: float
    ) -> None:
        """Keep what a model found on a sample, in the place of any other model's.

        `uncertainty` goes from 0, sure, to 1. A sample that is gone is passed over.
        """
        with self._connection.writing():
            self._connection.run(
                "INSERT OR REPLACE INTO detections "
                "(sample_n, model, found, uncertainty) "
                "SELECT n, ?, ?, ? FROM samples WHERE id = ?",
                [
                    model,
                    json.dumps(found, separators=(",", ":")),
                    uncertainty,
                    sample_id,
                ],
            )

    def uncertainties(self) -> dict[str, float]:
        """How unsure a model was of each sample that it looked at, by sample id."""
        rows = self._connection.rows(
            "SELECT s.id, d.uncertainty FROM detections d "
            "JOIN samples s ON s.n = d.sample_n"
        )
        return {str(sample_id): float(value) for sample_id, value in rows}

    def most_uncertain_first(self, sample_ids: Iterable[str]) -> tuple[str, ...]:
        """The ids with the most uncertain first; what no model saw comes last.

        Equal ones keep their order.
        """
        known = self.uncertainties()
        return tuple(sorted(sample_ids, key=lambda one: -known.get(one, -1.0)))

    def open_ids(self, *, session_id: str | None = None) -> tuple[str, ...]:
        """Samples that may be given proposals, session by session, as captured.

        No person decided or began to label them, and no sealed test set holds them.
        """
        arguments: list[object] = []
        where = (
            "WHERE s.state IN ('new', 'proposed') AND NOT EXISTS "
            "(SELECT 1 FROM boxes b WHERE b.sample_n = s.n) AND s.id NOT IN "
            "(SELECT sample_id FROM journal WHERE status = 'done')"
        )
        if session_id is not None:
            where += " AND s.session_id = ?"
            arguments.append(session_id)
        if closed_splits(self._connection):
            where += f" AND s.group_id NOT IN ({CLOSED_GROUPS})"
        rows = self._connection.rows(
            "SELECT s.id FROM samples s JOIN sessions e ON e.id = s.session_id "
            f"{where} ORDER BY e.started_us, e.name, s.sequence",
            arguments,
        )
        return tuple(str(row[0]) for row in rows)

    def is_open(self, sample_id: str) -> bool:
        """Whether nobody has said or drawn anything on the sample yet."""
        found = self._connection.value(
            "SELECT 1 FROM samples s WHERE s.id = ? AND s.state IN ('new', 'proposed') "
            "AND NOT EXISTS (SELECT 1 FROM boxes b WHERE b.sample_n = s.n) "
            "AND NOT EXISTS (SELECT 1 FROM journal j "
            "WHERE j.sample_id = s.id AND j.status = 'done')",
            [sample_id],
        )
        return found is not None
