"""How a model's outputs are told apart by names and shapes."""

from __future__ import annotations

from itertools import permutations

import pytest

from dataset.errors import BadFile
from labeling.detection.detector import Tensor
from labeling.detection.layouts import Layout, Parts, names_in, recognise


def out(name: str, *shape: int, kind: str = "float32") -> Tensor:
    return Tensor(name=name, shape=shape, kind=kind)


def parts(
    *outputs: Tensor, side: int = 640, names: int = 0, wanted: str = "auto"
) -> Parts:
    return recognise(outputs, width=side, height=side, names=names, wanted=wanted)


@pytest.mark.parametrize(
    ("layout", "shape", "side", "names"),
    [
        (Layout.YOLOV5, (1, 25200, 85), 640, 80),
        (Layout.YOLOV5, (1, 25200, 6), 640, 0),
        (Layout.YOLOV5, (1, 6300, 85), 320, 0),
        (Layout.YOLOV5, (1, 102000, 85), 1280, 0),
        (Layout.YOLOV5, (1, 8400, 85), 640, 80),
        (Layout.YOLOV8, (1, 84, 8400), 640, 80),
        (Layout.YOLOV8, (1, 5, 8400), 640, 0),
        (Layout.YOLOV8, (1, 7, 84), 64, 0),
        (Layout.YOLOV8, (1, 7, 1234), 64, 3),
        (Layout.YOLO_NMS, (1, 300, 6), 640, 80),
        (Layout.YOLO_NMS, (1, 300, 6), 640, 1),
        (Layout.YOLO_NMS, (1, 300, 6), 640, 0),
        (Layout.YOLO_NMS, (12, 7), 640, 0),
        (Layout.DETR_SIGMOID, (1, 300, 84), 640, 80),
        (Layout.CUSTOM_VISION, (1, 35, 13, 13), 416, 2),
        (Layout.CUSTOM_VISION, (1, 13, 13, 35), 416, 0),
    ],
)
def test_one_output_is_recognised(
    layout: Layout, shape: tuple[int, ...], side: int, names: int
) -> None:
    assert parts(out("output", *shape), side=side, names=names).layout is layout


def test_the_raw_grids_of_older_exports_are_left_aside() -> None:
    outputs = (
        out("345", 1, 3, 80, 80, 85),
        out("output", 1, 25200, 85),
        out("403", 1, 3, 40, 40, 85),
    )

    found = parts(*outputs)

    assert (found.layout, found.boxes) == (Layout.YOLOV5, 1)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_tensorflows_four_outputs_are_found_in_any_order(order: list[int]) -> None:
    known = (
        out("detection_boxes:0", 1, 100, 4),
        out("detection_classes:0", 1, 100),
        out("detection_scores:0", 1, 100),
        out("num_detections:0", 1),
    )

    found = parts(*(known[i] for i in order))

    assert found.layout is Layout.SSD
    places = (found.boxes, found.classes, found.scores, found.count)
    assert tuple(order[place or 0] for place in places) == (0, 1, 2, 3)


def test_unfinished_outputs_of_tensorflow_are_passed_over() -> None:
    outputs = (
        out("detection_anchor_indices", 1, 100),
        out("raw_detection_boxes", 1, 1917, 4),
        out("detection_boxes", 1, 100, 4),
        out("detection_classes", 1, 100),
        out("detection_multiclass_scores", 1, 100, 91),
        out("detection_scores", 1, 100),
        out("num_detections", 1),
        out("raw_detection_scores", 1, 1917, 91),
    )

    found = parts(*outputs)

    places = (found.boxes, found.classes, found.scores, found.count)
    assert (found.layout, places) == (Layout.SSD, (2, 3, 5, 6))


def test_nameless_outputs_of_an_ssd_are_told_by_their_kinds() -> None:
    found = parts(
        out("a", 1, 10), out("b", 1, 10, kind="int64"), out("c", 1, 10, 4), out("d", 1)
    )

    assert (found.boxes, found.classes, found.scores, found.count) == (2, 1, 0, 3)


