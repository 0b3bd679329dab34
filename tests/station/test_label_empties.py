"""The Label page offers what is probably empty and dismisses it in one stroke."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from dataset.project import Project
from dataset.records import SampleState
from station.assembly import Station
from station.views.contracts import QueueChoice
from station.views.label.label_page import LabelPage
from tests.gestures import LONG_WAIT_MS, press, saved, wait_until
from tests.labeling.test_empties import FOXES, meadow
from tests.small_projects import BEGAN_US, new_session
from tests.station.conftest import pages_of

EMPTY = sum(x is None for x in FOXES)


@pytest.fixture
def project_root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    with Project.create(root, ["fox"]) as project:
        session = new_session(project, "night")
        for number, x in enumerate(FOXES):
            project.take_in(
                meadow(number, x), session, captured_us=BEGAN_US + number * 1_000_000
            )
    return root


@pytest.fixture
def page(labeling: Station) -> LabelPage:
    return pages_of(labeling).label


def states(root: Path) -> dict[SampleState, int]:
    with Project.open(root, read_only=True) as project:
        return project.catalog.samples.states()


def look(qtbot: QtBot, station: Station, page: LabelPage) -> str:
    sentences: list[str] = []
    page.notice_came.connect(lambda words, _tone: sentences.append(words))
    press(station.window, "Shift+P")
    wait_until(qtbot, lambda: sentences, LONG_WAIT_MS)
    saved(qtbot, page)
    return sentences[0]


def choose(qtbot: QtBot, page: LabelPage, state: str) -> None:
    page._toolbar._choose(QueueChoice(state=state))
    saved(qtbot, page)


def test_looking_is_a_job_that_says_how_many_and_decides_nothing(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    words = look(qtbot, labeling, page)

    assert words.startswith(f"Probably empty: {EMPTY}.")
    assert states(project_root)[SampleState.NEW] == len(FOXES)


def test_the_queue_shows_them_and_one_stroke_dismisses_them(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    look(qtbot, labeling, page)
    choose(qtbot, page, "quiet")
    total = 0 if page.state is None else page.state.total

    press(labeling.window, "Shift+E")
    wait_until(qtbot, lambda: page.state is None)
    saved(qtbot, page)

    assert total == EMPTY
    assert states(project_root)[SampleState.EMPTY] == EMPTY
    assert labeling.window.notice.text.startswith(f"Empty now: {EMPTY}.")


def test_one_undo_brings_all_of_them_back(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    look(qtbot, labeling, page)
    choose(qtbot, page, "quiet")
    press(labeling.window, "Shift+E")
    wait_until(qtbot, lambda: page.state is None)
    saved(qtbot, page)

    press(labeling.window, "Ctrl+Z")
    wait_until(qtbot, lambda: page.state is not None)
    saved(qtbot, page)

    assert states(project_root)[SampleState.NEW] == len(FOXES)


def test_another_queue_is_not_dismissed(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    look(qtbot, labeling, page)

    press(labeling.window, "Shift+E")
    wait_until(
        qtbot, lambda: "probably empty is dismissed" in labeling.window.notice.text
    )

    assert states(project_root)[SampleState.NEW] == len(FOXES)


def test_labeling_goes_on_after_a_dismissal(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    look(qtbot, labeling, page)
    choose(qtbot, page, "quiet")
    press(labeling.window, "Shift+E")
    wait_until(qtbot, lambda: page.state is None)
    saved(qtbot, page)

    choose(qtbot, page, "todo")
    wait_until(qtbot, lambda: page.state is not None)

    assert page.state is not None
    assert page.state.total == len(FOXES) - EMPTY


def test_a_second_search_waits_for_the_first(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    sentences: list[str] = []
    page.notice_came.connect(lambda words, _tone: sentences.append(words))

    press(labeling.window, "Shift+P")
    press(labeling.window, "Shift+P")

    wait_until(qtbot, lambda: len(sentences) == 2, LONG_WAIT_MS)
    saved(qtbot, page)
    assert any("looked for already" in words for words in sentences)
