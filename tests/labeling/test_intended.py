"""What a sample was captured for becomes a hint, or a doubtful proposal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.errors import NotFound
from dataset.project import Project
from dataset.records import BoxOrigin, Sample, SampleState, Verdict
from labeling.intended import Intent, hint_for, note_intent
from labeling.session import LabelingSession
from tests.small_projects import filled, new_project, new_session

AREA = (0.25, 0.5, 0.75, 1.0)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        filled(made, new_session(made, "s"), 2)
        yield made


@pytest.fixture
def sample(project: Project) -> Sample:
    session = project.catalog.sessions.all()[0]
    return project.catalog.samples.of_session(session.id)[0]


def test_without_an_area_the_class_is_a_hint_and_the_sample_stays_new(
    project: Project, sample: Sample
) -> None:
    note_intent(project, Intent(sample_id=sample.id, class_id=1))

    assert project.catalog.class_hints.get(sample.id) == 1
    assert project.catalog.labels.get(sample.id).state is SampleState.NEW
    assert hint_for(project, sample, ()) == 1


def test_what_is_decided_or_begun_is_labeled_with_the_class_chosen_last(
    project: Project, sample: Sample
) -> None:
    note_intent(project, Intent(sample_id=sample.id, class_id=1))
    labeling = LabelingSession(project)
    labeling.go_to(sample.id)

    drawn = labeling.draw((1.0, 1.0, 9.0, 9.0), 1)
    assert drawn is not None
    assert hint_for(project, drawn.sample, drawn.boxes) is None
    labeling.accept()
    assert hint_for(project, project.catalog.samples.get(sample.id), ()) is None


def test_an_area_is_a_doubtful_proposal_that_one_key_does_not_accept(
    project: Project, sample: Sample
) -> None:
    note_intent(project, Intent(sample_id=sample.id, class_id=1, area=AREA))

    (found,) = project.catalog.labels.get(sample.id).proposals
    assert (found.verdict, found.box.origin) == (Verdict.WEAK, BoxOrigin.MOTION)
    assert (found.box.x0, found.box.y1) == (sample.width * 0.25, sample.height)
    assert project.catalog.tables.class_totals() == {}


def test_the_proposal_is_dropped_and_brought_back(
    project: Project, sample: Sample
) -> None:
    note_intent(project, Intent(sample_id=sample.id, class_id=1, area=AREA))
    labeling = LabelingSession(project)
    labeling.go_to(sample.id)

    labeling.drop_proposals()
    assert project.catalog.labels.get(sample.id).proposals == ()
    labeling.undo()

    assert len(project.catalog.labels.get(sample.id).proposals) == 1


def test_what_a_person_decided_is_left_alone(project: Project, sample: Sample) -> None:
    labeling = LabelingSession(project)
    labeling.go_to(sample.id)
    labeling.mark_empty()

    note_intent(project, Intent(sample_id=sample.id, class_id=1, area=AREA))

    found = project.catalog.labels.get(sample.id)
    assert (found.state, found.proposals) == (SampleState.EMPTY, ())
    assert project.catalog.class_hints.get(sample.id) is None


@pytest.mark.parametrize("area", [(0.2, 0.2, 0.2, 0.4), (1.0, 0.0, 1.4, 0.5)])
def test_an_area_that_is_none_leaves_the_hint(
    project: Project, sample: Sample, area: tuple[float, float, float, float]
) -> None:
    note_intent(project, Intent(sample_id=sample.id, class_id=1, area=area))

    assert project.catalog.class_hints.get(sample.id) == 1
    assert project.catalog.labels.get(sample.id).proposals == ()


def test_a_sample_that_is_gone_is_passed_over_and_a_strange_class_refused(
    project: Project, sample: Sample
) -> None:
    note_intent(project, Intent(sample_id="0" * 64, class_id=1))

    with pytest.raises(NotFound):
        note_intent(project, Intent(sample_id=sample.id, class_id=99))
