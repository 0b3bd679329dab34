from __future__ import annotations

from pathlib import Path

import pytest

from dataset.errors import CameraError
from station.camera.address import Address
from station.camera.discovery import (
    FoundCamera,
    camera_name,
    cameras_under,
    list_cameras,
    probe,
)
from station.camera.frames import SourceKind
from station.camera.stable_path import stable_address
from tests.servers.mjpeg import MjpegServer

from .clips import mjpeg_clip


def test_machine_without_cameras_has_an_empty_list(tmp_path: Path) -> None:
    assert list_cameras(tmp_path) == ()


def test_cameras_come_by_number_and_by_their_stable_path(tmp_path: Path) -> None:
    stable = tmp_path / "v4l" / "by-id"
    stable.mkdir(parents=True)
    for number in (0, 1, 2, 10):
        (tmp_path / f"video{number}").touch()
    (stable / "usb-Maker_Model_1234-video-index0").symlink_to("../../video2")
    names = {"video0": "Built-in", "video2": "Model", "video10": "Other"}

    found = cameras_under(tmp_path, lambda path: names.get(path.name))

    assert found == (
        FoundCamera(
            address=str(tmp_path / "video0"),
            name="Built-in",
            device=str(tmp_path / "video0"),
        ),
        FoundCamera(
            address=str(stable / "usb-Maker_Model_1234-video-index0"),
            name="Model",
            device=str(tmp_path / "video2"),
        ),
        FoundCamera(
            address=str(tmp_path / "video10"),
            name="Other",
            device=str(tmp_path / "video10"),
        ),
    )


def test_serial_is_that_of_the_usb_device(tmp_path: Path) -> None:
    devices, usb = tmp_path / "dev", tmp_path / "sys" / "devices" / "1-2"
    node = tmp_path / "sys" / "class" / "video4linux" / "video0"
    for folder in (devices, usb / "1-2:1.0", node):
        folder.mkdir(parents=True)
    (devices / "video0").touch()
    (usb / "idVendor").write_text("046d\n")
    (usb / "serial").write_text("B7\n")
    (node / "device").symlink_to(usb / "1-2:1.0")

    (found,) = cameras_under(devices, lambda _path: "Webcam", tmp_path / "sys")

    assert found.serial == "B7"


def test_file_that_is_no_camera_has_no_name(tmp_path: Path) -> None:
    (tmp_path / "video0").touch()

    assert camera_name(tmp_path / "video0") is None
    assert camera_name(tmp_path / "video1") is None


def test_camera_by_number_is_opened_by_its_serial(tmp_path: Path) -> None:
    stable = tmp_path / "v4l" / "by-id"
    stable.mkdir(parents=True)
    (tmp_path / "video0").touch()
    (stable / "usb-Maker_1234-video-index0").symlink_to("../../video0")
    by_number = Address(kind=SourceKind.USB, target="0", shown="0")
    other = Address(kind=SourceKind.USB, target=str(tmp_path / "video9"), shown="9")

    found = stable_address(by_number, tmp_path)

    assert found.target == str(stable / "usb-Maker_1234-video-index0")
    assert found.shown == "0"
    assert stable_address(other, tmp_path) == other


def test_probe_measures_the_rate(traffic: tuple[bytes, ...]) -> None:
    with MjpegServer(traffic, fps=20) as camera:
        info = probe(camera.url)

    assert (info.width, info.height) == (320, 180)
    assert info.live
    assert 0.0 < info.fps <= 30.0


def test_probe_of_a_clip_tells_its_own_rate(
    tmp_path: Path, traffic: tuple[bytes, ...]
) -> None:
    mjpeg_clip(tmp_path / "clip.avi", traffic, fps=12.0)

    assert probe(str(tmp_path / "clip.avi")).fps == 12.0


def test_probe_of_a_missing_camera_is_an_error() -> None:
    with pytest.raises(CameraError, match="/dev/video987"):
        probe("/dev/video987")
