"""Freeze the live picture, draw on it, let go: saved, carried, undone, refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from dataset.project import Project
from dataset.records import BoxOrigin, LabelState, Sample, SampleState
from station.assembly import Station
from station.keys import Page
from station.views.capture.capture_page import CapturePage
from tests.gestures import draw_box, press, wait_until
from tests.station.capturing import SIMULATED, begin, captured, end
from tests.station.conftest import OpenStation, pages_of


@pytest.fixture
def capturing(qtbot: QtBot, open_station: OpenStation, project_root: Path) -> Station:
    station = open_station(project_root, Page.CAPTURE)
    begin(qtbot, pages_of(station).capture, SIMULATED)
    return station


def page_of(station: Station) -> CapturePage:
    return pages_of(station).capture


def freeze(qtbot: QtBot, station: Station) -> None:
    """Press F and wait for the picture to draw on."""
    view = page_of(station).slot.freeze_view
    press(station.window, "F")
    wait_until(qtbot, lambda: view.frozen is not None and view.canvas.has_picture)


def let_go(qtbot: QtBot, station: Station, key: str = "F") -> None:
    """Save what is frozen and wait until it is on the disk."""
    freezing = page_of(station).slot.freezing
    press(station.window, key)
    wait_until(qtbot, lambda: not freezing.is_frozen)


def labels(root: Path) -> list[LabelState]:
    with Project.open(root, read_only=True) as project:
        return [project.catalog.labels.get(sample.id) for sample in captured(root)]


@pytest.mark.parametrize("key", ["F", "Space"])
def test_letting_go_saves_the_picture_and_its_boxes(
    qtbot: QtBot, capturing: Station, project_root: Path, key: str
) -> None:
    freeze(qtbot, capturing)
    press(capturing.window, "2")
    draw_box(page_of(capturing).slot.freeze_view.canvas, 100, 80, 220, 200)

    let_go(qtbot, capturing, key)
    end(qtbot, page_of(capturing))

    (found,) = labels(project_root)
    assert found.state is SampleState.LABELED
    (box,) = found.boxes
    assert (box.class_id, box.origin) == (2, BoxOrigin.DRAWN)
    assert (box.x0, box.y1) == (pytest.approx(100, abs=2), pytest.approx(200, abs=2))


def test_boxes_are_carried_to_the_next_freeze_and_one_key_accepts_them(
    qtbot: QtBot, capturing: Station, project_root: Path
) -> None:
    view = page_of(capturing).slot.freeze_view
    freeze(qtbot, capturing)
    draw_box(view.canvas, 100, 80, 220, 200)
    let_go(qtbot, capturing)

    freeze(qtbot, capturing)
    wait_until(qtbot, lambda: view.labels.proposals)
    press(capturing.window, "Return")  # nothing is chosen: nothing is taken
    assert view.labels.boxes == ()
    press(capturing.window, "Tab")
    press(capturing.window, "Return")
    let_go(qtbot, capturing)
    end(qtbot, page_of(capturing))

    first, second = labels(project_root)
    assert [box.id for box in second.boxes] == [box.id for box in first.boxes]
    assert second.boxes[0].origin is BoxOrigin.CARRIED


def test_escape_lets_go_and_saves_nothing(
    qtbot: QtBot, capturing: Station, project_root: Path
) -> None:
    freeze(qtbot, capturing)
    draw_box(page_of(capturing).slot.freeze_view.canvas, 100, 80, 220, 200)

    press(capturing.window, "Esc")
    assert not page_of(capturing).slot.freezing.is_frozen
    end(qtbot, page_of(capturing))

    assert captured(project_root) == ()


def test_a_picture_without_boxes_waits_in_the_queue(
    qtbot: QtBot, capturing: Station, project_root: Path
) -> None:
    freeze(qtbot, capturing)

    let_go(qtbot, capturing)
    end(qtbot, page_of(capturing))

    assert [found.state for found in labels(project_root)] == [SampleState.NEW]


def test_boxes_on_a_frozen_picture_are_taken_back_relabelled_and_deleted(
    qtbot: QtBot, capturing: Station
) -> None:
    view = page_of(capturing).slot.freeze_view
    freeze(qtbot, capturing)
    draw_box(view.canvas, 100, 80, 220, 200)
    assert [box.class_id for box in view.labels.boxes] == [1]

    press(capturing.window, "2")
    assert [box.class_id for box in view.labels.boxes] == [2]
    press(capturing.window, "Ctrl+Z")
    assert [box.class_id for box in view.labels.boxes] == [1]
    press(capturing.window, "Ctrl+Shift+Z")
    press(capturing.window, "Del")
    assert view.labels.boxes == ()


def test_a_refused_picture_stays_with_its_boxes(
    qtbot: QtBot, open_station: OpenStation, project_root: Path
) -> None:
    with (project_root / "fieldset.toml").open("a") as settings:
        settings.write('\n[capture.gates]\nby_hand = "refuse"\ndark = 1.0\n')
    station = open_station(project_root, Page.CAPTURE)
    begin(qtbot, page_of(station), SIMULATED)
    view = page_of(station).slot.freeze_view
    freeze(qtbot, station)
    draw_box(view.canvas, 100, 80, 220, 200)

    press(station.window, "F")
    wait_until(qtbot, lambda: "too dark" in station.window.notice.text)

    assert page_of(station).slot.freezing.is_frozen
    assert len(view.labels.boxes) == 1
    press(station.window, "Esc")
    end(qtbot, page_of(station))
    assert captured(project_root) == ()


def test_a_session_that_ended_meanwhile_keeps_the_boxes_on_the_screen(
    qtbot: QtBot, capturing: Station
) -> None:
    view = page_of(capturing).slot.freeze_view
    freeze(qtbot, capturing)
    draw_box(view.canvas, 100, 80, 220, 200)
    end(qtbot, page_of(capturing))

    press(capturing.window, "F")

    assert "No session is open" in capturing.window.notice.text
    assert len(view.labels.boxes) == 1


def test_nothing_is_frozen_before_there_is_a_picture(
    qtbot: QtBot, open_station: OpenStation, project_root: Path
) -> None:
    station = open_station(project_root, Page.CAPTURE)

    press(station.window, "F")

    assert not page_of(station).slot.freezing.is_frozen


def test_undo_on_the_label_page_takes_the_frozen_boxes_back(
    qtbot: QtBot, capturing: Station, project_root: Path
) -> None:
    freeze(qtbot, capturing)
    draw_box(page_of(capturing).slot.freeze_view.canvas, 100, 80, 220, 200)
    let_go(qtbot, capturing)
    end(qtbot, page_of(capturing))

    capturing.window.show_page(Page.LABEL)
    label = pages_of(capturing).label
    wait_until(qtbot, lambda: label.state is not None and label.is_saved)
    press(capturing.window, "Ctrl+Z")
    wait_until(qtbot, lambda: label.is_saved)

    assert [found.state for found in labels(project_root)] == [SampleState.NEW]


def test_boxes_of_a_frozen_picture_are_carried_on_the_label_page(
    qtbot: QtBot, capturing: Station, project_root: Path
) -> None:
    capture = page_of(capturing)
    freeze(qtbot, capturing)
    draw_box(capture.slot.freeze_view.canvas, 100, 80, 220, 200)
    let_go(qtbot, capturing)
    press(capturing.window, "Space")
    wait_until(qtbot, lambda: capture.status.kept == 2)
    end(qtbot, capture)

    assert carried_onto(qtbot, capturing, captured(project_root)[-1])


def carried_onto(qtbot: QtBot, station: Station, sample: Sample) -> bool:
    """Show a sample on the Label page, and wait for proposals."""
    station.window.show_page(Page.LABEL)
    label = pages_of(station).label
    wait_until(qtbot, lambda: label.state is not None and label.is_saved)
    label.open_sample(sample.id)
    wait_until(qtbot, lambda: label.state and label.state.sample.id == sample.id)
    wait_until(qtbot, lambda: label.state.proposals)
    return bool(label.state.proposals)


def test_boxes_are_carried_onto_what_was_taken_while_the_picture_was_frozen(
    qtbot: QtBot, capturing: Station, project_root: Path
) -> None:
    capture = page_of(capturing)
    freeze(qtbot, capturing)
    draw_box(capture.slot.freeze_view.canvas, 100, 80, 220, 200)
    capture.slot.desk.shutter()
    wait_until(qtbot, lambda: capture.status.kept == 1)
    let_go(qtbot, capturing)
    end(qtbot, capture)

    first, second = captured(project_root)
    assert second.captured_us < first.captured_us
    assert carried_onto(qtbot, capturing, first)
