"""The boxes of a sample as one run of bytes: what a version reads by the million.

The catalog keeps it beside the boxes' own rows, current at each edit. Corners are
whole 1/1024 pixels, as a version has them; records are sorted by UUID.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..records import Box, BoxOrigin
from ..sample_batch import BATCH, BOX_TYPE, fixed_column
from . import leaf

# A score of NaN is none.
RECORD = np.dtype(
    [
        ("id", "V16"),
        ("class_id", "<u4"),
        ("corners", "<i4", (4,)),
        ("origin", "u1"),
        ("score", "<f8"),
    ]
)
ORIGINS = tuple(BoxOrigin)
_CODES = {origin: code for code, origin in enumerate(ORIGINS)}


def pack(boxes: Iterable[Box]) -> bytes:
    """The boxes as records laid end to end.

    Raises:
        ValueError: a box id that is no UUID, or a corner too far out.
    """
    ordered = sorted((leaf.uuid_bytes(box.id), box) for box in boxes)
    records = np.empty(len(ordered), RECORD)
    for at, (raw, box) in enumerate(ordered):
        score = np.nan if box.score is None else box.score
        origin = _CODES[box.origin]
        records[at] = (raw, box.class_id, leaf.quantise(box), origin, score)
    return records.tobytes()


def box_column(packed: Sequence[bytes]) -> pa.Array:
    """The boxes of several samples as the `boxes` column of `sample_batch.BATCH`."""
    records = np.frombuffer(b"".join(packed), RECORD)
    lengths = [len(data) // RECORD.itemsize for data in packed]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    structs = pa.StructArray.from_arrays(
        [
            fixed_column(records["id"].tobytes(), 16),
            pa.array(records["class_id"], pa.uint32()),
            *(pa.array(records["corners"][:, i], pa.int32()) for i in range(4)),
            _origins(records["origin"]),
            pa.array(records["score"], pa.float64(), from_pandas=True),
        ],
        fields=list(BOX_TYPE),
    )
    return pa.ListArray.from_arrays(
        pa.array(offsets), structs, type=BATCH.field("boxes").type
    )


def _origins(codes: NDArray[np.uint8]) -> pa.Array:
    words = pa.array([origin.value for origin in ORIGINS], pa.string())
    return words.take(pa.array(codes))
