"""What a version freezes, in columns: no Python object for a sample or a box."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from dataset import leaf
from dataset.sample_batch import BATCH, BATCH_ROWS, BOX_TYPE, fixed_column

from .connection import Connection
from .tables import CURRENT_SPLIT

# The plus keeps SQLite from the index by state: it shall walk the one by id, in order
# and once, however many batches there are.
_SAMPLES = (
    f"WITH {CURRENT_SPLIT} SELECT s.n, s.id, s.width, s.height, s.suffix, s.state, "
    "s.group_id, coalesce(c.split, ''), e.name, e.place, e.source, e.conditions, "
    "s.captured_us, s.source_name, s.size_bytes, s.reviewed, s.orientation "
    "FROM samples s JOIN sessions e ON e.id = s.session_id "
    "LEFT JOIN current c ON c.group_id = s.group_id AND c.action = 'assigned' "
    "WHERE +s.state IN ('labeled', 'empty') ORDER BY s.id"
)
_BOXES = (
    "SELECT s.n, b.id, b.class_id, b.x0, b.y0, b.x1, b.y1, b.origin, b.score "
    "FROM samples s JOIN boxes b ON b.sample_n = s.n "
    "WHERE s.id BETWEEN ? AND ? AND +s.state = 'labeled' ORDER BY s.id, b.id"
)
Rows = Sequence[tuple[Any, ...]]


def frozen_batches(
    connection: Connection, rows: int = BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """Labeled and empty samples by id, as record batches of `sample_batch.BATCH`.

    Streams; call it inside `reading` so that all rows are of one state.

    Raises:
        ValueError: a box id that is no UUID.
    """
    part: list[tuple[Any, ...]] = []
    for row in connection.each(_SAMPLES, chunk=rows):
        part.append(row)
        if len(part) == rows:
            yield _batch(connection, part)
            part = []
    if part:
        yield _batch(connection, part)


def _batch(connection: Connection, rows: Rows) -> pa.RecordBatch:
    (
        ns, ids, widths, heights, suffixes, states, groups, splits, sessions, places,
        cameras, conditions, captured, names, sizes, reviewed, orientations,
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
        "boxes": _boxes(connection.rows(_BOXES, [ids[0], ids[-1]]), ns),
    }
    arrays = [
        values if isinstance(values, pa.Array) else pa.array(values, field.type)
        for field in BATCH
        for values in (columns[field.name],)
    ]
    return pa.record_batch(arrays, schema=BATCH)


def _boxes(rows: Rows, ns: Sequence[int]) -> pa.Array:
    """The boxes of the samples `ns` as a column of lists, in that order."""
    owners, ids, classes, x0, y0, x1, y1, origins, scores = (
        zip(*rows, strict=True) if rows else [()] * 9
    )
    counts = Counter(owners)
    offsets = np.concatenate([[0], np.cumsum([counts[n] for n in ns])])
    corners = np.array([x0, y0, x1, y1], np.float64).reshape(4, -1).T
    units = leaf.quantise_corners(corners).T
    structs = pa.StructArray.from_arrays(
        [
            fixed_column(_uuids(ids), 16),
            pa.array(classes, pa.uint32()),
            *(pa.array(column, pa.int32()) for column in units),
            pa.array(origins, pa.string()),
            pa.array(scores, pa.float64()),
        ],
        fields=list(BOX_TYPE),
    )
    element = BATCH.field("boxes").type
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), structs, type=element
    )


def _uuids(ids: Sequence[str]) -> bytes:
    """The UUIDs laid end to end; all are of one length, or one by one they fail."""
    raw = bytes.fromhex("".join(ids).replace("-", "")) if _are_uuids(ids) else b""
    if len(raw) == 16 * len(ids):
        return raw
    return b"".join(leaf.uuid_bytes(box_id) for box_id in ids)


def _are_uuids(ids: Sequence[str]) -> bool:
    return all(len(box_id) == 36 for box_id in ids)
