"""The map of samples, worked with by hand: lasso, queue, test set, bad luck."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from dataset.erasure import erase
from dataset.mapping.map_measuring import measure_missing
from dataset.progress import SILENT, Cancelled, Progress
from dataset.project import Project
from dataset.records import LabelState, SampleState
from dataset.sample_map import unmeasured
from dataset.sealed.sealing import seal
from station.assembly import Station
from station.desks.explore_desk import ProjectExploreDesk
from station.jobs import Runner
from station.keys import Page, actions
from station.theme import DARK, SUNLIGHT
from station.views.explore import explore_view
from station.views.explore.explore_contract import ExploreState
from station.views.explore.explore_view import ExploreView
from station.views.explore.map_gestures import Tool
from tests.gestures import click_button, hover, press, trace, turn_wheel, wait_until
from tests.sealed_projects import labeled_group, members, sealable_project
from tests.small_projects import box, filled, new_project, new_session
from tests.station.conftest import OpenStation, pages_of
from tests.station.test_window import cut_off

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


def fill(folder: Path) -> Path:
    """Groups in every split, one without and one fresh, all measured."""
    with sealable_project(folder) as project:
        labeled_group(project, "", first=300)
        filled(project, new_session(project, "fresh"), 2, first=400)
        measure_missing(project, unmeasured(project))
    return folder


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that tests look at and leave as it is."""
    return fill(tmp_path_factory.mktemp("shown") / "p")


@pytest.fixture
def root(tmp_path: Path, shown: Path) -> Path:
    """A copy of it that a test may change."""
    return Path(shutil.copytree(shown, tmp_path / "p"))


def alone(qtbot: QtBot, runner: Runner, folder: Path) -> ExploreView:
    """The view without a window, as large as in one of 1280 x 720."""
    made = ExploreView(ProjectExploreDesk(folder), runner, DARK, actions())
    qtbot.addWidget(made)
    made.resize(1200, 600)
    made.show()
    made.show_state(made.desk.state(SILENT))
    return made


@pytest.fixture
def view(qtbot: QtBot, runner: Runner, shown: Path) -> ExploreView:
    return alone(qtbot, runner, shown)


@pytest.fixture
def station(qtbot: QtBot, open_station: OpenStation, root: Path) -> Iterator[Station]:
    made = open_map(qtbot, open_station, root)
    yield made
    made.window.close()


def open_map(qtbot: QtBot, open_station: OpenStation, root: Path) -> Station:
    made = open_station(root, Page.DATASET)
    press(made.window, "Alt+6")
    wait_until(qtbot, lambda: view_of(made).state is not None)
    wait_until(qtbot, lambda: made.runner.is_idle)
    return made


def view_of(station: Station) -> ExploreView:
    return pages_of(station).dataset.explore


def point_of(view: ExploreView, sample_id: str) -> QPoint:
    return view.surface.widget_point(view.map.index[sample_id]).toPoint()


def ring(point: QPoint, radius: int = 5) -> list[QPoint]:
    """A small lasso round a point."""
    steps = ((-1, -1), (0, -1), (1, -1), (1, 1), (0, 1), (-1, 1), (-1, -1))
    return [point + QPoint(radius * x, radius * y) for x, y in steps]


def whole(view: ExploreView) -> list[QPoint]:
    """A lasso round everything that is in sight."""
    right, bottom = view.surface.width() - 2, view.surface.height() - 2
    return [QPoint(1, 1), QPoint(right, 1), QPoint(right, bottom), QPoint(1, bottom)]


def lone(view: ExploreView, count: int = 2) -> list[str]:
    """The ids of samples that lie alone, so that a small lasso holds one of them."""
    places = view.surface.view.to_widget(view.map.places)
    found = []
    for at, row in enumerate(view.map.samples):
        away = abs(places - places[at]).max(axis=1)
        if (away > 16).sum() == len(places) - 1:
            found.append(row.id)
    assert len(found) >= count
    return found


