"""The ledger of sealed test sets, and what it closes."""

from __future__ import annotations

from dataset.errors import ProjectError
from dataset.records import LedgerAction
from dataset.test_ledger import LedgerEvent, LedgerLine, Witness

from .connection import Connection

_COLUMNS = (
    "n, event, split, root, model, version, operator, station, reason, at_us, "
    "previous, digest"
)
_HEAD = "test_ledger_head"
_CLOSED = (
    "SELECT split FROM test_runs WHERE event = 'sealed' "
    "EXCEPT SELECT split FROM test_runs WHERE event = 'retired'"
)
_MEMBERS = (
    "SELECT l.group_id FROM split_ledger l WHERE l.action = 'assigned' AND "
    "l.n = (SELECT max(m.n) FROM split_ledger m WHERE m.group_id = l.group_id)"
)
# The groups of all sealed sets that are not retired.
CLOSED_GROUPS = f"{_MEMBERS} AND l.split IN ({_CLOSED})"


def closed_splits(connection: Connection) -> frozenset[str]:
    """The names of the sealed sets that are not retired."""
    return frozenset(str(row[0]) for row in connection.rows(_CLOSED))


def closed_split_of(connection: Connection, sample_id: str) -> str:
    """The sealed set that a sample's group is in; "" where its boxes are open."""
    closed = closed_splits(connection)
    if not closed:
        return ""
    rows = connection.rows(
        "SELECT l.split, l.action FROM samples s "
        "JOIN split_ledger l ON l.group_id = s.group_id "
        "WHERE s.id = ? ORDER BY l.n DESC LIMIT 1",
        [sample_id],
    )
    if not rows or rows[0][1] != LedgerAction.ASSIGNED.value:
        return ""
    return str(rows[0][0]) if rows[0][0] in closed else ""


def closed_splits_with_class(connection: Connection, class_id: int) -> tuple[str, ...]:
    """The sealed sets that hold a box of a class, by name."""
    if not closed_splits(connection):
        return ()
    rows = connection.rows(
        f"SELECT DISTINCT l.split {CLOSED_GROUPS.removeprefix('SELECT l.group_id')} "
        "AND EXISTS (SELECT 1 FROM samples s JOIN boxes b ON b.sample_n = s.n "
        "WHERE s.group_id = l.group_id AND b.class_id = ?) ORDER BY 1",
        [class_id],
    )
    return tuple(str(row[0]) for row in rows)


class TestRuns:
    """The lines of the test ledger of a catalog; added at the end, never changed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lines(self) -> tuple[LedgerLine, ...]:
        """Every line, by number.

        Raises:
            ProjectError: a line cannot be what fieldset wrote.
        """
        rows = self._connection.rows(f"SELECT {_COLUMNS} FROM test_runs ORDER BY n")
        return tuple(_line(row) for row in rows)

    def head(self) -> Witness | None:
        """The last line as it was noted when it was written; None before the first."""
        noted = self._connection.value("SELECT value FROM facts WHERE key = ?", [_HEAD])
        if noted is None:
            return None
        n, _, digest = str(noted).partition(" ")
        number = int(n) if n.isdecimal() else 0
        return Witness(n=number, digest=digest, where="the catalog")

    def append(self, line: LedgerLine) -> None:
        """Add a line that was made to follow the last one, and note it as the head."""
        with self._connection.writing():
            self._connection.run(
                f"INSERT INTO test_runs ({_COLUMNS}) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    line.n,
                    line.event.value,
                    line.split,
                    line.root,
                    line.model,
                    line.version,
                    line.operator,
                    line.station,
                    line.reason,
                    line.at_us,
                    line.previous,
                    line.digest,
                ],
            )
            self._connection.run(
                "INSERT INTO facts (key, value) VALUES (?, ?) "
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [_HEAD, f"{line.n} {line.digest}"],
            )

    def closed(self) -> frozenset[str]:
        """The names of the sets whose boxes are closed: sealed and not retired."""
        return closed_splits(self._connection)

    def retired(self) -> frozenset[str]:
        """The names of the sets that were retired into validation."""
        rows = self._connection.rows(
            "SELECT split FROM test_runs WHERE event = 'retired'"
        )
        return frozenset(str(row[0]) for row in rows)

    def undecided(self, split: str) -> int:
        """How many samples of a split's groups still wait to be labeled."""
        return int(
            self._connection.value(
                "SELECT count(*) FROM samples WHERE state IN ('new', 'proposed') "
                f"AND group_id IN ({_MEMBERS} AND l.split = ?)",
                [split],
            )
        )

    def stamp(self, split: str) -> tuple[int, ...]:
        """Numbers that differ when the samples or labels of a split have changed."""
        rows = self._connection.rows(
            "SELECT count(*), coalesce(sum(revision), 0), coalesce(sum(n), 0) "
            f"FROM samples WHERE group_id IN ({_MEMBERS} AND l.split = ?)",
            [split],
        )
        return tuple(int(value) for value in rows[0])


def _line(row: tuple[object, ...]) -> LedgerLine:
    _, _, split, root, model, version, operator, station, reason = map(str, row[:9])
    try:
        return LedgerLine(
            n=int(str(row[0])),
            event=LedgerEvent(str(row[1])),
            split=split,
            root=root,
            model=model,
            version=version,
            operator=operator,
            station=station,
            reason=reason,
            at_us=int(str(row[9])),
            previous=str(row[10]),
            digest=str(row[11]),
        )
    except ValueError:
        raise ProjectError(
            f"A line of the test ledger cannot be what fieldset wrote: {row[0]}",
            hint="restore the newest backup with `fieldset restore`",
        ) from None
