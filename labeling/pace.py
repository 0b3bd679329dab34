"""The pace of labeling, measured from the journal of what was accepted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from dataset.catalog import Decision

# A longer pause is a break (a call, a coffee), not work on the image.
BREAK_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Medians over the newest accepts; None where nothing was measured.

    `keys_per_image` counts keys and drags, `drags_per_image` the drags among them.
    """

    seconds_per_image: float
    seconds_per_box: float | None
    keys_per_image: float
    drags_per_image: float = 0.0


def pace_of_accepts(decisions: Sequence[Decision]) -> Pace | None:
    """The pace of accepts, newest first, each window timed for itself.

    The time of an image is the time since the accept before it; pauses over
    BREAK_S are left out. None with fewer than two accepts in a row.
    """
    earlier: dict[str, int] = {}
    timed: list[tuple[int, int, int]] = []
    for each in reversed(decisions):
        if each.holder in earlier:
            timed.append((each.at_us, each.boxes, earlier[each.holder]))
        earlier[each.holder] = each.at_us
    keys = [each.keys for each in decisions]
    return _pace(timed, keys, [each.drags for each in decisions])


def paces_by_session(decisions: Sequence[Decision]) -> dict[str, tuple[int, Pace]]:
    """Images and pace of each session, by session id, the newest session first.

    The first image of a session is timed from the last one of the session before:
    finding one's way in is work, too. Sessions without a timed image are left out.
    """
    earlier: dict[str, int] = {}
    timed: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for each in reversed(decisions):
        if each.holder in earlier:
            timed[each.session_id].append(
                (each.at_us, each.boxes, earlier[each.holder])
            )
        earlier[each.holder] = each.at_us
    found: dict[str, tuple[int, Pace]] = {}
    for session_id in dict.fromkeys(each.session_id for each in decisions):
        own = [each for each in decisions if each.session_id == session_id]
        pace = _pace(timed[session_id], [e.keys for e in own], [e.drags for e in own])
        if pace is not None:
            found[session_id] = (len(own), pace)
    return found


def _pace(
    timed: Sequence[tuple[int, int, int]],
    keys: Sequence[int],
    drags: Sequence[int],
) -> Pace | None:
    """The pace of images given as (at_us, boxes, at_us of the one before)."""
    spent: list[float] = []
    per_box: list[float] = []
    for at, boxes, before in timed:
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
        keys_per_image=round(sum(keys) / len(keys), 2),
        drags_per_image=round(sum(drags) / len(drags), 2),
    )
