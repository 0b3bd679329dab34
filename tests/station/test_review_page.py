from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, QSize, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from dataset.project import Project
from dataset.records import Box, LabelState, SampleState
from labeling.second_opinion.disputes import Verdict
from labeling.second_opinion.second_pass import PassChoice, SecondPass, begin_pass
from labeling.second_opinion.settling import open_disputes, settle, settled_disputes
from station.assembly import Station
from station.jobs import Runner
from station.keys import Page
from station.pictures import ThumbnailLoader
from station.theme import DARK
from station.views.review.review_contract import GridOrder, GridPage, ReviewItem
from station.views.review.review_grid import ReviewGrid
from station.views.review.review_page import DISPUTES, GRID, SECOND, ReviewPage
from tests.gestures import LONG_WAIT_MS, draw_box, press, wait_until
from tests.small_projects import uid
from tests.station.conftest import OpenStation, make_project, pages_of

CAR, VAN = 1, 2


def car(number: int) -> Box:
    """The car of `street(number)`."""
    x = 40.0 + 6 * number
    return Box(id=uid(f"c{number}"), class_id=CAR, x0=x, y0=100.0, x1=x + 60, y1=140.0)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Ten labeled samples, a car in each."""
    folder = tmp_path / "labeled"
    make_project(folder, 10)
    with Project.open(folder) as project:
        samples = sorted(project.catalog.samples.each(), key=lambda s: s.sequence)
        for number, sample in enumerate(samples):
            project.catalog.labels.put(
                sample.id, LabelState(state=SampleState.LABELED, boxes=(car(number),))
            )
    return folder


@pytest.fixture
def disputed_root(root: Path) -> Path:
    """The same with a second pass that calls two of its cars vans."""
    with Project.open(root) as project:
        second = SecondPass(project, begin_pass(project, PassChoice(share=0.3)))
        while (view := second.current) is not None:
            first = project.catalog.labels.boxes(view.sample.id)[0]
            corners = (first.x0, first.y0, first.x1, first.y1)
            second.draw(corners, VAN if view.position < 3 else CAR)
            second.finish()
    return root


def shown(qtbot: QtBot, open_station: OpenStation, root: Path) -> Station:
    station = open_station(root, Page.REVIEW)
    idle(qtbot, station)
    return station


@pytest.fixture
def station(qtbot: QtBot, open_station: OpenStation, root: Path) -> Station:
    return shown(qtbot, open_station, root)


def idle(qtbot: QtBot, station: Station) -> None:
    wait_until(qtbot, lambda: station.runner.is_idle, LONG_WAIT_MS)


def review(station: Station) -> ReviewPage:
    return pages_of(station).review


def classes_of(root: Path) -> list[int]:
    with Project.open(root, read_only=True) as project:
        return sorted(
            box.class_id
            for sample in project.catalog.samples.each()
            for box in project.catalog.labels.boxes(sample.id)
        )


def choose(grid: ReviewGrid, *rows: int) -> None:
    for row in rows:
        flag = QItemSelectionModel.SelectionFlag.Select
        grid.selectionModel().select(grid.rows.index(row), flag)


# The grid


def test_many_boxes_are_relabelled_at_once_and_undone_in_one_step(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    page = review(station)
    press(station.window, "Ctrl+A")
    assert page.grid.chosen_count == 10

    press(station.window, "2")
    idle(qtbot, station)
    assert classes_of(root) == [VAN] * 10
    press(station.window, "Ctrl+Z")
    idle(qtbot, station)
    assert classes_of(root) == [CAR] * 10
    press(station.window, "Ctrl+Y")
    idle(qtbot, station)

    assert classes_of(root) == [VAN] * 10


def test_a_change_made_elsewhere_meanwhile_is_refused_and_shown(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    page = review(station)
    choose(page.grid, 0, 1)
    with Project.open(root) as other:
        sample_id = page.grid.rows.rows[1].sample_id
        labels = other.catalog.labels.get(sample_id)
        moved = replace(labels.boxes[0], x0=1.0)
        other.catalog.labels.put(sample_id, replace(labels, boxes=(moved,)))

    press(station.window, "2")
    idle(qtbot, station)

    assert classes_of(root) == [CAR] * 10
    assert "changed elsewhere" in station.window.notice.text
    assert any(item.box.x0 == 1.0 for item in page.grid.rows.rows)


def test_a_retired_class_is_given_to_no_box(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    choose(review(station).grid, 0)
    with Project.open(root) as other:
        other.catalog.classes.retire(VAN)

    press(station.window, "2")
    idle(qtbot, station)

    assert classes_of(root) == [CAR] * 10
    assert "retired: van" in station.window.notice.text


def test_the_order_by_unlikeness_is_worked_out_when_asked_for(
    qtbot: QtBot, station: Station
) -> None:
    page = review(station)

    page.filters.choose(replace(page.filters.choice, order=GridOrder.UNLIKE))
    idle(qtbot, station)

    odd = [item.odd for item in page.grid.rows.rows]
    assert all(value is not None for value in odd)
    assert odd == sorted(odd, key=lambda value: -(value or 0.0))


def test_filters_narrow_the_grid_and_say_when_nothing_is_left(
    qtbot: QtBot, station: Station
) -> None:
    page = review(station)

    page.filters.choose(replace(page.filters.choice, class_id=VAN))
    idle(qtbot, station)

    assert page.grid.rows.rows == ()
    assert not page.grid.isVisible()


@pytest.fixture
def grid(qtbot: QtBot, runner: Runner) -> ReviewGrid:
    made = ReviewGrid(DARK, ThumbnailLoader(runner))
    qtbot.addWidget(made)
    made.resize(QSize(650, 320))
    items = tuple(
        ReviewItem(sample_id=f"{n:064x}", path=Path("none"), box=car(n % 90))
        for n in range(50_000)
    )
    made.show()
    made.show_page(GridPage(items=items, total=len(items)), keeps_place=False)
    return made


def middle(grid: ReviewGrid, row: int) -> QPoint:
    return grid.visualRect(grid.rows.index(row)).center()


def test_the_rows_of_the_grid_are_a_sound_model(grid: ReviewGrid) -> None:
    QAbstractItemModelTester(
        grid.rows, QAbstractItemModelTester.FailureReportingMode.Warning
    )


def test_shift_chooses_a_run_and_ctrl_one_more(grid: ReviewGrid) -> None:
    left, nothing = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    view = grid.viewport()

    QTest.mouseClick(view, left, nothing, middle(grid, 1))
    shift, ctrl = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
    QTest.mouseClick(view, left, shift, middle(grid, 7))
    QTest.mouseClick(view, left, ctrl, middle(grid, 3))

    chosen = [grid.rows.rows.index(item) for item in grid.chosen]
    assert chosen == [1, 2, 4, 5, 6, 7]


def test_a_rubber_band_chooses_what_it_touches(grid: ReviewGrid) -> None:
    left, nothing = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    view, columns = grid.viewport(), grid.columns

    QTest.mousePress(view, left, nothing, middle(grid, 0))
    for row in (1, columns + 1):
        QTest.mouseMove(view, middle(grid, row))
    QTest.mouseRelease(view, left, nothing, middle(grid, columns + 1))

    chosen = [grid.rows.rows.index(item) for item in grid.chosen]
    assert chosen == [0, 1, columns, columns + 1]


def test_all_of_fifty_thousand_are_chosen_as_one_run(grid: ReviewGrid) -> None:
    grid.selectAll()

    assert grid.chosen_count == 50_000
    assert grid.selectionModel().selection().size() == 1


def test_arrows_go_from_tile_to_tile(grid: ReviewGrid) -> None:
    grid.setCurrentIndex(grid.rows.index(0))

    for key in ("Right", "Down", "End"):
        press(grid, key)
        if key == "Down":
            assert grid.currentIndex().row() == grid.columns + 1

    assert grid.currentIndex().row() == 49_999
    assert grid.viewport().rect().intersects(grid.visualRect(grid.currentIndex()))


# The second pass


def test_a_blind_pass_is_labeled_with_the_keys_of_the_label_page(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    page = review(station)
    press(station.window, "Alt+1")
    page.second.form.share.setValue(10)
    page.second.form.begin.click()
    idle(qtbot, station)
    assert page.second.canvas.items == ()

    press(station.window, "2")
    draw_box(page.second.canvas, 50, 90, 120, 150)
    idle(qtbot, station)
    press(station.window, "Space")
    idle(qtbot, station)

    assert page.second.scene is None
    assert page.tab == SECOND
    assert len(page.state.disputes) == 1
    assert classes_of(root) == [CAR] * 10


def test_a_pass_goes_on_in_the_next_window(
    qtbot: QtBot, open_station: OpenStation, root: Path
) -> None:
    with Project.open(root) as project:
        second = SecondPass(project, begin_pass(project, PassChoice(share=0.3)))
        second.draw((10.0, 10.0, 60.0, 60.0), VAN)

    station = shown(qtbot, open_station, root)

    scene = review(station).second.scene
    assert scene is not None
    assert (scene.left, [b.class_id for b in scene.scene.boxes]) == (3, [VAN])


def test_undo_in_a_pass_takes_second_boxes_back_alone(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    page = review(station)
    page.show_tab(SECOND)
    page.second.begin(PassChoice())
    idle(qtbot, station)
    draw_box(page.second.canvas, 50, 90, 120, 150)
    idle(qtbot, station)

    press(station.window, "Ctrl+Z")
    idle(qtbot, station)

    assert page.second.scene is not None
    assert page.second.scene.scene.boxes == ()
    assert classes_of(root) == [CAR] * 10


# Disputes


def test_disputes_are_settled_with_one_key_each_and_undone(
    qtbot: QtBot, open_station: OpenStation, disputed_root: Path
) -> None:
    station = shown(qtbot, open_station, disputed_root)
    page = review(station)
    press(station.window, "Alt+3")
    assert len(page.state.disputes) == 2

    press(station.window, "F")
    idle(qtbot, station)
    press(station.window, "S")
    idle(qtbot, station)
    assert page.state.disputes == ()
    assert classes_of(disputed_root) == [CAR] * 9 + [VAN]
    press(station.window, "Ctrl+Z")
    idle(qtbot, station)

    assert len(page.state.disputes) == 1
    assert classes_of(disputed_root) == [CAR] * 10
    with Project.open(disputed_root, read_only=True) as project:
        assert len(settled_disputes(project)) == 1


def test_enter_edits_a_dispute_in_label(
    qtbot: QtBot, open_station: OpenStation, disputed_root: Path
) -> None:
    station = shown(qtbot, open_station, disputed_root)
    page, label = review(station), pages_of(station).label
    page.show_tab(DISPUTES)
    row = page.disputes.row
    assert row is not None

    press(station.window, "Return")
    wait_until(qtbot, lambda: station.window.page is Page.LABEL)
    idle(qtbot, station)

    assert label.state is not None
    assert label.state.sample.id == row.found.sample.id


def test_a_dispute_settled_elsewhere_is_refused_and_gone(
    qtbot: QtBot, open_station: OpenStation, disputed_root: Path
) -> None:
    station = shown(qtbot, open_station, disputed_root)
    page = review(station)
    page.show_tab(DISPUTES)
    with Project.open(disputed_root) as other:
        settle(other, open_disputes(other)[0], Verdict.FIRST)

    press(station.window, "S")
    idle(qtbot, station)

    assert "settled or changed elsewhere" in station.window.notice.text
    assert len(page.state.disputes) == 1


def test_a_vanished_picture_is_said_and_can_be_settled(
    qtbot: QtBot, open_station: OpenStation, disputed_root: Path
) -> None:
    with Project.open(disputed_root) as project:
        for found in open_disputes(project):
            project.image_path(found.sample).unlink()

    station = shown(qtbot, open_station, disputed_root)
    page = review(station)
    page.show_tab(DISPUTES)
    idle(qtbot, station)

    assert "cannot be read" in page.disputes.first.words
    page.disputes.first.grab()
    press(station.window, "F")
    idle(qtbot, station)
    assert len(page.state.disputes) == 1


def test_the_side_shows_agreement_and_the_kinds_of_disputes(
    qtbot: QtBot, open_station: OpenStation, disputed_root: Path
) -> None:
    station = shown(qtbot, open_station, disputed_root)
    panel = review(station).panel

    assert panel.figure.text() == "1.00"
    assert [(row.name, row.count) for row in panel.kinds.rows] == [("car or van", 2)]
    assert panel.table.rows[0].counts == ((CAR, 1), (VAN, 2))
    panel.settle.click()
    assert review(station).tab == DISPUTES


def test_without_a_box_every_tab_says_what_to_do(
    qtbot: QtBot, open_station: OpenStation, tmp_path: Path
) -> None:
    Project.create(tmp_path / "bare", ["car"]).close()
    station = shown(qtbot, open_station, tmp_path / "bare")
    page = review(station)

    for tab in (SECOND, GRID, DISPUTES):
        page.show_tab(tab)
        for key in ("S", "F", "D", "A", "Y", "Del", "Space", "E", "1", "Tab"):
            press(station.window, key)
    page.filters.choose(replace(page.filters.choice, order=GridOrder.UNLIKE))
    page.second.form.begin.click()
    idle(qtbot, station)

    assert "No labeled sample" in station.window.notice.text
    assert page.panel.figure.text() == "-"


def test_the_numbers_of_a_second_pass_can_be_read(
    qtbot: QtBot, station: Station
) -> None:
    page = pages_of(station).review
    page.show_tab(SECOND)
    idle(qtbot, station)
    form = page.second.form

    for number in (form.share, form.seed):
        inside = number.lineEdit()
        wanted = inside.fontMetrics().horizontalAdvance(number.text())
        assert inside.width() >= wanted
