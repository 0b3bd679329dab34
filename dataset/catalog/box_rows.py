"""Boxes as rows of the catalog."""

from __future__ import annotations

import json
from collections.abc import Iterable

from dataset.records import Box, BoxOrigin

from .connection import Connection

BOX_COLUMNS = "id, class_id, x0, y0, x1, y1, origin, score"


def boxes_of_sample(connection: Connection, sample_n: int) -> tuple[Box, ...]:
    """The boxes of the sample in that row, by id."""
    rows = connection.rows(
        f"SELECT {BOX_COLUMNS} FROM boxes WHERE sample_n = ? ORDER BY id", [sample_n]
    )
    return tuple(box_of_row(row) for row in rows)


def box_of_row(row: tuple[object, ...]) -> Box:
    """The box in a row whose first columns are id, class, corners, origin, score."""
    return Box(
        id=str(row[0]),
        class_id=int(str(row[1])),
        x0=float(str(row[2])),
        y0=float(str(row[3])),
        x1=float(str(row[4])),
        y1=float(str(row[5])),
        origin=BoxOrigin(str(row[6])),
        score=None if row[7] is None else float(str(row[7])),
    )


def boxes_to_json(boxes: Iterable[Box]) -> str:
    """The boxes as one line of JSON, each a row in the order of `BOX_COLUMNS`."""
    return json.dumps(
        [
            [b.id, b.class_id, b.x0, b.y0, b.x1, b.y1, b.origin.value, b.score]
            for b in boxes
        ],
        separators=(",", ":"),
    )


def boxes_from_json(text: str) -> tuple[Box, ...]:
    """The boxes that `boxes_to_json` wrote."""
    return tuple(box_of_row(tuple(row)) for row in json.loads(text))
