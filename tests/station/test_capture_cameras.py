"""Several cameras on the page, their controls, and a camera that goes away."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from dataset.project import Project
from station.assembly import Station
from station.keys import Page
from station.language import TIMES
from station.views.capture.capture_contract import TriggerChoice
from station.views.capture.capture_page import CapturePage
from tests.gestures import LONG_WAIT_MS, click_button, press, wait_until
from tests.servers.mjpeg import MjpegServer
from tests.small_projects import jpeg, new_project, tiny_disk
from tests.station.capturing import SIMULATED, begin, captured, end
from tests.station.conftest import OpenStation, pages_of


@pytest.fixture
def capturing(qtbot: QtBot, open_station: OpenStation, project_root: Path) -> Station:
    return open_station(project_root, Page.CAPTURE)


@pytest.fixture
def page(capturing: Station) -> CapturePage:
    return pages_of(capturing).capture


def test_two_cameras_have_a_session_each_and_one_shutter(
    qtbot: QtBot, capturing: Station, page: CapturePage, project_root: Path
) -> None:
    begin(qtbot, page, "simulated:left", "left")
    click_button(page.bar.add)
    begin(qtbot, page, "simulated:right", "right")

    press(capturing.window, "Shift+Space")
    wait_until(qtbot, lambda: [s.status.kept for s in page.wall.slots] == [1, 1])
    press(capturing.window, "Space")
    wait_until(qtbot, lambda: [s.status.kept for s in page.wall.slots] == [1, 2])
    press(capturing.window, "Tab")
    press(capturing.window, "Space")
    wait_until(qtbot, lambda: [s.status.kept for s in page.wall.slots] == [2, 2])
    for _ in page.wall.slots:
        end(qtbot, page)
        page.wall.choose_next()

    with Project.open(project_root, read_only=True) as project:
        by_name = {
            session.name: len(project.catalog.samples.of_session(session.id))
            for session in project.catalog.sessions.all()
        }
    assert (by_name["left"], by_name["right"]) == (2, 2)


def test_the_panel_speaks_of_the_chosen_camera(
    qtbot: QtBot, capturing: Station, page: CapturePage
) -> None:
    begin(qtbot, page, SIMULATED, "only")
    assert not page.panel.form.isVisible()

    click_button(page.bar.add)
    assert page.panel.form.isVisible()

    press(capturing.window, "Tab")
    assert not page.panel.form.isVisible()
    end(qtbot, page)


def test_a_camera_without_a_session_is_taken_away_and_one_with_one_stays(
    qtbot: QtBot, page: CapturePage
) -> None:
    begin(qtbot, page, SIMULATED)
    first = page.slot
    page.add_camera()
    page.wall.remove(page.slot)
    assert page.wall.slots == (first,)

    page.add_camera()
    page.wall.choose(first)
    page.wall.remove(page.slot)
    assert len(page.wall.slots) == 2
    end(qtbot, page)


def test_there_is_an_end_of_cameras(page: CapturePage) -> None:
    for _ in range(9):
        page.add_camera()

    assert len(page.wall.slots) == 4
    assert not page.bar.add.isEnabled()


def test_controls_are_set_locked_and_read_back(qtbot: QtBot, page: CapturePage) -> None:
    begin(qtbot, page, SIMULATED)
    exposure = page.panel.controls.lines["exposure"]
    wait_until(qtbot, lambda: "auto" in exposure.words)
    set_it, lock_it = exposure.buttons

    click_button(lock_it)
    wait_until(qtbot, lambda: "locked" in exposure.words)
    exposure.value.setValue(100)
    field = exposure.value.findChild(QLineEdit)
    assert field is not None
    assert field.contentsRect().width() > field.fontMetrics().horizontalAdvance("100")
    click_button(set_it)
    wait_until(qtbot, lambda: "1/100 s" in exposure.words)

    assert exposure.asked == ""
    end(qtbot, page)


def test_what_the_camera_did_not_grant_is_told(qtbot: QtBot, page: CapturePage) -> None:
    begin(qtbot, page, SIMULATED)
    focus = page.panel.controls.lines["focus"]
    wait_until(qtbot, lambda: "auto" in focus.words)

    focus.value.setValue(13)
    click_button(focus.buttons[0])

    wait_until(qtbot, lambda: "13" in focus.asked)
    end(qtbot, page)


def test_a_source_without_controls_says_so(qtbot: QtBot, page: CapturePage) -> None:
    with MjpegServer([jpeg(n, 320, 240) for n in range(4)]) as server:
        begin(qtbot, page, server.url)

        assert "no controls" in page.panel.controls.none_words
        assert not page.panel.controls.lines["gain"].isVisible()
        end(qtbot, page)


def test_a_camera_that_is_away_is_told_and_comes_back_by_itself(
    qtbot: QtBot, page: CapturePage
) -> None:
    with MjpegServer([jpeg(n, 320, 240) for n in range(4)]) as server:
        begin(qtbot, page, server.url)
        wait_until(qtbot, lambda: "newest frame" in page.live.camera_words)

        server.go_away()
        wait_until(qtbot, lambda: "away" in page.live.away, LONG_WAIT_MS)
        wait_until(qtbot, lambda: "no picture for" in page.live.camera_words)
        server.come_back()
        wait_until(qtbot, lambda: page.live.away == "", LONG_WAIT_MS)

        painted = page.live.painted
        wait_until(qtbot, lambda: page.live.painted > painted)
        end(qtbot, page)


def test_a_disk_that_hangs_stops_neither_preview_nor_window(
    qtbot: QtBot,
    capturing: Station,
    page: CapturePage,
    project_root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin(qtbot, page, SIMULATED)
    real, may_flush = os.fsync, threading.Event()

    def flush(handle: int) -> None:
        may_flush.wait(60)
        real(handle)

    monkeypatch.setattr(os, "fsync", flush)
    for _ in range(12):
        press(capturing.window, "Space")
        painted = page.live.painted
        wait_until(qtbot, lambda n=painted: page.live.painted > n + 1)
    wait_until(qtbot, lambda: "wait for the disk" in page.panel.loss)
    assert "wait for the disk" in page.live.badge

    may_flush.set()
    wait_until(qtbot, lambda: page.status.kept == 12, LONG_WAIT_MS)
    wait_until(qtbot, lambda: page.panel.loss == "")
    end(qtbot, page)
    assert len(captured(project_root)) == 12


def test_a_full_disk_ends_the_session_with_a_sentence_and_loses_nothing(
    qtbot: QtBot, open_station: OpenStation, tmp_path: Path
) -> None:
    with tiny_disk(tmp_path / "disk", "3m") as disk:
        new_project(disk / "project", "car").close()
        station = open_station(disk / "project", Page.CAPTURE)
        page = pages_of(station).capture
        begin(qtbot, page, SIMULATED)
        page.slot.choose_trigger(TriggerChoice(name="interval", every_s=0.05))

        wait_until(qtbot, lambda: station.window.notice.text, LONG_WAIT_MS)
        wait_until(qtbot, lambda: not page.status.is_running, LONG_WAIT_MS)

        assert "The disk is full" in station.window.notice.text
        kept = page.status.kept
        station.window.close()
        station.close()
        assert len(captured(disk / "project")) == kept > 0


def test_a_trigger_that_cannot_be_had_is_told_and_the_one_before_goes_on(
    qtbot: QtBot, capturing: Station, page: CapturePage
) -> None:
    begin(qtbot, page, SIMULATED)

    press(capturing.window, "Alt+5")
    wait_until(qtbot, lambda: "uncertain" in capturing.window.notice.text)

    assert page.panel.triggers.choice.name == "shutter"
    press(capturing.window, "Space")
    wait_until(qtbot, lambda: page.status.kept == 1)
    end(qtbot, page)


def test_a_frozen_picture_has_all_the_room(
    qtbot: QtBot, capturing: Station, page: CapturePage
) -> None:
    begin(qtbot, page, "simulated:left", "left")
    first = page.slot
    page.add_camera()
    begin(qtbot, page, "simulated:right", "right")

    press(capturing.window, "F")
    wait_until(qtbot, lambda: page.slot.freezing.is_frozen)
    assert not first.isVisible()
    press(capturing.window, "Esc")
    assert first.isVisible()
    for _ in page.wall.slots:
        end(qtbot, page)
        page.wall.choose_next()


def test_tab_goes_through_the_form_and_not_to_another_camera(
    qtbot: QtBot, capturing: Station, page: CapturePage
) -> None:
    page.add_camera()
    chosen = page.slot
    field = page.panel.form._fields["name"]
    field.setFocus()
    wait_until(qtbot, field.hasFocus)

    press(capturing.window, "Tab")

    assert page.slot is chosen
    assert page.panel.form._fields["conditions"].hasFocus()


def test_a_mode_is_asked_for_and_read_back(qtbot: QtBot, page: CapturePage) -> None:
    page.panel.form.set_text("mode", "640x480@15")
    begin(qtbot, page, SIMULATED)

    wait_until(qtbot, lambda: page.status.mode.startswith(f"640{TIMES}480 · 15 fps"))
    end(qtbot, page)


@pytest.mark.parametrize(
    ("mode", "words"), [("1280 by 720", "1280 by 720"), ("123x45", "123x45")]
)
def test_a_mode_that_cannot_be_is_a_sentence(
    qtbot: QtBot, capturing: Station, page: CapturePage, mode: str, words: str
) -> None:
    page.panel.form.set_text("source", SIMULATED)
    page.panel.form.set_text("mode", mode)

    page.panel.form.submit()

    wait_until(
        qtbot,
        lambda: words in capturing.window.notice.text + page.panel.form.problem,
        LONG_WAIT_MS,
    )
    wait_until(qtbot, lambda: not page.slot.is_busy)
    assert page.panel.form.isVisible()
