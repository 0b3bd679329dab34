"""Controls where there is no V4L2, against a stand-in for OpenCV's capture."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import cv2
import pytest

from station.camera.controls import CONTROL_NAMES, ControlSetting
from station.camera.modes import Mode
from station.camera.opencv_controls import OpenCvControls

EXPOSURE, AUTO = cv2.CAP_PROP_EXPOSURE, cv2.CAP_PROP_AUTO_EXPOSURE
SIZE = {cv2.CAP_PROP_FRAME_WIDTH: 640.0, cv2.CAP_PROP_FRAME_HEIGHT: 480.0}


class _Capture:
    """Has the properties it is given; of others it says -1, as OpenCV does."""

    def __init__(self, values: Mapping[int, float]) -> None:
        self.values = dict(values)

    def get(self, code: int) -> float:
        return self.values.get(code, -1.0)

    def set(self, code: int, value: float) -> bool:
        if code not in self.values:
            return False
        self.values[code] = min(value, 100.0)
        return True

    def getBackendName(self) -> str:
        return "DSHOW"


def _controls(values: Mapping[int, float]) -> OpenCvControls:
    return OpenCvControls(_Capture(values), threading.Lock())


def test_readback_has_every_control_and_says_which_are_not_there() -> None:
    readback = _controls({**SIZE, EXPOSURE: -6.0, AUTO: 0.0}).read()

    assert tuple(one.name for one in readback.controls) == CONTROL_NAMES
    assert readback.control("exposure").value == -6.0
    assert readback.control("exposure").is_locked
    assert not readback.control("focus").supported
    assert readback.mode == Mode(width=640, height=480)
    assert readback.driver == "DSHOW"


@pytest.mark.parametrize(("asked", "is_granted"), [(50.0, True), (500.0, False)])
def test_value_is_what_was_read_back(asked: float, is_granted: bool) -> None:
    controls = _controls({cv2.CAP_PROP_GAIN: 5.0})

    outcome = controls.set("gain", ControlSetting(value=asked))

    assert outcome.reading.value == min(asked, 100.0)
    assert outcome.is_granted is is_granted


def test_automatic_goes_on_and_off() -> None:
    controls = _controls({cv2.CAP_PROP_FOCUS: 5.0, cv2.CAP_PROP_AUTOFOCUS: 0.0})

    freed = controls.set("focus", ControlSetting(is_auto=True))
    locked = controls.set("focus", ControlSetting())

    assert freed.is_granted
    assert locked.is_granted
    assert locked.reading.value == 5.0


@pytest.mark.parametrize("name", ["focus", "zoom"])
def test_control_that_is_not_there_is_said_and_no_error(name: str) -> None:
    outcome = _controls({}).set(name, ControlSetting(value=1.0))

    assert not outcome.reading.supported


def test_capture_without_a_size_has_no_mode() -> None:
    assert _controls({}).read().mode is None
