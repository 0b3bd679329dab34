"""Samples on their way out: columns of a manifest's rows, and tuples made of them.

The records of `dataset` check themselves when they are made, which costs more than
writing them. What a manifest holds was checked when it was frozen; an export looks at
each of its boxes twice, in columns where it can and as plain tuples where it cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise, repeat
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataset.sample_batch import raw_bytes
from dataset.versions.leaf import UNITS_PER_PIXEL

from .column_texts import float_texts, hex_texts, joined, mapped, uuid_texts

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

    `boxes` are what files can hold, sorted by id. What was not asked of the manifest
    is empty.
    """

    id: str
    suffix: str
    split: str
    width: int
    height: int
    orientation: int
    size_bytes: int
    group: str
    session: str
    place: str
    camera: str
    boxes: Sequence[OutgoingBox] = ()

    @property
    def path(self) -> str:
        """The image's place under the project's folder, with forward slashes."""
        return f"images/{self.id[:2]}/{self.id}.{self.suffix}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeptBoxes:
    """The boxes of some rows as the version keeps them; corners in 1/1024 pixels.

    `bounds` says where each row's boxes begin, and where the last one's end.
    `corners` have the shape (4, boxes); `flat` are all columns that were asked for.
    """

    bounds: NDArray[np.int64]
    corners: NDArray[np.int64]
    class_ids: NDArray[np.int64]
    flat: pa.Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldBoxes:
    """The boxes of some rows as files hold them, in columns.

    `owners` is the row of each, `corners` are pixels of the upright image, shape
    (4, boxes), in the order x0, y0, x1, y1; `ids` are UUIDs as text, None where they
    were not asked for.
    """

    rows: int
    owners: NDArray[np.int64]
    class_ids: NDArray[np.int64]
    corners: NDArray[np.float64]
    ids: pa.Array | None

    @property
    def bounds(self) -> NDArray[np.int64]:
        """Where each row's boxes begin, and where the last one's end."""
        return np.searchsorted(self.owners, np.arange(self.rows + 1)).astype(np.int64)

    def said(self, words: Mapping[int, str]) -> pa.Array:
        """What stands for the class of each box, by the class's permanent id."""
        known, at = np.unique(self.class_ids, return_inverse=True)
        return pa.array([words[n] for n in known.tolist()], pa.string()).take(
            pa.array(at.ravel())
        )

    def only(self, is_kept: NDArray[np.bool_]) -> HeldBoxes:
        """Those of them for which this is true."""
        if is_kept.all():
            return self
        return replace(
            self,
            owners=self.owners[is_kept],
            class_ids=self.class_ids[is_kept],
            corners=self.corners[:, is_kept],
            ids=None if self.ids is None else self.ids.filter(pa.array(is_kept)),
        )


Fit = Callable[[HeldBoxes], HeldBoxes]


