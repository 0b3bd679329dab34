from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dataset.errors import CameraError
from station.camera.source import Frame, Gap, SourceInfo, SourceKind
from station.headless.health import RunState, read_health
from station.headless.health_watch import HealthWatch
from station.headless.service_manager import ServiceManager
from station.recorder import Ended, RecorderStatus
from station.recording import Refused
from tests.small_projects import pixels

SECRET = "rtsp://guard:pa55@cam/1"


class Run:
    """A recorder whose status is set by hand."""

    def __init__(self) -> None:
        self.now = status(None)
        self.frame: Frame | None = None

    def status(self) -> RecorderStatus:
        return self.now

    def newest(self) -> Frame | None:
        return self.frame


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def status(age_s: float | None = 0.1, **facts: object) -> RecorderStatus:
    info = SourceInfo(
        address="rtsp://***@cam/1", kind=SourceKind.RTSP, live=True,
        width=64, height=48, fps=25.0,
    )  # fmt: skip
    values: dict[str, Any] = {
        "info": info, "age_s": age_s, "session": None, "kept": 3, "known": 1,
        "refused": {"too dark": 2}, "is_running": True,
    }  # fmt: skip
    return RecorderStatus(**{**values, **facts})


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def run() -> Run:
    return Run()


def step(watch: HealthWatch, run: Run, now: RecorderStatus) -> None:
    run.now = now
    watch.step()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """The end of a service manager that hears what is told."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as inlet:
        inlet.bind(str(tmp_path / "notify"))
        inlet.setblocking(False)
        yield inlet


def heard(inlet: socket.socket) -> list[str]:
    found = []
    while True:
        try:
            found.append(inlet.recv(4096).decode())
        except BlockingIOError:
            return found


def test_health_is_given_as_often_as_wanted(
    tmp_path: Path, clock: Hands, run: Run
) -> None:
    lines: list[dict[str, Any]] = []
    watch = HealthWatch(
        run, source="0", folder=tmp_path, every_s=10.0, tell=lines.append, clock=clock
    )

    for _ in range(100):
        clock.now_s += 0.25
        step(watch, run, status())

    assert len(lines) == 3
    assert [line["uptime_s"] for line in lines] == [0.25, 10.25, 20.25]


def test_health_holds_what_the_recorder_says(
    tmp_path: Path, clock: Hands, run: Run
) -> None:
    path = tmp_path / "health.json"
    watch = HealthWatch(
        run, source="0", folder=tmp_path, every_s=1.0, path=path, clock=clock
    )

    run.frame = Frame(pixels=pixels(1), index=39, captured_us=1, elapsed_s=4.0)
    step(watch, run, status(waiting=2))

    found = read_health(path)
    assert (found.state, found.frames, found.queue) == (RunState.CAPTURING, 40, 2)
    assert (found.kept, found.known, found.refused) == (3, 1, {"too dark": 2})
    assert found.live
    assert found.free_bytes


def test_camera_without_pictures_is_away(
    tmp_path: Path, clock: Hands, run: Run
) -> None:
    lines: list[dict[str, Any]] = []
    watch = HealthWatch(
        run, source="0", folder=tmp_path, every_s=1.0, tell=lines.append, clock=clock
    )

    for age_s in (None, 0.1, 3.1):
        clock.now_s += 1.0
        step(watch, run, status(age_s))

    assert [line["state"] for line in lines] == ["starting", "capturing", "away"]


def test_gaps_and_errors_are_counted_and_told_without_secrets(
    tmp_path: Path, clock: Hands, run: Run
) -> None:
    lines: list[dict[str, Any]] = []
    watch = HealthWatch(
        run, source=SECRET, folder=tmp_path, every_s=1.0, tell=lines.append, clock=clock
    )
    step(watch, run, status(None, info=None))
    watch.note(Gap(lost_us=1, back_us=2, reason="The camera ended the stream"))
    watch.note(Refused(reason=f"no picture from {SECRET}", at_us=3))
    clock.now_s += 1
    step(watch, run, status())
    watch.note(Ended(error=CameraError(f"The camera is away: {SECRET}")))

    watch.end()

    assert [line["reconnects"] for line in lines] == [0, 1, 1]
    assert [line["last_error"] for line in lines] == [
        "",
        "no picture from rtsp://***@cam/1",
        "The camera is away: rtsp://***@cam/1",
    ]
    assert lines[-1]["state"] == "ended"
    assert "pa55" not in str(lines)


def test_a_place_that_cannot_be_written_stops_nothing(
    tmp_path: Path, clock: Hands, run: Run
) -> None:
    path = tmp_path / "gone" / "health.json"
    watch = HealthWatch(
        run, source="0", folder=tmp_path, every_s=1.0, path=path, clock=clock
    )

    step(watch, run, status())

    assert not path.exists()


def test_service_manager_hears_of_start_life_and_end(
    tmp_path: Path, clock: Hands, run: Run, manager: socket.socket
) -> None:
    environment = {
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "WATCHDOG_USEC": "8000000",
    }
    watch = HealthWatch(
        run, source="0", folder=tmp_path, every_s=10.0, clock=clock,
        manager=ServiceManager(environment),
    )  # fmt: skip

    step(watch, run, status(None))
    before = heard(manager)
    for _ in range(9):
        step(watch, run, status())
        clock.now_s += 1
    watch.end()

    assert before == ["WATCHDOG=1"]
    assert heard(manager) == ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"]


@pytest.mark.parametrize("wanted", ["", "0", "soon", "-5"])
def test_life_is_told_once_where_nobody_waits_for_it(
    tmp_path: Path, clock: Hands, run: Run, manager: socket.socket, wanted: str
) -> None:
    environment = {
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "WATCHDOG_USEC": wanted,
    }
    watch = HealthWatch(
        run, source="0", folder=tmp_path, every_s=1.0, clock=clock,
        manager=ServiceManager(environment),
    )  # fmt: skip

    for _ in range(5):
        step(watch, run, status(None))
        clock.now_s += 100

    assert heard(manager) == ["WATCHDOG=1"]


@pytest.mark.parametrize("address", ["", "/nobody/listens", "@nobody-listens-here"])
def test_without_a_manager_nothing_is_told(address: str) -> None:
    ServiceManager({"NOTIFY_SOCKET": address}).tell("READY=1")
