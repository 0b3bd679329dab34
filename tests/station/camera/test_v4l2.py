"""The kernel's structures, and a camera behind the stand-in for the kernel."""

from __future__ import annotations

import errno
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.camera import v4l2_abi as abi
from station.camera.controls import CONTROL_NAMES, ControlSetting
from station.camera.device_facts import DeviceFacts, facts_of
from station.camera.modes import Mode
from station.camera.readback import CameraReadback
from station.camera.simulated_device import (
    MODES,
    WEBCAM,
    SimulatedControl,
    SimulatedDevice,
)
from station.camera.v4l2_controls import V4l2Controls
from station.camera.v4l2_device import KernelDevice
from station.camera.v4l2_modes import mode_of, modes_of


class Strange(SimulatedDevice):
    """Answers some requests in a way of its own: an error, or other bytes."""

    def __init__(self, answers: dict[int, bytes | int]) -> None:
        super().__init__()
        self._strange = answers

    def ask(self, request: int, data: bytearray) -> None:
        """Do a request."""
        answer = self._strange.get(request)
        if isinstance(answer, int):
            raise OSError(answer, "strange")
        if answer is None:
            super().ask(request, data)
        elif data[0] == 0:
            data[: len(answer)] = answer
        else:
            raise OSError(errno.EINVAL, "end of the list")


@pytest.mark.parametrize(
    ("layout", "size"),
    [
        (abi.CAPABILITY, 104),
        (abi.FORMAT_NAME, 64),
        (abi.FRAME_SIZE, 44),
        (abi.FRAME_INTERVAL, 52),
        (abi.QUERY_CONTROL, 68),
        (abi.CONTROL, 8),
        (abi.STREAM, 204),
        (abi.FORMAT, 200 + struct.calcsize("P")),
    ],
)
def test_structures_have_the_size_that_the_kernel_documents(
    layout: struct.Struct, size: int
) -> None:
    assert layout.size == size


@pytest.mark.skipif(struct.calcsize("P") != 8, reason="numbers of 64-bit machines")
def test_requests_have_the_numbers_of_the_kernel() -> None:
    assert abi.QUERYCAP == 0x80685600
    assert abi.ENUM_FMT == 0xC0405602
    assert abi.G_FMT == 0xC0D05604
    assert abi.G_PARM == 0xC0CC5615
    assert abi.G_CTRL == 0xC008561B
    assert abi.S_CTRL == 0xC008561C
    assert abi.QUERYCTRL == 0xC0445624
    assert abi.ENUM_FRAMESIZES == 0xC02C564A
    assert abi.ENUM_FRAMEINTERVALS == 0xC034564B


def test_modes_and_the_current_one_are_read_back() -> None:
    device = SimulatedDevice(MODES[0])

    assert modes_of(device) == tuple(sorted(MODES))
    assert mode_of(device) == MODES[0]


def test_sizes_within_limits_are_the_usual_ones_and_the_largest() -> None:
    stepwise = struct.pack("=I4sI6I", 0, b"MJPG", 3, 16, 2000, 2, 16, 1500, 2)
    rates = struct.pack("=I4sIII6I", 0, b"MJPG", 0, 0, 3, 1, 40, 1, 10, 0, 0)
    device = Strange({abi.ENUM_FRAMESIZES: stepwise, abi.ENUM_FRAMEINTERVALS: rates})

    found = modes_of(device)

    assert {(mode.width, mode.height) for mode in found} == {
        (640, 480),
        (1280, 720),
        (1920, 1080),
        (2000, 1500),
    }
    assert {mode.fps for mode in found} == {10.0, 15.0, 25.0, 30.0, 40.0}


def test_list_without_an_end_is_left() -> None:
    class Endless(SimulatedDevice):
        def ask(self, request: int, data: bytearray) -> None:
            if request == abi.ENUM_FMT:
                data[0:4] = bytes(4)
            super().ask(request, data)

    assert set(modes_of(Endless())) == {
        mode for mode in MODES if mode.pixel_format == "MJPG"
    }


def test_readback_names_every_control_and_says_which_are_not_there() -> None:
    controls = V4l2Controls(SimulatedDevice(), DeviceFacts(serial="A1"))

    readback = controls.read()

    assert tuple(one.name for one in readback.controls) == CONTROL_NAMES
    assert readback.control("exposure").is_auto is True
    assert readback.control("exposure").maximum == 2047.0
    assert readback.control("gain").is_auto is None
    assert not readback.control("contrast").supported
    assert (readback.driver, readback.card) == ("simulated", "Simulated camera")
    assert readback.serial == "A1"


def test_value_turns_the_automatic_off_and_is_read_back() -> None:
    controls = V4l2Controls(SimulatedDevice())

    outcome = controls.set("exposure", ControlSetting(value=120.0))

    assert outcome.is_granted
    assert outcome.reading.is_locked
    assert "exposure" in controls.read().locked


