"""Hugging Face Parquet, going out: tables with the images inside.

    data/<split>-00000-of-00001.parquet     a row an image, boxes as x, y, w, h
    README.md                               splits and features

The rows are those of `huggingface`, with the file's own bytes in `image`. The same
bytes come from the same version and the same release of pyarrow, whose name and number
its writer puts into each file; the dataset card names it, too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

import pyarrow as pa
import pyarrow.parquet as pq

from ..handover.export_folder import ExportFolder
from ..handover.outgoing import OutgoingBox, OutgoingSample
from ..handover.pages import Pages
from ..handover.placed_file import PlacedFile
from ..handover.plan import Plan
from ..handover.proof import FoundImage, WrittenExport, by_sample
from ..handover.shards import Shards
from ..handover.target_limits import word_name
from .huggingface import found_boxes, front_matter, xywh

_ROWS_A_GROUP: Final = 100
_GROUP_BYTES: Final = 64 << 20
_SCHEMA: Final = pa.schema(
    [
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ("image_id", pa.string()),
        ("width", pa.int64()),
        ("height", pa.int64()),
        (
            "objects",
            pa.struct(
                [
                    ("id", pa.list_(pa.string())),
                    ("bbox", pa.list_(pa.list_(pa.float64(), 4))),
                    ("area", pa.list_(pa.float64())),
                    ("categories", pa.list_(pa.int64())),
                ]
            ),
        ),
    ]
)


class ParquetPages(Pages):
    """The tables, and the front matter that declares splits and features."""

    format: ClassVar[str] = "huggingface-parquet"
    is_packed: ClassVar[bool] = True

    def __init__(self, plan: Plan, folder: ExportFolder) -> None:
        super().__init__(plan, folder)
        schema = _SCHEMA.with_metadata(_features(plan))
        self._shards = Shards(
            plan, folder, name=_table_name, make=lambda file: _Table(file, schema)
        )

    def add(self, sample: OutgoingSample, boxes: Sequence[OutgoingBox]) -> None:
        """Add the image's row to its table."""
        name = f"{sample.id}.{sample.suffix}"
        row = {
            "image": {"bytes": self.folder.read(sample), "path": name},
            "image_id": sample.id,
            "width": sample.width,
            "height": sample.height,
            "objects": {
                "id": [box.id for box in boxes],
                "bbox": list(map(xywh, boxes)),
                "area": [(b.x1 - b.x0) * (b.y1 - b.y0) for b in boxes],
                "categories": [self.index[box.class_id] for box in boxes],
            },
        }
        self._shards.of(sample).add(row, sample.size_bytes)

    def finish(self) -> None:
        """End the tables."""
        self._shards.finish()

    def close(self) -> None:
        """Remove what an interrupted export left; harmless after `finish`."""
        super().close()
        self._shards.discard()

    def read_back(self, written: WrittenExport) -> Iterator[FoundImage]:
        """Each row of each table."""
        names = [item.name for item in self.plan.classes]
        return by_sample(
            self._tables(written.root, split.name, names) for split in self.plan.splits
        )

    def _tables(
        self, root: Path, split: str, names: Sequence[str]
    ) -> Iterator[FoundImage]:
        for name in self._shards.names(split):
            yield from _found(root / name, split, names)

    def card(self) -> str:
        """How it is loaded, and what the bytes depend on."""
        return (
            '`load_dataset("FOLDER")` of the `datasets` library reads this folder; '
            "splits are named with underscores there. `objects.bbox` is x, y, width, "
            "height in pixels, `objects.categories` the index below. The tables were "
            f"written by pyarrow {pa.__version__}; another release may choose other "
            "bytes for the same rows."
        )

    def front_matter(self) -> str:
        """Splits and features as the library reads them."""
        paths = {
            split.name: f"data/{word_name(split.name)}-*.parquet"
            for split in self.plan.splits
        }
        return front_matter(self.plan, paths)


class _Table:
    """One table; rows are written in groups of a fixed number or size."""

    def __init__(self, file: PlacedFile, schema: pa.Schema) -> None:
        self._file = file
        self._schema = schema
        self._rows: list[dict[str, Any]] = []
        self._bytes = 0
        self._writer = pq.ParquetWriter(
            file,
            schema,
            version="2.6",
            data_page_version="1.0",
            compression="NONE",
            use_dictionary=False,
            write_statistics=False,
            store_schema=True,
        )

    def add(self, row: dict[str, Any], size_bytes: int) -> None:
        """Add a row."""
        self._rows.append(row)
        self._bytes += size_bytes
        if len(self._rows) >= _ROWS_A_GROUP or self._bytes >= _GROUP_BYTES:
            self._write()

    def close(self) -> None:
        """Write the last rows and the table's foot."""
        if self._rows:
            self._write()
        self._writer.close()
        self._file.close()

    def _write(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._rows = []
        self._bytes = 0


def _table_name(split: str, number: int, count: int) -> str:
    return f"data/{word_name(split)}-{number:05}-of-{count:05}.parquet"


def _features(plan: Plan) -> dict[str, str]:
    """What the library looks for in a table's own schema."""

    def value(kind: str) -> dict[str, Any]:
        return {"dtype": kind, "_type": "Value"}

    def listed(feature: dict[str, Any], length: int = -1) -> dict[str, Any]:
        return {"feature": feature, "length": length, "_type": "Sequence"}

    names = [item.name for item in plan.classes]
    category = {"names": names, "_type": "ClassLabel"} if names else value("int64")
    features = {
        "image": {"_type": "Image"},
        "image_id": value("string"),
        "width": value("int64"),
        "height": value("int64"),
        "objects": {
            "id": listed(value("string")),
            "bbox": listed(listed(value("float64"), 4)),
            "area": listed(value("float64")),
            "categories": listed(category),
        },
    }
    content = {"info": {"features": features}}
    return {"huggingface": json.dumps(content, ensure_ascii=False, sort_keys=True)}


def _found(table: Path, split: str, names: Sequence[str]) -> Iterator[FoundImage]:
    with pq.ParquetFile(table) as file:
        for batch in file.iter_batches(_ROWS_A_GROUP):
            for row in batch.to_pylist():
                yield FoundImage(
                    name=f"images/{split}/{row['image']['path']}",
                    split=split,
                    size=(row["width"], row["height"]),
                    digest=hashlib.sha256(row["image"]["bytes"]).hexdigest(),
                    boxes=found_boxes(row["objects"], names),
                )
