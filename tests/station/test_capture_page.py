from __future__ import annotations

from pathlib import Path

import cv2
import pytest
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

import station
from dataset.project import Project
from dataset.records import SampleState
from station.assembly import Station
from station.keys import Page
from station.views.capture.capture_contract import (
    CaptureStatus,
    SessionForm,
    TriggerChoice,
    short_source,
)
from station.views.capture.capture_page import CapturePage
from station.views.capture.capture_words import camera_words
from tests.gestures import press, wait_until
from tests.station.conftest import OpenStation, pages_of, street

CLIP = Path(station.__file__).parent / "demo" / "traffic_camera.mp4"


@pytest.fixture
def capturing(qtbot: QtBot, open_station: OpenStation, project_root: Path) -> Station:
    return open_station(project_root, Page.CAPTURE)


def start(qtbot: QtBot, page: CapturePage, source: str = str(CLIP)) -> None:
    """Fill the form in and open the source."""
    for name, words in (
        ("source", source),
        ("operator", "Ada"),
        ("place", "bridge 4"),
        ("conditions", "light=day"),
    ):
        page.panel.form.set_text(name, words)
    page.panel.form.submit()


def running(qtbot: QtBot, page: CapturePage) -> None:
    wait_until(qtbot, lambda: page.status.is_running and page.live.painted)


def stop(qtbot: QtBot, page: CapturePage) -> None:
    page.stop()
    wait_until(qtbot, lambda: not page.status.is_running)


def test_space_takes_pictures_of_the_session_in_the_form(
    qtbot: QtBot, capturing: Station, project_root: Path
) -> None:
    page = pages_of(capturing).capture
    start(qtbot, page)
    running(qtbot, page)

    for count in (1, 2):
        press(capturing.window, "Space")
        wait_until(qtbot, lambda n=count: page.status.kept == n)
    stop(qtbot, page)

    with Project.open(project_root, read_only=True) as project:
        (session,) = (s for s in project.catalog.sessions.all() if s.source)
        samples = project.catalog.samples.of_session(session.id)
    assert len(samples) == 2
    assert (session.operator, session.place) == ("Ada", "bridge 4")
    assert session.conditions == (("light", "day"),)
    assert session.station == "north-gate"
    assert [row.is_kept for row in page.strip.rows] == [True, True]


def test_captured_samples_join_the_queue_of_label(
    qtbot: QtBot, capturing: Station
) -> None:
    pages = pages_of(capturing)
    start(qtbot, pages.capture)
    running(qtbot, pages.capture)
    press(capturing.window, "Space")
    wait_until(qtbot, lambda: pages.capture.status.kept == 1)
    stop(qtbot, pages.capture)

    capturing.window.show_page(Page.LABEL)

    wait_until(
        qtbot, lambda: pages.label.state is not None and pages.label.state.total == 5
    )


def test_a_burst_takes_as_many_as_asked_for(qtbot: QtBot, capturing: Station) -> None:
    page = pages_of(capturing).capture
    start(qtbot, page)
    running(qtbot, page)

    press(capturing.window, "Alt+2")
    press(capturing.window, "Space")

    wait_until(qtbot, lambda: page.status.kept + page.status.known == 5)
    stop(qtbot, page)


def test_the_interval_trigger_takes_pictures_by_itself(
    qtbot: QtBot, capturing: Station
) -> None:
    page = pages_of(capturing).capture
    press(capturing.window, "Alt+3")
    start(qtbot, page)

    wait_until(qtbot, lambda: page.status.kept >= 2)
    stop(qtbot, page)


def test_a_wrong_source_is_a_sentence_and_the_form_comes_back(
    qtbot: QtBot, capturing: Station
) -> None:
    page = pages_of(capturing).capture
    start(qtbot, page, "/nowhere/clip.mp4")

    wait_until(qtbot, lambda: capturing.window.notice.text)
    wait_until(qtbot, lambda: not page.status.is_running)
    assert page.panel.form.isVisible()
    assert page.panel.form.isEnabled()


@pytest.mark.parametrize("conditions", ["light", "light=", "a=1 a=2", "=day"])
def test_bad_conditions_are_named_before_anything_is_opened(
    qtbot: QtBot, capturing: Station, conditions: str
) -> None:
    page = pages_of(capturing).capture
    page.panel.form.set_text("source", str(CLIP))
    page.panel.form.set_text("conditions", conditions)
    forms: list[SessionForm] = []
    page.panel.form_given.connect(forms.append)

    page.panel.form.submit()

    assert forms == []


