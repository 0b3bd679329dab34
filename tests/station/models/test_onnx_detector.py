"""Real ONNX models in a real child process: good ones, bad ones, and deadly ones."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.assist_settings import AssistSettings
from dataset.errors import BadFile, BadImage, FieldsetError, NotFound
from dataset.progress import Cancelled
from dataset.records import Sample
from labeling.detection.detector import Detection
from station.models.model_process import ModelDied, ModelProcess
from station.models.onnx_detector import OnnxDetector
from tests import onnx_models as made
from tests.small_projects import bare_row, bare_session

SAMPLE: Sample = bare_row(1, bare_session("morning"))
# Each child starts a Python of its own; on a busy machine that takes its time.
LOADED_S = 60.0
Make = Callable[..., OnnxDetector]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """128 x 96 pixels of black, with a red and a blue cell."""
    image = np.zeros((96, 128, 3), np.uint8)
    image[16:32, 64:80] = (0, 0, 255)
    image[48:64, 16:32] = (255, 0, 0)
    path = tmp_path / "picture.png"
    path.write_bytes(cv2.imencode(".png", image)[1].tobytes())
    return path


@pytest.fixture
def detector(picture: Path) -> Callable[..., OnnxDetector]:
    def make(
        path: Path, *, load_seconds: float = LOADED_S, **said: object
    ) -> OnnxDetector:
        settings = AssistSettings(**{"seconds": 30.0, **said})  # type: ignore[arg-type]
        return OnnxDetector(
            path, settings, lambda _sample: picture, load_seconds=load_seconds
        )

    return make


def sure(found: tuple[Detection, ...]) -> list[tuple[int, tuple[float, ...]]]:
    return sorted((d.class_index, d.corners) for d in found if d.score > 0.99)


def refusal(make: Make, path: Path, **said: object) -> FieldsetError:
    with pytest.raises(FieldsetError) as caught:
        make(path, **said).close()
    assert caught.value.exit_code == 3
    assert caught.value.hint
    assert str(path.parent) not in caught.value.message
    return caught.value


def test_colours_and_places_come_back_through_child_and_letterbox(
    tmp_path: Path, detector: Make
) -> None:
    with detector(made.seeing_colours(tmp_path / "m.onnx")) as eyes:
        found = eyes.detect(SAMPLE)

    assert dict(eyes.names) == {0: "red", 1: "green", 2: "blue"}
    assert eyes.layout == "yolov8"
    assert sure(found) == [(0, (64, 16, 80, 32)), (2, (16, 48, 32, 64))]


def test_the_model_is_loaded_once(tmp_path: Path, detector: Make) -> None:
    with detector(made.seeing_colours(tmp_path / "m.onnx")) as eyes:
        eyes.detect(SAMPLE)
        assert eyes._child is not None
        first = eyes._child.pid
        eyes.detect(SAMPLE)

        assert eyes._child.pid == first


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("float16", (1, 3, 64, 64)),
        ("uint8", (1, 64, 64, 3)),
        ("float32", (1, 1, 64, 64)),
        ("float32", ("batch", 3, "height", "width")),
        ("uint8", ("batch", "height", "width", 3)),
        ("float64", (3, 64, 64)),
    ],
)
def test_inputs_of_other_kinds_and_shapes_are_served(
    tmp_path: Path, detector: Make, kind: str, shape: tuple[int | str, ...]
) -> None:
    rows = made.nms_rows((0.25, 0.25, 0.75, 0.75, 0.9, 0))
    path = made.answering(tmp_path / "m.onnx", {"out": rows}, kind=kind, shape=shape)

    with detector(path) as eyes:
        assert len(eyes.detect(SAMPLE)) == 1


def test_four_outputs_of_an_ssd_are_read_whatever_their_order(
    tmp_path: Path, detector: Make
) -> None:
    outputs = {
        "num_detections": np.array([1], np.float32),
        "detection_scores": np.array([[0.8, 0.1]], np.float32),
        "detection_classes": np.array([[2, 0]], np.float32),
        "detection_boxes": np.array([[[0.5, 0, 1, 0.5], [0, 0, 1, 1]]], np.float32),
    }
    path = made.answering(
        tmp_path / "m.onnx", outputs, kind="uint8", shape=(1, 64, 64, 3)
    )

    with detector(path) as eyes:
        (found,) = eyes.detect(SAMPLE)

    assert (found.class_index, found.corners) == (2, (0, 48, 64, 96))


def test_names_come_from_labels_txt_beside_the_model(
    tmp_path: Path, detector: Make
) -> None:
    (tmp_path / "labels.txt").write_text("car\nbus\n")
    path = made.answering(tmp_path / "m.onnx", {"out": made.nms_rows()})

    with detector(path) as eyes:
        assert dict(eyes.names) == {0: "car", 1: "bus"}


def test_the_key_follows_bytes_weights_and_use_but_not_the_threshold(
    tmp_path: Path, detector: Make
) -> None:
    path = made.seeing_colours(tmp_path / "m.onnx")

    def key(**said: object) -> str:
        with detector(path, **said) as eyes:
            return eyes.key

    first = key()

    assert key(threshold=0.9, classes=(("red", "car"),)) == first
    assert key(overlap=0.9) != first
    made.seeing_colours(path, notes={"names": "{0: 'r', 1: 'g', 2: 'b'}"})
    assert key() != first


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello, this is text", "no ONNX model"),
        (b"PK\x03\x04 as torch writes", "no ONNX model"),
        (b"\x80\x04\x95 as pickle writes", "no ONNX model"),
        (b"", "empty"),
        (b"\0" * 400, "model"),
    ],
)
def test_a_file_that_is_no_model_is_refused(
    tmp_path: Path, detector: Make, content: bytes, words: str
) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)

    with pytest.raises(BadFile, match=words):
        detector(path)


def test_a_model_that_was_cut_off_is_refused(tmp_path: Path, detector: Make) -> None:
    path = made.seeing_colours(tmp_path / "m.onnx")
    path.write_bytes(path.read_bytes()[:-200])

    assert "damaged" in refusal(detector, path).message


def test_a_missing_file_is_named_with_the_next_step(
    tmp_path: Path, detector: Make
) -> None:
    with pytest.raises(NotFound, match="no such model file") as caught:
        detector(tmp_path / "gone.onnx")

    assert "[assist]" in caught.value.hint


def test_missing_weights_are_told_as_such(tmp_path: Path, detector: Make) -> None:
    path = made.without_its_weights(tmp_path / "m.onnx")

    assert "weights lie in another file" in refusal(detector, path).message


def test_an_unknown_operation_is_told_as_such(tmp_path: Path, detector: Make) -> None:
    path = made.with_unknown_operation(tmp_path / "m.onnx")

    assert "operation" in refusal(detector, path).message


def test_a_classifier_is_no_detector(tmp_path: Path, detector: Make) -> None:
    path = made.answering(
        tmp_path / "m.onnx", {"probabilities": np.zeros((1, 1000), np.float32)}
    )

    said = refusal(detector, path)

    assert "probabilities [1, 1000]" in said.message
    assert "layout" in said.hint


def test_a_model_for_outlines_is_no_detector_of_boxes(
    tmp_path: Path, detector: Make
) -> None:
    path = made.seeing_colours(tmp_path / "m.onnx", notes={"task": "segment"})

    assert refusal(detector, path).message.endswith("segment")


def test_two_pictures_are_refused(tmp_path: Path, detector: Make) -> None:
    path = made.answering(
        tmp_path / "m.onnx",
        {"out": made.nms_rows()},
        inputs={
            "images": ("float32", (1, 3, 64, 64)),
            "masks": ("float32", (1, 1, 64, 64)),
        },
    )

    assert "images, masks" in refusal(detector, path).message


def test_a_model_of_numbers_is_refused(tmp_path: Path, detector: Make) -> None:
    path = made.answering(tmp_path / "m.onnx", {"out": made.nms_rows()}, kind="int64")

    assert "int64" in refusal(detector, path).message


def test_nothing_but_nan_fails_for_that_picture(tmp_path: Path, detector: Make) -> None:
    rows = np.full((1, 300, 6), np.nan, np.float32)
    path = made.answering(tmp_path / "m.onnx", {"out": rows})

    with detector(path) as eyes, pytest.raises(BadFile, match="no numbers"):
        eyes.detect(SAMPLE)


def test_a_model_that_hangs_at_once_is_ended(tmp_path: Path, detector: Make) -> None:
    said = refusal(detector, made.hanging(tmp_path / "m.onnx"), load_seconds=4.0)

    assert "longer than 4 s" in said.message


def test_a_model_that_hangs_on_a_picture_is_ended_and_then_asked_anew(
    tmp_path: Path, detector: Make
) -> None:
    path = made.hanging(tmp_path / "m.onnx", only_on_pictures=True)

    with detector(path, seconds=0.5) as eyes:
        for _ in range(2):
            with pytest.raises(BadFile, match=r"longer than 0.5 s"):
                eyes.detect(SAMPLE)


def test_a_person_can_stop_a_model_that_hangs(tmp_path: Path, detector: Make) -> None:
    path = made.hanging(tmp_path / "m.onnx", only_on_pictures=True)

    def stop() -> None:
        raise Cancelled

    with detector(path) as eyes:
        assert eyes._child is not None
        with pytest.raises(Cancelled):
            eyes.detect(SAMPLE, waiting=stop)
        assert not eyes._child.is_alive


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
def test_a_model_that_aborts_takes_only_its_child_along(
    tmp_path: Path, detector: Make
) -> None:
    path = made.hanging(tmp_path / "m.onnx", only_on_pictures=True)

    with detector(path) as eyes:
        assert eyes._child is not None
        abort = threading.Timer(0.3, os.kill, (eyes._child.pid, signal.SIGABRT))
        abort.start()
        with pytest.raises(BadFile, match="ends the process"):
            eyes.detect(SAMPLE)
        abort.join()


@pytest.mark.skipif(sys.platform == "win32", reason="memory is limited on POSIX")
def test_a_model_that_wants_a_terabyte_is_refused(
    tmp_path: Path, detector: Make
) -> None:
    assert "memory" in refusal(detector, made.hungry(tmp_path / "m.onnx")).message


def test_a_model_that_changes_between_two_pictures_is_not_asked_on(
    tmp_path: Path, detector: Make
) -> None:
    path = made.hanging(tmp_path / "m.onnx", only_on_pictures=True)

    with detector(path, seconds=0.3) as eyes:
        with pytest.raises(BadFile, match="longer"):
            eyes.detect(SAMPLE)
        made.seeing_colours(path)
        with pytest.raises(BadFile, match="changed"):
            eyes.detect(SAMPLE)


def test_a_picture_that_is_damaged_is_the_pictures_fault(
    tmp_path: Path, detector: Make, picture: Path
) -> None:
    with detector(made.seeing_colours(tmp_path / "m.onnx")) as eyes:
        picture.write_bytes(b"nothing")
        with pytest.raises(BadImage):
            eyes.detect(SAMPLE)
        picture.unlink()
        with pytest.raises(BadImage, match="cannot be read"):
            eyes.detect(SAMPLE)


def test_a_child_that_ends_at_once_is_told_with_its_code() -> None:
    child = ModelProcess([sys.executable, "-c", "raise SystemExit(7)"])

    with pytest.raises(ModelDied, match="code 7"):
        child.ask({}, 30.0)
    child.end()
