"""Arrays of every layout as boxes on the image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from numpy.typing import NDArray

from dataset.errors import BadFile
from labeling.detection.decoding import MOST, Rows, decode, without_doubles
from labeling.detection.detector import Detection
from labeling.detection.layouts import Layout, Parts
from labeling.detection.letterbox import Letterbox
from labeling.geometry import iou

# 200 x 100 on a canvas of 64 x 64: scale 0.32, bars of 16 px above and below.
WIDE = Letterbox.of(200, 100, 64, 64)
SQUARE = Letterbox.of(640, 640, 64, 64)
EVEN = Letterbox.of(64, 64, 64, 64)
Array = NDArray[np.generic]


def found(
    layout: Layout, *given: Array, place: Letterbox = EVEN, **parts: int
) -> tuple[Detection, ...]:
    known = Parts(layout=layout, boxes=parts.pop("boxes", 0), **parts)
    return decode(given, known, place)


def one(detections: Sequence[Detection]) -> Detection:
    assert len(detections) == 1
    return detections[0]


def test_yolov5_multiplies_object_and_class() -> None:
    table = np.zeros((1, 252, 8), np.float32)
    table[0, 7] = (32, 32, 16, 8, 0.5, 0.1, 0.8, 0.2)

    thing = one(found(Layout.YOLOV5, table))

    assert thing.class_index == 1
    assert thing.score == pytest.approx(0.4)
    assert thing.corners == (24, 28, 40, 36)


def test_yolov8_is_turned_over_and_has_no_object_column() -> None:
    table = np.zeros((1, 7, 84), np.float32)
    table[0, :, 3] = (32, 32, 16, 8, 0.1, 0.2, 0.9)

    thing = one(found(Layout.YOLOV8, table))

    assert (thing.class_index, thing.corners) == (2, (24, 28, 40, 36))


def test_boxes_go_back_through_the_letterbox() -> None:
    table = np.zeros((1, 300, 6), np.float32)
    table[0, 0] = (16, 24, 48, 40, 0.9, 0)

    thing = one(found(Layout.YOLO_NMS, table, place=WIDE))

    assert thing.corners == pytest.approx((50, 25, 150, 75))


def test_yolov7s_own_suppression_has_seven_columns() -> None:
    table = np.array([[0, 8, 16, 24, 32, 3, 0.7]], np.float32)

    thing = one(found(Layout.YOLO_NMS, table))

    assert (thing.class_index, thing.corners) == (3, (8, 16, 24, 32))


def test_shares_of_the_canvas_become_pixels() -> None:
    table = np.zeros((1, 300, 6), np.float32)
    table[0, 0] = (0.25, 0.25, 0.5, 1.0, 0.9, 0)

    assert one(found(Layout.YOLO_NMS, table)).corners == (16, 16, 32, 64)


def test_tensorflows_ssd_has_y_first_and_counts() -> None:
    boxes = np.array([[[0.25, 0.5, 0.5, 1.0], [0, 0, 1, 1]]], np.float32)
    scores, classes = np.array([[0.9, 0.8]]), np.array([[4.0, 5.0]])

    thing = one(
        found(
            Layout.SSD, scores, boxes, np.array([1.0]), classes,
            boxes=1, scores=0, classes=3, count=2,
        )
    )  # fmt: skip

    assert (thing.class_index, thing.corners) == (4, (32, 16, 64, 32))


def test_classes_and_scores_that_were_taken_for_one_another_are_swapped() -> None:
    boxes = np.array([[[0.25, 0.5, 0.5, 1.0], [0, 0, 0.5, 0.5]]], np.float32)
    scores, classes = np.array([[0.9, 0.8]]), np.array([[4.0, 5.0]])

    things = found(Layout.SSD, boxes, scores, classes, boxes=0, scores=2, classes=1)

    assert [(d.class_index, d.score) for d in things] == [(4, 0.9), (5, 0.8)]


def test_custom_visions_boxes_have_x_first() -> None:
    boxes = np.array([[[0.25, 0.5, 0.5, 1.0]]], np.float32)

    thing = one(
        found(
            Layout.SSD_XY, boxes, np.array([[0.9]]), np.array([[1]]),
            boxes=0, scores=1, classes=2,
        )
    )  # fmt: skip

    assert thing.corners == (16, 32, 32, 64)


def test_detr_drops_the_class_nothing() -> None:
    logits = np.full((1, 100, 4), -9, np.float32)
    logits[..., 3] = 9
    logits[0, 5] = (-9, 6, -9, -9)
    boxes = np.full((1, 100, 4), 0.5, np.float32)

    thing = one(found(Layout.DETR, logits, boxes, boxes=1, scores=0))

    assert (thing.class_index, thing.corners) == (1, (16, 16, 48, 48))
    assert thing.score == pytest.approx(1.0, abs=1e-4)


def test_sigmoid_detr_judges_each_class_by_itself() -> None:
    logits = np.full((1, 10, 3), -9, np.float32)
    logits[0, 2, 2] = 0.0
    boxes = np.full((1, 10, 4), 0.5, np.float32)

    thing = one(found(Layout.DETR_SIGMOID, logits, boxes, boxes=1, scores=0))

    assert (thing.class_index, thing.score) == (2, 0.5)


def test_one_table_of_a_sigmoid_detr_is_read() -> None:
    table = np.zeros((1, 300, 7), np.float32)
    table[0, 1] = (0.5, 0.5, 0.5, 0.5, 0.1, 0.9, 0.2)

    thing = one(found(Layout.DETR_SIGMOID, table))

    assert (thing.class_index, thing.corners) == (1, (16, 16, 48, 48))


@pytest.mark.parametrize("is_last", [False, True])
def test_custom_visions_grid_is_read_with_its_anchors(is_last: bool) -> None:
    grid = np.full((1, 2, 2, 5, 7), -20.0, np.float32)
    grid[..., 5:] = 0.0
    # Cell in row 1, column 0: in its middle, as large as the first anchor.
    grid[0, 1, 0, 0] = (0, 0, 0, 0, 20, 20, 0)
    table = grid.reshape(1, 2, 2, 35)
    if not is_last:
        table = table.transpose(0, 3, 1, 2)

    thing = one(found(Layout.CUSTOM_VISION, table, place=SQUARE))

    assert (thing.class_index, round(thing.score, 3)) == (0, 1.0)
    # Its middle is at 160, 480 of 640; the anchor has 0.573 x 0.677 cells of 320 px.
    wanted = (160 - 91.68, 480 - 108.32, 160 + 91.68, 480 + 108.32)
    assert thing.corners == pytest.approx(wanted, abs=0.01)


def test_doubles_of_a_class_go_and_other_classes_stay() -> None:
    table = np.zeros((1, 300, 6), np.float32)
    table[0, :3] = [
        (10, 10, 30, 30, 0.8, 0),
        (11, 10, 31, 30, 0.9, 0),
        (11, 10, 31, 30, 0.7, 1),
    ]

    things = found(Layout.YOLO_NMS, table)

    assert [(d.class_index, round(d.score, 1)) for d in things] == [(0, 0.9), (1, 0.7)]


def test_what_is_no_number_is_dropped_and_the_rest_kept() -> None:
    table = np.zeros((1, 300, 6), np.float32)
    table[0, :5] = [
        (np.nan, 10, 30, 30, 0.8, 0),
        (10, 10, np.inf, 30, 0.8, 0),
        (10, 10, 30, 30, np.nan, 0),
        (10, 10, 30, 30, 0.8, np.nan),
        (10, 10, 30, 30, 0.8, 2),
    ]

    assert one(found(Layout.YOLO_NMS, table)).class_index == 2


def test_nothing_but_nan_is_a_fault_of_the_model() -> None:
    table = np.full((1, 300, 6), np.nan, np.float32)

    with pytest.raises(BadFile, match="no numbers"):
        found(Layout.YOLO_NMS, table)


def test_boxes_outside_and_without_a_side_are_dropped() -> None:
    table = np.zeros((1, 300, 6), np.float32)
    table[0, :4] = [
        (-90, -90, -10, -10, 0.9, 0),
        (30, 30, 10, 10, 0.9, 0),
        (30, 30, 30, 50, 0.9, 0),
        (-1e30, -1e30, 1e30, 1e30, 0.9, 1),
    ]

    thing = one(found(Layout.YOLO_NMS, table))

    assert (thing.class_index, thing.corners) == (1, (0, 0, 64, 64))


def test_ten_thousand_boxes_become_the_surest_few() -> None:
    rng = np.random.default_rng(5)
    table = np.zeros((1, 10_000, 6), np.float32)
    table[0, :, :2] = rng.uniform(0, 630, (10_000, 2))
    table[0, :, 2:4] = table[0, :, :2] + 8
    table[0, :, 4] = rng.uniform(0.1, 1, 10_000)

    things = found(Layout.YOLO_NMS, table, place=Letterbox.of(640, 640, 640, 640))

    assert 0 < len(things) <= MOST
    assert things[0].score == pytest.approx(float(table[..., 4].max()), abs=1e-6)


def test_scores_above_one_count_as_one() -> None:
    table = np.zeros((1, 300, 6), np.float32)
    table[0, 0] = (10, 10, 30, 30, 7.5, 0)

    assert one(found(Layout.YOLO_NMS, table)).score == 1.0


def test_another_shape_than_the_layouts_is_a_fault_of_the_model() -> None:
    with pytest.raises(BadFile, match="changed their shape"):
        found(Layout.YOLOV5, np.zeros((1, 2, 3, 4), np.float32))


@given(
    arrays_of.arrays(
        np.float32,
        (1, 20, 6),
        elements=st.floats(width=32, allow_nan=True, allow_infinity=True),
    )
)
def test_whatever_comes_out_is_inside_and_finite(table: Array) -> None:
    try:
        things = found(Layout.YOLO_NMS, table, place=WIDE)
    except BadFile:
        return

    for thing in things:
        x0, y0, x1, y1 = thing.corners
        assert 0 <= x0 < x1 <= 200
        assert 0 <= y0 < y1 <= 100
        assert 0 < thing.score <= 1


@given(st.lists(st.tuples(*[st.integers(0, 40)] * 4, st.integers(0, 2)), max_size=20))
def test_what_is_left_does_not_overlap_and_covers_what_went(
    drawn: list[tuple[int, ...]],
) -> None:
    boxes = np.array([(x, y, x + w + 1, y + h + 1) for x, y, w, h, _ in drawn], float)
    rows = Rows(
        boxes=boxes.reshape(-1, 4),
        scores=np.linspace(1, 0.5, len(drawn)),
        classes=np.array([row[4] for row in drawn], np.int64),
    )

    kept = without_doubles(rows, 0.5)

    def alike(a: int, b: int) -> bool:
        is_one_class = rows.classes[a] == rows.classes[b]
        return bool(is_one_class and iou(tuple(boxes[a]), tuple(boxes[b])) > 0.5)

    assert not any(alike(a, b) for a in kept for b in kept if a != b)
    assert all(any(alike(a, b) for b in kept) for a in range(len(drawn)))
