"""Chains of signed records, and the tombstones of what was erased."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dataset.provenance.record import ChainHead, ChainLink, Tombstone
from dataset.records import Sample

from .connection import Connection
from .samples import SAMPLE_COLUMNS, sample_of_row

_HEAD = "key_id, public_key, number, digest, signature"
_LINK = (
    "p.key_id, p.number, p.kind, p.sample_id, p.session_id, p.body, p.digest, "
    "p.signature"
)
_LINK_WIDTH = 8
_LIVE = "kind = 'capture' AND body IS NOT NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLink:
    """A record beside what the catalog says now of the sample it is about."""

    link: ChainLink
    sample: Sample | None
    tombstone: Tombstone | None


class Provenance:
    """The signed records of a catalog."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def head(self, key_id: str) -> ChainHead | None:
        """Where the chain of a key ends; None where it has not begun."""
        rows = self._connection.rows(
            f"SELECT {_HEAD} FROM stations WHERE key_id = ?", [key_id]
        )
        return _head(rows[0]) if rows else None

    def heads(self) -> tuple[ChainHead, ...]:
        """Every key that signed here, by id."""
        rows = self._connection.rows(f"SELECT {_HEAD} FROM stations ORDER BY key_id")
        return tuple(_head(row) for row in rows)

    def append(self, link: ChainLink, head: ChainHead) -> None:
        """Keep a record as the new end of its chain."""
        with self._connection.writing():
            self._connection.run(
                f"INSERT INTO stations ({_HEAD}) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (key_id) DO UPDATE SET number = excluded.number, "
                "digest = excluded.digest, signature = excluded.signature",
                [
                    head.key_id,
                    head.public_key,
                    head.number,
                    head.digest,
                    head.signature,
                ],
            )
            self._connection.run(
                "INSERT INTO provenance (key_id, number, kind, sample_id, session_id, "
                "body, digest, signature) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    link.key_id,
                    link.number,
                    link.kind,
                    link.sample_id,
                    link.session_id,
                    link.body,
                    link.digest,
                    link.signature,
                ],
            )

    def links(self) -> Iterator[KeptLink]:
        """Every record, chain by chain in its order, with its sample and tombstone."""
        rows = self._connection.each(
            f"SELECT {_LINK}, t.erased_us, t.person, t.reason, {SAMPLE_COLUMNS} "
            "FROM provenance p LEFT JOIN samples s ON s.id = p.sample_id "
            "LEFT JOIN tombstones t ON t.sample_id = p.sample_id "
            "ORDER BY p.key_id, p.number",
            chunk=1000,
        )
        return (_kept(row) for row in rows)

    def key_ids(self) -> tuple[str, ...]:
        """The keys that records name, whether they are known or not."""
        rows = self._connection.rows("SELECT DISTINCT key_id FROM provenance")
        return tuple(str(row[0]) for row in rows)

    def signed_by_session(self) -> dict[str, int]:
        """How many samples of each session have a record, by the session's id."""
        rows = self._connection.rows(
            f"SELECT session_id, count(*) FROM provenance WHERE {_LIVE} "
            "GROUP BY session_id"
        )
        return {str(session_id): int(count) for session_id, count in rows}

    def unsigned(self, *, decided: bool = False, limit: int = -1) -> tuple[str, ...]:
        """Ids of samples without a record, by id; with `decided` labeled and empty.

        At most `limit` of them (-1: all).
        """
        states = "AND s.state IN ('labeled', 'empty') " if decided else ""
        rows = self._connection.rows(
            "SELECT s.id FROM samples s WHERE NOT EXISTS (SELECT 1 FROM provenance p "
            "WHERE p.sample_id = s.id AND p.kind = 'capture' AND p.body IS NOT NULL) "
            f"{states}ORDER BY s.id LIMIT ?",
            [limit],
        )
        return tuple(str(row[0]) for row in rows)

    def has_record(self, sample_id: str) -> bool:
        """Whether a station signed the sample."""
        query = f"SELECT 1 FROM provenance WHERE sample_id = ? AND {_LIVE}"
        return self._connection.value(query, [sample_id]) is not None

    def has_tombstones(self) -> bool:
        """Whether anything was ever erased."""
        return self._connection.value("SELECT 1 FROM tombstones LIMIT 1") is not None

    def tombstones(self) -> tuple[Tombstone, ...]:
        """Every tombstone, oldest first."""
        rows = self._connection.rows(
            "SELECT sample_id, erased_us, person, reason FROM tombstones "
            "ORDER BY erased_us, sample_id"
        )
        return tuple(_tombstone(row) for row in rows)

    def erased(self, sample_ids: Iterable[str]) -> frozenset[str]:
        """Those of the ids that have a tombstone."""
        query = "SELECT 1 FROM tombstones WHERE sample_id = ?"
        return frozenset(
            one for one in sample_ids if self._connection.value(query, [one])
        )


def _head(row: tuple[object, ...]) -> ChainHead:
    return ChainHead(
        key_id=str(row[0]),
        public_key=_bytes(row[1]),
        number=_whole(row[2]),
        digest=str(row[3]),
        signature=_bytes(row[4]),
    )


def _kept(row: tuple[object, ...]) -> KeptLink:
    erased = row[_LINK_WIDTH : _LINK_WIDTH + 3]
    sample = row[_LINK_WIDTH + 3 :]
    return KeptLink(
        link=ChainLink(
            key_id=str(row[0]),
            number=_whole(row[1]),
            kind=str(row[2]),
            sample_id=str(row[3]),
            session_id=str(row[4]),
            body=None if row[5] is None else _bytes(row[5]),
            digest=str(row[6]),
            signature=_bytes(row[7]),
        ),
        sample=None if sample[0] is None else sample_of_row(sample),
        tombstone=None if erased[0] is None else _tombstone((row[3], *erased)),
    )


def _tombstone(row: tuple[object, ...]) -> Tombstone:
    return Tombstone(
        sample_id=str(row[0]),
        erased_us=_whole(row[1]),
        person=str(row[2]),
        reason=str(row[3]),
    )


def _bytes(value: object) -> bytes:
    """Whatever stands there as bytes: a tampered column may hold a text."""
    return value if isinstance(value, bytes) else str(value).encode()


def _whole(value: object) -> int:
    """Whatever stands there as a number; -1, which is none of ours, for a text."""
    return value if isinstance(value, int) else -1
