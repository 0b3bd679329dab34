from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.errors import NotFound, UsageError
from dataset.records import (
    Box,
    BoxOrigin,
    LabelState,
    Proposal,
    SampleState,
    Verdict,
)
from labeling import edits
from tests.small_projects import box, proposal, uid
from tests.strategies import boxes as any_box

A, B, P, W, L = (uid(name) for name in "abpwl")
SURE = (proposal("p"), proposal("s", Verdict.STILL))
WEAK, LEFT = proposal("w", Verdict.WEAK), proposal("l", Verdict.LEFT)

NEW = LabelState()
PROPOSED = LabelState(state=SampleState.PROPOSED, proposals=(*SURE, WEAK, LEFT))
DRAFT = LabelState(state=SampleState.PROPOSED, boxes=(box("a"),), proposals=(WEAK,))
LABELED = LabelState(state=SampleState.LABELED, boxes=(box("a"), box("b", x0=30.0)))
REVIEWED = replace(LABELED, reviewed=True)
EMPTY = LabelState(state=SampleState.EMPTY, reviewed=True)
SKIPPED = LabelState(
    state=SampleState.SKIPPED,
    skip_reason="blurred",
    boxes=(box("a"),),
    proposals=(WEAK,),
)
ALL = [NEW, PROPOSED, DRAFT, LABELED, REVIEWED, EMPTY, SKIPPED]

states = st.builds(
    LabelState,
    state=st.sampled_from(SampleState),
    skip_reason=st.just(""),
    reviewed=st.booleans(),
    boxes=st.lists(any_box(), max_size=3, unique_by=lambda b: b.id).map(tuple),
    proposals=st.lists(
        st.builds(Proposal, box=any_box(), verdict=st.sampled_from(Verdict)),
        max_size=3,
        unique_by=lambda p: p.box.id,
    ).map(tuple),
)


@pytest.mark.parametrize(
    ("labels", "state"),
    [
        (NEW, SampleState.PROPOSED),
        (PROPOSED, SampleState.PROPOSED),
        (DRAFT, SampleState.PROPOSED),
        (LABELED, SampleState.LABELED),
        (EMPTY, SampleState.PROPOSED),
        (SKIPPED, SampleState.PROPOSED),
    ],
)
def test_drawing_drafts_unless_a_person_accepted(
    labels: LabelState, state: SampleState
) -> None:
    after = edits.draw(labels, box("n"))

    assert after.state is state
    assert after.boxes == (*labels.boxes, box("n"))
    assert after.proposals == labels.proposals


def test_corners_are_rounded_to_a_thousandth() -> None:
    drawn = box("n", x0=1.00049, x1=21.12345678)

    (kept,) = edits.draw(NEW, drawn).boxes

    assert (kept.x0, kept.x1) == (1.0, 21.123)


def test_drawn_box_has_no_score() -> None:
    (kept,) = edits.draw(NEW, box("n", score=0.5)).boxes

    assert kept.score is None


def test_moved_proposal_becomes_a_box_with_its_object_and_origin() -> None:
    after = edits.move(PROPOSED, P, (1.0, 2.0, 30.0, 40.0))

    (kept,) = after.boxes
    assert (kept.id, kept.origin, kept.score) == (P, BoxOrigin.CARRIED, 0.8)
    assert (kept.x0, kept.y0, kept.x1, kept.y1) == (1.0, 2.0, 30.0, 40.0)
    assert P not in {p.box.id for p in after.proposals}
    assert len(after.proposals) == 3


def test_relabelled_box_keeps_place_and_object() -> None:
    after = edits.relabel(LABELED, B, 2)

    assert [(b.id, b.class_id) for b in after.boxes] == [(A, 1), (B, 2)]
    assert after.boxes[1].x0 == 30.0
    assert after.state is SampleState.LABELED


@pytest.mark.parametrize("verdict", Verdict)
def test_any_proposal_can_be_adopted_by_hand(verdict: Verdict) -> None:
    labels = LabelState(
        state=SampleState.PROPOSED, proposals=(proposal("p", verdict), WEAK)
    )

    after = edits.adopt(labels, P)

    assert [b.id for b in after.boxes] == [P]
    assert after.proposals == (WEAK,)