def test_the_shutter_is_off_until_a_source_is_open(
    qtbot: QtBot, capturing: Station
) -> None:
    page = pages_of(capturing).capture
    press(capturing.window, "Space")

    assert not page.status.is_running
    assert page.status.kept == 0


def test_closing_the_window_ends_the_session(
    qtbot: QtBot, capturing: Station, project_root: Path
) -> None:
    page = pages_of(capturing).capture
    start(qtbot, page)
    running(qtbot, page)
    press(capturing.window, "Space")
    wait_until(qtbot, lambda: page.status.kept == 1)

    capturing.window.close()

    with Project.open(project_root, read_only=True) as project:
        (session,) = (s for s in project.catalog.sessions.all() if s.source)
        assert session.ended_us is not None
        assert project.catalog.samples.states()[SampleState.NEW] == 5


def test_a_camera_is_judged_by_the_age_of_its_newest_frame() -> None:
    live = CaptureStatus(
        source="cam0", width=640, height=480, is_running=True, newest_age_ms=28.0
    )
    late = CaptureStatus(
        source="cam0", width=640, height=480, is_running=True, newest_age_ms=4000.0
    )

    assert camera_words(live)[1] == "ok"
    assert "28 ms" in camera_words(live)[0]
    assert camera_words(late)[1] == "bad"
    assert camera_words(CaptureStatus())[1] == "muted"


def test_a_path_is_named_by_its_file_and_a_device_in_full() -> None:
    assert short_source("/data/a/clip.mp4") == "clip.mp4"
    assert short_source("/dev/video2") == "/dev/video2"
    assert short_source("rtsp://cam/1") == "rtsp://cam/1"


def test_the_trigger_bar_tells_what_was_chosen(
    qtbot: QtBot, capturing: Station
) -> None:
    bar = pages_of(capturing).capture.panel.triggers
    chosen: list[TriggerChoice] = []
    bar.trigger_chosen.connect(chosen.append)

    bar.choose("motion")

    assert chosen[-1].name == bar.choice.name == "motion"


def test_a_number_of_a_trigger_is_changed_by_large_buttons(capturing: Station) -> None:
    bar = pages_of(capturing).capture.panel.triggers
    bar.choose("burst")
    before = bar.choice.count
    more = next(
        one
        for one in bar.findChildren(QPushButton)
        if one.accessibleName() == "More"
        and not one.isHidden()
        and one.parentWidget().isVisible()
    )

    more.click()

    assert bar.choice.count == before + 1
    shown = next(one for one in bar.findChildren(QLineEdit) if one.isVisible())
    words = shown.fontMetrics().horizontalAdvance(shown.text())
    assert shown.contentsRect().width() > words
    assert min(more.width(), more.height()) >= 40


def test_a_clip_that_comes_to_its_end_is_told(
    qtbot: QtBot, capturing: Station, tmp_path: Path
) -> None:
    page = pages_of(capturing).capture
    folder = tmp_path / "pictures"
    folder.mkdir()
    cv2.imwrite(str(folder / "one.png"), street(1))
    told: list[str] = []
    page.notice_came.connect(lambda words, _tone: told.append(words))

    start(qtbot, page, str(folder))

    wait_until(qtbot, lambda: told)
    assert told == ["The source has no more pictures; 0 kept in this session"]


def test_a_session_that_the_person_ended_is_not_told(
    qtbot: QtBot, capturing: Station
) -> None:
    page = pages_of(capturing).capture
    told: list[str] = []
    page.notice_came.connect(lambda words, _tone: told.append(words))
    start(qtbot, page)
    running(qtbot, page)

    stop(qtbot, page)

    assert told == []


def test_the_button_that_opens_is_in_sight_in_a_low_window(
    qtbot: QtBot, capturing: Station
) -> None:
    capturing.window.resize(1280, 720)
    form = pages_of(capturing).capture.panel.form
    wait_until(qtbot, lambda: capturing.window.height() == 720)

    button = form.foot.findChild(QPushButton)

    assert button is not None
    assert button.visibleRegion().boundingRect().size() == button.size()
