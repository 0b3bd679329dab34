"""Detectors laid out as their exporters document it, through the child process.

Each model puts one thing of class 1 on its canvas of 64 x 64; the picture is 128 x 96,
so that a wrong order of axes, a forgotten letterbox or another unit shows.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.assist_settings import AssistSettings
from dataset.records import Sample
from labeling.geometry import iou
from station.models.onnx_detector import OnnxDetector
from tests import onnx_models as made
from tests.small_projects import bare_row, bare_session

SAMPLE: Sample = bare_row(1, bare_session("morning"))
# The thing on the canvas: corners in its pixels, and what they are in the picture.
CANVAS = np.array([16.0, 24.0, 32.0, 40.0], np.float32)
BY_LETTERBOX = (32.0, 32.0, 64.0, 64.0)
BY_STRETCHING = (32.0, 36.0, 64.0, 60.0)
NAMES = {"names": "{0: 'car', 1: 'van', 2: 'bus'}"}
FEW = 12.0
Corners = tuple[float, float, float, float]


def middle(corners: made.Array) -> list[float]:
    x0, y0, x1, y1 = (float(v) for v in corners)
    return [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0]


def yolov5(path: Path) -> Path:
    table = np.zeros((1, 252, 8), np.float32)
    table[0, 5] = [*middle(CANVAS), 0.9, 0.1, 1.0, 0.0]
    return made.answering(path, {"output0": table}, notes=NAMES)


def yolov8(path: Path) -> Path:
    table = np.zeros((1, 7, 84), np.float32)
    table[0, :, 5] = [*middle(CANVAS), 0.0, 0.9, 0.1]
    notes = {**NAMES, "task": "detect", "stride": "32"}
    return made.answering(path, {"output0": table}, notes=notes)


def yolo_with_suppression(path: Path) -> Path:
    rows = made.nms_rows((*CANVAS, 0.9, 1))
    return made.answering(path, {"output0": rows}, notes=NAMES)


def tensorflow_ssd(path: Path) -> Path:
    x0, y0, x1, y1 = CANVAS / 64
    boxes = np.zeros((1, 100, 4), np.float32)
    boxes[0, 0] = (y0, x0, y1, x1)
    scores, classes = (np.zeros((1, 100), np.float32) for _ in range(2))
    scores[0, 0], classes[0, 0] = 0.9, 1.0
    outputs = {
        "detection_boxes": boxes,
        "detection_classes": classes,
        "detection_scores": scores,
        "num_detections": np.array([1.0], np.float32),
    }
    return made.answering(
        path, outputs, kind="uint8", shape=(1, 64, 64, 3), notes=NAMES
    )


def custom_vision_ssd(path: Path) -> Path:
    outputs = {
        "detected_boxes": np.array([CANVAS / 64, [0, 0, 1, 1]], np.float32)[None],
        "detected_classes": np.array([[1, 0]], np.int64),
        "detected_scores": np.array([[0.9, 0.01]], np.float32),
    }
    return made.answering(path, outputs, notes=NAMES)


def detr(path: Path) -> Path:
    logits = np.zeros((1, 100, 4), np.float32)
    logits[..., 3] = FEW
    logits[0, 7] = (0.0, FEW, 0.0, 0.0)
    boxes = np.zeros((1, 100, 4), np.float32)
    boxes[0, 7] = middle(CANVAS / 64)
    return made.answering(path, {"logits": logits, "pred_boxes": boxes})


def rt_detr_of_transformers(path: Path) -> Path:
    logits = np.full((1, 300, 3), -FEW, np.float32)
    logits[0, 7, 1] = 3.0
    boxes = np.zeros((1, 300, 4), np.float32)
    boxes[0, 7] = middle(CANVAS / 64)
    return made.answering(path, {"logits": logits, "pred_boxes": boxes})


def rt_detr_of_ultralytics(path: Path) -> Path:
    table = np.zeros((1, 300, 7), np.float32)
    table[0, 7] = [*middle(CANVAS / 64), 0.0, 0.9, 0.1]
    return made.answering(path, {"output0": table}, notes=NAMES)


def rt_detr_with_its_own_export(path: Path) -> Path:
    shares = np.zeros((1, 300, 4), np.float32)
    shares[0, 0] = CANVAS / 64
    labels, scores = np.zeros((1, 300), np.int64), np.zeros((1, 300), np.float32)
    labels[0, 0], scores[0, 0] = 1, 0.9
    return made.told_the_size(path, shares, labels, scores, notes=NAMES)


@pytest.mark.parametrize(
    ("build", "layout", "corners"),
    [
        (yolov5, "yolov5", BY_LETTERBOX),
        (yolov8, "yolov8", BY_LETTERBOX),
        (yolo_with_suppression, "yolo-nms", BY_LETTERBOX),
        (tensorflow_ssd, "ssd", BY_STRETCHING),
        (custom_vision_ssd, "ssd-xy", BY_STRETCHING),
        (detr, "detr", BY_STRETCHING),
        (rt_detr_of_transformers, "detr-sigmoid", BY_STRETCHING),
        (rt_detr_of_ultralytics, "detr-sigmoid", BY_STRETCHING),
        (rt_detr_with_its_own_export, "ssd-xy", BY_STRETCHING),
    ],
)
def test_a_documented_layout_is_found_out_and_read(
    tmp_path: Path, build: Callable[[Path], Path], layout: str, corners: Corners
) -> None:
    picture = tmp_path / "picture.png"
    blank = np.full((96, 128, 3), 90, np.uint8)
    picture.write_bytes(cv2.imencode(".png", blank)[1].tobytes())
    settings = AssistSettings(seconds=30.0)

    with OnnxDetector(build(tmp_path / "m.onnx"), settings, lambda _s: picture) as eyes:
        surest, *others = eyes.detect(SAMPLE)

    assert eyes.layout == layout
    assert surest.class_index == 1
    assert surest.score > 0.85
    assert iou(surest.corners, corners) > 0.97
    assert all(one.score < 0.1 for one in others)
