from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QFontMetrics, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from dataset.errors import FieldsetError
from dataset.project import Project
from dataset.records import SampleState
from station.assembly import Station
from station.keys import PAGES, Page, actions
from station.settings import read_settings
from station.views.labels import ElidedLabel
from station.views.overlays import KeyList, Palette
from station.window import Window
from tests.gestures import draw_box, press, saved, wait_until
from tests.station.conftest import OpenStation, pages_of

# The offscreen platform says so for every popup.
POPUP = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def shown(kind: type[QWidget]) -> QWidget:
    return next(
        widget
        for widget in QApplication.topLevelWidgets()
        if isinstance(widget, kind) and widget.isVisible()
    )


def test_every_action_of_the_table_does_something(labeling: Station) -> None:
    assert labeling.window.commands.bound == {action.id for action in actions()}


@pytest.mark.parametrize("number", range(1, 6))
def test_ctrl_and_a_digit_go_to_a_page(
    qtbot: QtBot, labeling: Station, number: int
) -> None:
    press(labeling.window, f"Ctrl+{number}")

    assert labeling.window.page is PAGES[number - 1]


def test_space_on_another_page_accepts_nothing(
    qtbot: QtBot, labeling: Station, project_root: Path
) -> None:
    page = pages_of(labeling).label
    draw_box(page.canvas, 40, 100, 100, 140)
    saved(qtbot, page)

    for other in (Page.CAPTURE, Page.REVIEW, Page.DATASET, Page.VERSIONS):
        labeling.window.show_page(other)
        press(labeling.window, "Space")
    wait_until(qtbot, lambda: labeling.runner.is_idle)

    with Project.open(project_root, read_only=True) as project:
        assert project.catalog.samples.states()[SampleState.LABELED] == 0


def test_letters_typed_into_a_field_are_no_shortcuts(
    qtbot: QtBot, labeling: Station
) -> None:
    labeling.window.show_page(Page.CAPTURE)
    form = pages_of(labeling).capture.panel.form
    form.set_text("place", "")
    field = form._fields["place"]
    field.setFocus()

    qtbot.keyClicks(field, "la 1 place")

    assert field.text() == "la 1 place"


@POPUP
def test_the_palette_runs_what_was_typed(qtbot: QtBot, labeling: Station) -> None:
    press(labeling.window, "Ctrl+K")
    palette = shown(Palette)
    field = palette.focusWidget() or palette
    qtbot.keyClicks(field, "go to dataset")
    press(field, "Return")

    wait_until(qtbot, lambda: labeling.window.page is Page.DATASET)
    palette.close()


@POPUP
@pytest.mark.parametrize("key", ["F1", "?"])
def test_the_list_of_keys_opens(qtbot: QtBot, labeling: Station, key: str) -> None:
    if key == "?":
        labeling.window.commands.run("keys.show")
    else:
        press(labeling.window, key)

    dialog = shown(KeyList)
    words = [part.text() for part in dialog.findChildren(QLabel)]
    assert "Accept and go on, carrying the boxes" in words
    dialog.close()


@pytest.mark.parametrize("name", ["dark", "light", "sunlight"])
def test_a_look_is_remembered(
    qtbot: QtBot, labeling: Station, tmp_path: Path, name: str
) -> None:
    labeling.window.commands.run(f"theme.{name}")
    wait_until(qtbot, lambda: labeling.runner.is_idle)

    assert labeling.theme.name == name
    kept = read_settings(tmp_path / "window.json").settings
    assert kept.theme == name
    assert kept.last_project


def test_an_error_is_shown_with_its_next_step(labeling: Station) -> None:
    error = FieldsetError("No room is left: /data", hint="free some space")

    labeling.window.show_error(error)

    words = [part.text() for part in labeling.window.notice.findChildren(QLabel)]
    assert words == ["No room is left: /data", "free some space"]


def test_a_bad_notice_goes_when_hands_go_on_after_it_could_be_read(
    qtbot: QtBot, labeling: Station
) -> None:
    window = labeling.window
    window.notice.read_ms = 0
    window.notice.say("No room is left: /data", "bad")
    wait_until(qtbot, lambda: window.notice.is_old)
    was_shown = window.notice.isVisible()

    press_in_window(window, QPointF(3, 3))

    assert was_shown
    assert not window.notice.isVisible()


def test_a_bad_notice_stays_through_a_press_before_it_could_be_read(
    labeling: Station,
) -> None:
    window = labeling.window
    window.notice.say("No room is left: /data", "bad")

    press_in_window(window, QPointF(3, 3))

    assert window.notice.isVisible()


def test_a_press_on_an_old_notice_reaches_nothing_under_it(
    qtbot: QtBot, labeling: Station
) -> None:
    window = labeling.window
    window.notice.read_ms = 0
    window.notice.say("No room is left: /data", "bad")
    wait_until(qtbot, lambda: window.notice.is_old)

    press_in_window(window, QPointF(window.notice.geometry().topLeft()) + QPointF(9, 9))

    assert window.notice.isVisible()


