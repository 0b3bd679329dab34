"""The pace of labeling, measured from the journal of what was accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

# A longer pause is a break (a call, a coffee), not work on the image.
BREAK_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Medians over the newest accepts; None where nothing was measured."""

    seconds_per_image: float
    seconds_per_box: float | None
    keys_per_image: float


def pace_of(decisions: Sequence[tuple[int, int, int]]) -> Pace | None:
    """The pace of accepts given as (at_us, boxes, keys), newest first.

    The time of an image is the time since the accept before it; pauses over
    BREAK_S are left out. None with fewer than two accepts in a row.
    """
    spent: list[float] = []
    per_box: list[float] = []
    for (at, boxes, _), (before, _, _) in pairwise(decisions):
        seconds = (at - before) / 1e6
        if 0 < seconds <= BREAK_S:
            spent.append(seconds)
            if boxes:
                per_box.append(seconds / boxes)
    if not spent:
        return None
    return Pace(
        seconds_per_image=round(median(spent), 2),
        seconds_per_box=round(median(per_box), 2) if per_box else None,
        keys_per_image=round(sum(keys for _, _, keys in decisions) / len(decisions), 2),
    )
