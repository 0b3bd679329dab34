"""`fieldset drift BASE CAMERA`: a stream watched while it runs."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.measures import DIGEST
from dataset.project import Project
from dataset.project_log import LOG_NAME, read_log
from dataset.records import LabelState, SampleState
from dataset.versions.freezing import freeze
from station.drift_watching import watch_of
from tests.small_projects import BEGAN_US, box, new_project, pixels
from tests.station.command_line import CommandLine

SOURCE = "simulated:"


@pytest.fixture
def call(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    monkeypatch.setattr("station.drift_side._SOURCE_EVERY_S", 0.05)
    return CommandLine(capsys)


def capture(
    project: Project, first: int, sessions: int, *, dark: int = 1, source: str = SOURCE
) -> None:
    """Sessions of three labeled pictures by one camera, an hour apart."""
    for number in range(first, first + sessions):
        began_us = BEGAN_US + number * 3_600_000_000
        session = project.begin_session(
            name=f"session {number}", source=source, started_us=began_us
        )
        for turn in range(3):
            picture = pixels(1) // dark + np.uint8(number % 3 + turn)
            picture[0, :2, 0] = (number % 256, turn)  # no two have the same bytes
            data = cv2.imencode(".png", picture)[1].tobytes()
            sample = project.take_in(
                data, session, captured_us=began_us + turn, source_name=f"{turn}.png"
            ).sample
            state = LabelState(state=SampleState.LABELED, boxes=(box("a"),))
            project.catalog.labels.put(sample.id, state)
        project.catalog.sessions.end(session.id, began_us + 3)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A version of eight sessions of the simulated camera."""
    with new_project(tmp_path / "p") as project:
        capture(project, 0, 8)
        freeze(project, message="first")
    return tmp_path / "p"


def test_a_camera_is_watched_as_one_session_for_as_long_as_asked(
    call: CommandLine, root: Path
) -> None:
    outcome = call.ok("drift", "v1", SOURCE, "--for", "1s", "--project", root, "--json")

    assert outcome.json["verdict"] == "not enough data"
    assert outcome.json["current"]["sessions"] == 1
    assert 5 <= outcome.json["current"]["samples"] <= 21
    assert "watching simulated: against v1: not enough data" in outcome.err
    assert "more session" in outcome.err
    assert "the picture left the baseline: " in outcome.err
    assert read_log(root) == ()


def test_what_must_not_be_seen_is_not_measured(call: CommandLine, root: Path) -> None:
    with (root / "fieldset.toml").open("a") as settings:
        settings.write("\n[privacy]\nmask = [[0.0, 0.0, 1.0, 1.0]]\n")

    outcome = call.ok(
        "drift", "v1", SOURCE, "--for", "500ms", "--project", root, "--json"
    )

    metrics = {one["name"]: one for one in outcome.json["metrics"]}
    assert metrics["brightness"]["current"]["mean"] == 0.0


def test_a_log_that_cannot_be_written_is_told_and_ends_no_watch(
    call: CommandLine, root: Path
) -> None:
    with Project.open(root) as project:
        capture(project, 20, 8, dark=4)
    (root / LOG_NAME).mkdir()

    outcome = call.ok("drift", "v1", SOURCE, "--for", "1s", "--project", root, "--json")

    assert outcome.json["verdict"] == "drift"
    assert "warning: " in outcome.err
    assert LOG_NAME in outcome.err


def test_a_verdict_that_changes_is_told_and_logged(
    call: CommandLine, root: Path
) -> None:
    with Project.open(root) as project:
        capture(project, 20, 8, dark=4)

    outcome = call(
        "drift", "v1", SOURCE, "--for", "1s", "--exit-code", "--project", root, "--json"
    )

    assert outcome.code == 1
    assert outcome.json["current"]["sessions"] == 9
    assert "watching simulated: against v1: drift: " in outcome.err
    (entry,) = read_log(root, "drift")
    assert (entry["before"], entry["verdict"]) == ("not enough data", "drift")
    assert (entry["camera"], entry["baseline"]) == (SOURCE, "v1")
    assert (entry["base_sessions"], entry["current_sessions"]) == (8, 9)


def test_sessions_before_the_baseline_running_or_of_other_cameras_do_not_count(
    root: Path,
) -> None:
    with Project.open(root) as project:
        capture(project, -5, 2)
        capture(project, 30, 1, source="cam2")
        project.begin_session(name="runs", source=SOURCE, started_us=BEGAN_US * 2)

        watch = watch_of(project, SOURCE)
        for _ in range(5):
            watch.see({"brightness": 0.5})

    assert watch.now.baseline == "v1"
    assert watch.now.current_sessions == 1


def test_of_a_large_baseline_some_samples_are_measured_and_all_sessions_known(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("station.drift_side._SPARSE_SESSIONS", 3)
    monkeypatch.setattr("station.drift_side._SPARSE_EACH", 2)
    with Project.open(root) as project:
        watch = watch_of(project, SOURCE)
        for _ in range(5):
            watch.see({"brightness": 0.5})
        samples = [one.id for one in project.version("v1").samples]
        measured = project.catalog.measures.known(DIGEST, samples)

    assert len(measured) == 6
    assert (watch.now.base_sessions, watch.now.current_sessions) == (3, 1)


def test_a_baseline_of_the_settings_goes_before_the_latest_version(root: Path) -> None:
    with (root / "fieldset.toml").open("a") as settings:
        settings.write('\n[drift]\nbaseline = "v1:train"\n')
    with Project.open(root) as project:
        watch = watch_of(project, SOURCE)

    assert watch.now.baseline == "v1:train"


def test_the_practical_limits_of_the_settings_hold_for_the_watch(root: Path) -> None:
    usual = {"brightness": 0.95}
    with Project.open(root) as project:
        before = watch_of(project, SOURCE).see(usual)
    with (root / "fieldset.toml").open("a") as settings:
        settings.write("\n[drift.limits.brightness]\nstep = 0.9\n")
    with Project.open(root) as project:
        after = watch_of(project, SOURCE).see(usual)

    assert [one.metric for one in before.away] == ["brightness"]
    assert after.away == ()
