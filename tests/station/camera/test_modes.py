from __future__ import annotations

import pytest
from hypothesis import given

from dataset.errors import UsageError
from station.camera.modes import Mode, best_mode, parse_mode
from tests.strategies import camera_modes


@given(mode=camera_modes())
def test_mode_is_read_as_it_is_written(mode: Mode) -> None:
    assert parse_mode(str(mode)) == mode


@pytest.mark.parametrize(
    "text", ["", "9", "0x0", "640x", "640x480@", "640x480@fast", "-1x5", "1x1/TOOLONG"]
)
def test_text_that_is_no_mode_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no mode of a camera"):
        parse_mode(text)


def test_any_rate_and_format_take_the_fastest_compressed_mode() -> None:
    offered = [
        Mode(width=640, height=480, fps=fps, pixel_format=kind)
        for fps in (15.0, 30.0)
        for kind in ("MJPG", "YUYV")
    ]

    best = best_mode(Mode(width=640, height=480), offered)

    assert best == Mode(width=640, height=480, fps=30.0, pixel_format="MJPG")


def test_size_that_is_not_offered_has_no_best_mode() -> None:
    offered = [Mode(width=640, height=480, fps=30.0)]

    assert best_mode(Mode(width=641, height=480), offered) is None


def test_ntsc_rate_grants_thirty_a_second() -> None:
    assert Mode(width=1, height=1, fps=29.97).grants(Mode(width=1, height=1, fps=30.0))
    assert not Mode(width=1, height=1, fps=25).grants(Mode(width=1, height=1, fps=30))


def test_mode_without_a_pixel_is_refused() -> None:
    with pytest.raises(ValueError, match="such a mode"):
        Mode(width=0, height=480)