def ids_in(root: Path, session: str) -> list[str]:
    with Project.open(root, read_only=True) as project:
        held = project.catalog.sessions.by_name(session)
        return [sample.id for sample in project.catalog.samples.of_session(held.id)]


def test_a_lasso_chooses_what_it_holds_and_shows_the_pictures(
    view: ExploreView,
) -> None:
    one = lone(view)[0]

    trace(view.surface, ring(point_of(view, one)))

    assert view.choice.ids == (one,)
    assert [row.id for row in view.panel.grid.rows.rows] == [one]
    assert view.panel.queue.isEnabled()


def test_a_lasso_round_everything_chooses_everything_in_session_order(
    view: ExploreView, shown: Path
) -> None:

    trace(view.surface, whole(view))

    assert len(view.choice.ids) == 20
    assert [i for i in view.choice.ids if i in ids_in(shown, "session 10")] == ids_in(
        shown, "session 10"
    )


def test_shift_adds_and_ctrl_takes_away(view: ExploreView) -> None:
    first, second = lone(view)[:2]
    trace(view.surface, ring(point_of(view, first)))

    trace(view.surface, ring(point_of(view, second)), SHIFT)
    assert set(view.choice.ids) == {first, second}

    trace(view.surface, ring(point_of(view, first)), CTRL)
    assert view.choice.ids == (second,)


def test_a_rectangle_chooses_as_well(view: ExploreView) -> None:
    one = lone(view)[0]
    middle = point_of(view, one)
    view.commands()["explore.rectangle"]()
    assert view.surface.tool is Tool.RECTANGLE

    trace(view.surface, [middle - QPoint(6, 6), middle, middle + QPoint(6, 6)])

    assert view.choice.ids == (one,)


def test_a_click_chooses_one_and_a_click_beside_none(view: ExploreView) -> None:
    one = lone(view)[0]

    trace(view.surface, [point_of(view, one)])
    assert view.choice.ids == (one,)

    trace(view.surface, [QPoint(2, 2)])
    assert view.choice.ids == ()
    assert not view.panel.queue.isEnabled()


def test_the_wheel_zooms_at_the_pointer_and_all_is_shown_again(
    view: ExploreView,
) -> None:
    one = lone(view)[0]
    before, scale = point_of(view, one), view.surface.view.scale

    turn_wheel(view.surface, before, 4)
    assert view.surface.view.scale > 2 * scale
    assert (point_of(view, one) - before).manhattanLength() <= 2

    view.commands()["explore.fit"]()
    assert view.surface.view.scale == scale


def test_the_right_button_moves_the_map_with_any_tool(view: ExploreView) -> None:
    one = lone(view)[0]
    before = point_of(view, one)
    start = QPoint(50, 50)

    trace(
        view.surface,
        [start, start + QPoint(20, 5), start + QPoint(40, 10)],
        button=Qt.MouseButton.RightButton,
    )

    assert (point_of(view, one) - before - QPoint(40, 10)).manhattanLength() <= 2
    assert view.choice.ids == ()


def test_hovering_shows_the_sample(view: ExploreView, shown: Path) -> None:
    one = next(i for i in lone(view) if i in ids_in(shown, "session 0"))

    hover(view.surface, point_of(view, one))

    assert view.card.isVisible()
    assert view.card.words == ("car, labeled · train", f"session 0 · {one[:8]}")
    hover(view.surface, QPoint(1, 1))
    assert not view.card.isVisible()


def test_colours_go_round_by_a_key(view: ExploreView) -> None:
    seen = []
    for _ in view.map.colourings:
        seen.append(view.tools.chosen_by)
        view.commands()["explore.colour"]()

    assert seen == ["class", "split", "session", "state"]
    assert view.tools.chosen_by == "class"
    words = [row.words for row in view.panel.legend.rows.rows]
    assert words == ["car", "no box, or closed"]


