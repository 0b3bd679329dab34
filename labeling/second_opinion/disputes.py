"""Disputes: where two passes over a sample differ, and what taking a side makes of it.

Pure: labels in, labels out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from dataset.records import Box, LabelState, SampleState

from .. import edits
from ..agreement import STRICT_IOU, compare
from ..geometry import corners_of


class DisputeKind(StrEnum):
    """What two passes do not agree on."""

    CLASS = "class"
    ONLY_FIRST = "only-first"
    ONLY_SECOND = "only-second"
    PLACE = "place"


class Verdict(StrEnum):
    """What a person decided on a dispute."""

    FIRST = "first"
    SECOND = "second"
    EDIT = "edit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """One difference; at least one of the two boxes is there, `iou` is 0 to 1."""

    kind: DisputeKind
    first: Box | None
    second: Box | None
    iou: float = 0.0

    @property
    def key(self) -> tuple[str, str]:
        """The ids of the two boxes, "" for none."""
        return (
            "" if self.first is None else self.first.id,
            "" if self.second is None else self.second.id,
        )


def disputes_of(first: Sequence[Box], second: Sequence[Box]) -> tuple[Dispute, ...]:
    """Give the differences between two passes over one sample.

    Pairs of another class come first, then boxes that one side alone has, then pairs
    that overlap by less than 0.7.
    """
    found = compare(first, second)
    paired = [
        Dispute(
            kind=DisputeKind.PLACE if pair.same_class else DisputeKind.CLASS,
            first=pair.first,
            second=pair.second,
            iou=pair.iou,
        )
        for pair in found.pairs
        if not pair.same_class or pair.iou < STRICT_IOU
    ]
    return (
        *(one for one in paired if one.kind is DisputeKind.CLASS),
        *(
            Dispute(kind=DisputeKind.ONLY_FIRST, first=box, second=None)
            for box in found.only_first
        ),
        *(
            Dispute(kind=DisputeKind.ONLY_SECOND, first=None, second=box)
            for box in found.only_second
        ),
        *(one for one in paired if one.kind is DisputeKind.PLACE),
    )


def taken(labels: LabelState, dispute: Dispute) -> LabelState:
    """The labels with the second pass's side of a dispute; they stay decided.

    A box keeps its id, which stands for the object.

    Raises:
        NotFound: the first box is not there any more.
    """
    if dispute.first is None and dispute.second is not None:
        after = edits.draw(labels, dispute.second)
    elif dispute.first is not None and dispute.second is None:
        after = edits.delete(labels, dispute.first.id)
    else:
        after = _replaced(labels, dispute)
    state = SampleState.LABELED if after.boxes else SampleState.EMPTY
    return LabelState(state=state, boxes=after.boxes)


def _replaced(labels: LabelState, dispute: Dispute) -> LabelState:
    first, second = dispute.first, dispute.second
    if first is None or second is None:
        raise ValueError("a dispute holds a box")
    moved = edits.move(labels, first.id, corners_of(second))
    return edits.relabel(moved, first.id, second.class_id)


def kept(labels: LabelState) -> LabelState:
    """The labels as they are, proposals aside: the first side was right."""
    return replace(labels, proposals=())
