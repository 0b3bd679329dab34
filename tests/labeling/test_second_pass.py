from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dataset.catalog import Candidate
from dataset.erasure import erase
from dataset.errors import NotFound, ProjectError, UsageError
from dataset.project import Project
from dataset.records import Box, LabelEdit, LabelState, Sample, SampleState
from dataset.records import Verdict as Doubt
from labeling import edits
from labeling.choice import Choice, ids_of
from labeling.second_opinion.disputes import DisputeKind, Verdict, disputes_of
from labeling.second_opinion.second_pass import (
    PassChoice,
    SecondPass,
    Way,
    begin_pass,
    choose_samples,
    unfinished_pass,
)
from labeling.second_opinion.settling import (
    agreement_of,
    open_disputes,
    settle,
    settle_all,
    settled_disputes,
)
from tests.small_projects import (
    box,
    content,
    filled,
    new_project,
    new_session,
    proposal,
)

CAR, BIKE = 1, 2
CORNERS = (5.0, 4.0, 25.0, 19.0)
ALL = PassChoice(share=1.0)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Three samples with one car each, at the same place."""
    with new_project(tmp_path / "p") as made:
        for sample in filled(made, new_session(made), 3):
            made.catalog.labels.put(
                sample.id,
                LabelState(state=SampleState.LABELED, boxes=(box(sample.id[:6]),)),
            )
        yield made


def started(project: Project, choice: PassChoice = ALL) -> SecondPass:
    return SecondPass(project, begin_pass(project, choice), person="Ada")


def one_disputed(project: Project) -> Sample:
    """A pass whose first sample is called a bike by the second person."""
    second = started(project)
    view = second.draw(CORNERS, BIKE)
    assert view is not None
    second.finish()
    return view.sample


def labels_of(project: Project, sample: Sample) -> LabelState:
    return project.catalog.labels.get(sample.id)


# Choosing


def rows(*scores: float | None, session: str = "s") -> list[Candidate]:
    return [
        Candidate(sample_id=f"{n:064x}", session_id=session, score=score, is_seen=False)
        for n, score in enumerate(scores)
    ]


def test_a_share_of_each_session_is_taken_rounded_up() -> None:
    candidates = rows(*[None] * 10) + [
        replace(row, session_id="t", sample_id=f"a{row.sample_id[1:]}")
        for row in rows(None, None, None)
    ]

    found = choose_samples(candidates, PassChoice(share=0.2))

    assert len(found) == 3
    assert sum(i.startswith("a") for i in found) == 1


def test_the_seed_alone_decides_what_is_taken() -> None:
    candidates = rows(*[None] * 50)

    found = choose_samples(candidates, PassChoice(seed=5))

    assert found == choose_samples(candidates[::-1], PassChoice(seed=5))
    assert found != choose_samples(candidates, PassChoice(seed=6))


def test_doubtful_samples_come_first() -> None:
    found = choose_samples(
        rows(0.9, None, 0.2, 0.5), PassChoice(way=Way.DOUBTFUL, share=0.5)
    )

    assert [int(i, 16) for i in found] == [2, 3]


def test_what_a_pass_took_is_not_taken_again() -> None:
    seen = [replace(row, is_seen=True) for row in rows(None, None)]

    assert choose_samples(seen, ALL) == ()


@pytest.mark.parametrize("share", [0.0, -1.0, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(UsageError, match="share"):
        PassChoice(share=share)


# Going through a pass


def test_a_blind_pass_shows_no_first_box(project: Project) -> None:
    view = started(project).current

    assert view is not None
    assert view.boxes == ()
    assert (view.position, view.total, view.left) == (1, 3, 3)


def test_a_pass_that_is_not_blind_begins_with_copies(project: Project) -> None:
    view = started(project, PassChoice(share=1.0, blind=False)).current

    assert view is not None
    (copy,) = view.boxes
    (own,) = labels_of(project, view.sample).boxes
    assert (copy.x0, copy.x1, copy.class_id) == (own.x0, own.x1, own.class_id)
    assert copy.id != own.id


def test_second_boxes_are_neither_labels_nor_counted(project: Project) -> None:
    before = project.catalog.tables.class_totals()
    frozen = [b.to_pydict() for b in project.catalog.frozen_batches()]

    one_disputed(project)

    assert project.catalog.tables.class_totals() == before
    assert [b.to_pydict() for b in project.catalog.frozen_batches()] == frozen


def test_a_pass_that_was_interrupted_goes_on_with_what_was_drawn(
    project: Project,
) -> None:
    second = started(project)
    second.draw(CORNERS, BIKE)
    second.finish()
    second.draw(CORNERS, CAR)
    project.close()

    with Project.open(project.root) as again:
        line = unfinished_pass(again)
        assert line is not None
        view = SecondPass(again, line).current
        assert view is not None
        assert (view.position, view.left, len(view.boxes)) == (2, 2, 1)


def test_visiting_writes_nothing(project: Project) -> None:
    second = started(project)
    before = content(project.catalog)

    second.step(1)
    second.step(-1)

    assert content(project.catalog) == before


def test_undo_and_redo_go_through_the_second_boxes(project: Project) -> None:
    second = started(project)
    drawn = second.draw(CORNERS, CAR)
    assert drawn is not None
    second.move(drawn.boxes[0].id, (6.0, 4.0, 30.0, 19.0))

    once, twice, back = second.undo(), second.undo(), second.redo()

    assert once is not None
    assert twice is not None
    assert back is not None
    assert (once.boxes[0].x0, twice.boxes, back.boxes[0].x0) == (5.0, (), 5.0)
    assert (twice.can_undo, twice.can_redo) == (False, True)


def test_agreement_is_the_second_yes(project: Project) -> None:
    second = started(project)
    view = second.draw(CORNERS, CAR)
    assert view is not None

    second.finish()

    assert labels_of(project, view.sample).reviewed
    assert open_disputes(project) == ()


def test_an_edit_afterwards_takes_the_second_yes_back(project: Project) -> None:
    test_agreement_is_the_second_yes(project)
    sample = next(s for s in project.catalog.samples.each() if s.reviewed)
    before = labels_of(project, sample)

    after = edits.relabel(before, before.boxes[0].id, BIKE)
    project.catalog.labels.apply(
        LabelEdit(sample_id=sample.id, title="t", before=before, after=after, at_us=1)
    )

    assert not labels_of(project, sample).reviewed
    assert [f.dispute.kind for f in open_disputes(project)] == [DisputeKind.CLASS]


def test_finishing_without_a_box_asks_for_the_word_empty(project: Project) -> None:
    second = started(project)

    with pytest.raises(UsageError, match="no box"):
        second.finish()
    second.finish_empty()

    assert [f.dispute.kind for f in open_disputes(project)] == [DisputeKind.ONLY_FIRST]


def test_only_one_pass_is_open_at_a_time(project: Project) -> None:
    started(project)

    with pytest.raises(UsageError, match="not finished"):
        begin_pass(project, ALL)


def test_a_pass_without_a_sample_is_not_begun(tmp_path: Path) -> None:
    with new_project(tmp_path / "bare") as bare:
        with pytest.raises(UsageError, match="No labeled sample"):
            begin_pass(bare, ALL)
        assert bare.catalog.second_looks.passes() == ()
        assert agreement_of(bare) is None


def test_a_sample_erased_meanwhile_is_never_drawn_on_in_anothers_name(
    project: Project,
) -> None:
    second = started(project)
    view = second.current
    assert view is not None
    erase(project, view.sample.id, reason="private")

    with pytest.raises(NotFound, match="no more"):
        second.draw(CORNERS, CAR)

    after = second.current
    assert after is not None
    assert (after.boxes, after.total) == ((), 2)


# Settling


def test_taking_the_second_side_changes_the_label_and_says_yes(
    project: Project,
) -> None:
    sample = one_disputed(project)
    own = labels_of(project, sample).boxes[0].id
    (found,) = open_disputes(project)

    settle(project, found, Verdict.SECOND, person="Bo", clock=lambda: 77)

    labels = labels_of(project, sample)
    assert [(b.id, b.class_id) for b in labels.boxes] == [(own, BIKE)]
    assert labels.reviewed
    (settled,) = settled_disputes(project)
    assert (settled.person, settled.at_us, settled.verdict) == ("Bo", 77, "second")


def test_keeping_the_first_side_leaves_the_boxes(project: Project) -> None:
    sample = one_disputed(project)
    before = labels_of(project, sample)
    (found,) = open_disputes(project)

    settle(project, found, Verdict.FIRST)

    assert labels_of(project, sample) == replace(before, reviewed=True)
    assert open_disputes(project) == ()


@pytest.mark.parametrize("verdict", [Verdict.FIRST, Verdict.SECOND])
def test_undo_opens_a_dispute_again_and_redo_settles_it(
    project: Project, verdict: Verdict
) -> None:
    sample = one_disputed(project)
    before = labels_of(project, sample)
    found = open_disputes(project)
    settle(project, found[0], verdict)

    project.catalog.labels.undo()
    assert labels_of(project, sample) == before
    assert open_disputes(project) == found
    assert settled_disputes(project) == ()
    project.catalog.labels.redo()

    assert open_disputes(project) == ()
    assert labels_of(project, sample).reviewed


def test_a_dispute_to_be_edited_is_settled_by_the_edit(project: Project) -> None:
    sample = one_disputed(project)
    (found,) = open_disputes(project)
    settle(project, found, Verdict.EDIT, person="Bo")
    assert open_disputes(project) == (found,)
    before = labels_of(project, sample)

    after = edits.move(before, before.boxes[0].id, (4.0, 4.0, 25.0, 19.0))
    project.catalog.labels.apply(
        LabelEdit(sample_id=sample.id, title="t", before=before, after=after, at_us=1)
    )

    assert open_disputes(project) == ()
    assert [one.verdict for one in settled_disputes(project)] == [Verdict.EDIT]


@pytest.mark.parametrize("first", [Verdict.FIRST, Verdict.SECOND])
def test_a_dispute_that_somebody_settled_meanwhile_is_refused(
    project: Project, first: Verdict
) -> None:
    one_disputed(project)
    (found,) = open_disputes(project)
    with Project.open(project.root) as other:
        settle(other, open_disputes(other)[0], first)
    before = content(project.catalog)

    with pytest.raises(ProjectError, match="settled or changed elsewhere"):
        settle(project, found, Verdict.SECOND)

    assert content(project.catalog) == before


def test_a_retired_class_is_not_taken(project: Project) -> None:
    one_disputed(project)
    (found,) = open_disputes(project)
    project.catalog.classes.retire(BIKE)

    with pytest.raises(UsageError, match="retired since: bike"):
        settle(project, found, Verdict.SECOND)


def test_a_merged_class_is_the_one_it_went_into(project: Project) -> None:
    one_disputed(project)

    project.catalog.classes.merge(BIKE, CAR)

    assert open_disputes(project) == ()
    agreed = agreement_of(project)
    assert agreed is not None
    assert agreed.confusion == {(CAR, CAR): 1}


def test_a_box_more_is_drawn_and_a_box_less_deleted(project: Project) -> None:
    second = started(project)
    view = second.draw((40.0, 20.0, 60.0, 40.0), CAR)
    assert view is not None
    second.finish()
    assert {f.dispute.kind for f in open_disputes(project)} == {
        DisputeKind.ONLY_FIRST,
        DisputeKind.ONLY_SECOND,
    }

    while found := open_disputes(project):
        settle(project, found[0], Verdict.SECOND)

    labels = labels_of(project, view.sample)
    assert [b.x0 for b in labels.boxes] == [40.0]
    assert (labels.state, labels.reviewed) == (SampleState.LABELED, True)


def test_the_second_side_of_nothing_makes_a_sample_empty(project: Project) -> None:
    second = started(project)
    view = second.finish_empty()
    assert view is not None
    (found,) = open_disputes(project)

    settle(project, found, Verdict.SECOND)

    labels = labels_of(project, found.sample)
    assert (labels.state, labels.boxes) == (SampleState.EMPTY, ())
    assert labels.reviewed


def test_agreement_stays_what_was_drawn_whatever_was_settled(project: Project) -> None:
    one_disputed(project)
    before = agreement_of(project)

    settle(project, open_disputes(project)[0], Verdict.SECOND)

    assert agreement_of(project) == before
    assert before is not None
    assert before.confusion == {(CAR, BIKE): 1}


def test_a_loose_box_is_a_dispute_of_place() -> None:
    loose = box("b", x0=5.0)
    first: Box = replace(loose, id=box("a").id, x1=loose.x1 + 10)

    (found,) = disputes_of([first], [loose])

    assert found.kind is DisputeKind.PLACE
    assert found.iou == pytest.approx(2 / 3)


def test_what_two_passes_dispute_comes_first_in_the_order_of_doubt(
    project: Project,
) -> None:
    doubtful = filled(project, new_session(project, "later"), 1, first=20)[0]
    weak = replace(proposal("w"), verdict=Doubt.WEAK)
    project.catalog.labels.propose(doubtful.id, (weak,))
    disputed = one_disputed(project)
    choice = Choice(state="any", order="doubt")

    before = ids_of(project, choice)
    settle_all(project, disputed.id, Verdict.FIRST)
    after = ids_of(project, choice)

    assert before[:2] == (disputed.id, doubtful.id)
    assert after[0] == doubtful.id
    assert set(before) == set(after)


def test_disputes_of_a_sample_settled_together_are_one_step_of_undo(
    project: Project,
) -> None:
    second = started(project)
    view = second.draw((40.0, 20.0, 60.0, 40.0), BIKE)
    assert view is not None
    sample = view.sample
    second.finish()
    before = labels_of(project, sample)
    assert len(open_disputes(project)) == 2

    count = settle_all(project, sample.id, Verdict.SECOND, person="Bo")
    settled = labels_of(project, sample)
    turned = project.catalog.labels.undo()

    assert count == 2
    assert (len(settled.boxes), settled.reviewed) == (1, True)
    assert turned is not None
    assert labels_of(project, sample) == before
    assert len(open_disputes(project)) == 2
    assert project.catalog.labels.undo() is None


def test_settling_together_what_is_not_disputed_is_refused(project: Project) -> None:
    sample = one_disputed(project)
    settle_all(project, sample.id, Verdict.FIRST)

    with pytest.raises(NotFound, match="Nothing is disputed"):
        settle_all(project, sample.id, Verdict.FIRST)
