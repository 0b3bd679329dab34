"""What a map of samples is coloured by: one row a sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dataset.records import LedgerAction, SampleState

from .connection import Connection
from .tables import CURRENT_SPLIT
from .test_runs import closed_splits

# SQLite takes the bare class from the row that holds the maximum; of classes with as
# many boxes the smaller id wins.
_MAIN_CLASS = (
    "main AS (SELECT sample_n, class_id, max(boxes * 1000000 - class_id) FROM "
    "(SELECT sample_n, class_id, count(*) AS boxes FROM boxes GROUP BY 1, 2) "
    "GROUP BY sample_n)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRow:
    """A sample as a map shows it.

    `class_id` is the class most of its boxes have, None without boxes and where a
    sealed test set closes them (`closed`). `split` is "" for none.
    """

    id: str
    suffix: str
    width: int
    height: int
    state: SampleState
    session_id: str
    sequence: int
    group_id: str
    split: str = ""
    class_id: int | None = None
    closed: bool = False

    @property
    def path(self) -> str:
        """The image's place under the project's folder, with forward slashes."""
        return f"images/{self.id[:2]}/{self.id}.{self.suffix}"


class MapRows:
    """The samples of a catalog as a map shows them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def each(self) -> Iterator[MapRow]:
        """Every sample, sorted by id."""
        closed = closed_splits(self._connection)
        assigned = LedgerAction.ASSIGNED.value
        for row in self._connection.each(
            f"WITH {CURRENT_SPLIT}, {_MAIN_CLASS} SELECT s.id, s.suffix, s.width, "
            "s.height, s.state, s.session_id, s.sequence, s.group_id, "
            "coalesce(c.split, ''), c.action, m.class_id FROM samples s "
            "LEFT JOIN current c ON c.group_id = s.group_id "
            "LEFT JOIN main m ON m.sample_n = s.n ORDER BY s.id"
        ):
            split = str(row[8]) if row[9] == assigned else ""
            is_closed = split in closed
            yield MapRow(
                id=str(row[0]),
                suffix=str(row[1]),
                width=int(row[2]),
                height=int(row[3]),
                state=SampleState(row[4]),
                session_id=str(row[5]),
                sequence=int(row[6]),
                group_id=str(row[7]),
                split=split,
                class_id=None if row[10] is None or is_closed else int(row[10]),
                closed=is_closed,
            )
