"""Pictures on which nothing is, offered and dismissed in one stroke."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset.errors import UsageError
from dataset.progress import Cancelled
from dataset.project import Project
from dataset.records import LabelState, Proposal, Sample, SampleState
from labeling import edits
from labeling.choice import QUIET, Choice, ids_of
from labeling.detection.motion import background_from
from labeling.empties import FEWEST, dismiss, emptiness, look_for_empties
from labeling.hold import Hold
from labeling.session import LabelingSession
from tests.small_projects import BEGAN_US, StopsAt, box, new_project, new_session

WIDTH, HEIGHT = 320, 240
# Of these pictures the foxes are on three; None: nothing is there.
FOXES = (None, 40, None, None, 200, None, None, None, 120, None, None, None)


def meadow(number: int, fox_x: int | None, side: int = 36) -> bytes:
    """A meadow in changing light; grain of the sensor, and at times a fox."""
    still = np.random.default_rng(7).integers(60, 140, (30, 40, 3)).astype(np.uint8)
    image = cv2.resize(still, (WIDTH, HEIGHT)).astype(np.float32)
    rng = np.random.default_rng(100 + number)
    image = image * rng.uniform(0.95, 1.05) + rng.normal(0, 2, image.shape)
    pixels = np.clip(image, 0, 255).astype(np.uint8)
    if fox_x is not None:
        pixels[100 : 100 + side, fox_x : fox_x + side] = (20, 90, 220)
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


def taken(
    project: Project, foxes: Sequence[int | None], name: str = "night", first: int = 0
) -> list[Sample]:
    session = new_session(project, name)
    return [
        project.take_in(
            meadow(first + i, x), session, captured_us=BEGAN_US + i * 1_000_000
        ).sample
        for i, x in enumerate(foxes)
    ]


def quiet(project: Project) -> set[str]:
    return set(ids_of(project, Choice(state=QUIET)))


def states(project: Project, samples: Sequence[Sample]) -> list[SampleState]:
    return [project.catalog.labels.get(one.id).state for one in samples]


def test_what_shows_nothing_is_offered_and_nothing_else(project: Project) -> None:
    samples = taken(project, FOXES)

    found = look_for_empties(project)

    empty = {s.id for s, x in zip(samples, FOXES, strict=True) if x is None}
    assert quiet(project) == empty
    assert (found.looked, found.unknown, found.quiet) == (12, 0, 9)
    assert states(project, samples) == [SampleState.NEW] * 12


def test_one_stroke_dismisses_them_and_one_undo_brings_them_back(
    project: Project,
) -> None:
    samples = taken(project, FOXES)
    look_for_empties(project)

    count = dismiss(project, Choice(state=QUIET))
    after = states(project, samples)
    title = project.catalog.journal.titles(1)
    turned = project.catalog.labels.undo()

    assert count == 9
    assert after == [SampleState.EMPTY if x is None else SampleState.NEW for x in FOXES]
    assert title == ("empty: 9 pictures",)
    assert turned is not None
    assert turned.samples == 9
    assert states(project, samples) == [SampleState.NEW] * 12


def test_many_are_dismissed_a_part_at_a_time(project: Project) -> None:
    taken(project, FOXES)
    look_for_empties(project)
    everything = Choice(state=QUIET)

    parts = [dismiss(project, everything, most=4) for _ in range(4)]
    turned = project.catalog.labels.undo()

    assert parts == [4, 4, 1, 0]
    assert turned is not None
    assert turned.samples == 1


def test_what_came_back_is_not_offered_again_by_itself_but_may_be(
    project: Project,
) -> None:
    taken(project, FOXES)
    look_for_empties(project)
    dismiss(project, Choice(state=QUIET))

    project.catalog.labels.undo()

    assert len(quiet(project)) == 9


def test_nothing_is_dismissed_before_anybody_looked(project: Project) -> None:
    taken(project, FOXES)

    assert dismiss(project, Choice(state=QUIET)) == 0
    assert not project.catalog.journal.can_undo()


def test_too_few_pictures_have_no_background_and_are_not_offered(
    project: Project,
) -> None:
    taken(project, FOXES[: FEWEST - 1])

    found = look_for_empties(project)

    assert (found.looked, found.unknown, found.quiet) == (7, 7, 0)


def test_a_flash_that_changes_the_whole_picture_is_not_offered(
    project: Project,
) -> None:
    taken(project, FOXES)
    session = project.catalog.sessions.by_name("night")
    white = np.random.default_rng(3).integers(200, 255, (HEIGHT, WIDTH, 3), np.uint8)
    flash = project.take_in(
        cv2.imencode(".jpg", white)[1].tobytes(), session, captured_us=BEGAN_US
    ).sample

    found = look_for_empties(project)

    assert found.unknown == 1
    assert flash.id not in quiet(project)


def test_a_fox_that_rests_among_its_neighbours_is_found_by_the_session(
    project: Project,
) -> None:
    resting = [None] * 120 + [80] * 65 + [None] * 175
    samples = taken(project, resting)

    look_for_empties(project)

    offered = quiet(project)
    assert not any(
        s.id in offered for s, x in zip(samples, resting, strict=True) if x is not None
    )


def test_what_a_person_or_a_model_said_is_left_alone(project: Project) -> None:
    samples = taken(project, FOXES)
    labels = project.catalog.labels
    seen, skipped, drawn, proposed = (samples[i] for i in (0, 2, 3, 5))
    labels.put(seen.id, LabelState(state=SampleState.LABELED, boxes=(box("a"),)))
    labels.put(skipped.id, edits.skip(LabelState(), "fog"))
    labels.put(drawn.id, edits.draw(LabelState(), box("b")))
    look_for_empties(project)
    labels.propose(proposed.id, (Proposal(box=box("c")),))
    before = [labels.get(one.id) for one in (seen, skipped, drawn, proposed)]

    count = dismiss(project, Choice(state=QUIET))

    assert count == 5
    assert [labels.get(i.id) for i in (seen, skipped, drawn, proposed)] == before


def test_what_was_erased_meanwhile_is_passed_over(project: Project) -> None:
    samples = taken(project, FOXES)
    look_for_empties(project)
    with Project.open(project.root) as other:
        other.catalog.samples.erase(samples[0].id, at_us=1, reason="asked")

    count = dismiss(project, Choice(state=QUIET))

    assert count == 8


def test_what_another_window_has_is_left_to_it(project: Project) -> None:
    taken(project, FOXES)
    look_for_empties(project)
    session = LabelingSession(
        project, choice=Choice(state=QUIET), hold=Hold(project.catalog), person="a"
    )
    mine = Hold(project.catalog)
    held = mine.others()

    count = dismiss(project, Choice(state=QUIET), taken=held)

    assert held
    assert count == 9 - len(held)
    assert session.current is not None


def test_a_choice_narrows_what_is_dismissed(project: Project) -> None:
    taken(project, FOXES, "first")
    other = taken(project, FOXES, "second", first=50)
    look_for_empties(project)
    chosen = project.catalog.sessions.by_name("first").id

    dismiss(project, Choice(state=QUIET, session_id=chosen))

    assert states(project, other) == [SampleState.NEW] * 12
    assert len(quiet(project)) == 9


def test_a_second_look_looks_only_at_sessions_that_grew(project: Project) -> None:
    taken(project, FOXES, "first")
    look_for_empties(project)
    taken(project, FOXES, "second", first=50)

    again = look_for_empties(project)
    nothing = look_for_empties(project)

    assert again.looked == 12
    assert nothing.looked == 0
    assert nothing.quiet == 18


def test_the_queue_can_begin_with_what_looks_emptiest(project: Project) -> None:
    samples = taken(project, FOXES)
    look_for_empties(project)

    ids = ids_of(project, Choice(order="emptiness"))

    foxes = {s.id for s, x in zip(samples, FOXES, strict=True) if x is not None}
    assert set(ids[-3:]) == foxes
    assert len(ids) == 12


def test_a_picture_that_is_gone_is_named_and_the_rest_is_judged(
    project: Project,
) -> None:
    samples = taken(project, FOXES)
    project.image_path(samples[3]).unlink()

    found = look_for_empties(project)

    (finding,) = found.findings
    assert finding.path == samples[3].id
    assert found.quiet == 8
    assert samples[3].id not in quiet(project)


def test_what_was_judged_before_a_cancel_stays_judged(project: Project) -> None:
    taken(project, FOXES)

    with pytest.raises(Cancelled):
        look_for_empties(project, progress=StopsAt(6))

    assert 0 < len(quiet(project)) < 9


def test_an_erased_sample_is_forgotten(project: Project) -> None:
    samples = taken(project, FOXES)
    look_for_empties(project)

    project.catalog.samples.erase(samples[0].id, at_us=1, reason="asked")

    assert samples[0].id not in project.catalog.measures.emptiness([samples[0].id])


def test_there_is_no_such_order_as_any_word() -> None:
    with pytest.raises(UsageError, match="no such queue order"):
        Choice(order="dismissed")


@settings(max_examples=15)
@given(st.integers(0, 60), st.integers(0, 250))
def test_emptiness_falls_with_the_size_of_what_is_there(side: int, x: int) -> None:
    grounds = [_pixels(meadow(n, None)) for n in range(9)]
    model = background_from(grounds)
    shown = _pixels(meadow(20, x if side else None, side))

    value = emptiness(model, shown)

    assert value is not None
    assert 0.0 <= value <= 1.0
    if side >= 12:
        assert value == 0.0
    if side == 0:
        assert value == 1.0


def test_emptiness_of_another_size_is_unknown() -> None:
    model = background_from([_pixels(meadow(n, None)) for n in range(9)])

    assert emptiness(model, np.zeros((10, 10, 3), np.uint8)) is None


def _pixels(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return np.asarray(found, np.uint8)
