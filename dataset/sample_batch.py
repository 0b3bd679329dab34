"""Samples in columns: what a million of them travel in between catalog and manifest.

`BATCH` is the schema of an Arrow record batch with one row a sample. Boxes are nested
as a list of structs, corners as whole 1/1024 pixels: what the leaf digests speak of is
exactly what is kept, so that two stations with the same version read the same boxes
to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .errors import ProjectError
from .records import Box, BoxOrigin, SampleState, VersionSample
from .versions import leaf

BATCH_ROWS: Final = 8192
BOX_TYPE: Final = pa.struct(
    [
        pa.field("id", pa.binary(16), nullable=False),
        pa.field("class_id", pa.uint32(), nullable=False),
        pa.field("x0", pa.int32(), nullable=False),
        pa.field("y0", pa.int32(), nullable=False),
        pa.field("x1", pa.int32(), nullable=False),
        pa.field("y1", pa.int32(), nullable=False),
        pa.field("origin", pa.string(), nullable=False),
        pa.field("score", pa.float64()),
    ]
)
BATCH: Final = pa.schema(
    [
        pa.field("id", pa.binary(32), nullable=False),
        pa.field("width", pa.uint32(), nullable=False),
        pa.field("height", pa.uint32(), nullable=False),
        pa.field("suffix", pa.string(), nullable=False),
        pa.field("state", pa.string(), nullable=False),
        pa.field("group", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("session", pa.string(), nullable=False),
        pa.field("place", pa.string(), nullable=False),
        pa.field("camera", pa.string(), nullable=False),
        pa.field("conditions", pa.map_(pa.string(), pa.string()), nullable=False),
        pa.field("captured_us", pa.int64(), nullable=False),
        pa.field("source_name", pa.string(), nullable=False),
        pa.field("size_bytes", pa.int64(), nullable=False),
        pa.field("reviewed", pa.bool_(), nullable=False),
        pa.field("orientation", pa.uint8(), nullable=False),
        pa.field(
            "boxes",
            pa.list_(pa.field("element", BOX_TYPE, nullable=False)),
            nullable=False,
        ),
    ]
)
_CORNERS = ("x0", "y0", "x1", "y1")

Bytes2D = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LeafColumns:
    """Raw ids and the three leaves of a run of samples, each of shape (n, 32)."""

    ids: Bytes2D
    images: Bytes2D
    labels: Bytes2D
    splits: Bytes2D


def batches_of(
    samples: Iterable[VersionSample], rows: int = BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """Samples as record batches of `BATCH`, at most `rows` each; lazy."""
    source = iter(samples)
    while part := list(islice(source, rows)):
        yield batch_of(part)


def batch_of(samples: Sequence[VersionSample]) -> pa.RecordBatch:
    """Samples as one record batch of `BATCH`; boxes sorted by UUID.

    Raises:
        ValueError: a box id that is no UUID, or a corner too far out.
    """
    columns: dict[str, pa.Array] = {
        "id": fixed_column(b"".join(bytes.fromhex(s.id) for s in samples), 32),
        "boxes": _box_column(samples),
    }
    for field in BATCH:
        if field.name not in columns:
            values = [getattr(sample, field.name) for sample in samples]
            columns[field.name] = pa.array(values, field.type)
    return pa.record_batch([columns[field.name] for field in BATCH], schema=BATCH)


def samples_of(rows: pa.Table | pa.RecordBatch) -> list[VersionSample]:
    """The samples of rows in the schema of `BATCH` (leaf columns may follow)."""
    names = [name for name in BATCH.names if name not in ("id", "state", "boxes")]
    columns = [rows.column(name).to_pylist() for name in names]
    ids = [raw.hex() for raw in rows.column("id").to_pylist()]
    states = [SampleState(value) for value in rows.column("state").to_pylist()]
    boxes = boxes_of(rows.column("boxes"))
    found = []
    for sample_id, state, own, *values in zip(
        ids, states, boxes, *columns, strict=True
    ):
        fields: dict[str, Any] = dict(zip(names, values, strict=True))
        fields["conditions"] = tuple(fields["conditions"])
        found.append(VersionSample(id=sample_id, state=state, boxes=own, **fields))
    return found


def boxes_of(column: pa.Array | pa.ChunkedArray) -> list[tuple[Box, ...]]:
    """The boxes of each row of a `boxes` column, corners back in pixels."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    offsets = column.offsets.to_pylist()
    start = offsets[0] if offsets else 0
    flat = column.flatten()
    fields = [flat.field(i).to_pylist() for i in range(BOX_TYPE.num_fields)]
    scale = 1.0 / leaf.UNITS_PER_PIXEL
    made = [
        Box(
            id=leaf.uuid_text(raw), class_id=class_id, x0=x0 * scale, y0=y0 * scale,
            x1=x1 * scale, y1=y1 * scale, origin=BoxOrigin(origin), score=score,
        )
        for raw, class_id, x0, y0, x1, y1, origin, score in zip(*fields, strict=True)
    ]  # fmt: skip
    return [
        tuple(made[first - start : last - start]) for first, last in pairwise(offsets)
    ]