@POPUP
def test_the_keys_of_the_page_at_hand_come_first(labeling: Station) -> None:
    labeling.window.show_page(Page.REVIEW)

    labeling.window.show_keys()

    dialog = labeling.window.findChild(KeyList)
    assert dialog is not None
    titles = [
        part.text()
        for part in dialog.findChildren(QLabel)
        if part.property("kind") == "title"
    ]
    dialog.close()
    assert titles[0] == "Review"


def press_in_window(window: Window, at: QPointF) -> None:
    """Press as the system does: in the window, which finds the widget."""
    handle = window.windowHandle()
    assert handle is not None
    button = Qt.MouseButton.LeftButton
    for kind, held in (
        (QEvent.Type.MouseButtonPress, button),
        (QEvent.Type.MouseButtonRelease, Qt.MouseButton.NoButton),
    ):
        none = Qt.KeyboardModifier.NoModifier
        event = QMouseEvent(kind, at, handle.mapToGlobal(at), button, held, none)
        QApplication.sendEvent(handle, event)


def test_markup_in_data_is_shown_as_it_is(labeling: Station) -> None:
    labeling.window.notice.say("class <b>bold</b>", "warn")

    assert labeling.window.notice.text == "class <b>bold</b>"
    for part in labeling.window.findChildren(QLabel):
        is_brand = part.property("kind") == "brand"
        assert is_brand or part.textFormat().name == "PlainText", part.text()


def test_closing_leaves_no_thread(qtbot: QtBot, labeling: Station) -> None:
    labeling.window.close()

    assert not [t for t in threading.enumerate() if t.name.startswith("fieldset-")]


def test_without_a_project_the_window_says_what_to_do(
    qtbot: QtBot, open_station: OpenStation
) -> None:
    station = open_station(None)

    words = [part.text() for part in station.window.findChildren(QLabel)]
    assert "No project is open" in words
    assert station.window.page is Page.EVERYWHERE


def test_a_folder_that_is_no_project_is_a_sentence(
    qtbot: QtBot, open_station: OpenStation, tmp_path: Path
) -> None:
    station = open_station(None)
    station.open_project(tmp_path, Page.LABEL)

    wait_until(qtbot, lambda: station.window.notice.text)
    assert str(tmp_path) in station.window.notice.text


def test_a_project_is_made_and_another_opened_in_its_place(
    qtbot: QtBot, open_station: OpenStation, tmp_path: Path, project_root: Path
) -> None:
    station = open_station(project_root)
    station.make_project(tmp_path / "new", ("cat",))
    wait_until(qtbot, lambda: station.window.page is Page.CAPTURE)

    with Project.open(tmp_path / "new", read_only=True) as project:
        assert [known.name for known in project.catalog.classes.all()] == ["cat"]


@pytest.mark.parametrize("theme", ["dark", "light", "sunlight"])
@pytest.mark.parametrize("size", [(1280, 720), (1440, 900), (1920, 1080)])
def test_no_word_is_cut_off(
    qtbot: QtBot,
    open_station: OpenStation,
    project_root: Path,
    theme: str,
    size: tuple[int, int],
) -> None:
    station = open_station(project_root, theme=theme)
    station.window.resize(*size)

    for page in PAGES:
        station.window.show_page(page)
        wait_until(qtbot, lambda: station.runner.is_idle)
        # What a finished job says is laid out with the next turn of the event loop.
        QApplication.processEvents()
        assert cut_off(station.window) == []


def test_touch_targets_on_capture_are_large(
    qtbot: QtBot, open_station: OpenStation, project_root: Path
) -> None:
    station = open_station(project_root, Page.CAPTURE)
    panel = pages_of(station).capture.panel

    buttons = [one for one in panel.findChildren(QPushButton) if one.isVisible()]
    assert buttons
    assert min(one.height() for one in buttons) >= 40


def cut_off(window: QWidget) -> list[str]:
    """The words of labels and buttons that have less room than they need."""
    found = []
    for part in window.findChildren(QWidget):
        if not part.isVisible() or part.visibleRegion().isEmpty():
            continue
        if isinstance(part, ElidedLabel):
            continue
        if isinstance(part, QLabel) and not part.wordWrap():
            needed = QFontMetrics(part.font()).horizontalAdvance(part.text())
            if part.property("kind") != "brand" and needed > part.width() + 1:
                found.append(part.text())
        if isinstance(part, QPushButton):
            needed = QFontMetrics(part.font()).horizontalAdvance(part.text())
            if needed > part.width():
                found.append(part.text())
        parent = part.parentWidget()
        if isinstance(part, QLabel | QPushButton) and parent is not None:
            place = QRect(part.mapTo(window, QPoint(0, 0)), part.size())
            if place.right() > window.width():
                found.append(f"outside: {part.text()}")
    return found
