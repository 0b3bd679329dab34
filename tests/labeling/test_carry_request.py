from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from dataset.errors import BadImage
from dataset.project import Project
from dataset.records import LabelState, Sample, SampleState, Session, Verdict
from labeling.carry_request import (
    HISTORY,
    CleanStart,
    PixelCache,
    carry_request,
    clean_start,
)
from labeling.session import LabelingSession
from tests.small_projects import (
    BEGAN_US,
    TRAFFIC,
    box,
    content,
    jpeg,
    new_project,
    new_session,
    pixels,
    proposal,
    uid,
)

SECOND = 1_000_000


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


@pytest.fixture
def session(project: Project) -> Session:
    return new_session(project, "s")


def take(
    project: Project, session: Session, seed: int, *, at_s: float, width: int = 64
) -> Sample:
    data = jpeg(seed, width, 48)
    at_us = BEGAN_US + round(at_s * SECOND)
    return project.take_in(data, session, captured_us=at_us).sample


def put(project: Project, sample: Sample, state: SampleState) -> None:
    boxes = (box("a"),) if state is SampleState.LABELED else ()
    project.catalog.labels.put(sample.id, LabelState(state=state, boxes=boxes))


def history(project: Project, sample: Sample) -> list[str]:
    """The ids of the samples that are carried from, newest last."""
    request = carry_request(project, sample, PixelCache())
    return [] if request is None else [path.stem for path, _, _ in request.history]


def test_boxes_come_from_the_accepted_samples_before(
    project: Project, session: Session
) -> None:
    taken = [take(project, session, n, at_s=n) for n in range(HISTORY + 3)]
    for sample in taken[:-1]:
        put(project, sample, SampleState.LABELED)

    request = carry_request(project, taken[-1], PixelCache())

    assert request is not None
    assert [path.stem for path, _, _ in request.history] == [
        s.id for s in taken[-1 - HISTORY : -1]
    ]
    assert request.history[-1][1:] == ((box("a"),), taken[-2].captured_us)
    assert request.path == project.image_path(taken[-1])


def test_first_sample_of_a_session_carries_nothing(
    project: Project, session: Session
) -> None:
    first = take(project, session, 0, at_s=0)
    put(project, first, SampleState.LABELED)
    other = take(project, new_session(project, "t"), 1, at_s=1)

    assert history(project, other) == []


def test_long_pause_stops_carrying(project: Project, session: Session) -> None:
    gap = project.settings.label.carry_gap_s
    taken = [take(project, session, n, at_s=at) for n, at in enumerate((0, 1, 1 + gap))]
    late = take(project, session, 9, at_s=2 * gap + 1.001)
    for sample in taken:
        put(project, sample, SampleState.LABELED)
    project.catalog.labels.put(taken[2].id, LabelState())

    assert history(project, taken[2]) == [taken[0].id, taken[1].id]
    assert history(project, late) == []


def test_pause_inside_the_history_cuts_it(project: Project, session: Session) -> None:
    taken = [take(project, session, n, at_s=at) for n, at in enumerate((0, 500, 501))]
    for sample in taken[:2]:
        put(project, sample, SampleState.LABELED)

    assert history(project, taken[2]) == [taken[1].id]


def test_another_size_stops_carrying(project: Project, session: Session) -> None:
    small = take(project, session, 0, at_s=0)
    large = take(project, session, 1, at_s=1, width=80)
    put(project, small, SampleState.LABELED)

    assert history(project, large) == []


def test_empty_sample_stops_carrying(project: Project, session: Session) -> None:
    taken = [take(project, session, n, at_s=n) for n in range(3)]
    put(project, taken[0], SampleState.LABELED)
    put(project, taken[1], SampleState.EMPTY)

    assert history(project, taken[2]) == []


@pytest.mark.parametrize(
    ("state", "at_s", "width", "why"),
    [
        (SampleState.LABELED, 1, 64, None),
        (SampleState.EMPTY, 1, 64, CleanStart.EMPTY),
        (SampleState.LABELED, 1, 80, CleanStart.SIZE),
        (SampleState.LABELED, 1000, 64, CleanStart.PAUSE),
        (SampleState.SKIPPED, 1, 64, CleanStart.FIRST),
    ],
)
def test_reason_to_start_clean_is_named(
    project: Project,
    session: Session,
    state: SampleState,
    at_s: float,
    width: int,
    why: CleanStart | None,
) -> None:
    put(project, take(project, session, 0, at_s=0), state)
    sample = take(project, session, 1, at_s=at_s, width=width)

    assert clean_start(project, sample) is why
    assert (carry_request(project, sample, PixelCache()) is None) is (why is not None)


def test_first_of_a_session_starts_clean_and_a_decided_one_has_no_reason(
    project: Project, session: Session
) -> None:
    put(project, take(project, session, 0, at_s=0), SampleState.LABELED)
    first = take(project, new_session(project, "t"), 1, at_s=1)

    assert clean_start(project, first) is CleanStart.FIRST
    put(project, first, SampleState.LABELED)
    assert clean_start(project, first) is None


def test_skipped_and_open_samples_are_passed_over(
    project: Project, session: Session
) -> None:
    taken = [take(project, session, n, at_s=n) for n in range(4)]
    put(project, taken[0], SampleState.LABELED)
    put(project, taken[1], SampleState.SKIPPED)

    assert history(project, taken[3]) == [taken[0].id]


