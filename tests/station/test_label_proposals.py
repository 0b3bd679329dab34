"""The Label page proposes boxes by a model while the person goes on labeling."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from dataset.project import Project
from dataset.records import BoxOrigin, SampleState
from station.assembly import Station
from station.views.label.label_page import LabelPage
from tests import onnx_models as made
from tests.gestures import LONG_WAIT_MS, accept_and_next, press, saved, wait_until
from tests.station.conftest import pages_of

FOUND = made.nms_rows((8, 20, 28, 40, 0.9, 0), (40, 20, 60, 40, 0.3, 1))
NAMES = {"names": "{0: 'car', 1: 'van', 2: 'dog'}"}


@pytest.fixture
def model(project_root: Path) -> Path:
    path = made.answering(project_root / "m.onnx", {"out": FOUND}, notes=NAMES)
    _say(project_root, '[assist]\nmodel = "m.onnx"\n')
    return path


@pytest.fixture
def page(model: Path, labeling: Station) -> LabelPage:
    return pages_of(labeling).label


def _say(root: Path, text: str) -> None:
    path = root / "fieldset.toml"
    path.write_text(path.read_text() + "\n" + text)


def proposed(root: Path) -> int:
    with Project.open(root, read_only=True) as project:
        return project.catalog.samples.states()[SampleState.PROPOSED]


def test_p_proposes_on_every_sample_and_shows_it_with_its_score(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    press(labeling.window, "P")

    wait_until(
        qtbot,
        lambda: page.state is not None and len(page.state.proposals) == 2,
        LONG_WAIT_MS,
    )
    saved(qtbot, page)
    assert {item.label for item in page.canvas.items} == {
        "car · model 0.90",
        "van · weak 0.30",
    }
    assert proposed(project_root) == 4


def test_the_run_is_a_job_with_a_title_and_ends_in_a_sentence(
    qtbot: QtBot, page: LabelPage, labeling: Station
) -> None:
    titles: list[str] = []
    sentences: list[tuple[str, str]] = []
    labeling.runner.job_started.connect(lambda state: titles.append(state.title))
    page.notice_came.connect(lambda words, tone: sentences.append((words, tone)))

    press(labeling.window, "P")

    wait_until(qtbot, lambda: sentences, LONG_WAIT_MS)
    saved(qtbot, page)
    assert titles == ["Propose boxes"]
    ((words, tone),) = sentences
    assert words.startswith("8 boxes proposed on 4 of 4 samples.")
    assert (words.endswith("dog"), tone) == (True, "warn")


def test_accepting_takes_the_sure_proposal_of_the_model(
    qtbot: QtBot, page: LabelPage, labeling: Station, project_root: Path
) -> None:
    assert page.state is not None
    first = page.state.sample.id
    press(labeling.window, "P")
    wait_until(
        qtbot,
        lambda: page.state is not None and len(page.state.proposals) == 2,
        LONG_WAIT_MS,
    )

    accept_and_next(qtbot, labeling.window, page)

    with Project.open(project_root, read_only=True) as project:
        (box,) = project.catalog.labels.boxes(first)
    assert (box.origin, box.score) == (BoxOrigin.MODEL, 0.9)


def test_a_model_that_hangs_is_cancelled_and_the_page_goes_on(
    qtbot: QtBot, page: LabelPage, labeling: Station, model: Path, project_root: Path
) -> None:
    made.hanging(model, only_on_pictures=True)
    _say(project_root, 'names = ["car"]\n')

    press(labeling.window, "P")
    wait_until(qtbot, lambda: labeling.window.status._bar.maximum() == 4, LONG_WAIT_MS)
    labeling.window.commands.run("job.cancel")

    wait_until(qtbot, lambda: not page._proposals.is_running, LONG_WAIT_MS)
    assert proposed(project_root) == 0
    page.mark_empty()
    saved(qtbot, page)
    with Project.open(project_root, read_only=True) as project:
        assert project.catalog.samples.states()[SampleState.EMPTY] == 1


def test_a_model_that_is_none_is_told_and_stops_nothing(
    qtbot: QtBot, page: LabelPage, labeling: Station, model: Path
) -> None:
    model.write_bytes(b"no model")
    errors: list[str] = []
    page.error_came.connect(lambda error: errors.append(error.message))

    press(labeling.window, "P")

    wait_until(qtbot, lambda: errors, LONG_WAIT_MS)
    wait_until(qtbot, lambda: not page._proposals.is_running, LONG_WAIT_MS)
    assert "no ONNX model" in errors[0]


def test_without_a_choice_the_page_says_how_to_choose(
    qtbot: QtBot, labeling: Station
) -> None:
    page = pages_of(labeling).label
    errors: list[str] = []
    page.error_came.connect(lambda error: errors.append(error.hint))

    press(labeling.window, "P")

    wait_until(qtbot, lambda: errors, LONG_WAIT_MS)
    wait_until(qtbot, lambda: not page._proposals.is_running, LONG_WAIT_MS)
    assert "[assist]" in errors[0]


def test_motion_needs_no_model(
    qtbot: QtBot, labeling: Station, project_root: Path
) -> None:
    page = pages_of(labeling).label
    _say(project_root, '[assist]\nby = "motion"\nmoving = "car"\n')
    sentences: list[str] = []
    page.notice_came.connect(lambda words, _tone: sentences.append(words))

    press(labeling.window, "P")

    wait_until(qtbot, lambda: sentences, LONG_WAIT_MS)
    saved(qtbot, page)
    assert "of 4 samples" in sentences[0]
