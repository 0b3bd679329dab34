from __future__ import annotations

from pathlib import Path

import pytest

from station.camera.modes import parse_mode
from station.camera.offered_modes import offered_modes


def test_simulated_camera_tells_its_modes_and_each_can_be_typed() -> None:
    modes = offered_modes("simulated:")

    assert modes is not None
    assert {(one.width, one.height) for one in modes} == {
        (640, 480),
        (1280, 720),
        (1920, 1080),
    }
    assert {one.pixel_format for one in modes} == {"MJPG", "YUYV"}
    assert [parse_mode(str(one)) for one in modes] == list(modes)


@pytest.mark.parametrize("source", ["99", "/dev/null", "/dev/video99"])
def test_camera_that_tells_no_modes_may_be_asked_for_one(source: str) -> None:
    assert offered_modes(source) == ()


@pytest.mark.parametrize(
    "source", ["", "gopher://x", "rtsp://127.0.0.1:9/", "http://127.0.0.1:9/"]
)
def test_what_is_set_at_the_camera_itself_cannot_be_asked_for(source: str) -> None:
    assert offered_modes(source) is None


def test_clips_and_folders_are_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"not a clip")

    assert offered_modes(str(tmp_path)) is None
    assert offered_modes(str(tmp_path / "clip.mp4")) is None
