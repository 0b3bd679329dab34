"""Steps taken back and made again away from the queue, as the command line does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.errors import ProjectError
from dataset.project import Project
from dataset.records import Box, LabelState, Sample, SampleState
from labeling.hold import Hold
from labeling.session import LabelingSession
from labeling.steps import turn_steps
from tests.small_projects import box, filled, new_project, new_session


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


@pytest.fixture
def samples(project: Project) -> tuple[Sample, ...]:
    """Three samples; the person drew on the first, emptied one, skipped one."""
    made = filled(project, new_session(project, "morning"), 3)
    labeling = LabelingSession(project)
    labeling.draw((5.0, 5.0, 30.0, 30.0), 1)
    labeling.accept()
    labeling.mark_empty()
    labeling.skip("blurred")
    return made


def states(project: Project, samples: tuple[Sample, ...]) -> list[SampleState]:
    return [project.catalog.labels.get(each.id).state for each in samples]


def boxes(project: Project, samples: tuple[Sample, ...]) -> list[tuple[Box, ...]]:
    return [project.catalog.labels.boxes(each.id) for each in samples]


def test_the_newest_steps_are_taken_back_newest_first(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    turned, error = turn_steps(project, 2, back=True)

    assert error is None
    assert [one.sample_id for one in turned] == [samples[2].id, samples[1].id]
    assert states(project, samples) == [
        SampleState.LABELED,
        SampleState.NEW,
        SampleState.NEW,
    ]


def test_undo_of_everything_and_redo_of_everything_is_nothing(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    before = boxes(project, samples), states(project, samples)

    undone, _ = turn_steps(project, 99, back=True)
    emptied = states(project, samples)
    redone, _ = turn_steps(project, 99, back=False)

    assert len(undone) == len(redone) == 4
    assert emptied == [SampleState.NEW] * 3
    assert (boxes(project, samples), states(project, samples)) == before


def test_with_nothing_to_turn_nothing_is_told(project: Project) -> None:
    assert turn_steps(project, 3, back=True) == ((), None)
    assert turn_steps(project, 3, back=False) == ((), None)


def test_what_an_open_window_did_is_left_to_it(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    hold = Hold(project.catalog)
    window = LabelingSession(project, state="any", hold=hold)
    window.go_to(samples[0].id)
    window.draw((1.0, 1.0, 20.0, 20.0), 1)

    (turned,), _ = turn_steps(project, 1, back=True)

    assert turned.title == "skipped 3"
    assert len(project.catalog.labels.boxes(samples[0].id)) == 2
    view = window.undo()
    assert view is not None
    assert len(view.boxes) == 1
    hold.leave()


def test_a_step_that_something_else_changed_since_stays_and_says_so(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    changed = LabelState(state=SampleState.LABELED, boxes=(box("other"),))
    project.catalog.labels.put(samples[1].id, changed)

    turned, error = turn_steps(project, 9, back=True)

    assert [one.sample_id for one in turned] == [samples[2].id]
    assert isinstance(error, ProjectError)
    assert project.catalog.labels.get(samples[1].id) == changed


def test_no_window_is_left_behind(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    turn_steps(project, 1, back=True)

    assert project.catalog.claims.holders() == ()
