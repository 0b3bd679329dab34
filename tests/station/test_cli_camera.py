"""`fieldset camera`: what a camera does and did not do, in words and in JSON."""

from __future__ import annotations

import pytest

from station.camera.device_users import DeviceUser
from station.camera.discovery import NOT_ALLOWED, FoundCamera
from station.cli.exit_codes import ExitCode
from station.doctor import Grade, camera_diagnosis

from .command_line import CommandLine

SIMULATED = ("camera", "probe", "simulated:yard")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


def test_probe_shows_modes_controls_and_what_was_not_granted(call: CommandLine) -> None:
    said = call.ok(
        *SIMULATED,
        *("--mode", "640x480@15", "--set", "exposure=90"),
        *("--set", "contrast=3", "--set", "gain=999"),
    )

    assert "640x480, 1" in said.out
    assert "serial SIM-yard" in said.out
    assert "exposure       90 x 100" in said.out
    assert "contrast       not there" in said.out
    assert "no such control: contrast" in said.err
    assert "did not take `gain=999`; it stands at: 255" in said.err


def test_probe_speaks_json_of_the_readback(call: CommandLine) -> None:
    (found,) = call.ok(*SIMULATED, "--set", "focus=lock", "--json").json["cameras"]

    controls = {one["name"]: one for one in found["readback"]["controls"]}
    assert found["readback"]["serial"] == "SIM-yard"
    assert found["readback"]["mode"]["width"] == 1280
    assert controls["focus"]["is_auto"] is False
    assert controls["contrast"]["supported"] is False
    assert "1280x720@30/MJPG" in found["modes"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (("--mode", "99x99"), ExitCode.DEVICE),
        (("--mode", "large"), ExitCode.USAGE),
        (("--set", "zoom=1"), ExitCode.USAGE),
        (("--set", "gain=loud"), ExitCode.USAGE),
        (("--set", "gain=nan"), ExitCode.USAGE),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(
    call: CommandLine, asked: tuple[str, ...], code: ExitCode
) -> None:
    said = call(*SIMULATED, *asked)

    assert said.code == code
    assert said.err.startswith("error: ")
    assert "hint: " in said.err or code is ExitCode.USAGE


def test_doctor_names_camera_serial_and_who_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = DeviceUser(pid=77, name="cheese")
    monkeypatch.setattr("station.doctor.users_of", lambda _device: (user,))
    camera = FoundCamera(
        address="/dev/v4l/by-id/x", name="Webcam", device="/dev/video0", serial="A1"
    )

    diagnosis = camera_diagnosis([camera])

    assert diagnosis.grade is Grade.OK
    assert diagnosis.what == (
        "Webcam (serial A1) at /dev/v4l/by-id/x, in use by cheese (process 77)"
    )


def test_doctor_warns_of_a_camera_without_the_right_to_open_it() -> None:
    camera = FoundCamera(address="/dev/video0", name=NOT_ALLOWED, device="/dev/video0")

    diagnosis = camera_diagnosis([camera])

    assert diagnosis.grade is Grade.WARNING
    assert "group `video`" in diagnosis.next_step
