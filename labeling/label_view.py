"""What a person sees of a sample while labeling it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dataset.catalog import Catalog, Turned
from dataset.records import Box, LabelState, Proposal, Sample

from .choice import TODO
from .pace import Pace, pace_of_accepts
from .walk import Walk

_HISTORY_SHOWN: Final = 12
_PACE_OVER: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelView:
    """What there is to see of the current sample.

    `proposals` are the kept ones and those offered by carry-over; `position` counts
    from 1 in a queue of `total`; `left` of them are still to do; `history` is newest
    first; `touched` is the id of the box the last edit made or changed.
    `is_held_elsewhere`: another window has the sample before it, too; `turned` is what
    was just undone or made again. Why nothing is carried here says `clean_start`.
    """

    sample: Sample
    boxes: tuple[Box, ...]
    proposals: tuple[Proposal, ...]
    position: int
    total: int
    left: int
    history: tuple[str, ...]
    can_undo: bool
    can_redo: bool
    touched: str
    pace: Pace | None
    session_pace: Pace | None = None
    is_held_elsewhere: bool = False
    turned: Turned | None = None


def view_of(
    catalog: Catalog,
    walk: Walk,
    sample: Sample,
    shown: LabelState,
    *,
    touched: str,
    turned: Turned | None,
) -> LabelView:
    """What there is to see of a sample on a walk; `shown` has what was offered, too."""
    states = catalog.samples.states()
    accepts = catalog.journal.accepts(_PACE_OVER)
    own = [each for each in accepts if each.session_id == sample.session_id]
    pace = pace_of_accepts(accepts)
    return LabelView(
        sample=sample,
        boxes=shown.boxes,
        proposals=shown.proposals,
        position=walk.queue.position,
        total=len(walk.queue),
        left=sum(states[state] for state in TODO),
        history=catalog.journal.titles(_HISTORY_SHOWN),
        can_undo=catalog.journal.can_undo(),
        can_redo=catalog.journal.can_redo(),
        touched=touched,
        pace=pace,
        session_pace=pace if len(own) == len(accepts) else pace_of_accepts(own),
        is_held_elsewhere=walk.is_held_elsewhere,
        turned=turned,
    )
