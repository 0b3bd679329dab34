from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from dataset.erasure import erase
from dataset.errors import NotFound, ProjectError, UsageError
from dataset.project import Project
from dataset.records import BoxOrigin, Sample, SampleState, Verdict
from labeling.session import STATE_FILTERS, LabelingSession, LabelView
from tests.small_projects import (
    WIDTH,
    content,
    filled,
    new_project,
    new_session,
    proposal,
    uid,
)

CORNERS = (5.0, 4.0, 25.0, 19.0)
SURE = (proposal("p"), proposal("s", Verdict.STILL, x0=30.0))
WEAK = proposal("w", Verdict.WEAK)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        filled(made, new_session(made, "s"), 4)
        yield made


@pytest.fixture
def samples(project: Project) -> tuple[Sample, ...]:
    return project.catalog.samples.of_session(project.catalog.sessions.all()[0].id)


@pytest.fixture
def labeling(project: Project) -> LabelingSession:
    ticks = count(1_000_000, 2_000_000)
    return LabelingSession(project, clock=lambda: next(ticks))


def state_of(project: Project, sample: Sample) -> SampleState:
    return project.catalog.labels.get(sample.id).state


def shown(view: LabelView | None) -> LabelView:
    assert view is not None
    return view


def test_queue_begins_with_what_is_to_do(
    labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    view = shown(labeling.current)

    assert view.sample == samples[0]
    assert (view.position, view.total, view.left) == (1, 4, 4)
    assert (view.boxes, view.proposals, view.history) == ((), (), ())
    assert (view.can_undo, view.can_redo, view.pace) == (False, False, None)


def test_drawn_box_is_saved_at_once(
    project: Project, labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    view = shown(labeling.draw(CORNERS, 2))

    with Project.open(project.root, read_only=True) as other:
        (kept,) = other.catalog.labels.boxes(samples[0].id)
    assert view.boxes == (kept,)
    assert (kept.class_id, kept.origin) == (2, BoxOrigin.DRAWN)
    assert view.touched == kept.id
    assert view.history == ("drew bike",)
    assert view.sample.state is SampleState.PROPOSED


def test_box_is_clipped_to_the_picture(labeling: LabelingSession) -> None:
    (kept,) = shown(labeling.draw((-10.0, -5.0, 1000.0, 20.0), 1)).boxes

    assert (kept.x0, kept.y0, kept.x1, kept.y1) == (0, 0, WIDTH, 20)


@pytest.mark.parametrize(
    "corners",
    [
        (100.0, 10.0, 120.0, 20.0),
        (-20.0, -20.0, -1.0, -1.0),
        (10.0, 10.0, 10.0, 30.0),
        (20.0, 10.0, 10.0, 30.0),
        (10.0, 10.0, 10.0004, 30.0),
        (WIDTH - 0.001, 0.0, WIDTH + 9.0, 9.0),
    ],
)
def test_box_of_no_size_in_the_picture_is_a_sentence(
    project: Project,
    labeling: LabelingSession,
    corners: tuple[float, float, float, float],
) -> None:
    labeling.draw(CORNERS, 1)
    before = content(project.catalog)

    with pytest.raises(UsageError, match=r"The box (lies outside|is too small)"):
        labeling.draw(corners, 1)

    assert content(project.catalog) == before


def test_class_that_is_not_there_is_a_sentence(
    project: Project, labeling: LabelingSession
) -> None:
    before = content(project.catalog)

    with pytest.raises(NotFound, match="no class of that id: 99"):
        labeling.draw(CORNERS, 99)

    assert content(project.catalog) == before


def test_box_is_moved_relabelled_and_deleted(labeling: LabelingSession) -> None:
    box_id = shown(labeling.draw(CORNERS, 1)).boxes[0].id

    moved = shown(labeling.move(box_id, (1.0, 1.0, 9.0, 9.0)))
    relabelled = shown(labeling.relabel(box_id, 2))
    deleted = shown(labeling.delete(box_id))

    assert moved.boxes[0].x1 == 9.0
    assert (relabelled.boxes[0].id, relabelled.boxes[0].class_id) == (box_id, 2)
    assert deleted.boxes == ()
    assert deleted.history == (
        "deleted a box",
        "relabelled to bike",
        "moved a box",
        "drew car",
    )


def test_accepting_saves_and_goes_on(
    project: Project, labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    labeling.draw(CORNERS, 1)

    view = shown(labeling.accept(keys=3))

    assert view.sample.id == samples[1].id
    assert (view.position, view.left) == (2, 3)
    assert state_of(project, samples[0]) is SampleState.LABELED
    assert view.history[0] == "accepted 1, 1 boxes"
    (accept,) = project.catalog.journal.accepts(1)
    assert (accept.boxes, accept.keys) == (1, 3)


def test_accepting_nothing_stays_where_it_is(
    project: Project, labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    before = content(project.catalog)

    with pytest.raises(UsageError, match="no box to accept"):
        labeling.accept()

    assert content(project.catalog) == before
    assert shown(labeling.current).sample.id == samples[0].id


def test_empty_skip_and_review_decide_and_go_on(
    project: Project, labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    labeling.mark_empty()
    labeling.skip("blurred")
    labeling.go_to(samples[0].id)

    view = shown(labeling.review())

    states = [project.catalog.samples.get(s.id) for s in samples[:2]]
    assert [s.state for s in states] == [SampleState.EMPTY, SampleState.SKIPPED]
    assert states[0].reviewed
    assert states[1].skip_reason == "blurred"
    assert view.sample.id == samples[1].id


def test_end_of_the_queue_is_none_and_verbs_say_so(labeling: LabelingSession) -> None:
    views = [labeling.mark_empty() for _ in range(4)]

    assert views[-1] is None
    assert labeling.current is None
    for verb in (labeling.accept, labeling.mark_empty, labeling.review):
        with pytest.raises(UsageError, match="queue is at its end"):
            verb()
    assert labeling.carry_request() is None
    assert shown(labeling.previous()).position == 4


def test_merely_visiting_writes_nothing(
    project: Project, labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    labeling.draw(CORNERS, 1)
    labeling.accept()
    project.catalog.labels.propose(samples[2].id, SURE)
    before = content(project.catalog)

    for _ in range(6):
        labeling.next()
    for _ in range(6):
        labeling.previous()
    for sample in samples:
        labeling.go_to(sample.id)
        labeling.neighbours(2, 2)
        labeling.offer(sample.id, SURE)
        request = labeling.carry_request()
        if request is not None:
            labeling.offer(sample.id, request.run())
    LabelingSession(project, state="any")

    assert content(project.catalog) == before


def test_offers_are_shown_on_a_new_sample_only(
    project: Project, labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    offered = shown(labeling.offer(samples[0].id, (*SURE, WEAK)))
    late = shown(labeling.offer(samples[3].id, SURE))
    labeling.mark_empty()
    labeling.go_to(samples[0].id)
    on_empty = shown(labeling.offer(samples[0].id, SURE))

    assert offered.proposals == (*SURE, WEAK)
    assert late.proposals == offered.proposals
    assert (on_empty.proposals, on_empty.sample.state) == ((), SampleState.EMPTY)
    assert project.catalog.labels.proposals(samples[0].id) == ()


def test_accepted_offers_keep_their_objects_and_ghosts_are_dropped(
    project: Project, labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    left = proposal("l", Verdict.LEFT)
    labeling.offer(samples[0].id, (*SURE, WEAK, left))

    view = shown(labeling.accept())

    kept = project.catalog.labels.boxes(samples[0].id)
    assert [b.id for b in kept] == [uid("p"), uid("s")]
    assert {b.origin for b in kept} == {BoxOrigin.CARRIED}
    assert project.catalog.labels.proposals(samples[0].id) == ()
    assert view.history[0] == "accepted 1, carried 2 boxes"
    assert view.proposals == ()


def test_weak_offers_alone_are_never_accepted_by_space(
    project: Project, labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    labeling.offer(samples[0].id, (WEAK,))

    with pytest.raises(UsageError, match="only doubtful ones"):
        labeling.accept()
    view = shown(labeling.adopt(uid("w")))
    labeling.accept()

    assert [b.id for b in view.boxes] == [uid("w")]
    assert [b.id for b in project.catalog.labels.boxes(samples[0].id)] == [uid("w")]


def test_offers_of_an_empty_sample_are_gone_when_it_is_decided(
    project: Project, labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    labeling.offer(samples[0].id, SURE)

    labeling.mark_empty()

    labels = project.catalog.labels.get(samples[0].id)
    assert (labels.state, labels.boxes, labels.proposals) == (SampleState.EMPTY, (), ())


def test_empty_sample_never_gains_boxes_by_itself(
    project: Project, labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    labeling.mark_empty()
    labeling.go_to(samples[0].id)

    assert labeling.carry_request() is None
    labeling.offer(samples[0].id, SURE)
    labeling.drop_proposals()
    with pytest.raises(UsageError, match="no box to accept"):
        labeling.accept()

    assert not project.catalog.labels.propose(samples[0].id, SURE)
    assert project.catalog.samples.get(samples[0].id).state is SampleState.EMPTY


def test_dropped_offers_come_back_with_undo(
    project: Project, labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    labeling.offer(samples[0].id, (*SURE, WEAK))

    dropped = shown(labeling.drop_proposals())
    undone = shown(labeling.undo())

    assert dropped.proposals == ()
    assert {p.box.id for p in undone.proposals} == {uid(n) for n in "psw"}
    assert state_of(project, samples[0]) is SampleState.PROPOSED


def test_edit_of_one_offer_keeps_the_others(
    labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    labeling.offer(samples[0].id, (*SURE, WEAK))

    view = shown(labeling.move(uid("p"), (1.0, 1.0, 21.0, 16.0)))

    assert [b.id for b in view.boxes] == [uid("p")]
    assert [p.box.id for p in view.proposals] == [uid("s"), uid("w")]


@pytest.mark.parametrize(
    "verb",
    [
        lambda s: s.drop_proposals(),
        lambda s: s.relabel(s.current.boxes[0].id, 1),
        lambda s: s.move(s.current.boxes[0].id, CORNERS),
        lambda s: s.adopt(s.current.boxes[0].id),
    ],
)
def test_edit_that_changes_nothing_is_no_step(
    project: Project,
    labeling: LabelingSession,
    samples: tuple[Sample, ...],
    verb: Callable[[LabelingSession], object],
) -> None:
    labeling.draw(CORNERS, 1)
    labeling.accept()
    labeling.go_to(samples[0].id)
    labeling.review()
    labeling.go_to(samples[0].id)
    before = content(project.catalog)

    verb(labeling)

    assert content(project.catalog) == before


def test_undo_goes_back_through_everything_and_redo_forth(
    project: Project, labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    def labels() -> list[object]:
        return [project.catalog.labels.get(sample.id) for sample in samples]

    states = [labels()]
    for verb in (
        lambda: labeling.draw(CORNERS, 1),
        lambda: labeling.draw((30.0, 10.0, 50.0, 40.0), 2),
        labeling.accept,
        labeling.mark_empty,
        lambda: labeling.skip("dark"),
        lambda: labeling.draw(CORNERS, 2),
        labeling.accept,
    ):
        verb()
        states.append(labels())

    for wanted in reversed(states[:-1]):
        labeling.undo()
        assert labels() == wanted
    assert not shown(labeling.current).can_undo
    for wanted in states[1:]:
        labeling.redo()
        assert labels() == wanted
    assert not shown(labeling.current).can_redo


def test_undo_shows_the_sample_it_changed(
    labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    labeling.draw(CORNERS, 1)
    labeling.accept()
    labeling.step(2)

    view = shown(labeling.undo())

    assert view.sample.id == samples[0].id
    assert len(view.boxes) == 1
    assert shown(labeling.redo()).sample.id == samples[0].id


def test_undo_and_redo_live_through_a_restart(
    project: Project, labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    labeling.draw(CORNERS, 1)
    labeling.accept()
    labeling.mark_empty()
    labeling.undo()
    project.close()

    with Project.open(project.root) as again:
        resumed = LabelingSession(again)
        assert shown(resumed.redo()).sample.state is SampleState.EMPTY
        assert shown(resumed.undo()).sample.state is SampleState.NEW
        assert shown(resumed.undo()).sample.state is SampleState.PROPOSED
        assert shown(resumed.undo()).boxes == ()
        assert not shown(resumed.current).can_undo
        assert again.catalog.samples.states()[SampleState.NEW] == len(samples)


def test_nothing_to_undo_stays_where_it_is(labeling: LabelingSession) -> None:
    labeling.next()

    assert shown(labeling.undo()).position == 2
    assert shown(labeling.redo()).position == 2


@pytest.mark.parametrize(
    "verb",
    [
        lambda s: s.accept(),
        lambda s: s.mark_empty(),
        lambda s: s.skip("dark"),
        lambda s: s.draw((1.0, 1.0, 9.0, 9.0), 1),
        lambda s: s.drop_proposals(),
    ],
)
def test_what_another_window_changed_is_looked_at_first(
    project: Project,
    labeling: LabelingSession,
    samples: tuple[Sample, ...],
    verb: Callable[[LabelingSession], LabelView | None],
) -> None:
    labeling.draw(CORNERS, 1)
    with Project.open(project.root) as opened:
        other = LabelingSession(opened)
        other.draw((30.0, 10.0, 50.0, 40.0), 2)
        before = content(project.catalog)

        for _ in range(2):
            with pytest.raises(ProjectError, match="changed elsewhere") as caught:
                verb(labeling)
        assert content(project.catalog) == before

        assert len(shown(labeling.current).boxes) == 2
        verb(labeling)

    assert "look at the sample again" in caught.value.hint


def test_erased_sample_leaves_the_queue(
    project: Project, labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    labeling.next()
    with Project.open(project.root) as other:
        erase(other, samples[1].id)
        erase(other, samples[2].id)

    view = shown(labeling.current)

    assert view.sample.id == samples[3].id
    assert (view.position, view.total) == (2, 2)
    assert labeling.next() is None


def test_sample_of_no_queue_is_shown_when_asked_for(
    project: Project, samples: tuple[Sample, ...]
) -> None:
    labeling = LabelingSession(project, state="labeled")

    assert labeling.current is None
    assert shown(labeling.go_to(samples[2].id)).sample.id == samples[2].id
    assert labeling.go_to("0" * 64) is not None


@pytest.mark.parametrize(
    ("state", "numbers"),
    [
        ("todo", [2, 3]),
        ("labeled", [0]),
        ("empty", [1]),
        ("skipped", []),
        ("any", [0, 1, 2, 3]),
    ],
)
def test_queue_is_filtered_by_state(
    project: Project,
    labeling: LabelingSession,
    samples: tuple[Sample, ...],
    state: str,
    numbers: list[int],
) -> None:
    labeling.draw(CORNERS, 1)
    labeling.accept()
    labeling.mark_empty()

    queue = LabelingSession(project, state=state)
    ids = []
    view = queue.current
    while view is not None:
        ids.append(view.sample.id)
        view = queue.next()

    assert ids == [samples[n].id for n in numbers]


def test_unknown_filter_is_a_sentence(project: Project) -> None:
    with pytest.raises(UsageError, match="no such queue filter: all") as caught:
        LabelingSession(project, state="all")

    assert all(name in caught.value.hint for name in STATE_FILTERS)


def test_queue_is_filtered_by_class_and_session(
    project: Project, labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    labeling.next()
    labeling.draw(CORNERS, 2)
    filled(project, new_session(project, "other"), 1, first=50)

    by_class = LabelingSession(project, state="any", class_id=2)
    by_session = LabelingSession(
        project, session_id=project.catalog.sessions.by_name("other").id
    )

    assert shown(by_class.current).sample.id == samples[1].id
    assert shown(by_class.current).total == 1
    assert shown(by_session.current).sample.source_name == "50.jpg"


def test_pace_comes_from_what_was_accepted(labeling: LabelingSession) -> None:
    for _ in range(3):
        labeling.draw(CORNERS, 1)
        labeling.accept(keys=2)

    pace = shown(labeling.current).pace

    assert pace is not None
    assert (pace.seconds_per_image, pace.keys_per_image) == (4.0, 2.0)


def test_relabel_of_an_accepted_sample_stays_labeled(
    project: Project, labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    box_id = shown(labeling.draw(CORNERS, 1)).boxes[0].id
    labeling.accept()
    labeling.go_to(samples[0].id)

    labeling.relabel(box_id, 2)

    assert state_of(project, samples[0]) is SampleState.LABELED


def test_merged_class_does_not_stop_undo(
    project: Project, labeling: LabelingSession, samples: tuple[Sample, ...]
) -> None:
    labeling.draw(CORNERS, 1)
    labeling.accept()
    project.catalog.classes.merge(1, 2)

    assert shown(labeling.undo()).boxes[0].class_id == 2
    assert shown(labeling.undo()).boxes == ()