def test_custom_visions_newer_models_have_x_first() -> None:
    found = parts(
        out("detected_boxes", 1, 64, 4),
        out("detected_classes", 1, 64, kind="int64"),
        out("detected_scores", 1, 64),
    )

    assert (found.layout, found.classes, found.scores) == (Layout.SSD_XY, 1, 2)


def test_torchvisions_outputs_without_a_batch_are_an_ssd() -> None:
    found = parts(out("boxes", 7, 4), out("labels", 7, kind="int64"), out("scores", 7))

    assert (found.layout, found.classes, found.scores) == (Layout.SSD_XY, 1, 2)


@pytest.mark.parametrize(
    ("columns", "names", "layout"),
    [
        (92, 91, Layout.DETR),
        (92, 0, Layout.DETR),
        (80, 80, Layout.DETR_SIGMOID),
    ],
)
def test_detr_is_told_from_its_sigmoid_kin_by_the_names(
    columns: int, names: int, layout: Layout
) -> None:
    outputs = (
        out("logits", 1, 100, columns),
        out("pred_boxes", 1, 100, 4),
        out("last_hidden_state", 1, 100, 256),
    )

    found = parts(*outputs, names=names)

    assert (found.layout, found.boxes, found.scores) == (layout, 1, 0)


@pytest.mark.parametrize(
    ("queries", "layout"),
    [(100, Layout.DETR), (300, Layout.DETR_SIGMOID), (900, Layout.DETR_SIGMOID)],
)
def test_without_names_the_number_of_queries_tells_sigmoid_kin(
    queries: int, layout: Layout
) -> None:
    outputs = (out("logits", 1, queries, 80), out("pred_boxes", 1, queries, 4))

    assert parts(*outputs).layout is layout


def test_rf_detr_is_known_by_its_outputs() -> None:
    found = parts(out("dets", 1, 300, 4), out("labels", 1, 300, 91))

    assert (found.layout, found.boxes, found.scores) == (Layout.DETR_SIGMOID, 0, 1)


@pytest.mark.parametrize(
    "outputs",
    [
        (out("probabilities", 1, 1000),),
        (out("tokens", 1, 197, 768),),
        (out("mask", 1, 21, 512, 512),),
        (out("output0", 1, 116, 8400), out("output1", 1, 32, 160, 160)),
        (out("boxes", 1, 10, 4),),
        (out("x", 3),),
        (),
    ],
)
def test_what_is_no_detector_is_refused(outputs: tuple[Tensor, ...]) -> None:
    if len(outputs) == 2:
        with pytest.raises(BadFile, match="segment"):
            recognise(outputs, width=640, height=640, notes={"task": "segment"})
        return

    with pytest.raises(BadFile, match="no known detector") as caught:
        parts(*outputs)

    assert "layout" in caught.value.hint


def test_the_project_may_name_what_cannot_be_told() -> None:
    rows = out("output", 1, 4000, 85)
    with pytest.raises(BadFile):
        parts(rows)

    assert parts(rows, wanted="yolov5").layout is Layout.YOLOV5


@pytest.mark.parametrize("wanted", ["ssd", "detr", "custom-vision", "yolo-nms"])
def test_a_named_layout_has_to_fit(wanted: str) -> None:
    with pytest.raises(BadFile, match=f"do not have the layout {wanted}"):
        parts(out("output", 1, 8400, 85), wanted=wanted)


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("{0: 'car', 1: 'bus'}", {0: "car", 1: "bus"}),
        ("['car', 'bus']", {0: "car", 1: "bus"}),
        ('{"0": "car"}', {}),
        ("__import__('os').abort()", {}),
        ("{0: ", {}),
        ("[" * 5000, {}),
        ("", {}),
    ],
)
def test_names_are_read_from_the_metadata_and_never_run(
    written: str, names: dict[int, str]
) -> None:
    assert names_in({"names": written}) == names
