from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dataset.catalog import BoxFilter
from dataset.progress import Cancelled
from dataset.project import Project
from dataset.records import Box, LabelState, SampleState
from labeling.second_opinion import unlike
from labeling.second_opinion.odd_boxes import odd_boxes, read_features
from tests.small_projects import BEGAN_US, StopsAt, new_project, new_session, uid
from tests.strategies import boxes

CAR, BALL = 1, 2
SIZE = 200


def place(number: int) -> tuple[float, float]:
    """Where the object of that number lies: five in a row, of size 36 x 36."""
    return 4.0 + 39 * (number % 5), 4.0 + 39 * (number // 5)


def scene(seed: int, kinds: list[int]) -> NDArray[np.uint8]:
    """A noisy picture of striped squares (cars) and round ones (balls)."""
    rng = np.random.default_rng(seed)
    picture = rng.integers(90, 130, (SIZE, SIZE, 3), np.uint8)
    for number, kind in enumerate(kinds):
        x, y = (int(value) for value in place(number))
        shade = int(rng.integers(150, 250))
        if kind == CAR:
            for stripe in range(0, 36, 9):
                cv2.rectangle(
                    picture,
                    (x, y + stripe),
                    (x + 35, y + stripe + 4),
                    (shade, 0, 0),
                    -1,
                )
        else:
            cv2.circle(picture, (x + 18, y + 18), 16, (0, 0, shade), -1)
    return picture


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Four pictures of 20 objects; one ball in each is called a car."""
    with new_project(tmp_path / "p", "car", "ball", "bird") as made:
        session = new_session(made)
        for seed in range(4):
            kinds = [CAR, BALL] * 10
            data = cv2.imencode(".png", scene(seed, kinds))[1].tobytes()
            sample = made.take_in(data, session, captured_us=BEGAN_US + seed).sample
            named = [CAR if number == 7 else kind for number, kind in enumerate(kinds)]
            drawn = tuple(
                Box(
                    id=uid(f"{seed}{number:02}"),
                    class_id=kind,
                    x0=place(number)[0],
                    y0=place(number)[1],
                    x1=place(number)[0] + 36,
                    y1=place(number)[1] + 36,
                )
                for number, kind in enumerate(named)
            )
            made.catalog.labels.put(
                sample.id, LabelState(state=SampleState.LABELED, boxes=drawn)
            )
        yield made


def test_wrong_labels_come_first(project: Project) -> None:
    found = odd_boxes(project)

    order = sorted(found.scores, key=lambda key: -found.scores[key])
    wrong = {uid(f"{seed}07") for seed in range(4)}
    assert {box_id for _, box_id in order[:4]} == wrong
    assert all(0.0 <= score <= 1.0 for score in found.scores.values())


def test_a_box_is_read_once_until_it_moves(project: Project) -> None:
    read_features(project)
    assert project.catalog.box_features.missing(unlike.KIND) == ()
    line = project.catalog.box_features.lines(BoxFilter(), 1)[0]
    labels = project.catalog.labels.get(line.sample_id)

    moved = tuple(
        replace(b, x1=b.x1 - 3) if b.id == line.box.id else replace(b, class_id=BALL)
        for b in labels.boxes
    )
    project.catalog.labels.put(line.sample_id, replace(labels, boxes=moved))

    (missing,) = project.catalog.box_features.missing(unlike.KIND)
    assert missing.box.id == line.box.id


def test_reading_that_is_cancelled_keeps_what_it_read(project: Project) -> None:
    with pytest.raises(Cancelled):
        odd_boxes(project, StopsAt(40))

    assert len(project.catalog.box_features.missing(unlike.KIND)) == 40


def test_pictures_that_vanished_or_broke_are_counted(project: Project) -> None:
    first, second, *_ = project.catalog.samples.each()
    project.image_path(first).unlink()
    project.image_path(second).chmod(0o644)
    project.image_path(second).write_bytes(b"no picture")

    found = odd_boxes(project)

    assert found.unread == 40
    assert len(found.scores) == 40


def test_a_class_with_few_boxes_has_no_order(project: Project) -> None:
    line = project.catalog.box_features.lines(BoxFilter(), 1)[0]
    labels = project.catalog.labels.get(line.sample_id)
    bird = tuple(
        replace(b, class_id=3) if b.id == line.box.id else b for b in labels.boxes
    )
    project.catalog.labels.put(line.sample_id, replace(labels, boxes=bird))

    found = odd_boxes(project)

    assert found.few == {3}
    assert (line.sample_id, line.box.id) not in found.scores


def test_a_project_without_boxes_has_no_order(tmp_path: Path) -> None:
    with new_project(tmp_path / "bare") as bare:
        found = odd_boxes(bare)

    assert (dict(found.scores), found.few, found.unread) == ({}, frozenset(), 0)


@pytest.mark.parametrize("count", [1, unlike.LEAST_BOXES - 1, unlike.LEAST_BOXES, 40])
def test_one_class_alone_is_ordered_where_there_are_enough(count: int) -> None:
    rows = np.random.default_rng(1).normal(size=(count, _LENGTH)).astype(np.float32)
    rows[0] += 9

    odd = unlike.oddness(rows, np.ones(count, np.int64))

    if count < unlike.LEAST_BOXES:
        assert np.isnan(odd).all()
    else:
        assert int(odd.argmax()) == 0


_LENGTH = len(
    unlike.features(
        np.zeros((9, 9, 3), np.uint8),
        Box(id=uid("x"), class_id=1, x0=0, y0=0, x1=9, y1=9),
    )
)


def test_boxes_that_are_all_alike_are_no_fault() -> None:
    odd = unlike.oddness(np.ones((20, _LENGTH), np.float32), np.arange(20) % 2)

    assert np.isfinite(odd).all()


@settings(max_examples=30, deadline=None)
@given(boxes(width=64, height=48), st.integers(0, 9), st.floats(0.1, 1.0))
def test_every_box_has_finite_features(box: Box, seed: int, scale: float) -> None:
    size = (max(int(48 * scale), 1), max(int(64 * scale), 1), 3)
    pixels = np.random.default_rng(seed).integers(0, 256, size, np.uint8)

    row = unlike.features(pixels, box, scale)

    assert row.shape == (_LENGTH,)
    assert np.isfinite(row).all()
    assert np.allclose(unlike.from_bytes(unlike.to_bytes(row)), row, atol=0.01)
