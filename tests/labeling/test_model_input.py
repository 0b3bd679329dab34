"""How a picture is handed to a model."""

from __future__ import annotations

import numpy as np
import pytest

from dataset.assist_settings import AssistSettings
from dataset.errors import BadFile
from labeling.detection.detector import ModelFacts, Tensor
from labeling.detection.layouts import Layout
from labeling.detection.model_input import ModelInput, blank, finished, input_of

Sides = tuple[int | None, ...]


def facts(
    *shapes: Sides, kind: str = "float32", notes: dict[str, str] | None = None
) -> ModelFacts:
    inputs = tuple(
        Tensor(name=f"in{i}", shape=shape, kind=kind) for i, shape in enumerate(shapes)
    )
    return ModelFacts(inputs=inputs, outputs=(), notes=notes or {})


def ready(
    told: ModelFacts, layout: Layout = Layout.YOLOV8, **settings: object
) -> ModelInput:
    chosen = AssistSettings(**settings)  # type: ignore[arg-type]
    return finished(input_of(told, chosen), layout, told, chosen)


def red(width: int = 64, height: int = 64) -> np.ndarray:
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 2] = 255
    return image


@pytest.mark.parametrize(
    ("shape", "size", "is_last", "channels"),
    [
        ((1, 3, 480, 640), (640, 480), False, "rgb"),
        ((1, 480, 640, 3), (640, 480), True, "rgb"),
        ((None, 3, None, None), (640, 640), False, "rgb"),
        ((None, None, None, 3), (640, 640), True, "rgb"),
        ((None, None, None, None), (640, 640), False, "rgb"),
        ((1, 1, 64, 64), (64, 64), False, "grey"),
        ((1, 64, 64, 1), (64, 64), True, "grey"),
        ((3, 64, 96), (96, 64), False, "rgb"),
    ],
)
def test_size_and_order_of_the_axes_are_those_of_the_input(
    shape: Sides, size: tuple[int, int], is_last: bool, channels: str
) -> None:
    taken = input_of(facts(shape), AssistSettings())

    assert (taken.width, taken.height) == size
    assert (taken.is_channels_last, taken.channels) == (is_last, channels)
    assert len(blank(taken).shape) == len(shape)


def test_the_exporters_note_says_the_size_of_a_free_input() -> None:
    told = facts((1, 3, None, None), notes={"imgsz": "[320, 416]"})

    taken = input_of(told, AssistSettings())

    assert (taken.width, taken.height) == (416, 320)


def test_the_project_says_the_size_of_a_free_input() -> None:
    told = facts((1, 3, None, None), notes={"imgsz": "[320, 416]"})

    taken = input_of(told, AssistSettings(size=(128, 96)))

    assert (taken.width, taken.height) == (128, 96)


def test_a_size_that_the_model_does_not_take_is_refused() -> None:
    with pytest.raises(BadFile, match=r"64 x 64.*128 x 96"):
        input_of(facts((1, 3, 64, 64)), AssistSettings(size=(128, 96)))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (facts((1, 3, 64, 64), (1, 2)), "2 inputs"),
        (facts(), "0 inputs"),
        (facts((1, 3, 64, 64), kind="int64"), "int64"),
        (facts((1, 3, 64, 64), kind="tensor(string)"), "string"),
        (facts((8, 3, 64, 64)), "one picture at a time"),
        (facts((1, 16, 64, 64)), "1 x 16 x 64 x 64"),
        (facts((1, 512)), "1 x 512"),
        (facts((1, 3, 4, 4)), "4 x 4"),
        (facts((1, 3, 99_999, 64)), "99999"),
    ],
)
def test_what_takes_no_picture_is_refused(told: ModelFacts, words: str) -> None:
    with pytest.raises(BadFile, match=words) as caught:
        input_of(told, AssistSettings())

    assert caught.value.hint


def test_yolo_gets_red_first_from_zero_to_one() -> None:
    taken = ready(facts((1, 3, 64, 64)))

    values = taken.tensor(red(), taken.letterbox(64, 64))

    assert values.dtype == np.float32
    assert values[0, :, 5, 5].tolist() == [1.0, 0.0, 0.0]


