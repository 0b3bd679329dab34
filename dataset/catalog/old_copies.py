"""Catalogs that were kept before a migration, and forgetting a sample in them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]  # its own choice

from .connection import translated_errors

# Rows that no foreign key of a sample takes along, in the catalogs of any release.
_ROWS = (
    ("journal", "sample_id"),
    ("measures", "sample_id"),
    ("embeddings", "sample_id"),
    ("fingerprints", "sample_id"),
    ("made_samples", "parent_id"),
    ("samples", "id"),
)


def forget_in_copy(path: Path, sample_ids: Sequence[str]) -> None:
    """Forget samples in a kept catalog, and overwrite the pages that held them.

    The copy stays what it is: a catalog of an older release.

    Raises:
        ProjectError: it cannot be written, or is damaged.
    """
    with translated_errors(path), closing(_opened(path)) as raw:
        raw.execute("PRAGMA secure_delete=ON")
        raw.execute("PRAGMA foreign_keys=ON")
        tables = {
            str(row[0])
            for row in raw.execute("SELECT name FROM sqlite_master WHERE type='table'")
        }
        raw.execute("BEGIN IMMEDIATE")
        found = sum(_forget(raw, tables, one) for one in sample_ids)
        raw.execute("COMMIT")
        if found:
            raw.execute("VACUUM")


def _opened(path: Path) -> Any:  # noqa: ANN401  (two drivers)
    address = f"{path.resolve().as_uri()}?mode=rw"
    return sqlite3.connect(address, isolation_level=None, uri=True)


def _forget(raw: Any, tables: set[str], sample_id: str) -> int:  # noqa: ANN401
    found = 0
    for table, column in _ROWS:
        if table in tables:
            query = f"DELETE FROM {table} WHERE {column} = ?"
            found += raw.execute(query, [sample_id]).rowcount
    if "provenance" in tables:
        raw.execute(
            "UPDATE provenance SET body = NULL WHERE sample_id = ? "
            "AND kind = 'capture'",
            [sample_id],
        )
    return found
