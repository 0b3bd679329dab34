"""What a version freezes, in columns: no Python object for a sample or a box."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pyarrow as pa

from dataset.sample_batch import BATCH, BATCH_ROWS, fixed_column
from dataset.versions.packed_boxes import box_column

from .changed import CHANGED_SAMPLES
from .connection import Connection
from .tables import CURRENT_SPLIT

# What stands in a sample's own row.
_OWN: Final = (
    "width", "height", "suffix", "state", "captured_us", "source_name", "size_bytes",
    "orientation",
)  # fmt: skip
_SELECT: Final = "SELECT id, group_id, session_id, packed, reviewed, " + ", ".join(_OWN)
# The index holds all of it by id; the plus keeps SQLite from the one by state.
_ALL: Final = (
    f"{_SELECT} FROM samples INDEXED BY samples_frozen "
    "WHERE +state IN ('labeled', 'empty') ORDER BY id"
)
_CHANGED: Final = (
    f"{_SELECT} FROM samples WHERE +state IN ('labeled', 'empty') "
    f"AND n IN ({CHANGED_SAMPLES}) ORDER BY id"
)
_SESSION: Final = ("session", "place", "camera", "conditions")
Rows = Sequence[tuple[Any, ...]]


def frozen_batches(
    connection: Connection, *, since: int | None = None, rows: int = BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """Labeled and empty samples by id, as record batches of `sample_batch.BATCH`.

    Streams; call it inside `reading` so that all rows are of one state.

    Args:
        connection: to the catalog.
        since: only samples that the change clock touched after that number.
        rows: at most so many in a batch.
    """
    sessions = _Sessions(connection)
    split_of = dict(
        connection.rows(
            f"WITH {CURRENT_SPLIT} SELECT group_id, split FROM current "
            "WHERE action = 'assigned'"
        )
    )
    part: list[tuple[Any, ...]] = []
    for row in connection.each(
        _ALL if since is None else _CHANGED,
        {} if since is None else {"mark": since},
        chunk=rows,
    ):
        part.append(row)
        if len(part) == rows:
            yield _batch(part, sessions, split_of)
            part = []
    if part:
        yield _batch(part, sessions, split_of)


def _batch(rows: Rows, sessions: _Sessions, split_of: dict[str, str]) -> pa.RecordBatch:
    ids, groups, session_ids, packed, reviewed, *own = zip(*rows, strict=True)
    columns: dict[str, Any] = {
        "id": fixed_column(bytes.fromhex("".join(ids)), 32),
        "group": groups,
        "split": [split_of.get(group, "") for group in groups],
        "reviewed": [bool(value) for value in reviewed],
        "boxes": box_column(packed),
        **sessions.columns(session_ids),
        **dict(zip(_OWN, own, strict=True)),
    }
    arrays = [
        values if isinstance(values, pa.Array) else pa.array(values, field.type)
        for field in BATCH
        for values in (columns[field.name],)
    ]
    return pa.record_batch(arrays, schema=BATCH)


class _Sessions:
    """What samples take from their sessions, looked up once for all."""

    def __init__(self, connection: Connection) -> None:
        rows = connection.rows(
            "SELECT id, name, place, source, conditions FROM sessions"
        )
        self._index = {row[0]: at for at, row in enumerate(rows)}
        conditions = [[tuple(pair) for pair in json.loads(row[4])] for row in rows]
        values = (*([row[i] for row in rows] for i in (1, 2, 3)), conditions)
        self._columns = {
            name: pa.array(column, BATCH.field(name).type)
            for name, column in zip(_SESSION, values, strict=True)
        }

    def columns(self, session_ids: Sequence[str]) -> dict[str, pa.Array]:
        """The sessions' columns, one row for each of the given ids."""
        at = pa.array([self._index[session_id] for session_id in session_ids])
        return {name: column.take(at) for name, column in self._columns.items()}
