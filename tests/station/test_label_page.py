from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtWidgets import QLabel, QMenu
from pytestqt.qtbot import QtBot

from dataset.project import Project
from dataset.records import BoxOrigin, SampleState
from station.assembly import Station
from station.views.label.label_page import LabelPage
from tests.gestures import (
    accept_and_next,
    at,
    click,
    corners,
    drag,
    draw_box,
    press,
    redo,
    saved,
    two_boxes,
    undo,
    wait_until,
)
from tests.station.conftest import OpenStation, pages_of


@pytest.fixture
def page(labeling: Station) -> LabelPage:
    return pages_of(labeling).label


def words_of(page: LabelPage) -> str:
    return " ".join(label.text() for label in page.findChildren(QLabel))


def test_dragging_draws_a_box_that_is_on_the_disk(
    qtbot: QtBot, page: LabelPage, project_root: Path
) -> None:
    draw_box(page.canvas, 40, 100, 100, 140)

    saved(qtbot, page)
    with Project.open(project_root, read_only=True) as project:
        assert page.state is not None
        (box,) = project.catalog.labels.boxes(page.state.sample.id)
    assert box.origin is BoxOrigin.DRAWN
    assert (box.x0, box.y1) == (pytest.approx(40, abs=1), pytest.approx(140, abs=1))


