"""Edits of one sample's labels: values in, values out.

Each function takes the labels as they are and gives them as they become; nothing is
saved here. A sample that a person accepted stays `labeled` while it has boxes; any
other sample with something on it is `proposed` until it is accepted.
"""

from __future__ import annotations

from collections.abc import Iterable
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


def move(labels: LabelState, box_id: str, corners: Corners) -> LabelState:
    """The labels with a box at other corners; a proposal is accepted with them.

    Raises:
        NotFound: no box or proposal has that id.
    """
    return _change(labels, box_id, corners=corners)


def relabel(labels: LabelState, box_id: str, class_id: int) -> LabelState:
    """The labels with a box of another class; a proposal is accepted with it.

    Raises:
        NotFound: no box or proposal has that id.
    """
    return _change(labels, box_id, class_id=class_id)


def adopt(labels: LabelState, box_id: str) -> LabelState:
    """The labels with one proposal accepted as it is.

    Raises:
        NotFound: no box or proposal has that id.
    """
    return _change(labels, box_id)


def delete(labels: LabelState, box_id: str) -> LabelState:
    """The labels without a box or a proposal.

    Raises:
        NotFound: none has that id.
    """
    _find(labels, box_id)
    return _drafted(
        labels,
        boxes=tuple(box for box in labels.boxes if box.id != box_id),
        proposals=tuple(p for p in labels.proposals if p.box.id != box_id),
    )


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


def _change(
    labels: LabelState,
    box_id: str,
    *,
    class_id: int | None = None,
    corners: Corners | None = None,
) -> LabelState:
    found = _find(labels, box_id)
    chosen = found.class_id if class_id is None else class_id
    x0, y0, x1, y1 = corners or (found.x0, found.y0, found.x1, found.y1)
    changed = _tidy(replace(found, class_id=chosen, x0=x0, y0=y0, x1=x1, y1=y1))
    if any(box.id == box_id for box in labels.boxes):
        boxes = tuple(changed if b.id == box_id else b for b in labels.boxes)
        return _drafted(labels, boxes=boxes)
    return _drafted(
        labels,
        boxes=(*labels.boxes, changed),
        proposals=tuple(p for p in labels.proposals if p.box.id != box_id),
    )


def _find(labels: LabelState, box_id: str) -> Box:
    everything: Iterable[Box] = (*labels.boxes, *(p.box for p in labels.proposals))
    for box in everything:
        if box.id == box_id:
            return box
    raise NotFound(f"There is no such box here: {box_id}")


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
