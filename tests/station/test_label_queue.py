"""The queue in the window: filters, jumps, the strip, other windows, the pace."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

from dataset.project import Project
from dataset.records import SampleState
from labeling.hold import Hold
from labeling.session import LabelingSession
from station.assembly import Station
from station.keys import Page
from station.views.contracts import FilmFrame, QueueChoice
from station.views.label.filmstrip import PAGE, FilmRows
from station.views.label.label_page import LabelPage
from station.views.state_marks import MARK_PX, paint_state
from tests.gestures import accept_and_next, draw_box, press, saved, wait_until
from tests.station.conftest import OpenStation, pages_of


@pytest.fixture
def page(labeling: Station) -> LabelPage:
    return pages_of(labeling).label


def sample_ids(root: Path) -> list[str]:
    with Project.open(root, read_only=True) as project:
        return list(project.catalog.samples.queue_ids())


def shown(page: LabelPage) -> str:
    return "" if page.state is None else page.state.sample.id


def frame(number: int) -> FilmFrame:
    return FilmFrame(
        sample_id=f"{number:064x}",
        path=Path("none.jpg"),
        state=SampleState.NEW,
        width=10,
        height=10,
    )


def jump(qtbot: QtBot, station: Station, page: LabelPage, words: str) -> None:
    press(station.window, "Ctrl+G")
    (dialog,) = page.findChildren(QInputDialog)
    dialog.setTextValue(words)
    dialog.accept()
    saved(qtbot, page)
    # The offscreen platform has no window manager that would do so.
    wait_until(qtbot, lambda: not page.findChildren(QInputDialog))
    station.window.activateWindow()
    wait_until(qtbot, station.window.isActiveWindow)


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_ctrl_g_goes_to_a_number_and_to_an_id(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    ids = sample_ids(project_root)

    jump(qtbot, labeling, page, "3")
    by_number = shown(page)
    jump(qtbot, labeling, page, ids[1][:8])
    by_id = shown(page)
    jump(qtbot, labeling, page, "99")

    assert (by_number, by_id) == (ids[2], ids[1])
    assert shown(page) == ids[1]
    assert "No sample has that number" in labeling.window.notice.text


def test_first_image_of_the_session_says_that_nothing_is_carried(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    wait_until(qtbot, lambda: page._panel.note)
    first = page._panel.note
    press(labeling.window, "D")
    saved(qtbot, page)

    assert first == "starts clean: the first of its session"


def test_pace_is_shown_once_two_images_were_accepted(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    before = page._panel.pace
    draw_box(page.canvas, 40, 100, 100, 140)
    accept_and_next(qtbot, labeling.window, page)
    # What nobody has seen yet is not accepted, by E neither.
    saved(qtbot, page)
    press(labeling.window, "E")
    saved(qtbot, page)

    assert before == ""
    assert page._panel.pace.startswith("This session: ")
    assert "keys" in page._panel.pace


def test_stale_save_is_refused_shown_and_never_overwrites(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    draw_box(page.canvas, 40, 100, 100, 140)
    saved(qtbot, page)
    with Project.open(project_root) as command:
        other = LabelingSession(command)
        other.go_to(shown(page))
        other.draw((200.0, 10.0, 250.0, 60.0), 2)
    first = shown(page)

    press(labeling.window, "Space")
    saved(qtbot, page)
    wait_until(qtbot, lambda: page.state is not None and len(page.state.boxes) == 2)

    assert shown(page) == first
    assert "changed elsewhere" in labeling.window.notice.text
    assert "look at the sample again" in labeling.window.notice._hint.text()
    with Project.open(project_root, read_only=True) as project:
        assert len(project.catalog.labels.boxes(first)) == 2
        assert project.catalog.samples.get(first).state is SampleState.PROPOSED


def test_second_window_begins_elsewhere_and_goes_on_when_the_first_is_closed(
    qtbot: QtBot, labeling: Station, open_station: OpenStation, project_root: Path
) -> None:
    first = pages_of(labeling).label
    second = pages_of(open_station(project_root)).label
    wait_until(qtbot, lambda: second.state is not None)
    elsewhere = shown(second)
    mine = shown(first)
    labeling.window.close()

    third = pages_of(open_station(project_root)).label
    wait_until(qtbot, lambda: third.state is not None)

    assert elsewhere not in ("", mine)
    assert shown(third) == mine


def test_another_page_leaves_the_samples_to_other_windows(
    qtbot: QtBot, labeling: Station, open_station: OpenStation, project_root: Path
) -> None:
    first = shown(pages_of(labeling).label)
    labeling.window.show_page(Page.VERSIONS)
    wait_until(qtbot, lambda: held(project_root) == 0)

    second = pages_of(open_station(project_root)).label
    wait_until(qtbot, lambda: second.state is not None)

    assert shown(second) == first


def held(root: Path) -> int:
    with Project.open(root, read_only=True) as project:
        return len(project.catalog.claims.held_by_others(""))


def test_an_empty_queue_says_what_another_window_has(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    with Project.open(project_root) as project:
        hold = Hold(project.catalog)
        hold.beat()
        others = sample_ids(project_root)[1:]
        project.catalog.claims.release(holder_of(project))
        project.catalog.claims.take(hold.id, others)

    press(labeling.window, "E")
    saved(qtbot, page)

    assert page.state is None
    wait_until(qtbot, lambda: "another window" in page._nothing.words[0])
    assert page._nothing.words[1].startswith("3 more wait")


def holder_of(project: Project) -> str:
    """The window that has the first sample."""
    (held,) = {
        each.id
        for each in project.catalog.claims.holders()
        if project.catalog.claims.held_by(each.id)
    }
    return held


def test_place_and_filters_are_there_again_after_a_restart(
    qtbot: QtBot,
    page: LabelPage,
    labeling: Station,
    open_station: OpenStation,
    project_root: Path,
) -> None:
    page._toolbar.choice_made.emit(QueueChoice(state="any", order="doubt"))
    saved(qtbot, page)
    press(labeling.window, "D")
    press(labeling.window, "D")
    saved(qtbot, page)
    place = shown(page)
    labeling.window.close()

    again = pages_of(open_station(project_root)).label
    wait_until(qtbot, lambda: again.state is not None)

    assert shown(again) == place
    wait_until(qtbot, lambda: again._toolbar._choice.order == "doubt")
    assert again._toolbar._choice.state == "any"


def test_strip_shows_the_whole_queue_and_follows(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    ids = sample_ids(project_root)
    rows = page._film.rows
    wait_until(qtbot, lambda: all(rows.frame(at) for at in range(4)))

    press(labeling.window, "E")
    saved(qtbot, page)
    wait_until(
        qtbot,
        lambda: (first := rows.frame(0)) and first.state is SampleState.EMPTY,
    )

    frames = [rows.frame(at) for at in range(4)]
    assert [each.sample_id for each in frames if each is not None] == ids
    assert page._film.view.current == 1


def test_click_on_the_strip_goes_to_that_sample(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    wait_until(qtbot, lambda: page._film.rows.frame(2))

    middle = page._film.view._rect(2).center().toPoint()
    QTest.mouseClick(page._film.view.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    saved(qtbot, page)

    assert shown(page) == sample_ids(project_root)[2]


def test_strip_of_a_large_queue_reads_what_is_looked_at_only(qtbot: QtBot) -> None:
    rows = FilmRows()
    asked: list[tuple[int, int]] = []
    rows.frames_wanted.connect(lambda first, count: asked.append((first, count)))
    rows.show_queue(1, 100_000)

    for place in (70_000, 70_001, 70_000 + PAGE):
        assert rows.look(place) is None
    first = 70_000 // PAGE * PAGE
    rows.put(first, tuple(frame(first + at) for at in range(PAGE)))

    assert asked == [(first, PAGE), (first + PAGE, PAGE)]
    assert rows.look(70_000) == frame(70_000)
    assert rows.look(100_000) is None


def test_strip_forgets_the_frames_of_another_queue(qtbot: QtBot) -> None:
    rows = FilmRows()
    rows.show_queue(1, 4)
    rows.put(0, (frame(0),))
    rows.show_queue(1, 4)
    kept = rows.frame(0)

    rows.show_queue(2, 4)

    assert kept == frame(0)
    assert rows.frame(0) is None


def test_states_are_told_apart_without_colour(qtbot: QtBot) -> None:
    marks: list[bytes] = []
    for state, twice in (
        *((each, False) for each in SampleState),
        (SampleState.LABELED, True),
        (SampleState.EMPTY, True),
    ):
        image = QImage(32, 24, QImage.Format.Format_Grayscale8)
        image.fill(QColor("#808080"))
        painter = QPainter(image)
        place = image.rect().toRectF()
        place.setSize(place.size().scaled(MARK_PX, MARK_PX, Qt.IgnoreAspectRatio))
        paint_state(
            painter, place.translated(8, 2), state, QColor("#FFFFFF"), twice=twice
        )
        painter.end()
        marks.append(bytes(image.constBits()))

    assert len(set(marks)) == len(SampleState) + 2