@pytest.mark.parametrize(
    ("labels", "name", "state"),
    [
        (LABELED, "a", SampleState.LABELED),
        (replace(LABELED, boxes=(box("a"),)), "a", SampleState.NEW),
        (DRAFT, "a", SampleState.PROPOSED),
        (DRAFT, "w", SampleState.PROPOSED),
        (replace(PROPOSED, proposals=(WEAK,)), "w", SampleState.NEW),
    ],
)
def test_deleting_the_last_thing_makes_a_sample_new(
    labels: LabelState, name: str, state: SampleState
) -> None:
    after = edits.delete(labels, uid(name))

    assert after.state is state
    assert uid(name) not in {b.id for b in after.boxes}
    assert uid(name) not in {p.box.id for p in after.proposals}


@pytest.mark.parametrize(
    "edit",
    [
        lambda labels: edits.move(labels, "nobody", (0, 0, 1, 1)),
        lambda labels: edits.relabel(labels, "nobody", 1),
        lambda labels: edits.adopt(labels, "nobody"),
        lambda labels: edits.delete(labels, "nobody"),
    ],
)
@pytest.mark.parametrize("labels", ALL)
def test_box_that_is_not_there_is_named(
    labels: LabelState, edit: Callable[[LabelState], LabelState]
) -> None:
    with pytest.raises(NotFound, match="no such box here: nobody"):
        edit(labels)


@pytest.mark.parametrize("labels", ALL)
def test_dropping_proposals_never_undoes_a_decision(labels: LabelState) -> None:
    after = edits.drop_proposals(labels)

    assert after.proposals == ()
    assert after.boxes == labels.boxes
    if labels.state is SampleState.PROPOSED:
        wanted = SampleState.PROPOSED if labels.boxes else SampleState.NEW
        assert after.state is wanted
    else:
        assert after == replace(labels, proposals=())


def test_accepting_takes_sure_proposals_and_drops_ghosts() -> None:
    after = edits.accept(replace(PROPOSED, boxes=(box("a"),)))

    assert after.state is SampleState.LABELED
    assert [b.id for b in after.boxes] == [A, P, uid("s")]
    assert after.proposals == ()


