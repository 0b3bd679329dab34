"""`fieldset drift` in words: what drifted, and the sessions and samples behind it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.records import LabelState, SampleState
from dataset.versions.freezing import freeze
from station.cli.drift import _short
from tests.small_projects import box, filled, new_project, new_session
from tests.station.command_line import CommandLine

SESSIONS = 8


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


def visits(folder: Path, level: int) -> Path:
    """Eight sessions of two noisy pictures, the last session the brightest."""
    rng = np.random.default_rng(level)
    for number in range(SESSIONS):
        place = folder / f"visit {number}"
        place.mkdir(parents=True)
        for turn in range(2):
            grey = rng.normal(level + 3 * number, 12, (48, 64, 3))
            pixels = np.clip(grey, 0, 255).astype(np.uint8)
            cv2.imwrite(str(place / f"{turn}.png"), pixels)
    return folder


def test_sessions_and_files_behind_a_drift_are_named_worst_first(
    call: CommandLine, tmp_path: Path
) -> None:
    new_project(tmp_path / "p").close()
    old, new = visits(tmp_path / "old", 60), visits(tmp_path / "new", 160)

    told = call.ok("drift", old, new, "--project", tmp_path / "p").out.splitlines()

    at = next(i for i, line in enumerate(told) if line.startswith("brightness: higher"))
    assert "more than the limit of" in told[at]
    assert told[at + 1].startswith(f"  sessions: {new / 'visit 7'} (2 samples), ")
    assert told[at + 2].startswith(f"  samples: {new / 'visit 7'}")


def test_sessions_of_the_project_go_by_their_name(
    call: CommandLine, tmp_path: Path
) -> None:
    with new_project(tmp_path / "p") as project:
        for number in range(SESSIONS):
            session = new_session(project, f"night {number}")
            for sample in filled(project, session, 2, first=10 * number):
                state = LabelState(state=SampleState.LABELED, boxes=(box("a"),))
                project.catalog.labels.put(sample.id, state)
        freeze(project, message="first")
        first = project.version("v1").samples[0].id

    told = call.ok(
        "drift", visits(tmp_path / "dark", 5), "v1", "--project", tmp_path / "p"
    ).out

    assert "  sessions: night " in told
    assert all(first[:13] not in line for line in told.splitlines())


def test_an_id_is_cut_short_and_a_path_is_not() -> None:
    path = "/pictures/" + "night/" * 9

    assert _short("ab" * 32) == "ab" * 6
    assert len(path) == 64
    assert _short(path) == path
