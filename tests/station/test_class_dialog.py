"""Class work in the window, from both pages and the palette."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from dataset.project import Project
from dataset.records import LabelClass
from station.assembly import Station
from station.keys import Page
from station.views.classes.class_dialog import ClassDialog
from tests.gestures import (
    accept_and_next,
    click_button,
    draw_box,
    press,
    saved,
    undo,
    wait_until,
)
from tests.station.conftest import pages_of

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
def dialog(qtbot: QtBot, labeling: Station) -> ClassDialog:
    """The dialog over a project with one labeled car."""
    page = pages_of(labeling).label
    draw_box(page.canvas, 40, 100, 100, 140)
    accept_and_next(qtbot, labeling.window, page)
    press(labeling.window, "Ctrl+L")
    work = pages_of(labeling).classes
    wait_until(qtbot, lambda: work.dialog is not None and work.dialog.chosen)
    assert work.dialog is not None
    return work.dialog


def classes_of(root: Path) -> list[LabelClass]:
    with Project.open(root, read_only=True) as project:
        return list(project.catalog.classes.all(include_retired=True))


def test_class_is_added_and_can_be_drawn_at_once(
    qtbot: QtBot, labeling: Station, dialog: ClassDialog, project_root: Path
) -> None:
    dialog.name.setText("tram")
    click_button(dialog.add)
    wait_until(qtbot, lambda: "tram was added" in dialog.said)
    dialog.accept()

    page = pages_of(labeling).label
    wait_until(qtbot, lambda: 3 in page._classes)
    assert [known.name for known in classes_of(project_root)] == ["car", "van", "tram"]


def test_name_colour_and_key_are_saved_together(
    qtbot: QtBot, dialog: ClassDialog, project_root: Path
) -> None:
    dialog.choose(1)
    dialog.name.setText("auto")
    dialog.colour.setText("#112233")
    dialog.key.setCurrentIndex(dialog.key.findData(7))
    click_button(dialog.save)

    wait_until(qtbot, lambda: classes_of(project_root)[0].key == 7)
    known = classes_of(project_root)[0]
    assert (known.id, known.name, known.colour) == (1, "auto", "#112233")
    dialog.accept()


def test_merge_is_shown_with_its_counts_done_and_undone(
    qtbot: QtBot, labeling: Station, dialog: ClassDialog, project_root: Path
) -> None:
    dialog.choose(1)
    click_button(dialog.merge)
    wait_until(qtbot, dialog.confirm.isVisible)
    asked = dialog.said
    before = classes_of(project_root)
    click_button(dialog.confirm)
    wait_until(qtbot, lambda: "1 boxes moved to van" in dialog.said)
    merged = classes_of(project_root)
    dialog.accept()
    page = pages_of(labeling).label
    # The offscreen platform has no window manager that would do so.
    wait_until(qtbot, lambda: pages_of(labeling).classes.dialog is None)
    labeling.window.activateWindow()
    wait_until(qtbot, lambda: labeling.window.isActiveWindow() and page.is_saved)
    undo(qtbot, labeling.window, page)

    assert "car has 1 boxes in 1 samples" in asked
    assert not before[0].retired
    assert merged[0].retired
    assert not classes_of(project_root)[0].retired
    assert "merged class car into van" in labeling.window.notice.text
    saved(qtbot, page)


def test_retired_class_is_brought_back(
    qtbot: QtBot, dialog: ClassDialog, project_root: Path
) -> None:
    dialog.choose(2)
    click_button(dialog.retire)
    wait_until(qtbot, dialog.confirm.isVisible)
    click_button(dialog.confirm)
    wait_until(qtbot, lambda: classes_of(project_root)[1].retired)
    wait_until(qtbot, lambda: dialog.chosen is not None and dialog.chosen.retired)
    click_button(dialog.retire)
    wait_until(qtbot, lambda: not classes_of(project_root)[1].retired)
    dialog.accept()


def test_what_cannot_be_done_is_said_in_the_dialog(
    qtbot: QtBot, dialog: ClassDialog, project_root: Path
) -> None:
    dialog.choose(1)
    dialog.name.setText("VAN")
    click_button(dialog.save)

    wait_until(qtbot, lambda: "of that name already: van" in dialog.said)
    assert classes_of(project_root)[0].name == "car"
    dialog.accept()


def test_dataset_page_opens_it_and_counts_again(
    qtbot: QtBot, labeling: Station
) -> None:
    labeling.window.show_page(Page.DATASET)
    pages = pages_of(labeling)
    wait_until(qtbot, lambda: len(pages.dataset.state.classes) == 2)
    click_button(pages.dataset.edit_classes)
    work = pages.classes
    wait_until(qtbot, lambda: work.dialog is not None and work.dialog.chosen)
    assert work.dialog is not None
    work.dialog.name.setText("bus")
    click_button(work.dialog.add)

    wait_until(qtbot, lambda: len(pages.dataset.state.classes) == 3)
    work.dialog.accept()