def test_accepting_never_takes_a_box_twice() -> None:
    labels = replace(DRAFT, proposals=(proposal("a", x0=40.0),))

    after = edits.accept(labels)

    assert after.boxes == (box("a"),)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (NEW, "There is no box to accept"),
        (EMPTY, "There is no box to accept"),
        (
            LabelState(state=SampleState.PROPOSED, proposals=(WEAK, LEFT)),
            "There is no box to accept, only doubtful ones",
        ),
        (
            LabelState(state=SampleState.PROPOSED, proposals=(LEFT,)),
            "There is no box to accept",
        ),
    ],
)
def test_accepting_nothing_is_a_sentence(labels: LabelState, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        edits.accept(labels)

    assert caught.value.message == words
    assert caught.value.hint


def test_accepting_the_same_again_keeps_the_review() -> None:
    assert edits.accept(REVIEWED) == REVIEWED
    assert not edits.accept(replace(REVIEWED, proposals=SURE)).reviewed


@pytest.mark.parametrize("labels", ALL)
def test_empty_means_nothing_is_there(labels: LabelState) -> None:
    after = edits.mark_empty(labels)

    assert (after.state, after.boxes, after.proposals) == (SampleState.EMPTY, (), ())
    assert after.reviewed == (labels is EMPTY)


@pytest.mark.parametrize("labels", ALL)
def test_skipping_keeps_what_is_there(labels: LabelState) -> None:
    after = edits.skip(labels, "  too dark ")

    assert (after.state, after.skip_reason) == (SampleState.SKIPPED, "too dark")
    assert (after.boxes, after.proposals) == (labels.boxes, labels.proposals)
    assert edits.skip(labels, " ").skip_reason == "no reason given"


def test_skipped_sample_can_be_accepted_after_all() -> None:
    after = edits.accept(SKIPPED)

    assert (after.state, after.skip_reason) == (SampleState.LABELED, "")


@pytest.mark.parametrize("labels", [LABELED, REVIEWED, EMPTY])
def test_second_yes_is_kept(labels: LabelState) -> None:
    assert edits.review(labels) == replace(labels, reviewed=True)


@pytest.mark.parametrize("labels", [NEW, PROPOSED, DRAFT, SKIPPED])
def test_second_yes_needs_a_first(labels: LabelState) -> None:
    with pytest.raises(UsageError, match=f"can be reviewed: {labels.state}"):
        edits.review(labels)


@pytest.mark.parametrize(
    "edit",
    [
        lambda labels: edits.draw(labels, box("n")),
        lambda labels: edits.move(labels, A, (1, 2, 30, 40)),
        lambda labels: edits.relabel(labels, A, 2),
        lambda labels: edits.delete(labels, B),
    ],
)
def test_changing_a_box_takes_the_review_back(
    edit: Callable[[LabelState], LabelState],
) -> None:
    after = edit(REVIEWED)

    assert (after.state, after.reviewed) == (SampleState.LABELED, False)


@pytest.mark.parametrize(
    "edit",
    [
        lambda labels: edits.move(labels, A, (5.0, 4.0, 25.0, 19.0)),
        lambda labels: edits.relabel(labels, A, 1),
        lambda labels: edits.adopt(labels, A),
        edits.drop_proposals,
        edits.accept,
        edits.review,
    ],
)
def test_edit_that_changes_nothing_gives_the_same_labels(
    edit: Callable[[LabelState], LabelState],
) -> None:
    assert edit(REVIEWED) == REVIEWED


@given(states, any_box())
def test_no_edit_touches_the_labels_it_was_given(
    labels: LabelState, drawn: Box
) -> None:
    before = repr(labels)

    edits.draw(labels, drawn)
    edits.drop_proposals(labels)
    edits.mark_empty(labels)
    edits.skip(labels, "x")

    assert repr(labels) == before


@given(states)
def test_accepted_labels_hold_boxes_and_no_proposals(labels: LabelState) -> None:
    try:
        after = edits.accept(labels)
    except UsageError:
        return

    ids = [b.id for b in after.boxes]
    assert len(ids) == len(set(ids))
    assert after.proposals == ()
    assert edits.accept(after) == after
    assert not {
        p.box.id for p in labels.proposals if p.verdict not in edits.SURE
    } & set(ids) - {b.id for b in labels.boxes}


def ids_of(labels: LabelState) -> list[str]:
    return [b.id for b in labels.boxes] + [p.box.id for p in labels.proposals]


@given(states, st.data())
def test_boxes_relabelled_together_are_as_relabelled_one_by_one(
    labels: LabelState, data: st.DataObject
) -> None:
    ids = data.draw(st.lists(st.sampled_from(ids_of(labels) or [""]), unique=True))
    chosen = [name for name in ids if name]

    together = edits.relabel_together(labels, chosen, 2)

    one_by_one = labels
    for name in sorted(chosen, key=ids_of(labels).index):
        one_by_one = edits.relabel(one_by_one, name, 2)
    assert together == one_by_one


@given(states, st.data())
def test_boxes_deleted_together_are_gone_and_the_others_stay(
    labels: LabelState, data: st.DataObject
) -> None:
    ids = data.draw(st.lists(st.sampled_from(ids_of(labels) or [""]), unique=True))
    chosen = [name for name in ids if name]

    after = edits.delete_together(labels, chosen)

    assert ids_of(after) == [name for name in ids_of(labels) if name not in chosen]


def test_boxes_moved_together_get_their_own_corners_each() -> None:
    moves = {A: (1.0, 1.0, 3.0, 3.0), B: (2.0, 2.0, 9.0, 9.0)}

    after = edits.move_together(LABELED, moves)

    assert {b.id: (b.x0, b.y0, b.x1, b.y1) for b in after.boxes} == moves
    assert after.state is SampleState.LABELED


def test_proposals_taken_together_leave_the_others_proposed() -> None:
    after = edits.adopt_together(PROPOSED, (P, W))

    assert {b.id for b in after.boxes} == {P, W}
    assert W not in {p.box.id for p in after.proposals}
    assert len(after.proposals) == 2


def test_boxes_drawn_together_come_after_those_that_are_there() -> None:
    after = edits.draw_together(LABELED, (box("x"), box("y")))

    assert [b.id for b in after.boxes] == [A, B, uid("x"), uid("y")]


@pytest.mark.parametrize(
    "edit",
    [
        lambda labels, ids: edits.move_together(
            labels, dict.fromkeys(ids, (0.0, 0.0, 1.0, 1.0))
        ),
        lambda labels, ids: edits.relabel_together(labels, ids, 1),
        edits.adopt_together,
        edits.delete_together,
    ],
)
def test_one_unknown_box_among_several_is_named(
    edit: Callable[[LabelState, tuple[str, ...]], LabelState],
) -> None:
    with pytest.raises(NotFound, match="nobody"):
        edit(LABELED, (A, "nobody"))
