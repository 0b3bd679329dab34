"""Two captures on one camera: the second one learns who has it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dataset.errors import CameraError
from station.camera.address import Address
from station.camera.device_users import DeviceUser, users_of
from station.camera.frames import SourceKind
from station.camera.usb_feed import UsbFeed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
HOLDER = (
    "import fcntl, sys\n"
    "file = open(sys.argv[1], 'r+')\n"
    "fcntl.flock(file, fcntl.LOCK_EX)\n"
    "print('held', flush=True)\n"
    "sys.stdin.read()\n"
)


@contextmanager
def _held(path: Path, *names: str) -> Iterator[int]:
    """Another program that has the device; more `names` are its arguments."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), *names],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdout.readline()
        yield holder.pid
        holder.stdin.close()


@pytest.fixture
def device(tmp_path: Path) -> Path:
    """A file in the place of a camera: locks and open files are the same."""
    path = tmp_path / "video0"
    path.touch()
    return path


def _feed(device: Path) -> UsbFeed:
    address = Address(kind=SourceKind.USB, target=str(device), shown="/dev/video0")
    return UsbFeed(address, 5.0)


def test_second_capture_is_told_which_process_has_the_camera(device: Path) -> None:
    with _held(device) as pid, pytest.raises(CameraError) as caught:
        _feed(device).open()

    assert "in use by python" in caught.value.message
    assert f"(process {pid})" in caught.value.message
    assert caught.value.message.endswith(": /dev/video0")
    assert caught.value.exit_code == 5


def test_reader_of_a_capture_is_told_as_the_capture(device: Path) -> None:
    with _held(device, "station.camera.reader"):
        users = users_of(device)

    assert users == (DeviceUser(pid=os.getpid(), name="fieldset"),)


def test_camera_is_free_when_its_holder_is_dead(device: Path) -> None:
    with _held(device):
        pass

    with pytest.raises(CameraError, match="cannot be opened"):  # it is no camera
        _feed(device).open()


def test_device_that_nobody_has_open_has_no_users(device: Path, tmp_path: Path) -> None:
    assert users_of(device) == ()
    assert users_of(device, tmp_path / "no-such-list") == ()
