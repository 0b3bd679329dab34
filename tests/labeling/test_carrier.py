"""Carry-over asked ahead: the answer after the accept is the one worked out before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from dataset.errors import UsageError
from dataset.project import Project
from labeling import carrier
from labeling.carry_request import Answers
from labeling.carrying.tracker import Sought, Tracked
from labeling.session import LabelingSession
from tests.small_projects import (
    BEGAN_US,
    TRAFFIC,
    content,
    new_project,
    new_session,
    proposal,
)

SECOND = 1_000_000
CARS = ((140.0, 100.0, 200.0, 150.0), (60.0, 80.0, 110.0, 120.0))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        session = new_session(made, "s")
        for number in (1, 2, 3):
            data = (TRAFFIC / f"{number}.jpg").read_bytes()
            made.take_in(data, session, captured_us=BEGAN_US + number * SECOND)
        yield made


def drawn(project: Project) -> LabelingSession:
    """A session at its first sample, with two boxes on it."""
    labeling = LabelingSession(project)
    for corners in CARS:
        labeling.draw(corners, 1)
    return labeling


def test_the_answer_after_the_accept_is_known_when_it_was_asked_ahead(
    project: Project,
) -> None:
    labeling = drawn(project)
    before = content(project.catalog)
    ahead = labeling.carry_ahead()
    assert ahead is not None
    foreseen = ahead.prepare()
    assert content(project.catalog) == before

    labeling.accept()
    request = labeling.carry_request()
    fresh = LabelingSession(project).carry_request()

    assert request is not None
    assert fresh is not None
    assert fresh.known() is None
    assert request.known() == foreseen == fresh.run()
    assert len(foreseen) == len(CARS)


def test_carried_boxes_are_foreseen_as_they_are_accepted(project: Project) -> None:
    labeling = drawn(project)
    labeling.accept()
    request = labeling.carry_request()
    assert request is not None
    view = labeling.offer(request.sample_id, request.run())
    assert view is not None
    assert view.proposals
    ahead = labeling.carry_ahead()
    assert ahead is not None
    foreseen = ahead.prepare()

    labeling.accept()
    again = labeling.carry_request()

    assert again is not None
    assert (again.path, again.history) == (ahead.path, ahead.history)
    assert again.known() == foreseen


def test_a_box_that_is_changed_meanwhile_makes_another_question(
    project: Project,
) -> None:
    labeling = drawn(project)
    ahead = labeling.carry_ahead()
    assert ahead is not None
    ahead.prepare()
    view = labeling.current
    assert view is not None
    labeling.move(view.boxes[0].id, (150.0, 100.0, 210.0, 150.0))

    labeling.accept()
    request = labeling.carry_request()

    assert request is not None
    assert request.known() is None


def test_nothing_is_asked_ahead_where_nothing_can_be_accepted(project: Project) -> None:
    labeling = LabelingSession(project)

    assert labeling.carry_ahead() is None

    labeling.step(2)
    labeling.draw(CARS[0], 1)
    assert labeling.carry_ahead() is None


def test_nothing_is_asked_ahead_for_a_crowd(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    labeling = drawn(project)

    monkeypatch.setattr(carrier, "AHEAD_MOST", len(CARS))
    assert labeling.carry_ahead() is not None
    monkeypatch.setattr(carrier, "AHEAD_MOST", len(CARS) - 1)
    assert labeling.carry_ahead() is None


class Silent:
    """A tracker that sees nothing, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def follow(
        self, _before: Path, _after: Path, _sought: Sequence[Sought]
    ) -> tuple[Tracked | None, ...]:
        self.asked += 1
        return ()


def test_a_tracker_is_asked_in_earnest_only(project: Project) -> None:
    tracker = Silent()
    labeling = LabelingSession(project, tracker=tracker)
    # A place that is not the same in the next picture, so that there is doubt.
    labeling.draw((0.0, 0.0, 200.0, 150.0), 1)
    ahead = labeling.carry_ahead()
    assert ahead is not None
    ahead.prepare()
    assert tracker.asked == 0

    labeling.accept()
    request = labeling.carry_request()

    assert request is not None
    assert request.known() is None
    request.run()
    assert tracker.asked == 1


def test_proposals_that_came_after_the_last_look_are_not_accepted(
    project: Project,
) -> None:
    labeling = LabelingSession(project)
    view = labeling.current
    assert view is not None
    labeling.offer(view.sample.id, (proposal("a"), proposal("b")))

    with pytest.raises(UsageError):
        labeling.accept(seen=())
    labeling.accept(seen=(proposal("a").box.id,))

    boxes = project.catalog.labels.boxes(view.sample.id)
    assert [box.id for box in boxes] == [proposal("a").box.id]


def test_only_the_newest_answers_are_kept() -> None:
    answers = Answers(limit=2)
    questions = [(Path(f"{n}.jpg"), (), 1) for n in range(3)]

    for question in questions:
        answers.keep(question, (proposal("a"),))

    assert answers.get(questions[0]) is None
    assert answers.get(questions[2]) == (proposal("a"),)
