"""Made samples: what a recipe made of which sample, so that it is not made twice.

They are no samples of the project: no queue, count or drift of captured data holds
them. A row says what an image of the store IS; it does not promise that it is there.
Rows come before their files, so that a file without any row is never one of these.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from dataset.policies.lineage import Lineage, MadeSample
from dataset.records import Box, BoxOrigin
from dataset.versions.leaf import UNITS_PER_PIXEL, quantise

from .connection import Connection

_COLUMNS = (
    "parent_id, recipe, copy, kind, sample_id, labels, suffix, width, height, "
    "size_bytes, boxes, libraries"
)


class Made:
    """The made samples of a catalog."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, found: Iterable[MadeSample]) -> None:
        """Keep made samples; the newest of a parent, recipe and index is the one.

        An older one stays known: other libraries may have given it other pixels, and
        an older version may hold it.
        """
        rows = [_row(made) for made in found]
        with self._connection.writing():
            self._connection.run_many(
                f"INSERT OR REPLACE INTO made_samples ({_COLUMNS}) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

    def of_recipe(self, recipe: str) -> dict[tuple[str, int], MadeSample]:
        """All that the recipe of that digest made, by parent and index."""
        rows = self._connection.each(
            f"SELECT {_COLUMNS} FROM made_samples WHERE recipe = ? ORDER BY n",
            [recipe],
        )
        found = (_made(row) for row in rows)
        return {(m.lineage.parent_id, m.lineage.index): m for m in found}

    def of_parent(self, parent_id: str) -> tuple[MadeSample, ...]:
        """All that was made of a sample."""
        rows = self._connection.rows(
            f"SELECT {_COLUMNS} FROM made_samples WHERE parent_id = ? ORDER BY n",
            [parent_id],
        )
        return tuple(_made(row) for row in rows)

    def each(self) -> Iterator[MadeSample]:
        """All that was ever made, by id."""
        rows = self._connection.each(
            f"SELECT {_COLUMNS} FROM made_samples ORDER BY sample_id, n"
        )
        return (_made(row) for row in rows)

    def has(self, sample_id: str) -> bool:
        """Whether an image of that id was made by a recipe."""
        found = self._connection.value(
            "SELECT 1 FROM made_samples WHERE sample_id = ? LIMIT 1", [sample_id]
        )
        return found is not None

    def forget(self, parent_id: str) -> None:
        """Drop the rows of all that was made of a sample."""
        with self._connection.writing():
            self._connection.run(
                "DELETE FROM made_samples WHERE parent_id = ?", [parent_id]
            )


def _row(made: MadeSample) -> tuple[object, ...]:
    boxes = [
        [box.id, box.class_id, *quantise(box), box.origin.value, box.score]
        for box in made.boxes
    ]
    lineage = made.lineage
    return (
        lineage.parent_id,
        lineage.recipe,
        lineage.index,
        lineage.kind,
        made.id,
        made.labels,
        made.suffix,
        made.width,
        made.height,
        made.size_bytes,
        json.dumps(boxes, separators=(",", ":")),
        made.libraries,
    )


def _made(row: tuple[Any, ...]) -> MadeSample:
    return MadeSample(
        id=str(row[4]),
        lineage=Lineage(
            kind=str(row[3]),
            recipe=str(row[1]),
            parent_id=str(row[0]),
            index=int(row[2]),
        ),
        labels=str(row[5]),
        suffix=str(row[6]),
        width=int(row[7]),
        height=int(row[8]),
        size_bytes=int(row[9]),
        boxes=tuple(_box(values) for values in json.loads(row[10])),
        libraries=str(row[11]),
    )


def _box(values: list[Any]) -> Box:
    box_id, class_id, *corners, origin, score = values
    x0, y0, x1, y1 = (corner / UNITS_PER_PIXEL for corner in corners)
    return Box(
        id=box_id,
        class_id=class_id,
        x0=x0,
        y0=y0,
        x1=x1,
        y1=y1,
        origin=BoxOrigin(origin),
        score=score,
    )
