"""`empty` and `skipped` samples gain no box by anything but a person's own hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dataset.assist_settings import AssistSettings
from dataset.project import Project
from dataset.records import BoxOrigin, LabelState, Proposal, SampleState, Verdict
from labeling.assist import place, propose_all
from labeling.carry_request import PixelCache, carry_request
from labeling.class_work import ClassAct, ClassVerb, do
from labeling.detection.class_map import ClassMap
from labeling.detection.motion_assist import MotionDetector
from labeling.session import LabelingSession
from tests.labeling.test_assist import CLASSES, Known, thing
from tests.small_projects import TRAFFIC, box, new_project, new_session

MICRO = 1_000_000
FOUND = Proposal(
    box=box("found", origin=BoxOrigin.CARRIED, score=0.9), verdict=Verdict.MOVED
)
DECIDED = {
    "empty": LabelState(state=SampleState.EMPTY),
    "skipped": LabelState(state=SampleState.SKIPPED, skip_reason="blurred"),
}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A labeled sample, one that a person decided, and one that is new."""
    with new_project(tmp_path / "p") as made:
        session = new_session(made, "morning")
        for n in (1, 2, 3):
            data = (TRAFFIC / f"{n}.jpg").read_bytes()
            made.take_in(data, session, captured_us=n * MICRO)
        labeled = LabelState(state=SampleState.LABELED, boxes=(box("seen"),))
        made.catalog.labels.put(of(made, 0), labeled)
        yield made


def of(project: Project, at: int) -> str:
    (session,) = project.catalog.sessions.all()
    return project.catalog.samples.of_session(session.id)[at].id


def _by_model(project: Project) -> None:
    propose_all(project, Known(thing()), CLASSES, AssistSettings(sure=0.1))


def _by_motion(project: Project) -> None:
    motion = MotionDetector(project.catalog, project.images)
    propose_all(project, motion, ClassMap(ids={0: 1}), AssistSettings(by="motion"))


def _late(project: Project) -> None:
    """A run that held its proposals back while the sample was open."""
    place(project.catalog, of(project, 1), (FOUND,))


def _offer(project: Project) -> None:
    labeling = LabelingSession(project, state="any")
    labeling.go_to(of(project, 1))
    labeling.offer(of(project, 1), (FOUND,))


def _carry(project: Project) -> None:
    sample = project.catalog.samples.get(of(project, 1))
    assert carry_request(project, sample, PixelCache()) is None


def _visit(project: Project) -> None:
    labeling = LabelingSession(project, state="any")
    for _ in range(3):
        labeling.next()
    for _ in range(3):
        labeling.previous()


def _accept_the_one_before(project: Project) -> None:
    labeling = LabelingSession(project, state="any")
    labeling.go_to(of(project, 0))
    labeling.accept()


def _merge(project: Project) -> None:
    do(project, ClassAct(verb=ClassVerb.MERGE, class_id=1, target_id=2))


@pytest.mark.parametrize("state", sorted(DECIDED))
@pytest.mark.parametrize(
    "write",
    [
        _by_model,
        _by_motion,
        _late,
        _offer,
        _carry,
        _visit,
        _accept_the_one_before,
        _merge,
    ],
)
def test_nothing_is_written_into_what_a_person_decided(
    project: Project, state: str, write: Callable[[Project], None]
) -> None:
    project.catalog.labels.put(of(project, 1), DECIDED[state])

    write(project)

    assert project.catalog.labels.get(of(project, 1)) == DECIDED[state]


@pytest.mark.parametrize("state", sorted(DECIDED))
def test_the_catalog_itself_keeps_no_proposal_there(
    project: Project, state: str
) -> None:
    project.catalog.labels.put(of(project, 1), DECIDED[state])

    is_kept = project.catalog.labels.propose(of(project, 1), (FOUND,))

    assert not is_kept
    assert project.catalog.labels.get(of(project, 1)) == DECIDED[state]


def test_a_box_of_a_skipped_draft_stays_as_it_was_drawn(project: Project) -> None:
    draft = LabelState(
        state=SampleState.SKIPPED, skip_reason="blurred", boxes=(box("drawn"),)
    )
    project.catalog.labels.put(of(project, 1), draft)

    for write in (_by_model, _by_motion, _late, _offer, _carry, _visit):
        write(project)

    assert project.catalog.labels.get(of(project, 1)) == draft