@pytest.mark.parametrize("name", ["exposure", "focus", "white_balance"])
def test_lock_keeps_the_value_and_automatic_comes_back(name: str) -> None:
    controls = V4l2Controls(SimulatedDevice())
    before = controls.read().control(name).value

    locked = controls.set(name, ControlSetting())
    freed = controls.set(name, ControlSetting(is_auto=True))

    assert locked.is_granted
    assert locked.reading.value == before
    assert freed.is_granted
    assert freed.reading.is_auto is True


@given(value=st.integers(-(2**40), 2**40))
def test_value_beyond_the_limits_is_told_as_what_the_camera_made_of_it(
    value: int,
) -> None:
    controls = V4l2Controls(SimulatedDevice())

    outcome = controls.set("gain", ControlSetting(value=float(value)))

    assert outcome.reading.value is not None
    assert 0.0 <= outcome.reading.value <= 255.0
    assert outcome.is_granted == (0 <= value <= 255)


def test_step_of_the_camera_shows_in_the_readback() -> None:
    outcome = V4l2Controls(SimulatedDevice()).set("focus", ControlSetting(value=33.0))

    assert outcome.reading.value == 30.0
    assert not outcome.is_granted


def test_control_that_is_not_there_is_said_and_no_error() -> None:
    outcome = V4l2Controls(SimulatedDevice()).set("contrast", ControlSetting(value=1.0))

    assert not outcome.reading.supported
    assert outcome.reason == ""


def test_automatic_of_a_control_without_one_is_not_granted() -> None:
    outcome = V4l2Controls(SimulatedDevice()).set("gain", ControlSetting(is_auto=True))

    assert not outcome.is_granted
    assert outcome.reading.is_auto is None


def test_camera_that_is_automatic_in_another_way_is_asked_so() -> None:
    other = SimulatedControl(minimum=0, maximum=3, step=1, default=0, refused=(1, 3))
    controls = V4l2Controls(
        SimulatedDevice(controls={**WEBCAM, abi.EXPOSURE_AUTO: other})
    )

    locked = controls.set("exposure", ControlSetting())
    freed = controls.set("exposure", ControlSetting(is_auto=True))

    assert locked.reading.is_auto is False
    assert freed.reading.is_auto is True


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.ERANGE, "outside the camera's limits"),
        (errno.ENODEV, "unplugged"),
        (errno.EIO, "refuses it"),
    ],
)
def test_refusal_of_the_kernel_is_a_sentence(code: int, reason: str) -> None:
    controls = V4l2Controls(Strange({abi.S_CTRL: code}))

    outcome = controls.set("gain", ControlSetting(value=3.0))

    assert reason in outcome.reason
    assert not outcome.is_granted


def test_camera_that_was_unplugged_tells_nothing_and_raises_nothing() -> None:
    device = SimulatedDevice()
    controls = V4l2Controls(device)
    device.unplug()

    readback = controls.read()

    assert readback.mode is None
    assert readback.locked == ()
    assert not any(one.supported for one in readback.controls)
    assert controls.modes() == ()


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel")
def test_file_that_is_no_camera_answers_nothing(tmp_path: Path) -> None:
    path = tmp_path / "video0"
    path.touch()
    device = KernelDevice(path)

    readback = V4l2Controls(device).read()
    device.close()

    assert readback.mode is None
    assert readback == CameraReadback(controls=readback.controls)
    with pytest.raises(OSError, match="No such device"):
        device.ask(abi.QUERYCAP, bytearray(abi.CAPABILITY.size))


def test_serial_and_maker_come_from_the_usb_device_above(tmp_path: Path) -> None:
    usb = tmp_path / "devices" / "pci" / "usb1" / "1-2"
    interface = usb / "1-2:1.0"
    interface.mkdir(parents=True)
    for name, text in {
        "idVendor": "046d",
        "idProduct": "0825",
        "serial": "8A1F\x002\n",
        "product": "Webcam\n",
    }.items():
        (usb / name).write_text(text)
    node = tmp_path / "class" / "video4linux" / "video3"
    node.mkdir(parents=True)
    (node / "device").symlink_to(interface)

    facts = facts_of(Path("/dev/video3"), tmp_path)

    assert facts == DeviceFacts(
        model="Webcam", serial="8A1F2", vendor="046d", product="0825", port="1-2"
    )
    assert facts_of(Path("/dev/video4"), tmp_path) == DeviceFacts()


def test_mode_of_the_camera_is_written_as_a_person_does() -> None:
    assert str(Mode(width=1280, height=720, fps=30.0, pixel_format="MJPG")) == (
        "1280x720@30/MJPG"
    )