@pytest.mark.parametrize(
    "state", [SampleState.LABELED, SampleState.EMPTY, SampleState.SKIPPED]
)
def test_decided_sample_is_never_carried_onto(
    project: Project, session: Session, state: SampleState
) -> None:
    taken = [take(project, session, n, at_s=n) for n in range(2)]
    put(project, taken[0], SampleState.LABELED)
    put(project, taken[1], state)

    assert history(project, taken[1]) == []


def test_sample_with_proposals_is_not_carried_onto(
    project: Project, session: Session
) -> None:
    taken = [take(project, session, n, at_s=n) for n in range(2)]
    put(project, taken[0], SampleState.LABELED)
    project.catalog.labels.propose(taken[1].id, (proposal("p"),))

    assert history(project, taken[1]) == []


def test_carried_box_is_followed_on_real_pictures(
    project: Project, session: Session
) -> None:
    """A parked place of the motorway: the same object, in every accepted sample."""
    frames = [
        project.take_in(
            (TRAFFIC / f"{n}.jpg").read_bytes(),
            session,
            captured_us=BEGAN_US + n * SECOND,
        ).sample
        for n in (1, 2, 3)
    ]
    labeling = LabelingSession(project)
    view = labeling.draw((140.0, 100.0, 200.0, 150.0), 1)
    assert view is not None
    drawn = view.boxes[0].id
    labeling.accept()
    before = content(project.catalog)

    request = labeling.carry_request()
    assert request is not None
    proposals = request.run()

    assert content(project.catalog) == before
    assert request.sample_id == frames[1].id
    assert [p.box.id for p in proposals] == [drawn]
    assert proposals[0].verdict in Verdict
    assert 0 <= (proposals[0].box.score or 0) <= 1


def test_objects_keep_their_id_through_the_session(
    project: Project, session: Session
) -> None:
    picture = jpeg(3)
    for number in range(4):
        # A byte behind the end makes another sample of the same picture.
        data = picture + bytes([number + 1])
        project.take_in(data, session, captured_us=BEGAN_US + number * SECOND)
    labeling = LabelingSession(project)
    view = labeling.draw((10.0, 10.0, 40.0, 36.0), 1)
    assert view is not None
    drawn = view.boxes[0].id
    labeling.accept()

    for _ in range(3):
        request = labeling.carry_request()
        assert request is not None
        labeling.offer(request.sample_id, request.run())
        labeling.accept()

    ids = {
        b.id
        for sample in project.catalog.samples.each()
        for b in project.catalog.labels.boxes(sample.id)
    }
    assert ids == {drawn}
    assert len(list(project.catalog.samples.each())) == 4


def test_request_runs_on_another_thread(project: Project, session: Session) -> None:
    taken = [take(project, session, n, at_s=n) for n in (5, 6)]
    put(project, taken[0], SampleState.LABELED)
    request = carry_request(project, taken[1], PixelCache())
    assert request is not None

    with ThreadPoolExecutor(1) as pool:
        proposals = pool.submit(request.run).result()

    assert {p.box.id for p in proposals} <= {uid("a")}


@pytest.mark.parametrize("is_gone", [False, True])
def test_damaged_or_vanished_picture_is_a_sentence(
    project: Project, session: Session, is_gone: bool
) -> None:
    taken = [take(project, session, n, at_s=n) for n in range(2)]
    put(project, taken[0], SampleState.LABELED)
    path = project.image_path(taken[0])
    path.chmod(0o644)
    path.write_bytes(b"no picture")
    if is_gone:
        path.unlink()
    request = carry_request(project, taken[1], PixelCache())
    assert request is not None

    with pytest.raises(BadImage):
        request.run()


def test_cache_gives_the_same_pixels_and_forgets_the_oldest(tmp_path: Path) -> None:
    paths = [tmp_path / f"{n}.jpg" for n in range(3)]
    for number, path in enumerate(paths):
        path.write_bytes(jpeg(number))
    one = pixels(0).nbytes
    cache = PixelCache(limit_bytes=2 * one)

    first = cache.pixels(paths[0])
    kept = cache.pixels(paths[1])
    again = cache.pixels(paths[0])
    cache.pixels(paths[2])

    assert again is first
    assert cache.pixels(paths[0]) is first
    assert cache.pixels(paths[1]) is not kept
    assert np.array_equal(cache.pixels(paths[1]), kept)


def test_cache_holds_one_picture_however_large(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg(1))
    cache = PixelCache(limit_bytes=1)

    assert cache.pixels(path) is cache.pixels(path)


def test_a_large_picture_is_decoded_at_the_size_that_carry_over_looks_at(
    project: Project, session: Session
) -> None:
    data = jpeg(3, 2600, 1950)
    before = project.take_in(data, session, captured_us=BEGAN_US).sample
    # Other bytes of the same pixels, so that the box stays where it is.
    after = project.take_in(data + b"\0", session, captured_us=BEGAN_US + SECOND).sample
    large = box("a", x0=400.25, y0=300.5, x1=900.75, y1=811.125)
    labeled = LabelState(state=SampleState.LABELED, boxes=(large,))
    project.catalog.labels.put(before.id, labeled)
    request = carry_request(project, after, PixelCache())
    assert request is not None

    (found,) = request.run()

    assert request.reduce == 4
    assert found.verdict is Verdict.STILL
    corners = (found.box.x0, found.box.y0, found.box.x1, found.box.y1)
    assert corners == (400.25, 300.5, 900.75, 811.125)
