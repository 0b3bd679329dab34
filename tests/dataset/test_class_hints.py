"""The class that was chosen at the shutter: kept, shown to the queue, never counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.erasure import erase
from dataset.errors import NotFound
from dataset.project import Project
from dataset.records import LabelEdit, LabelState, Sample, SampleState
from dataset.status import status
from tests.small_projects import filled, new_project, new_session


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        filled(made, new_session(made, "s"), 3)
        yield made


@pytest.fixture
def samples(project: Project) -> tuple[Sample, ...]:
    return project.catalog.samples.of_session(project.catalog.sessions.all()[0].id)


def decide(project: Project, sample: Sample) -> None:
    project.catalog.labels.apply(
        LabelEdit(
            sample_id=sample.id,
            title="empty",
            before=project.catalog.labels.get(sample.id),
            after=LabelState(state=SampleState.EMPTY),
            at_us=1,
        )
    )


def test_a_hint_is_kept_and_can_be_dropped(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    hints = project.catalog.class_hints

    assert hints.put(samples[0].id, 1)
    assert hints.get(samples[0].id) == 1
    hints.drop(samples[0].id)
    assert hints.get(samples[0].id) is None


def test_a_hint_changes_no_state_and_no_count(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    before = status(project).to_json()

    project.catalog.class_hints.put(samples[0].id, 1)

    assert status(project).to_json() == before
    assert project.catalog.labels.get(samples[0].id) == LabelState()


def test_a_sample_that_a_person_decided_takes_no_hint(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    decide(project, samples[0])

    assert not project.catalog.class_hints.put(samples[0].id, 1)
    assert project.catalog.class_hints.get(samples[0].id) is None


def test_the_hint_of_a_merged_class_is_the_one_it_became(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    other = project.catalog.classes.add("lorry")
    project.catalog.class_hints.put(samples[0].id, other.id)

    project.catalog.classes.merge(other.id, 1)

    assert project.catalog.class_hints.get(samples[0].id) == 1
    assert project.catalog.class_hints.waiting() == {1: 1}


def test_the_hint_of_a_retired_class_is_none(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    other = project.catalog.classes.add("lorry")
    project.catalog.class_hints.put(samples[0].id, other.id)

    project.catalog.classes.retire(other.id)

    assert project.catalog.class_hints.get(samples[0].id) is None


def test_only_samples_that_wait_for_labels_are_told_of(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    for sample in samples[:2]:
        project.catalog.class_hints.put(sample.id, 1)
    decide(project, samples[1])

    assert project.catalog.class_hints.waiting() == {1: 1}


def test_a_class_that_is_not_there_is_refused(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    with pytest.raises(NotFound):
        project.catalog.class_hints.put(samples[0].id, 99)


def test_a_hint_goes_with_its_erased_sample(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    project.catalog.class_hints.put(samples[0].id, 1)

    erase(project, samples[0].id)

    assert project.catalog.class_hints.waiting() == {}
    assert not project.catalog.damages()
