"""Train's samples as balance plans with them: rows of counts, and sums over rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..records import VersionSample
from ..sample_batch import raw_bytes
from .balancing import Need, TrainRow


def train_rows(batch: pa.RecordBatch, train: frozenset[str]) -> list[TrainRow]:
    """The rows of the splits `train` that have a box, of a batch of `BATCH`."""
    chosen = pc.is_in(batch.column("split"), value_set=pa.array(sorted(train)))
    part = batch.filter(chosen)
    column = part.column("boxes")
    offsets = column.offsets.to_numpy().astype(np.int64)
    classes = column.flatten().field("class_id").to_numpy()
    found = []
    rows = zip(
        raw_bytes(part.column("id")),
        part.column("group").to_pylist(),
        part.column("conditions").to_pylist(),
        (offsets - offsets[0]).tolist() if len(offsets) else [],
        (offsets[1:] - offsets[0]).tolist() if len(offsets) else [],
        strict=False,
    )
    for raw, group, conditions, start, stop in rows:
        if stop > start:
            own = Counter(classes[start:stop].tolist())
            row = TrainRow(
                id=raw.tobytes().hex(),
                group=group,
                conditions=tuple(f"{key}={value}" for key, value in conditions),
                boxes=tuple(sorted(own.items())),
            )
            found.append(row)
    return found


def boxes_by_need(
    rows: Iterable[TrainRow], weights: Mapping[str, int]
) -> Counter[Need]:
    """Boxes by need, those of a row as often as `weights` says, else once."""
    found = Counter[Need]()
    for row in rows:
        times = weights.get(row.id, 1)
        for need, count in row.needs():
            found[need] += count * times
    return found


def boxes_of_copies(samples: Iterable[VersionSample]) -> Counter[Need]:
    """Boxes by need of samples that were made."""
    found = Counter[Need]()
    for sample in samples:
        conditions = ["", *(f"{key}={value}" for key, value in sample.conditions)]
        found.update((b.class_id, c) for b in sample.boxes for c in conditions)
    return found
