"""The health of the camera on the Capture page."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from pytestqt.qtbot import QtBot

from dataset.health.health_finding import HealthVerdict
from dataset.health.live_health import HealthLine
from dataset.project import Project
from station.desks.health_speech import health_row
from station.keys import Page
from tests.gestures import LONG_WAIT_MS, press, wait_until
from tests.station.capturing import SIMULATED, begin, end
from tests.station.conftest import OpenStation, pages_of, street


def pictures(folder: Path, light: int = 0) -> Path:
    """Twelve pictures of one view, none like the other, brighter by `light`."""
    folder.mkdir()
    for number in range(12):
        picture = street(number).astype(int) + light
        shown = np.clip(picture, 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"{number:02}.png"), shown)
    return folder


def test_after_a_session_the_page_says_how_the_camera_is(
    qtbot: QtBot, open_station: OpenStation, project_root: Path, tmp_path: Path
) -> None:
    station = open_station(project_root, Page.CAPTURE)
    page = pages_of(station).capture
    health = page.panel.health
    assert health.isHidden()

    press(station.window, "Alt+3")
    page.panel.triggers._every.setValue(0.2)
    begin(qtbot, page, pictures(tmp_path / "camera"))
    wait_until(qtbot, lambda: page.status.kept >= 1, LONG_WAIT_MS)
    end(qtbot, page)

    wait_until(qtbot, lambda: not health.isHidden(), LONG_WAIT_MS)
    assert "first session here" in health.words


def test_a_round_asks_of_cameras_that_captured_something(
    qtbot: QtBot, open_station: OpenStation, project_root: Path
) -> None:
    station = open_station(project_root, Page.CAPTURE)
    page = pages_of(station).capture
    begin(qtbot, page, SIMULATED)

    page.health.go_round()
    wait_until(qtbot, lambda: station.runner.is_idle)
    assert page.panel.health.isHidden()

    press(station.window, "Space")
    wait_until(qtbot, lambda: page.status.kept == 1)
    page.health.go_round()
    wait_until(qtbot, lambda: not page.panel.health.isHidden(), LONG_WAIT_MS)
    end(qtbot, page)


def test_a_fault_is_told_with_what_to_do_and_how_many_others_there_are() -> None:
    row = health_row(
        HealthLine(
            verdict=HealthVerdict.FAULT,
            sentence="The left third lost a third of its sharpness.",
            next_step="clean the lens",
            faults=3,
        )
    )

    assert (row.verdict, row.tone) == ("something is wrong", "bad")
    assert row.sentence.endswith("sharpness. And 2 more.")
    assert row.next_step == "Clean the lens."


def test_a_camera_without_a_session_has_no_health(project_root: Path) -> None:
    from dataset.health.live_health import live_health

    with Project.open(project_root, read_only=True) as project:
        assert health_row(live_health(project, "rtsp://nowhere")).verdict == ""