def test_what_the_legend_hides_is_not_chosen(view: ExploreView) -> None:
    view.commands()["explore.colour"]()
    train = next(row for row in view.panel.legend.rows.rows if row.words == "train")
    trace(view.surface, whole(view))

    view.panel.legend.toggle(train)
    assert len(view.choice.ids) == 20 - train.count

    view.panel.legend.isolate(train)
    trace(view.surface, whole(view))
    assert len(view.choice.ids) == train.count


def test_marked_pictures_are_taken_out_of_the_choice(view: ExploreView) -> None:
    trace(view.surface, whole(view))
    grid = view.panel.grid
    grid.setCurrentIndex(grid.rows.index(0))
    gone = view.choice.ids[0]

    view.commands()["explore.drop"]()

    assert gone not in view.choice.ids
    assert len(view.choice.ids) == 19


def test_the_queue_shows_just_the_picked_in_session_order(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    view, label = view_of(station), pages_of(station).label
    wanted = (*ids_in(root, "session 0")[:2], ids_in(root, "fresh")[1])
    view.choice.choose_ids(wanted)
    expected = view.choice.ids

    press(station.window, "Q")

    wait_until(qtbot, lambda: label.state is not None and label.state.total == 3)
    assert station.window.page is Page.LABEL
    assert label.state is not None
    assert label.state.sample.id == expected[0]
    press(station.window, "D")
    wait_until(
        qtbot, lambda: label.state is not None and label.state.sample.id == expected[1]
    )


def test_ids_are_copied_one_a_line(view: ExploreView) -> None:
    view.choice.choose_all()

    view.commands()["explore.copy"]()

    assert QGuiApplication.clipboard().text().split("\n") == list(view.choice.ids)


def test_a_test_set_is_filled_once_it_was_told_what_goes_in(
    qtbot: QtBot, station: Station, root: Path
) -> None:
    view = view_of(station)
    fresh = ids_in(root, "fresh")
    view.choice.choose_ids([fresh[0], ids_in(root, "session 0")[0]])

    press(station.window, "T")
    dialog = view.acts.dialog
    assert dialog is not None
    assert not dialog.yes.isEnabled()
    wait_until(qtbot, dialog.yes.isEnabled)
    goes, stays = dialog.said
    assert "2 samples in one group, of fresh" in goes
    assert "1 in train" in stays
    with Project.open(root, read_only=True) as project:
        assert "test-stress" not in {split.name for split in project.splits}

    click_button(dialog.yes)

    wait_until(qtbot, lambda: view.acts.dialog is None)
    with Project.open(root, read_only=True) as project:
        assert {s.id for s in members(project, "test-stress")} == set(fresh)
    wait_until(qtbot, lambda: view.state is not None and view.state.sets)
    assert view.state is not None
    assert view.state.sets == ("test-stress",)


def test_another_name_is_looked_at_anew_and_a_wrong_one_refused(
    qtbot: QtBot, runner: Runner, root: Path
) -> None:
    view = alone(qtbot, runner, root)
    view.choice.choose_ids(ids_in(root, "fresh"))
    view.ask_set()
    dialog = view.acts.dialog
    assert dialog is not None
    wait_until(qtbot, dialog.yes.isEnabled)

    dialog.name.setEditText("test-main")
    assert not dialog.yes.isEnabled()
    wait_until(qtbot, lambda: "not filled by hand" in dialog.said[0])
    assert not dialog.yes.isEnabled()

    dialog.name.setEditText("test-fog")
    wait_until(qtbot, dialog.yes.isEnabled)
    dialog.reject()
    wait_until(qtbot, lambda: view.acts.dialog is None)
    with Project.open(root, read_only=True) as project:
        assert "test-fog" not in {split.name for split in project.splits}


def test_what_is_not_measured_is_offered_and_measured_in_a_job(
    qtbot: QtBot, runner: Runner, tmp_path: Path
) -> None:
    with new_project(tmp_path / "m") as project:
        filled(project, new_session(project), 3)
        measure_missing(project, unmeasured(project)[:1])
    view = alone(qtbot, runner, tmp_path / "m")
    assert len(view.map) == 1
    assert "2 samples are not on the map" in view.missing.words

    click_button(view.missing.measure)

    wait_until(qtbot, lambda: len(view.map) == 3)
    assert not view.missing.isVisible()


def test_a_project_of_which_nothing_is_measured_says_what_to_do(
    qtbot: QtBot, runner: Runner, tmp_path: Path
) -> None:
    with new_project(tmp_path / "m") as project:
        filled(project, new_session(project), 2)
    view = alone(qtbot, runner, tmp_path / "m")
    offer = next(
        part
        for part in view.findChildren(QPushButton)
        if part.isVisible() and part.text() == "Measure them"
    )
    assert not view.panel.isVisible()

    click_button(offer)

    wait_until(qtbot, lambda: len(view.map) == 2)
    assert view.panel.isVisible()
    assert view.surface.isVisible()


def test_a_map_that_was_stopped_can_be_asked_for_again(
    qtbot: QtBot, runner: Runner, shown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = ExploreView(ProjectExploreDesk(shown), runner, DARK, actions())
    qtbot.addWidget(view)
    view.show()
    with monkeypatch.context() as stopped:
        stopped.setattr(view.desk, "state", refuse)
        view.refresh()
        wait_until(qtbot, lambda: runner.is_idle)
        assert view.state is None

    view.refresh()

    wait_until(qtbot, lambda: len(view.map) == 20)


def refuse(_progress: Progress) -> ExploreState:
    raise Cancelled


def test_the_measuring_is_cancelled_and_goes_on_later(
    qtbot: QtBot, runner: Runner, tmp_path: Path
) -> None:
    with new_project(tmp_path / "m") as project:
        filled(project, new_session(project), 3)
    view = alone(qtbot, runner, tmp_path / "m")

    view.measure()
    runner.cancel_all()

    wait_until(qtbot, lambda: runner.is_idle)
    view.measure()
    wait_until(qtbot, lambda: len(view.map) == 3)


@pytest.mark.parametrize("theme", ["dark", "sunlight"])
def test_no_word_of_the_map_is_cut_off(
    qtbot: QtBot, open_station: OpenStation, shown: Path, theme: str
) -> None:
    station = open_station(shown, Page.DATASET, theme=theme)
    station.window.resize(1280, 720)
    press(station.window, "Alt+6")
    view = view_of(station)
    wait_until(qtbot, lambda: len(view.map) == 20 and station.runner.is_idle)

    assert cut_off(view) == []
    view.choice.choose_all()
    QApplication.processEvents()
    assert cut_off(view) == []
    assert view.panel.grid.columns == 3


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_samples_are_no_crash(
    qtbot: QtBot, runner: Runner, tmp_path: Path, count: int
) -> None:
    with new_project(tmp_path / "few") as project:
        filled(project, new_session(project), count)
        measure_missing(project, unmeasured(project))

    view = alone(qtbot, runner, tmp_path / "few")

    assert len(view.map) == count
    assert not view.grab().isNull()
    view.commands()["explore.all"]()
    assert len(view.choice.ids) == count


def test_a_picture_that_is_gone_breaks_nothing(
    qtbot: QtBot, runner: Runner, root: Path
) -> None:
    view = alone(qtbot, runner, root)
    with Project.open(root, read_only=True) as project:
        gone = members(project, "val")[0]
        project.images.path(gone.id, gone.suffix).unlink()

    view.choice.choose_ids([gone.id])
    view.grab()
    wait_until(qtbot, lambda: runner.is_idle)

    assert not view.grab().isNull()
    assert view.choice.ids == (gone.id,)


def test_a_sample_that_is_erased_elsewhere_leaves_choice_and_map(
    qtbot: QtBot, runner: Runner, root: Path
) -> None:
    view = alone(qtbot, runner, root)
    view.choice.choose_all()
    gone, kept = ids_in(root, "fresh")
    with Project.open(root) as other:
        erase(other, gone, reason="asked for")

    view.refresh()

    wait_until(qtbot, lambda: len(view.map) == 19)
    assert gone not in view.choice.ids
    assert kept in view.choice.ids


def test_what_another_window_labels_is_shown(
    qtbot: QtBot, runner: Runner, root: Path
) -> None:
    view = alone(qtbot, runner, root)
    (one, _) = ids_in(root, "fresh")
    with Project.open(root) as other:
        state = LabelState(state=SampleState.LABELED, boxes=(box("z", class_id=2),))
        other.catalog.labels.put(one, state)

    view.refresh()

    wait_until(
        qtbot,
        lambda: view.map.colouring("class").value_of(view.map.index[one]) == "bike",
    )
    assert [row.words for row in view.panel.legend.rows.rows][:2] == ["car", "bike"]


def test_changes_by_others_are_read_once_and_after_a_pause(
    qtbot: QtBot, runner: Runner, shown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = alone(qtbot, runner, shown)
    read: list[ExploreState] = []
    state = view.desk.state

    def noting(progress: Progress) -> ExploreState:
        read.append(state(progress))
        return read[-1]

    monkeypatch.setattr(view.desk, "state", noting)
    monkeypatch.setattr(explore_view, "PAUSE", 100_000)
    view.note_change()
    wait_until(qtbot, lambda: runner.is_idle and read)

    for _ in range(5):
        view.note_change()
    assert runner.is_idle

    view.pause.timeout.emit()
    wait_until(qtbot, lambda: runner.is_idle and len(read) > 1)
    assert len(read) == 2


def test_two_desks_pick_into_the_same_set(root: Path) -> None:
    fresh, late = ids_in(root, "fresh"), ids_in(root, "session 300")
    first, second = ProjectExploreDesk(root), ProjectExploreDesk(root)

    first.fill_set("test-stress", fresh[:1], SILENT)
    plan = second.plan_set("test-stress", [*fresh, *late], SILENT)
    second.fill_set("test-stress", [*fresh, *late], SILENT)

    assert "2 in test-stress" in plan.stays
    with Project.open(root, read_only=True) as project:
        assert {s.id for s in members(project, "test-stress")} == {*fresh, *late}


def test_sealed_samples_are_on_the_map_and_in_no_queue(root: Path) -> None:
    with Project.open(root) as project:
        closed = [sample.id for sample in members(project, "test-main")]
        seal(project, "test-main")

    sent = ProjectExploreDesk(root).send([*closed, *ids_in(root, "fresh")])

    assert sent.tone == "warn"
    assert "shows 2 picked" in sent.sentence
    assert "3 are not shown" in sent.sentence


def test_keys_lead_to_the_map_from_every_page_and_back_to_the_counts(
    station: Station,
) -> None:
    view, page = view_of(station), pages_of(station).dataset
    press(station.window, "Ctrl+5")

    press(station.window, "Ctrl+6")
    assert station.window.page is Page.DATASET
    assert view.isVisible()

    press(station.window, "Alt+2")
    assert not view.isVisible()
    assert page.class_tabs.chosen == 1

    # Those of the map mean nothing then.
    view.choice.choose_all()
    press(station.window, "Esc")
    assert len(view.choice.ids) == 20


def test_the_grid_is_a_sound_model(
    view: ExploreView, qtmodeltester: ModelTester
) -> None:
    view.choice.choose_all()

    qtmodeltester.check(view.panel.grid.rows)
    qtmodeltester.check(view.panel.legend.rows)


def test_the_looks_are_painted_anew(view: ExploreView) -> None:
    before = view.surface.grab().toImage()

    view.set_theme(SUNLIGHT)

    after = view.surface.grab().toImage()
    assert before.pixelColor(1, 1) != after.pixelColor(1, 1)
    assert after.pixelColor(1, 1).name() == "#ffffff"


def test_an_open_sample_is_shown_in_label(qtbot: QtBot, station: Station) -> None:
    view, label = view_of(station), pages_of(station).label
    one = lone(view)[0]

    QTest.mouseDClick(
        view.surface,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        point_of(view, one),
    )

    wait_until(qtbot, lambda: label.state is not None and label.state.sample.id == one)
    assert station.window.page is Page.LABEL
