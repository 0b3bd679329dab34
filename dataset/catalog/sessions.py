"""Sessions of capture, what they refused and where they had gaps."""

from __future__ import annotations

import json

from dataset.errors import NotFound
from dataset.records import Session

from .connection import Connection

_COLUMNS = (
    "id, name, station, source, place, operator, conditions, started_us, ended_us"
)


class Sessions:
    """The sessions of a catalog."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, session: Session) -> None:
        """Keep a new session; its id and name must be free."""
        with self._connection.writing():
            self._connection.run(
                f"INSERT INTO sessions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    session.id,
                    session.name,
                    session.station,
                    session.source,
                    session.place,
                    session.operator,
                    json.dumps(session.conditions, ensure_ascii=False),
                    session.started_us,
                    session.ended_us,
                ],
            )

    def end(self, session_id: str, ended_us: int) -> None:
        """Note when a session ended."""
        with self._connection.writing():
            self._connection.run(
                "UPDATE sessions SET ended_us = ? WHERE id = ?", [ended_us, session_id]
            )

    def get(self, session_id: str) -> Session:
        """The session of that id.

        Raises:
            NotFound: there is none.
        """
        return self._one("id", session_id)

    def by_name(self, name: str) -> Session:
        """The session of that name.

        Raises:
            NotFound: there is none.
        """
        return self._one("name", name)

    def has_name(self, name: str) -> bool:
        """Whether a session of that name exists."""
        return (
            self._connection.value("SELECT 1 FROM sessions WHERE name = ?", [name])
            is not None
        )

    def all(self) -> tuple[Session, ...]:
        """Every session, oldest first."""
        rows = self._connection.rows(
            f"SELECT {_COLUMNS} FROM sessions ORDER BY started_us, name"
        )
        return tuple(_session(row) for row in rows)

    def of_source(self, source: str) -> tuple[Session, ...]:
        """The sessions of a source, oldest first."""
        rows = self._connection.rows(
            f"SELECT {_COLUMNS} FROM sessions WHERE source = ? "
            "ORDER BY started_us, name",
            [source],
        )
        return tuple(_session(row) for row in rows)

    def refuse(self, session_id: str, reason: str, count: int = 1) -> None:
        """Count pictures that the session refused, by reason."""
        with self._connection.writing():
            self._connection.run(
                "INSERT INTO refusals (session_id, reason, count) VALUES (?, ?, ?) "
                "ON CONFLICT (session_id, reason) "
                "DO UPDATE SET count = count + excluded.count",
                [session_id, reason, count],
            )

    def refusals(self, session_id: str) -> dict[str, int]:
        """How many pictures the session refused, by reason."""
        rows = self._connection.rows(
            "SELECT reason, count FROM refusals WHERE session_id = ? ORDER BY reason",
            [session_id],
        )
        return {str(reason): int(count) for reason, count in rows}

    def add_gap(self, session_id: str, lost_us: int, back_us: int, reason: str) -> None:
        """Note that the camera was away between two moments."""
        with self._connection.writing():
            self._connection.run(
                "INSERT INTO gaps (session_id, lost_us, back_us, reason) "
                "VALUES (?, ?, ?, ?)",
                [session_id, lost_us, back_us, reason],
            )

    def gaps(self, session_id: str) -> tuple[tuple[int, int, str], ...]:
        """The session's gaps as (lost_us, back_us, reason), oldest first."""
        rows = self._connection.rows(
            "SELECT lost_us, back_us, reason FROM gaps WHERE session_id = ? ORDER BY n",
            [session_id],
        )
        return tuple((int(a), int(b), str(reason)) for a, b, reason in rows)

    def _one(self, column: str, value: str) -> Session:
        rows = self._connection.rows(
            f"SELECT {_COLUMNS} FROM sessions WHERE {column} = ?", [value]
        )
        if not rows:
            raise NotFound(
                f"There is no session of that {column}: {value}",
                hint="see `fieldset session list`",
            )
        return _session(rows[0])


def _session(row: tuple[object, ...]) -> Session:
    conditions = tuple((str(k), str(v)) for k, v in json.loads(str(row[6])))
    return Session(
        id=str(row[0]),
        name=str(row[1]),
        station=str(row[2]),
        source=str(row[3]),
        place=str(row[4]),
        operator=str(row[5]),
        conditions=conditions,
        started_us=int(str(row[7])),
        ended_us=None if row[8] is None else int(str(row[8])),
    )
