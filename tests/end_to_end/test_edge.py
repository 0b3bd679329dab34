"""The entry point of the container: variables alone, and no library of Qt."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.mjpeg import MjpegServer

from . import pictures
from .commands import Finished, Running, fieldset, wait_until
from .stored import stored

ENTRY_POINT = Path(__file__).parents[2] / "packaging" / "edge" / "entrypoint.sh"
PASSWORD = "pa55-of-gate-7"
Start = Callable[[MjpegServer], Running]


def _without_qt(folder: Path) -> Path:
    """A folder of modules that cannot be imported, as where they are not installed."""
    for name in ("PySide6", "shiboken6", "pyqtgraph"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(
            f"raise ModuleNotFoundError('No module named {name}')\n"
        )
    return folder


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine's variables: no display, no Qt, fieldset on the path; its folder."""
    guard = os.environ.get("PYTHONPATH", "")
    hidden = _without_qt(tmp_path / "hidden")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(hidden), guard]))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    monkeypatch.delenv("QT_QPA_PLATFORM")
    for name, value in {
        "PROJECT": str(tmp_path / "project"),
        "CLASSES": "car,lorry",
        "STATION": "gate-7",
        "TRIGGER": "interval",
        "EVERY": "50ms",
        "CONDITION": "light=night, mount = pole",
        "HEALTH": str(tmp_path / "health.json"),
        "HEALTH_EVERY": "300ms",
    }.items():
        monkeypatch.setenv(f"FIELDSET_{name}", value)
    return tmp_path


@pytest.fixture
def start(box: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts the entry point on a camera whose address stands in a file."""
    runs: list[Running] = []

    def start_one(camera: MjpegServer) -> Running:
        secret = box / "source"
        secret.write_text(camera.url_with("guard", PASSWORD) + "\n")
        monkeypatch.setenv("FIELDSET_SOURCE_FILE", str(secret))
        runs.append(Running([str(ENTRY_POINT)], box, f"run-{len(runs)}"))
        return runs[-1]

    yield start_one
    for run in runs:
        run.end_all()


@pytest.fixture
def camera() -> Iterator[MjpegServer]:
    frames = pictures.many(40, "edge")
    with MjpegServer(frames, fps=20, login=("guard", PASSWORD)) as made:
        yield made


def _wait_samples(run: Running, count: int) -> None:
    wait_until(
        lambda: run.is_over or sum("sample" in one for one in run.lines()) >= count
    )
    assert not run.is_over, run.talk()


def _assert_nothing_is_lost(box: Path, end: Finished) -> None:
    kept = stored(box / "project")
    assert end.code == 130, end.talk
    assert set(end.samples) == set(kept.images)
    assert kept.is_ended
    assert end.lines[-1]["kept"] == len(kept.images)


def test_variables_alone_make_a_project_and_capture_until_sigterm(
    box: Path, start: Start, camera: MjpegServer
) -> None:
    run = start(camera)
    _wait_samples(run, 5)

    arguments = Path(f"/proc/{run.pid}/cmdline").read_bytes()
    well = fieldset("doctor", "--health", box / "health.json", "--json")
    end = run.terminate()
    over = fieldset("doctor", "--health", box / "health.json")

    _assert_nothing_is_lost(box, end)
    assert PASSWORD.encode() not in arguments
    assert (well.code, well.json["healthy"]) == (0, True)
    assert well.json["health"]["source"].startswith("http://***@127.0.0.1")
    assert over.code == 5
    assert "The capture has ended" in over.talk
    said = "".join(
        one.read_text("utf-8", "replace")
        for one in box.rglob("*")
        if one.is_file() and one.suffix in {".out", ".err", ".json", ".log"}
    )
    assert PASSWORD not in said


def test_session_is_told_by_variables(
    box: Path, start: Start, camera: MjpegServer
) -> None:
    run = start(camera)
    _wait_samples(run, 1)
    run.terminate()

    listed = fieldset("session", "list", "--json").json

    (session,) = listed["sessions"]
    assert session["station"] == "gate-7"
    assert session["conditions"] == {"light": "night", "mount": "pole"}


def test_health_lines_stand_between_the_lines_of_samples(
    box: Path, start: Start, camera: MjpegServer
) -> None:
    run = start(camera)
    wait_until(lambda: run.is_over or sum("health" in one for one in run.lines()) >= 3)
    end = run.terminate()

    kinds = [next(iter(line)) for line in end.lines]
    assert set(kinds) == {"sample", "health", "session"}
    assert kinds[-1] == "session"
    healths = [line["health"] for line in end.lines if "health" in line]
    assert healths[-1]["state"] == "ended"
    assert healths[-1]["kept"] == len(end.samples)
    assert json.loads((box / "health.json").read_text()) == healths[-1]


@pytest.mark.parametrize("fault", ["stall", "go_away"])
def test_a_camera_that_is_away_holds_no_sigterm(
    box: Path, start: Start, camera: MjpegServer, fault: str
) -> None:
    run = start(camera)
    _wait_samples(run, 3)
    getattr(camera, fault)()
    health = box / "health.json"
    wait_until(lambda: json.loads(health.read_text())["state"] == "away")
    sick = fieldset("doctor", "--health", health, "--patience", "100ms")

    end = run.terminate()

    _assert_nothing_is_lost(box, end)
    assert sick.code == 5
    assert "No picture has come" in sick.talk


def test_a_second_start_goes_on_in_the_same_project(
    box: Path, start: Start, camera: MjpegServer
) -> None:
    for _ in range(2):
        run = start(camera)
        _wait_samples(run, 2)
        run.terminate()

    assert len(fieldset("session", "list", "--json").json["sessions"]) == 2


def test_the_entry_point_passes_other_commands_on(box: Path) -> None:
    run = Running([str(ENTRY_POINT), "status", "--json"], box, "status")

    end = run.wait()

    assert end.code == 0, end.talk
    assert [one["name"] for one in end.json["classes"]] == ["car", "lorry"]


def test_the_window_says_that_it_cannot_open_here(box: Path) -> None:
    end = Running([str(ENTRY_POINT), "label"], box, "window").wait()

    assert end.code == 2
    assert "The window cannot open on this machine" in end.talk


def test_without_a_project_the_entry_point_says_what_is_missing(
    box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FIELDSET_PROJECT")

    end = Running([str(ENTRY_POINT)], box, "none").wait()

    assert end.code != 0
    assert "FIELDSET_PROJECT" in end.talk