def test_two_clicks_draw_a_box_after_w(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    press(labeling.window, "W")
    click(page.canvas, 40, 100)
    click(page.canvas, 100, 140)

    saved(qtbot, page)
    assert len(corners(page)) == 1


def test_escape_gives_up_drawing(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    press(labeling.window, "W")
    click(page.canvas, 40, 100)
    press(labeling.window, "Esc")
    click(page.canvas, 100, 140)

    saved(qtbot, page)
    assert corners(page) == []


def test_a_box_is_moved_by_its_middle_and_resized_by_its_corner(
    qtbot: QtBot, page: LabelPage
) -> None:
    draw_box(page.canvas, 40, 100, 100, 140)
    saved(qtbot, page)

    drag(page.canvas, (70, 120), (90, 130))
    saved(qtbot, page)
    drag(page.canvas, (120, 150), (150, 170))
    saved(qtbot, page)

    ((x0, y0, x1, y1),) = corners(page)
    assert (abs(x0 - 60), abs(y0 - 110)) < (2, 2)
    assert (abs(x1 - 150), abs(y1 - 170)) < (2, 2)


def test_arrows_nudge_shift_resizes_ctrl_takes_ten(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    draw_box(page.canvas, 40, 100, 100, 140)
    saved(qtbot, page)
    ((x0, y0, x1, y1),) = corners(page)

    for keys in ("Right", "Ctrl+Down", "Shift+Right", "Ctrl+Shift+Down"):
        press(labeling.window, keys)
    saved(qtbot, page)

    assert corners(page) == [(x0 + 1, y0 + 10, x1 + 2, y1 + 20)]


def test_nudging_is_one_step_of_undo(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    draw_box(page.canvas, 40, 100, 100, 140)
    saved(qtbot, page)
    before = corners(page)
    for _ in range(5):
        press(labeling.window, "Right")

    saved(qtbot, page)
    undo(qtbot, labeling.window, page)

    assert corners(page) == before


def test_a_digit_gives_the_selected_box_and_new_ones_their_class(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    draw_box(page.canvas, 40, 100, 100, 140)
    saved(qtbot, page)
    press(labeling.window, "2")
    saved(qtbot, page)
    draw_box(page.canvas, 200, 10, 250, 60)
    saved(qtbot, page)

    assert page.state is not None
    assert [box.class_id for box in page.state.boxes] == [2, 2]


def test_a_digit_without_a_class_says_so(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    press(labeling.window, "9")

    assert "9" in labeling.window.notice.text


def test_space_accepts_carries_and_goes_on(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    assert page.state is not None
    first = page.state.sample.id
    draw_box(page.canvas, 40, 100, 100, 140)

    accept_and_next(qtbot, labeling.window, page)
    wait_until(qtbot, lambda: page.state is not None and page.state.proposals)

    (proposal,) = page.state.proposals
    assert proposal.box.x0 == pytest.approx(46, abs=3)
    with Project.open(project_root, read_only=True) as project:
        assert project.catalog.samples.get(first).state is SampleState.LABELED
        assert project.catalog.labels.boxes(page.state.sample.id) == ()


def test_first_picture_of_a_session_says_that_it_starts_clean(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    said = "starts clean: the first of its session"
    wait_until(qtbot, lambda: said in words_of(page))

    draw_box(page.canvas, 40, 100, 100, 140)
    saved(qtbot, page)
    assert said not in words_of(page)

    accept_and_next(qtbot, labeling.window, page)
    assert "starts clean" not in words_of(page)


def test_visiting_a_picture_writes_nothing(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    assert page.state is not None
    first = page.state.sample.id
    for keys in ("D", "D", "A", "A"):
        press(labeling.window, keys)
        saved(qtbot, page)

    assert page.state.sample.id == first
    with Project.open(project_root, read_only=True) as project:
        states = project.catalog.samples.states()
    assert states[SampleState.NEW] == 4


def test_holding_space_never_accepts_an_unseen_picture(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    draw_box(page.canvas, 40, 100, 100, 140)
    saved(qtbot, page)
    for _ in range(5):
        press(labeling.window, "Space")
    saved(qtbot, page)

    with Project.open(project_root, read_only=True) as project:
        assert project.catalog.samples.states()[SampleState.LABELED] == 1


def test_a_moved_proposal_is_accepted_with_its_new_corners(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    draw_box(page.canvas, 40, 100, 100, 140)
    accept_and_next(qtbot, labeling.window, page)
    wait_until(qtbot, lambda: page.state is not None and page.state.proposals)
    box = page.state.proposals[0].box

    middle = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
    drag(page.canvas, middle, (middle[0] + 20, middle[1]))
    saved(qtbot, page)

    assert page.state.proposals == ()
    assert page.state.boxes[0].x0 == pytest.approx(box.x0 + 20, abs=1.5)


def test_enter_takes_one_proposal_and_x_drops_the_rest(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    draw_box(page.canvas, 40, 100, 100, 140)
    saved(qtbot, page)
    draw_box(page.canvas, 200, 180, 260, 230)
    accept_and_next(qtbot, labeling.window, page)
    wait_until(qtbot, lambda: page.state is not None and len(page.state.proposals) == 2)

    press(labeling.window, "Tab")
    press(labeling.window, "Return")
    saved(qtbot, page)
    press(labeling.window, "X")
    saved(qtbot, page)

    assert page.state is not None
    assert len(page.state.boxes) == 1
    assert page.state.proposals == ()


def test_undo_and_redo_cross_pictures(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    assert page.state is not None
    first = page.state.sample.id
    draw_box(page.canvas, 40, 100, 100, 140)
    accept_and_next(qtbot, labeling.window, page)

    undo(qtbot, labeling.window, page)
    assert page.state.sample.id == first
    assert page.state.sample.state is SampleState.PROPOSED
    undo(qtbot, labeling.window, page)
    assert page.state.boxes == ()
    redo(qtbot, labeling.window, page)
    assert len(page.state.boxes) == 1


def test_undo_reaches_back_over_a_restart(
    qtbot: QtBot,
    page: LabelPage,
    labeling: Station,
    open_station: OpenStation,
    project_root: Path,
) -> None:
    draw_box(page.canvas, 40, 100, 100, 140)
    saved(qtbot, page)
    labeling.window.close()

    again = open_station(project_root)
    after = pages_of(again).label
    wait_until(qtbot, lambda: after.state is not None and len(after.state.boxes) == 1)
    undo(qtbot, again.window, after)

    assert after.state is not None
    assert after.state.boxes == ()


def test_e_marks_empty_and_the_empty_one_gains_no_boxes(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    assert page.state is not None
    first = page.state.sample.id
    press(labeling.window, "E")
    saved(qtbot, page)

    assert page.state.sample.id != first
    with Project.open(project_root, read_only=True) as project:
        assert project.catalog.samples.get(first).state is SampleState.EMPTY


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_s_asks_for_a_reason_and_stores_it(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    assert page.state is not None
    first = page.state.sample.id
    press(labeling.window, "S")
    menu = next(m for m in page.findChildren(QMenu) if m.isVisible())
    menu.actions()[0].trigger()
    menu.close()
    saved(qtbot, page)

    with Project.open(project_root, read_only=True) as project:
        sample = project.catalog.samples.get(first)
    assert sample.state is SampleState.SKIPPED
    assert sample.skip_reason == "blurred"


def test_accepting_nothing_is_refused_with_a_sentence(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    assert page.state is not None
    first = page.state.sample.id
    press(labeling.window, "Space")
    saved(qtbot, page)

    assert page.state.sample.id == first
    assert labeling.window.notice.text


def test_delete_removes_the_selected_box(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    draw_box(page.canvas, 40, 100, 100, 140)
    saved(qtbot, page)
    press(labeling.window, "Del")
    saved(qtbot, page)

    assert corners(page) == []


def test_the_end_of_the_queue_says_what_to_do(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    for _ in range(4):
        press(labeling.window, "E")
        saved(qtbot, page)

    assert page.state is None
    assert not page.canvas.isVisible()


def test_closing_saves_what_was_nudged_last(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    draw_box(page.canvas, 40, 100, 100, 140)
    saved(qtbot, page)
    assert page.state is not None
    sample, box = page.state.sample.id, page.state.boxes[0]
    press(labeling.window, "Right")
    labeling.window.close()

    with Project.open(project_root, read_only=True) as project:
        (after,) = project.catalog.labels.boxes(sample)
    assert after.x0 == pytest.approx(box.x0 + 1)


def test_all_boxes_are_chosen_moved_relabelled_and_deleted_in_one_step_each(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    two_boxes(qtbot, page)
    steps = []
    for keys in ("Right", "2", "Del"):
        press(labeling.window, "Ctrl+A")
        press(labeling.window, keys)
        saved(qtbot, page)
        assert page.state is not None
        steps.append((sorted(corners(page)), [b.class_id for b in page.state.boxes]))
    for _ in range(3):
        undo(qtbot, labeling.window, page)

    assert steps[0][0][0][0] == 41
    assert steps[1][1] == [2, 2]
    assert steps[2] == ([], [])
    assert [x0 for x0, *_ in sorted(corners(page))] == [40, 200]


def test_copied_boxes_are_pasted_beside_themselves_and_chosen(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    two_boxes(qtbot, page)
    assert page.state is not None
    before = {b.id: b.x0 for b in page.state.boxes}
    press(labeling.window, "Ctrl+A")
    press(labeling.window, "Ctrl+C")
    press(labeling.window, "Ctrl+V")
    saved(qtbot, page)

    new = {b.id: b.x0 for b in page.state.boxes if b.id not in before}
    assert set(page.canvas.chosen) == set(new)
    ways = {
        b - a
        for a, b in zip(sorted(before.values()), sorted(new.values()), strict=True)
    }
    assert all(way > 0 for way in ways)
    undo(qtbot, labeling.window, page)
    assert len(corners(page)) == 2


def test_copied_boxes_land_in_the_same_place_of_another_picture(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    two_boxes(qtbot, page)
    before = corners(page)
    press(labeling.window, "Ctrl+A")
    press(labeling.window, "Ctrl+C")
    press(labeling.window, "D")
    saved(qtbot, page)
    press(labeling.window, "Ctrl+V")
    saved(qtbot, page)

    assert sorted(corners(page)) == sorted(before)


def test_copied_boxes_do_not_fit_a_picture_of_another_size(
    qtbot: QtBot, open_station: OpenStation, project_root: Path
) -> None:
    add_picture(project_root, np.zeros((90, 120, 3), np.uint8))
    station = open_station(project_root)
    page = pages_of(station).label
    wait_until(qtbot, lambda: page.canvas.has_picture and page.class_id is not None)
    draw_box(page.canvas, 40, 100, 100, 140)
    saved(qtbot, page)
    press(station.window, "Ctrl+C")
    for _ in range(4):
        press(station.window, "D")
        saved(qtbot, page)
    press(station.window, "Ctrl+V")
    saved(qtbot, page)

    assert corners(page) == []
    assert "320 x 240" in station.window.notice.text


def test_a_locked_box_is_not_deleted_or_relabelled(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    two_boxes(qtbot, page)
    press(labeling.window, "L")
    press(labeling.window, "2")
    press(labeling.window, "Del")
    saved(qtbot, page)

    assert page.state is not None
    assert [b.class_id for b in page.state.boxes] == [1, 1]
    assert "locked" in labeling.window.notice.text


def test_hidden_boxes_are_not_accepted_unseen(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    assert page.state is not None
    first = page.state.sample.id
    two_boxes(qtbot, page)
    press(labeling.window, "Shift+H")
    press(labeling.window, "Space")
    saved(qtbot, page)
    assert page.state.sample.id == first
    assert not page.canvas.has_hidden

    accept_and_next(qtbot, labeling.window, page)

    assert page.state.sample.id != first


def test_hiding_ends_with_the_picture(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    two_boxes(qtbot, page)
    press(labeling.window, "H")
    press(labeling.window, "D")
    saved(qtbot, page)
    press(labeling.window, "A")
    saved(qtbot, page)

    assert not page.canvas.has_hidden


def test_the_brighter_view_is_for_the_eye_alone(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    assert page.state is not None
    path = page.state.path
    before = path.read_bytes()
    press(labeling.window, "B")
    at_first = page.canvas.tone
    press(labeling.window, "PgUp")
    press(labeling.window, "Ctrl+PgDown")
    after = page.canvas.tone
    press(labeling.window, "D")
    saved(qtbot, page)
    kept = page.canvas.tone
    press(labeling.window, "B")

    assert after.brightness == pytest.approx(at_first.brightness + 0.1)
    assert after.contrast == pytest.approx(-0.1)
    assert kept == after
    assert page.canvas.tone.is_plain
    assert path.read_bytes() == before


def test_zoom_is_kept_from_picture_to_picture(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    press(labeling.window, "Ctrl+0")
    before = page.canvas.view
    press(labeling.window, "D")
    saved(qtbot, page)
    wait_until(qtbot, lambda: page.canvas.has_picture)

    assert page.canvas.view == before
    assert not page.canvas.is_fitted
    assert at(page.canvas, 0, 0).x() == round(before.x)


def add_picture(root: Path, pixels: NDArray[np.uint8]) -> None:
    """Take one more picture into the newest session."""
    with Project.open(root) as project:
        (session,) = project.catalog.sessions.all()
        done, coded = cv2.imencode(".png", pixels)
        assert done
        project.take_in(coded.tobytes(), session, captured_us=9_000_000)


def test_what_follows_an_accept_is_worked_out_while_the_person_looks(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    draw_box(page.canvas, 40, 100, 100, 140)
    saved(qtbot, page)
    answers = page._calls.desk._session._carrier._answers._found  # type: ignore[attr-defined]
    wait_until(qtbot, lambda: len(answers) == 1)
    ((path, _, _), foreseen) = next(iter(answers.items()))

    accept_and_next(qtbot, labeling.window, page)
    wait_until(qtbot, lambda: page.state is not None and page.state.proposals)

    assert page.state is not None
    assert page.state.path == path
    assert page.state.proposals == foreseen
