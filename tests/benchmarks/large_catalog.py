"""Catalogs of many samples, written from a seed without a picture behind any of them.

Three boxes a sample, sessions of 200 samples, five classes. Rows go into the tables
directly, for a million acknowledged samples would take half an hour, and the tallies
are then counted; `fieldset check` has no complaint but that the images are missing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dataset.project import Project, group_of_session
from dataset.records import Session
from dataset.versions.packed_boxes import RECORD

BEGAN_US = 1_790_000_000_000_000
SAMPLES_A_SESSION = 200
BOXES = 3
CLASSES = tuple(f"class-{number}" for number in range(1, 6))
_TOGETHER = 20_000


def large_project(root: Path, samples: int) -> Project:
    """A project with so many labeled samples, in the order in which they came."""
    project = Project.create(root, CLASSES)
    connection = project.catalog._connection
    sessions = [
        project.begin_session(
            name=f"session {number:05d}",
            place=f"place {number % 9}",
            source=f"camera {number % 9}",
            conditions=(("light", "night" if number % 4 == 0 else "day"),),
            started_us=BEGAN_US + number * 3_600_000_000,
        )
        for number in range(-(-samples // SAMPLES_A_SESSION))
    ]
    for start in range(0, samples, _TOGETHER):
        rng = np.random.default_rng([11, start])
        count = min(_TOGETHER, samples - start)
        own = list(_rows(rng, start, count, sessions))
        with connection.writing():
            connection.run_many(
                "INSERT INTO groups (id) VALUES (?) ON CONFLICT (id) DO NOTHING",
                [(row[10],) for row in own],
            )
            connection.run_many(
                "INSERT INTO samples (n, id, session_id, sequence, suffix, width, "
                "height, orientation, size_bytes, captured_us, source_name, group_id, "
                "state, revision, packed) "
                "VALUES (?, ?, ?, ?, 'jpg', ?, ?, 1, ?, ?, ?, ?, 'labeled', 1, ?)",
                [(r[0], r[1], r[2], r[3], *r[5:]) for r in own],
            )
            connection.run_many(
                "INSERT INTO boxes (sample_n, id, class_id, x0, y0, x1, y1, origin, "
                "score) VALUES (?, ?, ?, ?, ?, ?, ?, 'drawn', NULL)",
                [box for row in own for box in _boxes(row[0], row[11])],
            )
            # There is no picture to look at: near-duplicates are not sought.
            connection.run("DELETE FROM look_queue")
    project.catalog.tallies.rebuild()
    return project


def _rows(
    rng: np.random.Generator, start: int, count: int, sessions: list[Session]
) -> Iterator[tuple[object, ...]]:
    ids = rng.integers(0, 256, (count, 32), dtype=np.uint8)
    packed = _packed(rng, count)
    for at in range(count):
        number = start + at
        session = sessions[number // SAMPLES_A_SESSION]
        sequence = number % SAMPLES_A_SESSION + 1
        yield (
            number + 1, ids[at].tobytes().hex(), session.id, sequence, "", 1280, 720,
            150_000 + number % 1000,
            session.started_us + sequence * 2_000_000, f"{sequence:06d}.jpg",
            group_of_session(session.id), packed[at],
        )  # fmt: skip


def _packed(rng: np.random.Generator, count: int) -> list[bytes]:
    records = np.empty((count, BOXES), RECORD)
    raw = rng.integers(0, 256, (count, BOXES, 16), dtype=np.uint8)
    raw[:, :, 0] = np.sort(raw[:, :, 0], axis=1)
    raw[:, :, 1] = np.arange(BOXES)
    records["id"] = raw.view("V16")[:, :, 0]
    records["class_id"] = rng.integers(1, len(CLASSES) + 1, (count, BOXES))
    corners = rng.integers(0, 500 * 1024, (count, BOXES, 4), dtype=np.int32)
    corners[:, :, 2:] += 500 * 1024
    records["corners"] = corners
    records["origin"] = 0
    records["score"] = np.nan
    return [row.tobytes() for row in records]


def _boxes(n: object, packed: object) -> Iterator[tuple[object, ...]]:
    assert isinstance(packed, bytes)
    for record in np.frombuffer(packed, RECORD):
        corners = [value / 1024 for value in record["corners"].tolist()]
        box_id = str(uuid.UUID(bytes=record["id"].tobytes()))
        yield (n, box_id, int(record["class_id"]), *corners)
