"""Edits of one sample's labels: values in, values out.

Each function takes the labels as they are and gives them as they become; nothing is
saved here. A sample that a person accepted stays `labeled` while it has boxes; any
other sample with something on it is `proposed` until it is accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from dataset.errors import NotFound, UsageError
from dataset.records import (
    Box,
    BoxOrigin,
    LabelState,
    Proposal,
    SampleState,
    Verdict,
)

from .geometry import Corners

SURE = frozenset({Verdict.STILL, Verdict.MOVED})
_SAVED_DIGITS = 3


def draw(labels: LabelState, box: Box) -> LabelState:
    """The labels with one more box."""
    return _drafted(labels, boxes=(*labels.boxes, _tidy(box)))


def draw_together(labels: LabelState, boxes: Iterable[Box]) -> LabelState:
    """The labels with several more boxes."""
    return _drafted(labels, boxes=(*labels.boxes, *map(_tidy, boxes)))


def move_together(labels: LabelState, moves: Mapping[str, Corners]) -> LabelState:
    """The labels with each of these boxes at its new corners; see `move`.

    Raises:
        NotFound: no box or proposal has one of the ids.
    """

    def change(box: Box) -> Box:
        x0, y0, x1, y1 = moves[box.id]
        return replace(box, x0=x0, y0=y0, x1=x1, y1=y1)

    return _change_each(labels, moves, change)


def relabel_together(
    labels: LabelState, box_ids: Collection[str], class_id: int
) -> LabelState:
    """The labels with each of these boxes in another class; see `relabel`.

    Raises:
        NotFound: no box or proposal has one of the ids.
    """
    return _change_each(labels, box_ids, lambda box: replace(box, class_id=class_id))


def adopt_together(labels: LabelState, box_ids: Collection[str]) -> LabelState:
    """The labels with each of these proposals accepted as it is.

    Raises:
        NotFound: no box or proposal has one of the ids.
    """
    return _change_each(labels, box_ids, lambda box: box)


def delete_together(labels: LabelState, box_ids: Collection[str]) -> LabelState:
    """The labels without these boxes and proposals.

    Raises:
        NotFound: none has one of the ids.
    """
    gone = _known(labels, box_ids)
    return _drafted(
        labels,
        boxes=tuple(box for box in labels.boxes if box.id not in gone),
        proposals=tuple(p for p in labels.proposals if p.box.id not in gone),
    )


def move(labels: LabelState, box_id: str, corners: Corners) -> LabelState:
    """The labels with a box at other corners; a proposal is accepted with them.

    Raises:
        NotFound: no box or proposal has that id.
    """
    return move_together(labels, {box_id: corners})


def relabel(labels: LabelState, box_id: str, class_id: int) -> LabelState:
    """The labels with a box of another class; a proposal is accepted with it.

    Raises:
        NotFound: no box or proposal has that id.
    """
    return relabel_together(labels, (box_id,), class_id)


def adopt(labels: LabelState, box_id: str) -> LabelState:
    """The labels with one proposal accepted as it is.

    Raises:
        NotFound: no box or proposal has that id.
    """
    return adopt_together(labels, (box_id,))


def delete(labels: LabelState, box_id: str) -> LabelState:
    """The labels without a box or a proposal.

    Raises:
        NotFound: none has that id.
    """
    return delete_together(labels, (box_id,))


def drop_proposals(labels: LabelState) -> LabelState:
    """The labels without any proposal; what a person decided stays decided."""
    if labels.state is SampleState.PROPOSED:
        return _drafted(labels, boxes=labels.boxes, proposals=())
    return replace(labels, proposals=())


def accept(labels: LabelState) -> LabelState:
    """The labels a person said yes to: all boxes and every sure proposal.

    Proposals that are weak or left are dropped: nobody said yes to a ghost. A
    sample that was labeled with the very same boxes keeps its review.

    Raises:
        UsageError: there is nothing to accept.
    """
    present = {box.id for box in labels.boxes}
    sure = [
        _tidy(p.box)
        for p in labels.proposals
        if p.verdict in SURE and p.box.id not in present
    ]
    boxes = (*labels.boxes, *sure)
    if not boxes:
        weak = any(p.verdict is Verdict.WEAK for p in labels.proposals)
        raise UsageError(
            "There is no box to accept, only doubtful ones"
            if weak
            else "There is no box to accept",
            hint="Tab and Enter take a doubtful one, E says that nothing is here"
            if weak
            else "draw one, or press E to say that nothing is here",
        )
    is_same = labels.state is SampleState.LABELED and not sure
    return LabelState(
        state=SampleState.LABELED, boxes=boxes, reviewed=is_same and labels.reviewed
    )


def mark_empty(labels: LabelState) -> LabelState:
    """The labels of a sample on which, a person says, nothing is."""
    is_same = labels.state is SampleState.EMPTY
    return LabelState(state=SampleState.EMPTY, reviewed=is_same and labels.reviewed)


def skip(labels: LabelState, reason: str) -> LabelState:
    """The labels of a sample left out for a reason; its boxes are kept."""
    return LabelState(
        state=SampleState.SKIPPED,
        skip_reason=reason.strip() or "no reason given",
        boxes=labels.boxes,
        proposals=labels.proposals,
    )


def review(labels: LabelState) -> LabelState:
    """The labels with a second yes.

    Raises:
        UsageError: nobody has said the first one.
    """
    if labels.state not in {SampleState.LABELED, SampleState.EMPTY}:
        raise UsageError(
            f"Only a labeled or empty sample can be reviewed: {labels.state.value}",
            hint="accept it on the Label page first",
        )
    return replace(labels, reviewed=True)


def _change_each(
    labels: LabelState, box_ids: Collection[str], change: Callable[[Box], Box]
) -> LabelState:
    """The labels with some boxes changed; a proposal among them is accepted."""
    chosen = _known(labels, box_ids)
    boxes = [_tidy(change(b)) if b.id in chosen else b for b in labels.boxes]
    taken = chosen - {box.id for box in labels.boxes}
    boxes += [_tidy(change(p.box)) for p in labels.proposals if p.box.id in taken]
    return _drafted(
        labels,
        boxes=tuple(boxes),
        proposals=tuple(p for p in labels.proposals if p.box.id not in taken),
    )


def _known(labels: LabelState, box_ids: Iterable[str]) -> frozenset[str]:
    chosen = frozenset(box_ids)
    here = {box.id for box in labels.boxes} | {p.box.id for p in labels.proposals}
    for box_id in sorted(chosen - here):
        raise NotFound(f"There is no such box here: {box_id}")
    return chosen


def _drafted(
    labels: LabelState,
    *,
    boxes: tuple[Box, ...],
    proposals: tuple[Proposal, ...] | None = None,
) -> LabelState:
    kept = labels.proposals if proposals is None else proposals
    if (boxes, kept) == (labels.boxes, labels.proposals):
        return labels
    if labels.state is SampleState.LABELED and boxes:
        state = SampleState.LABELED
    else:
        state = SampleState.PROPOSED if boxes or kept else SampleState.NEW
    return LabelState(state=state, boxes=boxes, proposals=kept)


def _tidy(box: Box) -> Box:
    """The box with corners rounded to a thousandth of a pixel.

    A version keeps 1/1024 px, so nothing is lost, and JSON and reports stay readable.
    """
    return replace(
        box,
        x0=round(box.x0, _SAVED_DIGITS),
        y0=round(box.y0, _SAVED_DIGITS),
        x1=round(box.x1, _SAVED_DIGITS),
        y1=round(box.y1, _SAVED_DIGITS),
        score=None if box.origin is BoxOrigin.DRAWN else box.score,
    )
