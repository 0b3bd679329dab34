from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.errors import ProjectError
from dataset.project import Project
from dataset.records import LabelEdit, LabelState, Sample, SampleState
from tests.small_projects import box, content, filled, new_project, new_session

LABELED = LabelState(state=SampleState.LABELED, boxes=(box("a"),))
RELABELED = LabelState(state=SampleState.LABELED, boxes=(box("a", 2),))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        for sample in filled(made, new_session(made), 3):
            made.catalog.labels.put(sample.id, LABELED)
        yield made


def edits_of(samples: list[Sample]) -> list[LabelEdit]:
    return [
        LabelEdit(
            sample_id=sample.id, title="t", before=LABELED, after=RELABELED, at_us=1
        )
        for sample in samples
    ]


def classes(project: Project) -> list[int]:
    return [
        project.catalog.labels.boxes(sample.id)[0].class_id
        for sample in project.catalog.samples.each()
    ]


def test_one_undo_takes_a_whole_step_back_and_one_redo_makes_it(
    project: Project,
) -> None:
    labels = project.catalog.labels
    labels.apply_all(edits_of(list(project.catalog.samples.each())))
    assert classes(project) == [2, 2, 2]

    labels.undo()
    assert classes(project) == [1, 1, 1]
    assert labels.undo() is None
    labels.redo()

    assert classes(project) == [2, 2, 2]
    assert labels.redo() is None


def test_edits_of_their_own_stay_steps_of_their_own(project: Project) -> None:
    first, second, third = project.catalog.samples.each()
    labels = project.catalog.labels
    labels.apply_all(edits_of([first, second]))
    labels.apply(edits_of([third])[0])

    labels.undo()

    assert classes(project) == [2, 2, 1]


def test_a_step_is_saved_whole_or_not_at_all(project: Project) -> None:
    samples = list(project.catalog.samples.each())
    project.catalog.labels.put(samples[-1].id, RELABELED)
    before = content(project.catalog)

    with pytest.raises(ProjectError, match="changed elsewhere"):
        project.catalog.labels.apply_all(edits_of(samples))

    assert content(project.catalog) == before


def test_undo_of_a_step_leaves_what_changed_elsewhere_and_says_so(
    project: Project,
) -> None:
    samples = list(project.catalog.samples.each())
    labels = project.catalog.labels
    labels.apply_all(edits_of(samples))
    labels.put(samples[1].id, LabelState(state=SampleState.EMPTY))

    turned = labels.undo()

    assert turned is not None
    assert [error.message for error in turned.left] == [
        f"The labels of this sample were changed elsewhere: {samples[1].id[:12]}"
    ]
    assert labels.boxes(samples[0].id) == LABELED.boxes
    assert labels.boxes(samples[1].id) == ()
    assert labels.boxes(samples[2].id) == LABELED.boxes
    assert labels.redo() is not None
    assert labels.redo() is None