class OutgoingBatch:
    """Some rows of a manifest as an export shows them.

    Args:
        rows: at least one, with the columns that were asked for.
        names: of the classes, by permanent id.
        folders: where the images of each split go.
        fit: makes of the boxes what the format can hold of them.
    """

    def __init__(
        self,
        rows: pa.Table,
        names: Mapping[int, str],
        *,
        folders: Mapping[str, str] | None = None,
        fit: Fit = lambda boxes: boxes,
    ) -> None:
        self.rows = rows
        self._names = names
        self._folders = folders or {}
        self._fit = fit

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    def words(self, name: str) -> pa.Array:
        """A column of the rows."""
        return self.rows.column(name).combine_chunks()

    def numbers(self, name: str) -> NDArray[np.int64]:
        """A column of whole numbers of the rows."""
        return np.asarray(self.rows.column(name).to_numpy(), np.int64)

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Width and height of each upright image."""
        sides = [self.numbers(side).tolist() for side in ("width", "height")]
        return list(zip(*sides, strict=True))

    @cached_property
    def ids(self) -> pa.Array:
        """The sample ids as text."""
        return hex_texts(raw_bytes(self.rows.column("id")))

    @cached_property
    def file_names(self) -> pa.Array:
        """The bare name of each image."""
        return joined(self.ids, ".", self.words("suffix"))

    @cached_property
    def store_paths(self) -> pa.Array:
        """Where each image lies under the project's folder."""
        starts = pc.utf8_slice_codeunits(self.ids, 0, 2)
        return joined("images/", starts, "/", self.file_names)

    @cached_property
    def image_names(self) -> pa.Array:
        """Where each image goes: relative names with forward slashes."""
        places = mapped(self.words("split"), lambda split: self._folders[split])
        return joined(places, "/", self.file_names)

    @cached_property
    def kept(self) -> KeptBoxes:
        """All boxes that the version has."""
        column = self.words("boxes")
        bounds = column.offsets.to_numpy().astype(np.int64)
        flat = column.flatten()
        corners = np.stack([flat.field(name).to_numpy() for name in _CORNERS])
        return KeptBoxes(
            bounds=bounds - bounds[0],
            corners=corners.astype(np.int64),
            class_ids=np.asarray(flat.field("class_id").to_numpy(), np.int64),
            flat=flat,
        )

    @cached_property
    def box_ids(self) -> pa.Array | None:
        """The UUID of each box that the version has, as text."""
        flat = self.kept.flat
        if flat.type.get_field_index("id") < 0:
            return None
        return uuid_texts(raw_bytes(flat.field("id")))

    @cached_property
    def cut(self) -> HeldBoxes:
        """The boxes cut at the image's edge; those of which nothing is left are not."""
        kept = self.kept
        counts = np.diff(kept.bounds)
        sides = [np.repeat(self.numbers(s), counts) for s in ("width", "height")]
        most = np.stack([*sides, *sides]) * UNITS_PER_PIXEL
        corners = np.clip(kept.corners, 0, most)
        held = HeldBoxes(
            rows=len(self),
            owners=np.repeat(np.arange(len(self)), counts),
            class_ids=kept.class_ids,
            corners=corners / float(UNITS_PER_PIXEL),
            ids=self.box_ids,
        )
        is_left = (corners[2] > corners[0]) & (corners[3] > corners[1])
        return held.only(is_left)

    @cached_property
    def boxes(self) -> HeldBoxes:
        """The boxes as the format holds them."""
        return self._fit(self.cut)

    @cached_property
    def corner_texts(self) -> list[pa.Array]:
        """x0, y0, x1, y1 of the boxes as files have them."""
        return [float_texts(corner) for corner in self.boxes.corners]

    def of_boxes(self, column: pa.Array) -> pa.Array:
        """A column of the rows, said once more for each box."""
        return column.take(pa.array(self.boxes.owners))

    def box_lists(self) -> list[list[OutgoingBox]]:
        """The boxes of each row as tuples."""
        held = self.boxes
        class_ids = held.class_ids.tolist()
        names = [self._names[class_id] for class_id in class_ids]
        ids: Iterable[str] = repeat("") if held.ids is None else held.ids.to_pylist()
        columns = zip(names, *held.corners.tolist(), ids, class_ids, strict=False)
        made = list(map(OutgoingBox._make, columns))
        return [made[first:last] for first, last in pairwise(held.bounds.tolist())]

    def samples(self) -> Iterator[OutgoingSample]:
        """The rows as tuples, with the columns that were asked for."""
        plain = [self._values(name) for name in OutgoingSample._fields[1:-1]]
        has_boxes = "boxes" in self.rows.column_names and (
            self.rows.schema.field("boxes").type.value_type.get_field_index("x0") >= 0
        )
        boxes: Iterable[Any] = self.box_lists() if has_boxes else repeat(())
        made = zip(self.ids.to_pylist(), *plain, boxes, strict=False)
        return map(OutgoingSample._make, made)

    def _values(self, name: str) -> Iterable[Any]:
        if name not in self.rows.column_names:
            return repeat("")
        values: list[Any] = self.rows.column(name).to_pylist()
        return values
