"""Samples on their way out: plain tuples, made by the thousand of a manifest's columns.

The records of `dataset` check themselves when they are made, which costs more than
writing them. What a manifest holds was checked when it was frozen; an export looks at
each of its boxes twice, and makes tuples of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, repeat
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dataset.versions.leaf import UNITS_PER_PIXEL, uuid_text

_CORNERS: Final = ("x0", "y0", "x1", "y1")
_BOXES: Final = "boxes.list.element"
# What is asked of the manifest: where images are, what is in them, everything.
IMAGE_COLUMNS: Final = (
    *("id", "suffix", "split", "state"),
    *("width", "height", "orientation", "size_bytes"),
)
LABEL_COLUMNS: Final = (
    *IMAGE_COLUMNS,
    f"{_BOXES}.class_id",
    *(f"{_BOXES}.{corner}" for corner in _CORNERS),
)
ALL_COLUMNS: Final = (
    *LABEL_COLUMNS,
    *(f"{_BOXES}.{name}" for name in ("id", "origin", "score")),
    *("reviewed", "group", "session", "place", "camera", "conditions"),
    *("captured_us", "source_name"),
)
_NO_CONDITIONS: Final[tuple[tuple[str, str], ...]] = ()


class KeptBox(NamedTuple):
    """A box as the version keeps it: corners in whole 1/1024 pixels, not cut."""

    id: str
    class_id: int
    x0: int
    y0: int
    x1: int
    y1: int
    origin: str
    score: float | None


class OutgoingBox(NamedTuple):
    """A box as files hold it: named, and cut at the edge of the upright image.

    Corners are pixels, 0-based and half-open. `id` and `class_id` are those of the
    version; a box that was read from a file has neither.
    """

    class_name: str
    x0: float
    y0: float
    x1: float
    y1: float
    id: str = ""
    class_id: int = 0

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1."""
        return self.x0, self.y0, self.x1, self.y1


class OutgoingSample(NamedTuple):
    """A sample of an export; the fields are those of `dataset.records.VersionSample`.

    `boxes` are what files can hold, `kept` all that the version has of it; both are
    sorted by id. What was not asked of the manifest is empty.
    """

    id: str
    suffix: str
    split: str
    state: str
    width: int
    height: int
    orientation: int
    size_bytes: int
    reviewed: bool
    group: str
    session: str
    place: str
    camera: str
    captured_us: int
    source_name: str
    conditions: tuple[tuple[str, str], ...]
    kept: Sequence[KeptBox]
    boxes: Sequence[OutgoingBox]

    @property
    def path(self) -> str:
        """The image's place under the project's folder, with forward slashes."""
        return f"images/{self.id[:2]}/{self.id}.{self.suffix}"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright image, in pixels."""
        return self.width, self.height


_EMPTY: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("reviewed",), False),
    **dict.fromkeys(("group", "session", "place", "camera", "source_name"), ""),
    "captured_us": 0,
}
_PLAIN: Final = OutgoingSample._fields[1:-3]


def outgoing_samples(
    rows: pa.Table, names: Mapping[int, str]
) -> Iterator[OutgoingSample]:
    """The samples of some rows of a manifest, with the columns that were asked for.

    `names` are those of the classes by permanent id.
    """
    ids = [raw.hex() for raw in rows.column("id").to_pylist()]
    plain = [_values(rows, name) for name in _PLAIN]
    kept, boxes = _boxes(rows, names)
    made = zip(ids, *plain, _conditions(rows), kept, boxes, strict=False)
    return map(OutgoingSample._make, made)


def _values(rows: pa.Table, name: str) -> Iterable[Any]:
    if name in rows.column_names:
        values: list[Any] = rows.column(name).to_pylist()
        return values
    return repeat(_EMPTY[name])


def _conditions(rows: pa.Table) -> Iterable[tuple[tuple[str, str], ...]]:
    """The conditions of each row; a map of Arrow's, taken apart as a whole."""
    if "conditions" not in rows.column_names:
        return repeat(_NO_CONDITIONS)
    column = rows.column("conditions").combine_chunks()
    offsets = column.offsets.to_pylist()
    first, last = offsets[0], offsets[-1]
    keys = column.keys.slice(first, last - first).to_pylist()
    items = column.items.slice(first, last - first).to_pylist()
    pairs = list(zip(keys, items, strict=True))
    return [tuple(pairs[a - first : b - first]) for a, b in pairwise(offsets)]


def _boxes(
    rows: pa.Table, names: Mapping[int, str]
) -> tuple[Iterable[Sequence[KeptBox]], Iterable[Sequence[OutgoingBox]]]:
    """All boxes of each row, and those of them that files can hold."""
    if "boxes" not in rows.column_names:
        return repeat(()), repeat(())
    column = rows.column("boxes").combine_chunks()
    bounds = column.offsets.to_numpy().astype(np.int64)
    bounds -= bounds[0]
    flat = column.flatten()
    if flat.type.get_field_index(_CORNERS[0]) < 0:
        return repeat(()), repeat(())
    corners = np.stack([flat.field(name).to_numpy() for name in _CORNERS])
    cut, is_held = _cut(corners, rows, np.diff(bounds))
    classes = flat.field("class_id").to_numpy()
    kept: Iterable[Sequence[KeptBox]] = repeat(())
    ids: Iterable[str] = repeat("")
    if flat.type.get_field_index("id") >= 0:
        texts = [uuid_text(raw) for raw in flat.field("id").to_pylist()]
        whole = (flat.field(name).to_pylist() for name in ("origin", "score"))
        listed = zip(texts, classes.tolist(), *corners.tolist(), *whole, strict=True)
        kept = _grouped(list(map(KeptBox._make, listed)), bounds)
        ids = texts
    if not is_held.all():
        ids = (
            text for text, holds in zip(ids, is_held.tolist(), strict=False) if holds
        )
        cut, classes = cut[:, is_held], classes[is_held]
        bounds = np.concatenate([[0], np.cumsum(is_held)])[bounds]
    class_ids = classes.tolist()
    made = zip(
        [names[class_id] for class_id in class_ids],
        *cut.tolist(), ids, class_ids,
        strict=False,
    )  # fmt: skip
    return kept, _grouped(list(map(OutgoingBox._make, made)), bounds)


def _cut(
    corners: NDArray[np.int32], rows: pa.Table, counts: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Corners in pixels, cut at the edge, and whether anything is left of each box."""
    sides = [rows.column(name).to_numpy() for name in ("width", "height")]
    limits = [np.repeat(side, counts).astype(np.int64) for side in sides]
    most = np.stack([*limits, *limits]) * UNITS_PER_PIXEL
    cut = np.clip(corners.astype(np.int64), 0, most)
    is_held = (cut[2] > cut[0]) & (cut[3] > cut[1])
    return cut / float(UNITS_PER_PIXEL), is_held


def _grouped(boxes: list[Any], bounds: NDArray[np.int64]) -> list[Any]:
    """The boxes of each row, from where each row's begin."""
    return [boxes[first:last] for first, last in pairwise(bounds.tolist())]
