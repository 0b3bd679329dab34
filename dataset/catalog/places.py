"""Places: where each person was in the queue."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .connection import Connection

_EMPTY: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A choice of samples in words, and the ids that came next, the nearest first.

    Several ids, so that the place is found again where the first ones left the queue.
    """

    choice: Mapping[str, str]
    ahead: tuple[str, ...]


class Places:
    """The places of the persons who labeled in a catalog."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, person: str) -> Place:
        """Where a person was; nowhere, with an empty choice, at first."""
        rows = self._connection.rows(
            "SELECT choice, ahead FROM queue_places WHERE person = ?", [person]
        )
        if not rows:
            return Place(choice=_EMPTY, ahead=())
        choice, ahead = (json.loads(text) for text in rows[0])
        return Place(choice=choice, ahead=tuple(ahead))

    def keep(
        self, person: str, choice: Mapping[str, str], ahead: Sequence[str]
    ) -> None:
        """Keep where a person is."""
        with self._connection.writing():
            self._connection.run(
                "INSERT INTO queue_places (person, choice, ahead) VALUES (?, ?, ?) "
                "ON CONFLICT (person) DO UPDATE SET choice = excluded.choice, "
                "ahead = excluded.ahead",
                [
                    person,
                    json.dumps(dict(choice), ensure_ascii=False, sort_keys=True),
                    json.dumps(list(ahead)),
                ],
            )
