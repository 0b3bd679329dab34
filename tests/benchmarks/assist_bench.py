"""The work around a model, an image: letterbox and numbers before, decoding after.

The model itself is left out: its time is that of its network. Arrays are made from a
seed, with as many sure rows as a busy street has; the image is 1280 x 720, the canvas
640 x 640.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from dataset.assist_settings import AssistSettings
from labeling.detection.decoding import decode
from labeling.detection.detector import ModelFacts, Tensor
from labeling.detection.layouts import Layout, Parts
from labeling.detection.letterbox import Letterbox
from labeling.detection.model_input import ModelInput, finished, input_of

pytestmark = pytest.mark.bench

WIDTH, HEIGHT, SIDE = 1280, 720, 640
THINGS = 40
PLACE = Letterbox.of(WIDTH, HEIGHT, SIDE, SIDE)
Floats = NDArray[np.float32]


@pytest.fixture
def taken() -> ModelInput:
    tensor = Tensor(name="images", shape=(1, 3, SIDE, SIDE), kind="float32")
    facts = ModelFacts(inputs=(tensor,), outputs=(), notes={})
    settings = AssistSettings()
    return finished(input_of(facts, settings), Layout.YOLOV8, facts, settings)


@pytest.fixture
def image() -> NDArray[np.uint8]:
    return np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def rows(count: int, columns: int) -> Floats:
    """Rows of a YOLO: a few things, each seen by ten cells, the rest near nothing."""
    rng = np.random.default_rng(5)
    table = np.zeros((count, columns), np.float32)
    table[:, :4] = rng.uniform(1, SIDE, (count, 4))
    table[:, 4:] = rng.uniform(0, 0.01, (count, columns - 4))
    sure = rng.choice(count, THINGS * 10, replace=False)
    middles = rng.uniform(100, 540, (THINGS, 2)).repeat(10, axis=0)
    table[sure, :2] = middles + rng.normal(0, 1, middles.shape)
    table[sure, 2:4] = 40
    table[sure, 4] = 0.95
    table[sure, 5 + rng.integers(0, columns - 5, len(sure))] = 0.9
    return table


def test_picture_to_numbers_720p_to_640(
    benchmark: BenchmarkFixture, taken: ModelInput, image: NDArray[np.uint8]
) -> None:
    values = benchmark(taken.tensor, image, PLACE)

    assert values.shape == (1, 3, SIDE, SIDE)


@pytest.mark.parametrize(
    ("layout", "count", "columns"),
    [(Layout.YOLOV8, 8400, 84), (Layout.YOLOV5, 25200, 85)],
)
def test_numbers_to_boxes_of_yolo_at_640(
    benchmark: BenchmarkFixture, layout: Layout, count: int, columns: int
) -> None:
    table = rows(count, columns)
    table = table.T if layout is Layout.YOLOV8 else table
    parts = Parts(layout=layout, boxes=0)

    found = benchmark(decode, [np.ascontiguousarray(table)[None]], parts, PLACE)

    assert found


def test_ten_thousand_sure_boxes_of_80_classes(benchmark: BenchmarkFixture) -> None:
    rng = np.random.default_rng(7)
    table = np.zeros((1, 10_000, 6), np.float32)
    table[0, :, :2] = rng.uniform(0, 600, (10_000, 2))
    table[0, :, 2:4] = table[0, :, :2] + 30
    table[0, :, 4] = rng.uniform(0.3, 1, 10_000)
    table[0, :, 5] = rng.integers(0, 80, 10_000)

    found = benchmark(decode, [table], Parts(layout=Layout.YOLO_NMS, boxes=0), PLACE)

    assert len(found) == 300
