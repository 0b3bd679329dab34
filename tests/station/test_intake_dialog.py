"""Taking in from the window: chosen or dropped, looked into, then taken in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dataset.project import Project
from export.operation import export_version
from station.assembly import Station
from station.keys import Page
from station.views.intake_dialog import IntakeDialog
from station.window import Window
from tests.gestures import (
    LONG_WAIT_MS,
    click_button,
    press,
    type_words,
    wait_until,
)
from tests.small_projects import jpeg
from tests.station.conftest import OpenStation, pages_of
from tests.station.two_versions import freeze_two


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version as YOLO, without its side-car, one of its images spoilt."""
    folder = tmp_path_factory.mktemp("intake")
    root = freeze_two(folder / "p")
    export_version(root, "v1", formats=["yolo"], target=folder / "set")
    (folder / "set" / "fieldset.json").unlink()
    first = min((folder / "set" / "images").rglob("*.jpg"))
    first.write_bytes(first.read_bytes()[:200])
    return folder / "set"


@pytest.fixture
def station(
    qtbot: QtBot, open_station: OpenStation, project_root: Path
) -> Iterator[Station]:
    made = open_station(project_root, Page.DATASET)
    wait_until(qtbot, lambda: made.runner.is_idle, LONG_WAIT_MS)
    yield made
    made.window.close()


def dialog_of(station: Station) -> IntakeDialog:
    press(station.window, "Ctrl+I")
    return open_dialog(station)


def open_dialog(station: Station) -> IntakeDialog:
    dialog = pages_of(station).intake.dialog
    assert dialog is not None
    return dialog


def samples_in(root: Path) -> int:
    with Project.open(root, read_only=True) as project:
        return project.catalog.samples.count()


def dragged(path: str) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl(path)])
    return data


def drop(window: Window, data: QMimeData) -> bool:
    """Drag something over the window and let go; whether it was taken."""
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(QPoint(300, 300), copy, data, left, none)
    entered.ignore()
    QApplication.sendEvent(window, entered)
    if not entered.isAccepted():
        return False
    QApplication.sendEvent(
        window, QDropEvent(QPointF(300, 300), copy, data, left, none)
    )
    return True


def test_data_set_is_looked_into_before_it_is_taken_in(
    qtbot: QtBot, station: Station, project_root: Path, exported: Path
) -> None:
    before = samples_in(project_root)
    dialog = dialog_of(station)
    assert not dialog.yes.isEnabled()

    type_words(dialog.path, str(exported))
    wait_until(qtbot, dialog.yes.isEnabled)
    assert "yolo: 24 images, 46 boxes" in dialog.words
    assert "car" in dialog.words
    assert "bike" in dialog.words
    assert samples_in(project_root) == before
    click_button(dialog.yes)

    wait_until(qtbot, lambda: "taken in" in dialog.work.words, LONG_WAIT_MS)
    assert "23 samples" in dialog.work.words
    assert samples_in(project_root) == before + 23
    rows = dialog.remarks.model.rows
    assert any("images/" in row.next_step and row.what for row in rows)


def test_archive_that_is_dropped_on_the_window_comes_in(
    qtbot: QtBot, station: Station, project_root: Path, exported: Path, tmp_path: Path
) -> None:
    before = samples_in(project_root)
    archive = Path(shutil.make_archive(str(tmp_path / "set"), "zip", exported))

    assert drop(station.window, dragged(archive.as_uri()))
    dialog = open_dialog(station)
    wait_until(qtbot, dialog.yes.isEnabled)
    assert "yolo: 24 images" in dialog.words
    click_button(dialog.yes)

    wait_until(qtbot, lambda: "taken in" in dialog.work.words, LONG_WAIT_MS)
    assert samples_in(project_root) == before + 23


def test_what_is_no_file_of_this_machine_is_not_taken(station: Station) -> None:
    several = QMimeData()
    several.setUrls([QUrl.fromLocalFile("/a"), QUrl.fromLocalFile("/b")])

    assert not drop(station.window, dragged("https://example.org/set.zip"))
    assert not drop(station.window, several)
    assert pages_of(station).intake.dialog is None


def test_nothing_is_taken_where_no_project_is_open(
    open_station: OpenStation, tmp_path: Path
) -> None:
    station = open_station(None)

    assert not drop(station.window, dragged(tmp_path.as_uri()))


def test_what_no_reader_takes_is_a_sentence_with_the_next_step(
    qtbot: QtBot, station: Station, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    dialog = dialog_of(station)

    type_words(dialog.path, str(tmp_path / "empty"))

    wait_until(qtbot, lambda: "Next step" in dialog.words)
    assert not dialog.yes.isEnabled()
    assert not station.window.notice.isVisible()


def test_another_format_than_the_content_says_is_tried_and_told(
    qtbot: QtBot, station: Station, exported: Path
) -> None:
    dialog = dialog_of(station)
    type_words(dialog.path, str(exported))
    wait_until(qtbot, dialog.yes.isEnabled)

    dialog.format.setCurrentIndex(dialog.format.findData("images"))

    wait_until(qtbot, lambda: "images: 24 images, 0 boxes" in dialog.words)


def test_classes_that_are_new_stay_out_where_that_is_wanted(
    qtbot: QtBot, station: Station, project_root: Path, exported: Path
) -> None:
    dialog = dialog_of(station)
    type_words(dialog.path, str(exported))
    wait_until(qtbot, dialog.yes.isEnabled)

    dialog.new_classes.click()
    click_button(dialog.yes)

    wait_until(qtbot, lambda: "taken in" in dialog.work.words, LONG_WAIT_MS)
    rows = dialog.remarks.model.rows
    assert any("not one of the project's" in row.what for row in rows)
    with Project.open(project_root, read_only=True) as project:
        assert [c.name for c in project.catalog.classes.all()] == ["car", "van"]


def test_plain_pictures_come_in_from_a_button_of_the_dataset_page(
    qtbot: QtBot, station: Station, project_root: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "card"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.jpg").write_bytes(jpeg(number))
    before = samples_in(project_root)

    click_button(pages_of(station).dataset.take_in)
    dialog = open_dialog(station)
    type_words(dialog.path, folder.as_uri())
    wait_until(qtbot, dialog.yes.isEnabled)
    click_button(dialog.yes)

    wait_until(qtbot, lambda: "3 samples" in dialog.work.words, LONG_WAIT_MS)
    assert samples_in(project_root) == before + 3
