"""The USB feed against a stand-in for OpenCV's V4L2: no camera is in a test machine."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.errors import CameraError
from station.camera import usb_feed
from station.camera import v4l2_abi as abi
from station.camera.address import Address
from station.camera.controls import parse_controls
from station.camera.feed import Picture, Rejected
from station.camera.frames import SourceKind
from station.camera.modes import Mode, parse_mode
from station.camera.readback import NO_CONTROLS
from station.camera.simulated_device import SimulatedDevice
from station.camera.usb_feed import UsbFeed
from station.camera.wishes import Wishes

linux = pytest.mark.skipif(sys.platform != "linux", reason="V4L2 is Linux only")


class _Driver:
    """Grants Motion JPEG, hands buffers out with their time stamps, then vanishes."""

    def __init__(self, buffers: Sequence[tuple[bytes, float]]) -> None:
        self._buffers = list(buffers)
        self._stamp_ms = 0.0
        self._values: dict[int, float] = {}
        self.is_released = False

    def __call__(self, device: str, api: int) -> _Driver:
        assert Path(device).exists()
        assert api == cv2.CAP_V4L2
        return self

    def isOpened(self) -> bool:
        return True

    def set(self, code: int, value: float) -> bool:
        self._values[code] = value
        return True

    def get(self, code: int) -> float:
        if code == cv2.CAP_PROP_POS_MSEC:
            return self._stamp_ms
        return self._values.get(code, -1.0)

    def read(self) -> tuple[bool, np.ndarray | None]:
        if not self._buffers:
            return False, None
        data, self._stamp_ms = self._buffers.pop(0)
        return True, np.frombuffer(data, np.uint8).reshape(1, -1)

    def release(self) -> None:
        self.is_released = True


@pytest.fixture
def address(tmp_path: Path) -> Address:
    device = tmp_path / "video0"
    device.touch()
    return Address(kind=SourceKind.USB, target=str(device), shown="/dev/video0")


@linux
def test_jpegs_are_kept_and_stale_or_broken_buffers_are_not(
    address: Address, traffic: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = _Driver(
        [
            (traffic[0] + bytes(300), 1000.0),
            (traffic[0] + bytes(300), 1000.0),
            (traffic[1][:4000], 1033.0),
            (traffic[2], 1066.0),
        ]
    )
    monkeypatch.setattr(cv2, "VideoCapture", driver)
    feed = UsbFeed(address, 5.0)
    seen: list[Picture | Rejected] = []

    info = feed.open()
    with pytest.raises(CameraError, match="was lost: /dev/video0"):
        seen.extend(feed.pictures())
    readback = feed.controls.read()
    feed.close()

    assert info.fps == usb_feed.USUAL_MODE.fps
    assert readback == NO_CONTROLS
    assert driver.is_released
    kept = [one.encoded for one in seen if isinstance(one, Picture)]
    reasons = [one.reason for one in seen if isinstance(one, Rejected)]
    assert kept == [traffic[0], traffic[2]]
    assert reasons == ["the same picture again", "half a JPEG"]


def test_missing_camera_is_named(tmp_path: Path) -> None:
    gone = Address(
        kind=SourceKind.USB, target=str(tmp_path / "video7"), shown="/dev/video7"
    )

    with pytest.raises(CameraError, match="No such camera is plugged in"):
        UsbFeed(gone, 5.0).open()


def test_device_that_is_no_camera_is_named(address: Address) -> None:
    with pytest.raises(CameraError, match="cannot be opened"):
        UsbFeed(address, 5.0).open()


class _Node(SimulatedDevice):
    """The device file of a camera that is not there, in the mode OpenCV asked for."""

    def take(self, shown: str) -> None:
        assert shown


@pytest.fixture
def webcam(monkeypatch: pytest.MonkeyPatch) -> _Node:
    """A webcam behind both borders: OpenCV's and the kernel's."""
    node = _Node(Mode(width=640, height=480, fps=30.0, pixel_format="MJPG"))
    monkeypatch.setattr(cv2, "VideoCapture", _Driver([]))
    monkeypatch.setattr(usb_feed, "KernelDevice", lambda _path: node)
    return node


@linux
def test_mode_and_controls_are_asked_before_the_first_picture(
    address: Address, webcam: _Node
) -> None:
    wishes = Wishes(
        mode=parse_mode("640x480@30"),
        controls=parse_controls(["exposure=77", "white_balance=lock"]),
    )
    feed = UsbFeed(address, 5.0, wishes)

    feed.open()
    readback = feed.controls.read()
    feed.close()

    assert webcam.value(abi.EXPOSURE_ABSOLUTE) == 77
    assert wishes.unmet(readback) == ()
    assert readback.mode == Mode(width=640, height=480, fps=30.0, pixel_format="MJPG")
    assert {"exposure", "white_balance"} <= set(readback.locked)


@linux
@pytest.mark.usefixtures("webcam")
def test_mode_that_was_not_granted_is_an_error_with_the_sizes_there_are(
    address: Address,
) -> None:
    feed = UsbFeed(address, 5.0, Wishes(mode=parse_mode("1920x1080@30")))

    with pytest.raises(CameraError, match="no such mode: 1920x1080@30") as caught:
        feed.open()

    assert "1280x720" in caught.value.hint


@linux
@pytest.mark.usefixtures("webcam")
def test_camera_that_answers_but_does_not_open_is_in_use(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Driver, "isOpened", lambda _self: False)

    with pytest.raises(CameraError, match="in use by"):
        UsbFeed(address, 5.0).open()
