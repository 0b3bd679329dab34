"""A camera that is not there, through the whole way: child, pipe and slots."""

from __future__ import annotations

import pytest

from dataset.errors import CameraError
from station.camera.controls import ControlSetting, parse_controls
from station.camera.frames import NoAnswer
from station.camera.modes import Mode, parse_mode
from station.camera.pace import PacedSource
from station.camera.reconnect import open_steady_source
from station.camera.source import SourceKind, open_source
from station.camera.wishes import Wishes

from .frames_of import PATIENCE_S, read_until


def test_mode_and_controls_stand_before_the_first_picture() -> None:
    asked = parse_controls(["exposure=120", "gain=80", "focus=lock"])

    with open_source(
        "simulated:bench", mode=parse_mode("640x480@15"), controls=asked
    ) as source:
        frame = source.read(PATIENCE_S)
        info = source.info

    assert info.kind is SourceKind.SIMULATED
    assert info.readback.mode == Mode(
        width=640, height=480, fps=15.0, pixel_format="MJPG"
    )
    assert Wishes(controls=asked).unmet(info.readback) == ()
    assert info.readback.locked == ("exposure", "gain", "focus", "brightness")
    assert info.readback.serial == "SIM-bench"
    assert len(info.modes) == 10
    assert frame is not None
    assert (frame.width, frame.height) == (640, 480)
    assert frame.readback == info.readback


def test_control_set_live_shows_in_the_pictures_and_in_their_readback() -> None:
    with open_source("simulated:", mode=parse_mode("640x480")) as source:
        bright = source.read(PATIENCE_S)
        outcome = source.set_control("exposure", ControlSetting(value=25.0))
        dark = read_until(
            source, lambda frame: frame.readback.values["exposure"] == 25.0
        )[-1]

    assert outcome.is_granted
    assert bright is not None
    assert dark.pixels.mean() < bright.pixels.mean() / 2
    assert source.info.readback.control("exposure").is_locked


def test_camera_that_never_answers_keeps_nobody_from_its_pictures() -> None:
    with open_source("simulated:stuck", mode=parse_mode("640x480")) as source:
        with pytest.raises(NoAnswer, match="became of `gain`: simulated:stuck"):
            source.set_control("gain", ControlSetting(value=1.0), timeout_s=0.2)

        frames = read_until(source, lambda frame: frame.index > 5)

    assert frames


def test_mode_that_the_camera_does_not_have_names_those_it_has() -> None:
    with pytest.raises(CameraError, match="no such mode: 99x99") as caught:
        open_source("simulated:", mode=parse_mode("99x99"))

    assert "640x480" in caught.value.hint


def test_raw_mode_comes_without_encoded_bytes() -> None:
    with open_source("simulated:", mode=parse_mode("640x480/YUYV")) as source:
        frame = source.read(PATIENCE_S)

    assert frame is not None
    assert frame.encoded is None


def test_control_can_be_set_through_every_wrapping() -> None:
    with PacedSource(open_steady_source("simulated:")) as source:
        outcome = source.set_control("white_balance", ControlSetting(value=3000.0))

    assert outcome.is_granted


def test_control_set_after_the_end_is_an_error_and_no_wait() -> None:
    source = open_source("simulated:")
    source.close()

    with pytest.raises(NoAnswer):
        source.set_control("gain", ControlSetting(value=1.0), timeout_s=PATIENCE_S)


def test_name_of_no_control_is_said_to_be_unsupported() -> None:
    with open_source("simulated:") as source:
        outcome = source.set_control("zoom", ControlSetting(value=1.0))
        after = source.set_control("gain", ControlSetting(value=1.0))

    assert not outcome.reading.supported
    assert after.is_granted
