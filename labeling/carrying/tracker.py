"""A tracker of the user's beside carry-over: where it sees a box, and what follows.

No model runtime here; the station runs trackers in a child process (`station.models`).
What a tracker says of itself is no probability: it joins what carry-over found, and
where the two contradict each other the proposal is weak, so that a person looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from dataset.records import Box, BoxOrigin, Proposal, Verdict

from ..geometry import Corners, corners_of, iou

FOLLOWED_MOST: Final = 32
"""So many boxes of a picture are given to a tracker, those in most doubt first."""
SEEN_FROM: Final = 0.3
"""A tracker that is less sure than this does not know."""
SURE_FROM: Final = 0.5
"""From here on a tracker alone is believed."""
SAME_PLACE: Final = 0.6
"""The IoU from which two places are one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """One object: its corners in the earlier picture, and where it may be now."""

    corners: Corners
    places: tuple[Corners, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """Where a tracker sees an object, and how sure it is, from 0 to 1."""

    corners: Corners
    score: float


class Tracker(Protocol):
    """Follows objects from one picture to the next; keeps nothing between calls."""

    def follow(
        self, before: Path, after: Path, sought: Sequence[Sought]
    ) -> Sequence[Tracked | None]:
        """Where each object is in the picture `after`; None where it does not know.

        The answer has the length of `sought`, or is empty where the tracker cannot
        be used. It raises nothing: carry-over goes on without it.
        """


def joined(
    tracker: Tracker,
    before: Path,
    after: Path,
    boxes: Sequence[Box],
    found: Sequence[Proposal],
) -> tuple[Proposal, ...]:
    """The proposals with what the tracker sees of all that is not still.

    `boxes` are those of the picture `before`; `found` holds a proposal for each.
    """
    asked = _in_doubt(found)
    if not asked:
        return tuple(found)
    sought = [_sought(boxes[k], found[k]) for k in asked]
    seen = dict(zip(asked, tracker.follow(before, after, sought), strict=False))
    return tuple(merged(own, seen.get(k)) for k, own in enumerate(found))


def merged(own: Proposal, seen: Tracked | None) -> Proposal:
    """One proposal of what carry-over found and what a tracker sees.

    Where both agree the place is the tracker's, and the score the higher one. Where
    carry-over lost the object a sure tracker is believed. Where both are sure of
    different places the surer one is kept as weak.
    """
    if seen is None or seen.score < SEEN_FROM or own.verdict is Verdict.STILL:
        return own
    score = own.box.score or 0.0
    is_lost = own.verdict is not Verdict.MOVED
    if iou(own.box, seen.corners) >= SAME_PLACE:
        return _placed(own, seen.corners, max(score, seen.score), Verdict.MOVED)
    if is_lost:
        is_sure = seen.score >= SURE_FROM
        verdict = Verdict.MOVED if is_sure else Verdict.WEAK
        return _placed(own, seen.corners, seen.score, verdict)
    if seen.score > score:
        return _placed(own, seen.corners, seen.score, Verdict.WEAK)
    return replace(own, verdict=Verdict.WEAK)


def _in_doubt(found: Sequence[Proposal]) -> list[int]:
    """Indexes of the proposals to ask for, in their order."""
    moving = [k for k, own in enumerate(found) if own.verdict is not Verdict.STILL]
    moving.sort(key=lambda k: (found[k].box.score or 0.0, k))
    return sorted(moving[:FOLLOWED_MOST])


def _sought(box: Box, own: Proposal) -> Sought:
    """Look where it was, and where carry-over has it if that is somewhere else."""
    was, now = corners_of(box), corners_of(own.box)
    is_elsewhere = own.verdict is not Verdict.LEFT and iou(was, now) == 0.0
    return Sought(corners=was, places=(was, now) if is_elsewhere else (was,))


def _placed(
    own: Proposal, corners: Corners, score: float, verdict: Verdict
) -> Proposal:
    x0, y0, x1, y1 = corners
    box = replace(
        own.box,
        x0=x0,
        y0=y0,
        x1=x1,
        y1=y1,
        score=round(score, 4),
        origin=BoxOrigin.CARRIED,
    )
    return Proposal(box=box, verdict=verdict)