def test_custom_vision_gets_blue_first_from_zero_to_255() -> None:
    taken = ready(facts((1, 3, 416, 416)), Layout.CUSTOM_VISION)

    values = taken.tensor(red(), taken.letterbox(64, 64))

    assert values[0, :, 5, 5].tolist() == [0.0, 0.0, 255.0]


def test_onnx_image_notes_say_order_and_range() -> None:
    notes = {
        "Image.BitmapPixelFormat": "Bgr8",
        "image.nominalpixelrange": "NominalRange_0_255",
    }
    taken = ready(facts((1, 3, 64, 64), notes=notes), Layout.SSD_XY)

    values = taken.tensor(red(), taken.letterbox(64, 64))

    assert values[0, :, 5, 5].tolist() == [0.0, 0.0, 255.0]


def test_the_range_from_minus_one_to_one_is_known() -> None:
    notes = {"Image.NominalPixelRange": "Normalized_1_1"}
    taken = ready(facts((1, 3, 64, 64), notes=notes))

    values = taken.tensor(red(), taken.letterbox(64, 64))

    assert values[0, :, 5, 5] == pytest.approx([1.0, -1.0, -1.0])


def test_detr_gets_imagenets_mean_and_deviation() -> None:
    taken = ready(facts((1, 3, 64, 64)), Layout.DETR)

    values = taken.tensor(red(), taken.letterbox(64, 64))

    wanted = [(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225]
    assert values[0, :, 5, 5] == pytest.approx(wanted, abs=1e-5)


def test_the_project_goes_before_layout_and_notes() -> None:
    notes = {"Image.BitmapPixelFormat": "Bgr8"}
    taken = ready(
        facts((1, 3, 64, 64), notes=notes),
        Layout.DETR,
        channels="rgb",
        scale=1.0,
        mean=(100.0,),
        deviation=(2.0,),
    )

    values = taken.tensor(red(), taken.letterbox(64, 64))

    assert values[0, :, 5, 5].tolist() == [77.5, -50.0, -50.0]


@pytest.mark.parametrize(("kind", "white"), [("uint8", 255), ("float16", 1.0)])
def test_bytes_and_half_floats_are_handed_over_as_such(kind: str, white: float) -> None:
    taken = ready(facts((1, 64, 64, 3), kind=kind), Layout.SSD)

    values = taken.tensor(red(), taken.letterbox(64, 64))

    assert values.dtype == kind
    assert values.shape == (1, 64, 64, 3)
    assert values[0, 5, 5].tolist() == [white, 0, 0]


def test_one_channel_is_grey_whatever_the_mean() -> None:
    taken = ready(facts((1, 1, 64, 64)), mean=(0.1, 0.2, 0.3))

    values = taken.tensor(red(), taken.letterbox(64, 64))

    assert values.shape == (1, 1, 64, 64)
    assert values[0, 0, 5, 5] == pytest.approx(76 / 255 - 0.1)


def test_grey_for_three_channels_is_a_mistake() -> None:
    with pytest.raises(BadFile, match="grey"):
        ready(facts((1, 3, 64, 64)), channels="grey")


@pytest.mark.parametrize(
    ("layout", "shape", "fit", "is_stretched"),
    [
        (Layout.YOLOV5, (1, 3, 64, 64), "auto", False),
        (Layout.SSD, (1, 3, 64, 64), "auto", True),
        (Layout.SSD, (1, None, None, 3), "auto", False),
        (Layout.CUSTOM_VISION, (1, 3, 416, 416), "auto", True),
        (Layout.YOLOV5, (1, 3, 64, 64), "stretch", True),
        (Layout.SSD, (1, 3, 64, 64), "letterbox", False),
    ],
)
def test_who_keeps_the_aspect(
    layout: Layout, shape: Sides, fit: str, is_stretched: bool
) -> None:
    assert ready(facts(shape), layout, fit=fit).stretch is is_stretched
