"""Capture by class: a digit, a warning where it is full, a hint or a proposal."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from dataset.project import Project
from dataset.records import BoxOrigin, Verdict
from labeling.session import LabelingSession
from station.assembly import Station
from station.keys import Page
from station.views.capture.capture_contract import CaptureEvent, EventKind
from tests.gestures import press, wait_until
from tests.station.capturing import CLIP, SIMULATED, begin, captured, end
from tests.station.conftest import OpenStation, pages_of

TARGETS = """
[balance.targets.car]
conditions = { "light=night" = 12 }
[balance.targets.van]
boxes = 5
"""


@pytest.fixture
def capturing(qtbot: QtBot, open_station: OpenStation, project_root: Path) -> Station:
    with (project_root / "fieldset.toml").open("a") as settings:
        settings.write(TARGETS)
    return open_station(project_root, Page.CAPTURE)


def take(qtbot: QtBot, station: Station, count: int) -> None:
    page = pages_of(station).capture
    press(station.window, "Space")
    wait_until(qtbot, lambda: page.status.kept == count)


def hints(root: Path) -> list[int | None]:
    with Project.open(root, read_only=True) as project:
        return [project.catalog.class_hints.get(s.id) for s in captured(root)]


def test_the_class_on_a_digit_is_kept_with_what_is_captured(
    qtbot: QtBot, capturing: Station, project_root: Path
) -> None:
    page = pages_of(capturing).capture
    begin(qtbot, page, SIMULATED)
    wait_until(qtbot, lambda: page.panel.classes.lines)

    take(qtbot, capturing, 1)
    press(capturing.window, "2")
    take(qtbot, capturing, 2)
    press(capturing.window, "1")
    take(qtbot, capturing, 3)
    press(capturing.window, "1")  # once more: for none
    take(qtbot, capturing, 4)
    end(qtbot, page)
    wait_until(qtbot, lambda: capturing.runner.is_idle)

    assert hints(project_root) == [None, 2, 1, None]
    with Project.open(project_root, read_only=True) as project:
        assert project.catalog.tables.class_totals() == {}


def test_a_press_on_a_class_chooses_it_and_a_key_without_class_is_told(
    qtbot: QtBot, capturing: Station
) -> None:
    page = pages_of(capturing).capture
    wait_until(qtbot, lambda: page.panel.classes.lines)

    page.panel.classes.class_pressed.emit(2)
    assert page.class_id == 2
    assert [line.is_chosen for line in page.panel.classes.lines] == [False, True]

    press(capturing.window, "9")
    assert "9" in capturing.window.notice.text
    assert page.class_id == 2


def test_the_page_shows_the_coachs_line(qtbot: QtBot, capturing: Station) -> None:
    page = pages_of(capturing).capture

    wait_until(qtbot, lambda: "12 more of car at night" in page.panel.wanted)


def test_in_a_session_the_coach_asks_for_what_can_be_had_there(
    qtbot: QtBot, capturing: Station
) -> None:
    page = pages_of(capturing).capture
    wait_until(qtbot, lambda: "12 more of car at night" in page.panel.wanted)

    begin(qtbot, page, SIMULATED)  # light=day

    wait_until(qtbot, lambda: page.panel.wanted == "5 more of van")
    end(qtbot, page)
    wait_until(qtbot, lambda: "12 more of car at night" in page.panel.wanted)


def test_a_full_class_is_warned_of_when_it_is_chosen(
    qtbot: QtBot, open_station: OpenStation, project_root: Path
) -> None:
    with (project_root / "fieldset.toml").open("a") as settings:
        settings.write("\n[balance.targets.car]\nboxes = 1\n")
    with Project.open(project_root) as project:
        label_one(project)
    station = open_station(project_root, Page.CAPTURE)
    page = pages_of(station).capture
    wait_until(qtbot, lambda: page.panel.classes.lines)

    press(station.window, "1")
    wait_until(qtbot, lambda: "car is full" in page.panel.warning)
    press(station.window, "2")
    assert page.panel.warning == ""


def label_one(project: Project) -> None:
    labeling = LabelingSession(project)
    labeling.draw((10.0, 10.0, 60.0, 60.0), 1)
    labeling.accept()


def test_what_moved_becomes_a_doubtful_proposal_of_the_chosen_class(
    qtbot: QtBot, capturing: Station, project_root: Path
) -> None:
    page = pages_of(capturing).capture
    wait_until(qtbot, lambda: page.panel.classes.lines)
    press(capturing.window, "2")
    press(capturing.window, "Alt+4")
    events: list[CaptureEvent] = []
    page.slot.events_came.connect(events.extend)
    begin(qtbot, page, CLIP)

    wait_until(qtbot, lambda: any(e.kind is EventKind.KEPT for e in events))
    end(qtbot, page)
    wait_until(qtbot, lambda: capturing.runner.is_idle)

    kept = next(event for event in events if event.kind is EventKind.KEPT)
    assert kept.area is not None
    with Project.open(project_root, read_only=True) as project:
        found = project.catalog.labels.get(kept.sample_id)
        sample = project.catalog.samples.get(kept.sample_id)
    (proposal,) = found.proposals
    assert proposal.verdict is Verdict.WEAK
    assert (proposal.box.class_id, proposal.box.origin) == (2, BoxOrigin.MOTION)
    assert proposal.box.x0 == pytest.approx(kept.area[0] * sample.width)
