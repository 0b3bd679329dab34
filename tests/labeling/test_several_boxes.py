"""Edits of several boxes at once: one step of undo each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dataset.errors import UsageError
from dataset.project import Project
from dataset.records import Sample, Verdict
from labeling.session import LabelingSession, LabelView
from tests.small_projects import filled, new_project, new_session, proposal, uid

CORNERS = (5.0, 4.0, 25.0, 19.0)
SURE = (proposal("p"), proposal("s", Verdict.STILL, x0=30.0))
TWO = ((CORNERS, 1), ((30.0, 20.0, 40.0, 30.0), 2))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        filled(made, new_session(made, "s"), 2)
        yield made


@pytest.fixture
def samples(project: Project) -> tuple[Sample, ...]:
    return project.catalog.samples.of_session(project.catalog.sessions.all()[0].id)


@pytest.fixture
def labeling(project: Project) -> LabelingSession:
    return LabelingSession(project)


def shown(view: LabelView | None) -> LabelView:
    assert view is not None
    return view


def test_several_boxes_are_pasted_in_one_step_of_undo(
    labeling: LabelingSession,
) -> None:
    view = shown(labeling.draw_boxes(TWO))
    assert sorted(b.class_id for b in view.boxes) == [1, 2]
    assert view.history == ("pasted 2 boxes",)

    assert shown(labeling.undo()).boxes == ()


@pytest.mark.parametrize(
    ("act", "title"),
    [
        (
            lambda labeling, ids: labeling.move_boxes(
                dict.fromkeys(ids, (1.0, 1.0, 9.0, 9.0))
            ),
            "moved 2 boxes",
        ),
        (
            lambda labeling, ids: labeling.relabel_boxes(ids, 3),
            "relabelled 2 boxes to",
        ),
        (lambda labeling, ids: labeling.delete_boxes(ids), "deleted 2 boxes"),
    ],
)
def test_several_boxes_are_changed_in_one_step_of_undo(
    project: Project,
    labeling: LabelingSession,
    act: Callable[[LabelingSession, tuple[str, ...]], LabelView | None],
    title: str,
) -> None:
    project.catalog.classes.add("tram")
    before = shown(labeling.draw_boxes(TWO)).boxes

    after = shown(act(labeling, tuple(b.id for b in before)))
    assert after.boxes != before
    assert after.history[0].startswith(title)

    assert shown(labeling.undo()).boxes == before


def test_several_proposals_are_taken_in_one_step(
    labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    labeling.offer(samples[0].id, SURE)

    view = shown(labeling.adopt_boxes((uid("p"), uid("s"))))

    assert len(view.boxes) == 2
    assert view.history == ("took 2 proposals",)


def test_one_bad_box_of_several_saves_none(
    project: Project, labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    outside = ((500.0, 500.0, 510.0, 510.0), 1)

    with pytest.raises(UsageError, match="outside"):
        labeling.draw_boxes((*TWO, outside))

    assert project.catalog.labels.boxes(samples[0].id) == ()


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_corners_that_are_no_numbers_are_refused(
    labeling: LabelingSession, bad: float
) -> None:
    with pytest.raises(UsageError, match="no numbers"):
        labeling.draw((bad, 1.0, 9.0, 9.0), 1)


def test_ten_thousand_boxes_are_moved_and_deleted_in_one_step(
    labeling: LabelingSession,
) -> None:
    drawn = tuple(((n % 50, n % 40, n % 50 + 5, n % 40 + 5), 1) for n in range(10_000))
    boxes = shown(labeling.draw_boxes(drawn)).boxes

    shown(labeling.move_boxes({b.id: (0.0, 0.0, 3.0, 3.0) for b in boxes}))
    after = shown(labeling.delete_boxes([b.id for b in boxes]))

    assert len(boxes) == 10_000
    assert after.boxes == ()
