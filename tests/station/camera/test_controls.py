from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.errors import UsageError
from station.camera.controls import (
    ControlReading,
    ControlSetting,
    Readback,
    parse_controls,
    parse_setting,
    unsupported,
)
from station.camera.readback import (
    CameraReadback,
    granted_from_json,
    granted_to_json,
    readback_from_json,
    readback_to_json,
)
from station.camera.wishes import Wishes, wishes_from_json, wishes_to_json
from tests.strategies import camera_readbacks, control_readings, control_settings


def test_settings_are_numbers_automatic_or_locked() -> None:
    found = parse_controls(["exposure=120", "white-balance=AUTO", " focus = lock"])

    assert found == {
        "exposure": ControlSetting(value=120.0),
        "white_balance": ControlSetting(is_auto=True),
        "focus": ControlSetting(),
    }


@pytest.mark.parametrize(
    "pairs",
    [["zoom=1"], ["exposure"], ["exposure=much"], ["=1"], ["gain=1", "gain=2"]],
)
def test_pairs_that_set_nothing_are_refused(pairs: list[str]) -> None:
    with pytest.raises(UsageError):
        parse_controls(pairs)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf"])
def test_numbers_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match=text):
        parse_setting(text)


@given(setting=control_settings())
def test_setting_is_read_as_it_is_written(setting: ControlSetting) -> None:
    assert parse_setting(str(setting)) == setting


@given(readback=camera_readbacks())
def test_readback_survives_json(readback: CameraReadback) -> None:
    text = json.dumps(readback_to_json(readback))

    assert readback_from_json(json.loads(text)) == readback


@given(asked=control_settings(), reading=control_readings(), reason=st.text(max_size=5))
def test_outcome_survives_json(
    asked: ControlSetting, reading: ControlReading, reason: str
) -> None:
    outcome = Readback(asked=asked, reading=reading, reason=reason)

    assert (
        granted_from_json(json.loads(json.dumps(granted_to_json(outcome)))) == outcome
    )


@given(setting=control_settings())
def test_wishes_survive_json(setting: ControlSetting) -> None:
    wishes = Wishes().with_control("gain", setting)

    assert wishes_from_json(json.loads(json.dumps(wishes_to_json(wishes)))) == wishes


def test_wish_is_granted_when_the_readback_says_so() -> None:
    reading = ControlReading(name="exposure", value=120.0, is_auto=False)

    assert Readback(asked=ControlSetting(value=120.0), reading=reading).is_granted
    assert Readback(asked=ControlSetting(), reading=reading).is_granted
    assert not Readback(asked=ControlSetting(value=121.0), reading=reading).is_granted
    assert not Readback(asked=ControlSetting(is_auto=True), reading=reading).is_granted


def test_control_that_is_not_there_is_unmet_and_no_error() -> None:
    wishes = Wishes().with_control("focus", ControlSetting(value=1.0))

    (outcome,) = wishes.unmet(CameraReadback())

    assert outcome.reading == unsupported("focus")
    assert not outcome.is_granted


def test_automatic_control_is_not_locked() -> None:
    assert not ControlReading(name="gain", value=1.0, is_auto=True).is_locked
    assert ControlReading(name="gain", value=1.0, is_auto=False).is_locked
    assert not ControlReading(name="gain", is_auto=False).is_locked