def fixed_column(data: bytes | Bytes2D, width: int) -> pa.Array:
    """Values of `width` bytes each, laid end to end, as one Arrow column."""
    if not isinstance(data, bytes):
        data = np.ascontiguousarray(data).tobytes()
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(width), len(data) // width, [None, pa.py_buffer(data)]
    )


def raw_bytes(column: pa.Array | pa.ChunkedArray) -> Bytes2D:
    """A column of fixed-size values as an array of shape (n, size)."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    size = column.type.byte_width
    data = np.frombuffer(column.buffers()[1] or b"", np.uint8)
    first = column.offset * size
    return data[first : first + len(column) * size].reshape(-1, size)


def leaf_columns(batch: pa.RecordBatch) -> LeafColumns:
    """The leaves of a batch, computed from its content.

    Raises:
        ProjectError: two boxes of one sample share an id.
    """
    ids = raw_bytes(batch.column("id"))
    return LeafColumns(
        ids=ids,
        images=leaf.images_leaves(
            ids,
            batch.column("width").to_numpy(zero_copy_only=False),
            batch.column("height").to_numpy(zero_copy_only=False),
        ),
        labels=label_leaves(batch),
        splits=leaf.splits_leaves(
            batch.column("group").to_pylist(), batch.column("split").to_pylist()
        ),
    )


def label_leaves(batch: pa.RecordBatch) -> Bytes2D:
    """The labels leaves of a batch; reads its `id`, `state` and `boxes` alone.

    Raises:
        ProjectError: two boxes of one sample share an id.
    """
    column = batch.column("boxes")
    offsets = column.offsets.to_numpy().astype(np.int64)
    flat = column.flatten()
    records = np.empty(len(flat), leaf.BOX_RECORD)
    records["id"] = raw_bytes(flat.field("id")).view("V16").ravel()
    records["class_id"] = flat.field("class_id").to_numpy()
    corners = [flat.field(name).to_numpy() for name in _CORNERS]
    if len(flat):
        records["corners"] = np.stack(corners, axis=1)
    records = _sorted_by_uuid(records, offsets - offsets[0], batch)
    codes = pc.index_in(batch.column("state"), pa.array(list(leaf.STATE_CODES)))
    if codes.null_count:
        raise ProjectError("A sample has a state that does not exist")
    states = codes.to_numpy(zero_copy_only=False).astype(np.uint8)
    return leaf.labels_leaves(states, offsets - offsets[0], records)


def _sorted_by_uuid(
    records: NDArray[np.void], offsets: NDArray[np.int64], batch: pa.RecordBatch
) -> NDArray[np.void]:
    owners = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    halves = np.ascontiguousarray(records["id"]).view(">u8").reshape(-1, 2)
    # The catalog keeps them sorted; other sources may not.
    if _is_rising(halves, owners):
        return records
    order = np.lexsort((halves[:, 1], halves[:, 0], owners))
    halves, owners = halves[order], owners[order]
    twice = (owners[1:] == owners[:-1]) & (halves[1:] == halves[:-1]).all(axis=1)
    if twice.any():
        row = int(owners[int(np.flatnonzero(twice)[0])])
        sample_id = batch.column("id")[row].as_py().hex()
        raise ProjectError(f"Two boxes of one sample share an id: {sample_id}")
    return records[order]


def _is_rising(halves: NDArray[np.uint64], owners: NDArray[np.int64]) -> bool:
    """Whether each UUID is above the one before it of the same owner."""
    high, low = halves[:, 0], halves[:, 1]
    above = (high[1:] > high[:-1]) | ((high[1:] == high[:-1]) & (low[1:] > low[:-1]))
    return bool((above | (owners[1:] != owners[:-1])).all())


def _box_column(samples: Sequence[VersionSample]) -> pa.Array:
    rows = [sorted(sample.boxes, key=lambda box: box.id) for sample in samples]
    boxes = [box for row in rows for box in row]
    corners = np.array([(b.x0, b.y0, b.x1, b.y1) for b in boxes], np.float64)
    units = leaf.quantise_corners(corners.reshape(-1, 4))
    offsets = np.cumsum([0, *(len(row) for row in rows)], dtype=np.int32)
    children = [
        fixed_column(b"".join(leaf.uuid_bytes(box.id) for box in boxes), 16),
        pa.array([box.class_id for box in boxes], pa.uint32()),
        *(pa.array(np.ascontiguousarray(units[:, i])) for i in range(4)),
        pa.array([box.origin for box in boxes], pa.string()),
        pa.array([box.score for box in boxes], pa.float64()),
    ]
    flat = pa.StructArray.from_arrays(children, fields=list(BOX_TYPE))
    return pa.ListArray.from_arrays(
        pa.array(offsets), flat, type=BATCH.field("boxes").type
    )
