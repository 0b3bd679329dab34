"""Splits and their append-only ledger."""

from __future__ import annotations

from collections.abc import Iterable

from dataset.records import LedgerAction, LedgerRow, Split, SplitKind
from dataset.splitting.split_chain import SplitHead, extended

from .connection import Connection

_HEAD = "split_ledger_head"


class Splits:
    """The splits of a catalog and the ledger of what each group was given."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> tuple[Split, ...]:
        """Every split that was ever defined: train, val, then tests by name."""
        rows = self._connection.rows(
            "SELECT name, kind, rule, share, sealed FROM splits "
            "ORDER BY CASE kind WHEN 'train' THEN 0 WHEN 'val' THEN 1 ELSE 2 END, name"
        )
        return tuple(
            Split(
                name=str(name),
                kind=SplitKind(kind),
                rule=str(rule),
                share=float(share),
                sealed=bool(sealed),
            )
            for name, kind, rule, share, sealed in rows
        )

    def define(self, split: Split) -> None:
        """Keep a split, or its new rule and share; a sealed one stays sealed."""
        with self._connection.writing():
            self._connection.run(
                "INSERT INTO splits (name, kind, rule, share, sealed) "
                "VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
                "kind = excluded.kind, rule = excluded.rule, share = excluded.share, "
                "sealed = max(sealed, excluded.sealed)",
                [
                    split.name,
                    split.kind.value,
                    split.rule,
                    split.share,
                    int(split.sealed),
                ],
            )

    def ledger(self) -> tuple[LedgerRow, ...]:
        """Every row of the ledger, oldest first."""
        rows = self._connection.rows(
            "SELECT group_id, split, action, reason, at_us FROM split_ledger ORDER BY n"
        )
        return tuple(
            LedgerRow(
                group_id=str(group_id),
                split=str(split),
                action=LedgerAction(action),
                reason=str(reason),
                at_us=int(at_us),
            )
            for group_id, split, action, reason, at_us in rows
        )

    def head(self) -> SplitHead | None:
        """The ledger's end as it was noted; None before the first row with a head."""
        noted = self._connection.value("SELECT value FROM facts WHERE key = ?", [_HEAD])
        if noted is None:
            return None
        rows, _, digest = str(noted).partition(" ")
        return SplitHead(rows=int(rows) if rows.isdecimal() else 0, digest=digest)

    def append(self, rows: Iterable[LedgerRow]) -> None:
        """Add rows at the ledger's end; nothing is ever changed or taken away."""
        rows = tuple(rows)
        if not rows:
            return
        with self._connection.writing():
            before = self.head() or extended(SplitHead(), self.ledger())
            head = extended(before, rows)
            self._connection.run(
                "INSERT INTO facts (key, value) VALUES (?, ?) "
                "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [_HEAD, f"{head.rows} {head.digest}"],
            )
            self._connection.run_many(
                "INSERT INTO split_ledger (group_id, split, action, reason, at_us) "
                "VALUES (?, ?, ?, ?, ?)",
                [
                    (row.group_id, row.split, row.action.value, row.reason, row.at_us)
                    for row in rows
                ],
            )
