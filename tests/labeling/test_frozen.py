"""A live picture held still: drawn on, undone, saved once it is a sample, carried."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dataset.errors import NotFound, UsageError
from dataset.project import Project
from dataset.records import BoxOrigin, LabelState, Sample, SampleState, Verdict
from labeling.frozen import AcceptedFreezes, FrozenLabels, save_frozen
from labeling.session import LabelingSession
from tests.small_projects import filled, new_project, new_session, proposal

CORNERS = (20.0, 30.0, 60.0, 70.0)
OTHER = (80.0, 10.0, 110.0, 50.0)


def scene(shift: int = 0) -> NDArray[np.uint8]:
    """A textured picture with one bright thing, `shift` pixels further right."""
    rng = np.random.default_rng(7)
    pixels = rng.integers(60, 90, (240, 320, 3), dtype=np.uint8)
    thing = np.random.default_rng(8).integers(120, 255, (40, 60, 3), dtype=np.uint8)
    pixels[100:140, 40 + shift : 100 + shift] = thing
    return cv2.GaussianBlur(pixels, (3, 3), 0).astype(np.uint8)


@pytest.fixture
def frozen() -> FrozenLabels:
    return FrozenLabels(scene(), captured_us=1_000_000)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        filled(made, new_session(made, "s"), 2)
        yield made


@pytest.fixture
def sample(project: Project) -> Sample:
    session = project.catalog.sessions.all()[0]
    return project.catalog.samples.of_session(session.id)[0]


def test_a_drawn_box_is_accepted(frozen: FrozenLabels) -> None:
    frozen.draw(CORNERS, 1)

    found = frozen.accepted()

    assert found is not None
    assert found.state is SampleState.LABELED
    assert [(b.class_id, b.origin) for b in found.boxes] == [(1, BoxOrigin.DRAWN)]


def test_without_boxes_nothing_is_accepted(frozen: FrozenLabels) -> None:
    assert frozen.accepted() is None


@pytest.mark.parametrize(
    "corners",
    [
        (400.0, 10.0, 500.0, 20.0),
        (10.0, 10.0, 10.0, 20.0),
        (float("nan"), 0.0, 9.0, 9.0),
    ],
)
def test_a_box_that_is_not_in_the_picture_is_refused(
    frozen: FrozenLabels, corners: tuple[float, float, float, float]
) -> None:
    with pytest.raises(UsageError):
        frozen.draw(corners, 1)

    assert not frozen.is_touched


def test_a_box_that_is_not_there_is_refused(frozen: FrozenLabels) -> None:
    with pytest.raises(NotFound):
        frozen.delete(("nobody",))


acts = st.lists(
    st.tuples(
        st.sampled_from(["draw", "move", "relabel", "delete", "undo", "redo"]),
        st.integers(0, 250),
    ),
    max_size=12,
)


@given(acts)
def test_undo_brings_back_every_state_and_redo_the_last(
    asked: list[tuple[str, int]],
) -> None:
    frozen = FrozenLabels(scene(), captured_us=1)
    for verb, number in asked:
        act(frozen, verb, number)
    last = frozen.labels

    steps = 0
    while frozen.undo():
        steps += 1
    assert frozen.labels == LabelState()
    for _ in range(steps):
        frozen.redo()
    assert frozen.labels == last


def act(frozen: FrozenLabels, verb: str, number: int) -> None:
    boxes = frozen.labels.boxes
    if verb == "draw":
        frozen.draw((number, number / 2, number + 20, number / 2 + 20), 1)
    elif verb == "undo":
        frozen.undo()
    elif verb == "redo":
        frozen.redo()
    elif boxes:
        name = boxes[number % len(boxes)].id
        {
            "move": lambda: frozen.move({name: CORNERS}),
            "relabel": lambda: frozen.relabel((name,), 2),
            "delete": lambda: frozen.delete((name,)),
        }[verb]()


def test_proposals_are_offered_to_an_untouched_picture_only(
    frozen: FrozenLabels,
) -> None:
    late = FrozenLabels(scene(), captured_us=1)
    late.draw(CORNERS, 1)

    assert frozen.offer((proposal("p"),))
    assert not late.offer((proposal("p"),))
    assert frozen.labels.state is SampleState.PROPOSED


def test_sure_proposals_are_accepted_and_doubtful_ones_are_not(
    frozen: FrozenLabels,
) -> None:
    frozen.offer((proposal("p"), proposal("w", Verdict.WEAK, x0=50.0)))

    found = frozen.accepted()

    assert found is not None
    assert len(found.boxes) == 1


def test_what_was_drawn_is_saved_as_one_step_that_can_be_undone(
    project: Project, sample: Sample, frozen: FrozenLabels
) -> None:
    frozen.draw((1.0, 1.0, 9.0, 9.0), 1)
    frozen.draw((12.0, 1.0, 20.0, 9.0), 1)
    labels = frozen.accepted()
    assert labels is not None

    assert save_frozen(project, sample, labels, keys=3, drags=2)
    assert set(project.catalog.labels.get(sample.id).boxes) == set(labels.boxes)
    LabelingSession(project).undo()

    assert project.catalog.labels.get(sample.id) == LabelState()


def test_a_sample_that_somebody_labeled_keeps_its_labels(
    project: Project, sample: Sample, frozen: FrozenLabels
) -> None:
    labeling = LabelingSession(project)
    labeling.go_to(sample.id)
    labeling.mark_empty()
    frozen.draw((1.0, 1.0, 9.0, 9.0), 1)
    labels = frozen.accepted()
    assert labels is not None

    assert not save_frozen(project, sample, labels, keys=1, drags=1)
    assert project.catalog.labels.get(sample.id).state is SampleState.EMPTY


def test_boxes_are_carried_to_the_next_freeze(frozen: FrozenLabels) -> None:
    freezes = AcceptedFreezes()
    box_id = frozen.draw((40.0, 100.0, 100.0, 140.0), 1)
    labels = frozen.accepted()
    assert labels is not None
    freezes.add(frozen.pixels, labels.boxes, frozen.captured_us)

    work = freezes.carried_onto(scene(6), 1_500_000, gap_s=5.0)

    assert work is not None
    (found,) = work()
    assert found.box.id == box_id
    assert abs(found.box.x0 - 46.0) < 4


def test_nothing_is_carried_over_a_pause_an_empty_picture_or_a_new_session(
    frozen: FrozenLabels,
) -> None:
    frozen.draw(CORNERS, 1)
    labels = frozen.accepted()
    assert labels is not None
    freezes = AcceptedFreezes()
    assert freezes.carried_onto(scene(), 1, gap_s=5.0) is None

    freezes.add(frozen.pixels, labels.boxes, 1_000_000)
    assert freezes.carried_onto(scene(), 9_000_000, gap_s=5.0) is None
    assert freezes.carried_onto(scene(), 2_000_000, gap_s=5.0) is not None
    freezes.add(scene(), (), 2_000_000)
    assert freezes.carried_onto(scene(), 3_000_000, gap_s=5.0) is None

    freezes.add(frozen.pixels, labels.boxes, 3_000_000)
    freezes.clear()
    assert freezes.carried_onto(scene(), 3_500_000, gap_s=5.0) is None
