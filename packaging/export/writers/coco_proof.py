"""COCO, read back: Arrow's JSON parser, a thousand rows at a time.

A file of ours holds its lists in a fixed order, a row a line; boxes stand in the order
of the images. So the rows that a batch of samples needs are the next ones, and neither
file nor version is ever held.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import IO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
from numpy.typing import NDArray

from ..handover.outgoing import OutgoingBatch
from ..handover.proof import differs
from ..handover.texts import framed_rows

HEAD: Final = '{"annotations":[\n'
CATEGORIES: Final = '"categories":[\n'
IMAGES: Final = '"images":[\n'
LICENSES: Final = '"licenses":[]}\n'
END: Final = "],\n"
_TOLERANCE_PX: Final = 1e-9
_IMAGE: Final = pa.schema(
    [
        ("file_name", pa.string()),
        ("height", pa.int64()),
        ("id", pa.int64()),
        ("width", pa.int64()),
    ]
)
_BOX: Final = pa.schema(
    [
        ("area", pa.float64()),
        ("bbox", pa.list_(pa.float64())),
        ("category_id", pa.int64()),
        ("id", pa.int64()),
        ("image_id", pa.int64()),
        ("iscrowd", pa.int64()),
        ("segmentation", pa.list_(pa.float64())),
    ]
)


class CocoProof:
    """The file of one split while it is compared."""

    def __init__(self, opened: ExitStack, path: Path) -> None:
        boxes, images = (opened.enter_context(path.open("rb")) for _ in range(2))
        _require(next(boxes, b""), HEAD)
        self._name = path.name
        self._boxes = _Rows(boxes, _BOX)
        self._classes = _classes(images)
        self._images = _Rows(images, _IMAGE)
        self._rest = images

    def compare(
        self, batch: OutgoingBatch, is_here: NDArray[np.bool_], names: Mapping[int, str]
    ) -> None:
        """Hold the next rows against the samples of a batch that are of this split.

        Raises:
            BadFile: they differ; the first image that does is named.
            ValueError: they are no rows of ours.
        """
        images = self._images.take(int(is_here.sum()))
        meant = batch.image_names.filter(pa.array(is_here))
        files = batch.file_names.filter(pa.array(is_here))
        _require_all(pc.equal(images.column("file_name"), files), meant, "is missing")
        for side in ("width", "height"):
            is_same = images.column(side).to_numpy() == batch.numbers(side)[is_here]
            _require_all(is_same, meant, "has another size")
        numbers = np.zeros(len(batch), np.int64)
        numbers[is_here] = images.column("id").to_numpy()
        self._compare_boxes(batch, is_here[batch.boxes.owners], numbers, names)

    def finish(self) -> None:
        """Read what stands behind the rows.

        Raises:
            ValueError: it is not what must stand there.
        """
        self._boxes.finish()
        self._images.finish()
        json.loads(b"{" + next(self._rest, b"").removesuffix(b",\n") + b"}")
        _require(next(self._rest, b""), LICENSES)
        _require(next(self._rest, b""), "")

    def _compare_boxes(
        self,
        batch: OutgoingBatch,
        is_own: NDArray[np.bool_],
        numbers: NDArray[np.int64],
        names: Mapping[int, str],
    ) -> None:
        held = batch.boxes
        owners, class_ids = held.owners[is_own], held.class_ids[is_own]
        found = self._boxes.take(len(owners))
        corners = found.column("bbox").combine_chunks()
        if (np.diff(corners.offsets.to_numpy()) != 4).any():
            raise ValueError("a box has not four numbers")
        x, y, width, height = corners.flatten().to_numpy().reshape(-1, 4).T
        read = np.stack([x, y, x + width, y + height])
        meant = batch.image_names.take(pa.array(owners))
        is_near = np.abs(read - held.corners[:, is_own]).max(axis=0) <= _TOLERANCE_PX
        _require_all(is_near, meant, "the boxes are others")
        is_its = found.column("image_id").to_numpy() == numbers[owners]
        _require_all(is_its, meant, "the boxes are others")
        pairs = np.stack([found.column("category_id").to_numpy(), class_ids])
        kinds, at = np.unique(pairs, axis=1, return_inverse=True)
        is_named = np.array(
            [self._classes[one] == names[other] for one, other in kinds.T.tolist()],
            bool,
        )
        _require_all(is_named[at.ravel()], meant, "the boxes are others")


class _Rows:
    """The rows of one list, one a line."""

    def __init__(self, lines: Iterator[bytes], schema: pa.Schema) -> None:
        self._lines = lines
        self._options = pj.ParseOptions(
            explicit_schema=schema, unexpected_field_behavior="error"
        )
        self._schema = schema
        self._is_over = False

    def take(self, count: int) -> pa.Table:
        """The next rows, as many as asked for."""
        if not count:
            return self._schema.empty_table()
        lines = list(islice(self._lines, count))
        if len(lines) == count and lines[-1].endswith(END.encode()):
            self._is_over = True
            lines[-1] = lines[-1].removesuffix(END.encode())
        data = b"".join(lines).replace(b"},\n", b"}\n")
        rows = pj.read_json(
            io.BytesIO(data),
            read_options=pj.ReadOptions(block_size=max(len(data), 1)),
            parse_options=self._options,
        )
        if rows.num_rows != count or any(column.null_count for column in rows.columns):
            raise ValueError("rows are missing, or a part of one")
        return rows

    def finish(self) -> None:
        """Read the end of the list; nothing else may be left of it."""
        if not self._is_over:
            _require(next(self._lines, b""), END)


def _classes(lines: IO[bytes]) -> dict[int, str]:
    """The classes by their ids; reads on to the first image."""
    for line in lines:
        if line == CATEGORIES.encode():
            break
    names = {row["id"]: row["name"] for row in framed_rows(lines, END.encode())}
    _require(next(lines, b""), IMAGES)
    return names


def _require(line: bytes, wanted: str) -> None:
    if line != wanted.encode():
        raise ValueError(f"a line is not {wanted!r}")


def _require_all(
    is_so: NDArray[np.bool_] | pa.ChunkedArray, images: pa.Array, what: str
) -> None:
    """Name the first image of which it is not so."""
    is_true = np.asarray(is_so, bool)
    if not is_true.all():
        at = int(np.argmin(is_true))
        raise differs(what, images[at].as_py())
