"""The live picture: marks, figures with limits, zones drawn by hand."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from dataset.capture_settings import read_capture
from dataset.project import Project
from dataset.records import Session
from station.assembly import Station
from station.desks.capture_desk import RecorderDesk
from station.desks.readings import readings_of
from station.keys import Page
from station.shutter.gate_reading import Gate, GateReading
from station.theme import DARK
from station.views.capture.capture_contract import (
    CaptureStatus,
    Marks,
    SessionForm,
    TriggerChoice,
    Zone,
    area_around,
    zone_around,
)
from station.views.capture.capture_page import CapturePage
from station.views.capture.capture_words import (
    away_words,
    badge_words,
    chip_words,
    zone_lines,
)
from station.views.capture.live_view import LiveView
from tests.gestures import LONG_WAIT_MS, press, wait_until
from tests.small_projects import pixels
from tests.station.capturing import SIMULATED, begin, end
from tests.station.conftest import OpenStation, pages_of

RUNNING = CaptureStatus(
    source="cam0",
    width=640,
    height=480,
    newest_age_ms=28.0,
    is_running=True,
    session=Session(id="s", name="morning"),
    ring_s=6.0,
)


@pytest.fixture
def capturing(qtbot: QtBot, open_station: OpenStation, project_root: Path) -> Station:
    station = open_station(project_root, Page.CAPTURE)
    begin(qtbot, pages_of(station).capture, SIMULATED)
    return station


@pytest.fixture
def page(capturing: Station) -> CapturePage:
    return pages_of(capturing).capture


def drag_zone(
    live: LiveView, start: tuple[float, float], end_at: tuple[float, float]
) -> None:
    """Drag over shares of the picture."""
    place = live.picture_rect()

    def at(share: tuple[float, float]) -> QPoint:
        return QPoint(
            round(place.left() + share[0] * place.width()),
            round(place.top() + share[1] * place.height()),
        )

    QTest.mousePress(live, Qt.MouseButton.LeftButton, pos=at(start))
    QTest.mouseMove(live, at(end_at))
    QTest.mouseRelease(live, Qt.MouseButton.LeftButton, pos=at(end_at))


def test_a_zone_is_drawn_on_the_picture_and_watched(
    qtbot: QtBot, capturing: Station, page: CapturePage
) -> None:
    press(capturing.window, "Alt+4")
    draw = next(
        one for one in page.panel.motion.findChildren(QPushButton) if one.isCheckable()
    )
    draw.click()

    drag_zone(page.live, (0.25, 0.5), (0.75, 1.4))
    end(qtbot, page)

    (zone,) = page.slot.choice.zones
    assert area_around(zone) == pytest.approx((0.25, 0.5, 0.75, 1.0), abs=0.01)


def test_a_press_without_a_drag_draws_no_zone(
    qtbot: QtBot, capturing: Station, page: CapturePage
) -> None:
    press(capturing.window, "Alt+4")
    page.live.draw_zones(True)

    drag_zone(page.live, (0.5, 0.5), (0.5, 0.5))
    end(qtbot, page)

    assert page.slot.choice.zones == ()


def test_the_copied_lines_are_settings_that_mean_the_same_zones(
    qtbot: QtBot, capturing: Station, page: CapturePage
) -> None:
    press(capturing.window, "Alt+4")
    page.tuning.set_zones((zone_around((0.1, 0.2, 0.6, 0.9)),))

    page.tuning.copy_zone_lines()
    end(qtbot, page)

    table = tomllib.loads(QGuiApplication.clipboard().text())["capture"]
    (corners,) = read_capture(table).triggers["motion"]["zones"]
    assert corners == ((0.1, 0.2), (0.6, 0.2), (0.6, 0.9), (0.1, 0.9))


@pytest.mark.parametrize(
    ("choice", "watched"),
    [
        (TriggerChoice(name="motion"), 0.5),
        (TriggerChoice(name="motion", has_own_zones=True), 1.0),
        (
            TriggerChoice(
                name="motion",
                zones=(zone_around((0.0, 0.0, 0.25, 1.0)),),
                has_own_zones=True,
            ),
            0.25,
        ),
    ],
)
def test_zones_of_the_settings_hold_until_the_person_has_others(
    qtbot: QtBot, project_root: Path, choice: TriggerChoice, watched: float
) -> None:
    with (project_root / "fieldset.toml").open("a") as settings:
        settings.write(
            "\n[capture.triggers.motion]\n"
            "zones = [[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]]\n"
        )
    with Project.open(project_root) as project:
        desk = RecorderDesk(project, "north-gate")
        try:
            desk.start(SessionForm(source=SIMULATED, name=""), choice)
            wait_until(qtbot, lambda: desk.motion() is not None, LONG_WAIT_MS)
            view = desk.motion()
        finally:
            desk.close()

    assert view is not None
    assert (view.watched > 0).mean() == pytest.approx(watched, abs=0.03)


shares = st.integers(0, 1000).map(lambda number: number / 1000)
rectangles = (
    st.tuples(shares, shares, shares, shares)
    .filter(lambda area: area[0] < area[2] and area[1] < area[3])
    .map(zone_around)
)
polygons = st.lists(st.tuples(shares, shares), min_size=3, max_size=6).map(tuple)


@given(
    st.lists(st.one_of(rectangles, polygons), max_size=4),
    st.one_of(st.none(), shares),
)
def test_zone_lines_are_read_back_as_they_were(
    zones: list[Zone], sensitivity: float | None
) -> None:
    table = tomllib.loads(zone_lines(tuple(zones), sensitivity))["capture"]

    options = read_capture(table).triggers["motion"]

    assert list(options.get("zones", ())) == zones
    assert options.get("sensitivity") == sensitivity


def test_a_zone_with_corners_is_shown_as_the_polygon_it_is(
    qtbot: QtBot, open_station: OpenStation, project_root: Path
) -> None:
    triangle = ((0.1, 0.1), (0.9, 0.1), (0.1, 0.9))
    with (project_root / "fieldset.toml").open("a") as settings:
        corners = [list(corner) for corner in triangle]
        settings.write(f"\n[capture.triggers.motion]\nzones = [{corners}]\n")
    station = open_station(project_root, Page.CAPTURE)
    page = pages_of(station).capture
    wait_until(qtbot, lambda: page.slot.choice.zones == (triangle,))
    live = page.live
    begin(qtbot, page, SIMULATED)

    press(station.window, "Alt+4")
    end(qtbot, page)
    grey = QImage(200, 200, QImage.Format.Format_RGB32)
    grey.fill(0x404040)
    live.show_image(grey)
    shown = live.grab().toImage()

    place = live.picture_rect()
    accent = QColor(DARK.accent)

    def is_lined(x: float, y: float) -> bool:
        """Whether a part of the dashed line lies within some pixels of a place."""
        spot = (place.left() + x * place.width(), place.top() + y * place.height())
        return any(
            shown.pixelColor(round(spot[0]) + dx, round(spot[1]) + dy) == accent
            for dx in range(-6, 7)
            for dy in range(-6, 7)
        )

    assert is_lined(0.5, 0.5)
    assert not is_lined(0.9, 0.9)


def test_the_zones_of_the_settings_are_there_from_the_start(
    qtbot: QtBot, open_station: OpenStation, project_root: Path
) -> None:
    with (project_root / "fieldset.toml").open("a") as settings:
        settings.write("\n[capture.triggers.motion]\nzones = [[0.0, 0.5, 0.5, 1.0]]\n")
    station = open_station(project_root, Page.CAPTURE)

    page = pages_of(station).capture
    zones = (zone_around((0.0, 0.5, 0.5, 1.0)),)
    wait_until(qtbot, lambda: page.slot.choice.zones == zones)
    assert not page.slot.choice.has_own_zones
    page.tuning.set_zones(())
    assert page.slot.choice.has_own_zones
    page.refresh()
    wait_until(qtbot, lambda: station.runner.is_idle)
    assert page.slot.choice.zones == ()


@pytest.mark.parametrize(
    ("key", "marks"),
    [("P", Marks(focus=True)), ("Z", Marks(clipped=True)), ("M", Marks(motion=True))],
)
def test_a_key_switches_a_mark_on_and_off(
    qtbot: QtBot, capturing: Station, page: CapturePage, key: str, marks: Marks
) -> None:
    press(capturing.window, key)
    assert page.slot.marks == marks
    painted = page.live.painted
    wait_until(qtbot, lambda: page.live.painted > painted + 1)

    press(capturing.window, key)
    assert page.slot.marks == Marks()
    end(qtbot, page)


def test_every_button_of_the_page_is_large_enough_for_a_thumb(
    qtbot: QtBot, capturing: Station, page: CapturePage
) -> None:
    wait_until(qtbot, lambda: page.panel.controls.lines["exposure"].words)
    press(capturing.window, "Alt+4")
    small_screen = [
        one for one in page.findChildren(QPushButton) if one.isVisibleTo(page)
    ]
    press(capturing.window, "F")
    wait_until(qtbot, lambda: page.slot.freezing.is_frozen)

    buttons = {*small_screen, *page.slot.freeze_view.findChildren(QPushButton)}
    assert {one.text() for one in buttons if one.height() < 40} == set()
    press(capturing.window, "Esc")
    end(qtbot, page)


def test_a_gate_is_shown_with_its_number_and_its_limit() -> None:
    gates = (
        GateReading(gate=Gate.BLUR, value=3.2, limit=4.0),
        GateReading(gate=Gate.CLIPPED, value=0.031, limit=0.9),
        GateReading(gate=Gate.TORN, value=1.0, limit=12.0),
        GateReading(gate=Gate.FROZEN, value=9.0, limit=5.0),
    )

    lines = readings_of(pixels(1), gates).lines

    assert [(one.text, one.word, one.tone) for one in lines] == [
        ("Sharp 3.2 dB", "\u2265 4.0", "bad"),
        ("Clipped 3.1 %", "\u2264 90.0 %", "ok"),
        ("Frozen 9.0 s", "\u2264 5.0", "bad"),
    ]


def test_the_histogram_has_its_highest_bin_at_one_and_the_meter_knows_dark() -> None:
    dark = readings_of(np.full((40, 60, 3), 20, np.uint8))

    assert max(dark.histogram) == 1.0
    assert dark.stops < -2


@pytest.mark.parametrize(
    ("retry_s", "words"),
    [
        (None, "The camera is away, trying again"),
        (0.0, "The camera is away, trying now"),
        (0.4, "The camera is away, trying again in 1 s"),
        (2.9, "The camera is away, trying again in 3 s"),
    ],
)
def test_a_camera_that_is_away_says_when_it_is_tried_again(
    retry_s: float | None, words: str
) -> None:
    away = CaptureStatus(
        source="cam0", is_running=True, is_reconnecting=True, retry_s=retry_s
    )

    assert away_words(away) == words
    assert away_words(RUNNING) == ""


def test_the_age_of_the_newest_frame_is_always_told() -> None:
    assert chip_words(RUNNING, 1, 1) == ("cam0 · newest frame 28 ms", "ok")
    assert chip_words(RUNNING, 2, 2)[0] == "2 · cam0 · newest frame 28 ms · 0 kept"
    late = CaptureStatus(source="cam0", is_running=True, newest_age_ms=7000.0)
    assert chip_words(late, 1, 1) == ("cam0 · no picture for 7 s", "bad")


def test_what_was_dropped_is_told_before_all_else() -> None:
    slow = CaptureStatus(source="cam0", is_running=True, dropped=1234, waiting=9)

    assert badge_words(slow, "motion", ("motion", "bad")) == (
        "1,234 pictures dropped: the disk is too slow",
        "bad",
    )
    assert "6.0 s" in badge_words(RUNNING, "shutter")[0]
    assert badge_words(RUNNING, "motion", ("moves", "bad")) == ("moves", "bad")
