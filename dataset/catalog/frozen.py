"""What a version freezes, in columns: no Python object for a sample or a box."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from dataset.packed_boxes import box_column
from dataset.sample_batch import BATCH, BATCH_ROWS, fixed_column

from .connection import Connection
from .tables import CURRENT_SPLIT

# The plus keeps SQLite from the index by state: it shall walk the one by id, in order
# and once, however many batches there are.
_SAMPLES = (
    f"WITH {CURRENT_SPLIT} SELECT s.id, s.width, s.height, s.suffix, s.state, "
    "s.group_id, coalesce(c.split, ''), e.name, e.place, e.source, e.conditions, "
    "s.captured_us, s.source_name, s.size_bytes, s.reviewed, s.orientation, s.packed "
    "FROM samples s JOIN sessions e ON e.id = s.session_id "
    "LEFT JOIN current c ON c.group_id = s.group_id AND c.action = 'assigned' "
    "WHERE +s.state IN ('labeled', 'empty') ORDER BY s.id"
)
Rows = Sequence[tuple[Any, ...]]


def frozen_batches(
    connection: Connection, rows: int = BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """Labeled and empty samples by id, as record batches of `sample_batch.BATCH`.

    Streams; call it inside `reading` so that all rows are of one state.
    """
    part: list[tuple[Any, ...]] = []
    for row in connection.each(_SAMPLES, chunk=rows):
        part.append(row)
        if len(part) == rows:
            yield _batch(part)
            part = []
    if part:
        yield _batch(part)


def _batch(rows: Rows) -> pa.RecordBatch:
    (
        ids, widths, heights, suffixes, states, groups, splits, sessions, places,
        cameras, conditions, captured, names, sizes, reviewed, orientations,
        packed,
    ) = zip(*rows, strict=True)  # fmt: skip
    parsed = {
        text: [tuple(pair) for pair in json.loads(text)] for text in {*conditions}
    }
    columns = {
        "id": fixed_column(bytes.fromhex("".join(ids)), 32),
        "width": widths,
        "height": heights,
        "suffix": suffixes,
        "state": states,
        "group": groups,
        "split": splits,
        "session": sessions,
        "place": places,
        "camera": cameras,
        "conditions": [parsed[text] for text in conditions],
        "captured_us": captured,
        "source_name": names,
        "size_bytes": sizes,
        "reviewed": [bool(value) for value in reviewed],
        "orientation": orientations,
        "boxes": box_column(packed),
    }
    arrays = [
        values if isinstance(values, pa.Array) else pa.array(values, field.type)
        for field in BATCH
        for values in (columns[field.name],)
    ]
    return pa.record_batch(arrays, schema=BATCH)
