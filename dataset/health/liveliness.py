"""Whether a camera delivers: frozen pictures and the beat of its frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .health_finding import HealthFinding, HealthVerdict
from .portrait import Portrait

# Looked-at frames in a row that are one picture, bit by bit: a live sensor's noise
# never gives two; a clip of half the rate gives pairs.
FROZEN_RUN = 5
LEAST_INTERVALS = 20
# Spread of the middle half of the intervals, in shares of the median interval.
JITTER = 0.25


def frozen(current: Portrait) -> HealthFinding:
    """Whether the same picture came again and again."""
    run = current.longest_run
    verdict = HealthVerdict.FAULT if run >= FROZEN_RUN else HealthVerdict.FINE
    if current.frames < FROZEN_RUN:
        verdict = HealthVerdict.NOT_ENOUGH_DATA
    words = {
        HealthVerdict.FAULT: f"The camera gave the same picture {run} times in a row.",
        HealthVerdict.FINE: "The pictures follow one another.",
        HealthVerdict.NOT_ENOUGH_DATA: "There are too few pictures to say whether the "
        "camera is frozen.",
    }
    is_fault = verdict is HealthVerdict.FAULT
    return HealthFinding(
        name="frozen",
        verdict=verdict,
        sentence=words[verdict],
        unit="frames",
        effect=float(run),
        limit=float(FROZEN_RUN),
        next_step="start the camera anew; look at its cable" if is_fault else "",
    )


def timing(reference: Portrait, current: Portrait) -> HealthFinding:
    """The jitter of the intervals, against the reference's own."""
    old, new = _jitter(reference.times_s), _jitter(current.times_s)
    if old is None or new is None:
        return HealthFinding(
            name="timing",
            verdict=HealthVerdict.NOT_ENOUGH_DATA,
            sentence="There are too few moments to compare the beat of the pictures.",
            unit="share of interval",
            limit=JITTER,
        )
    if old > JITTER:
        return HealthFinding(
            name="timing",
            verdict=HealthVerdict.NOT_ENOUGH_DATA,
            sentence="The pictures of the reference came unevenly, too, as a trigger "
            "takes them: there is no beat to compare.",
            unit="share of interval",
            effect=new - old,
            limit=JITTER,
        )
    is_fault = new > JITTER and new > 2 * old
    return HealthFinding(
        name="timing",
        verdict=HealthVerdict.FAULT if is_fault else HealthVerdict.FINE,
        sentence=f"The pictures come unevenly: half of the intervals differ by "
        f"{new:.0%} of one; in the reference by {old:.0%}."
        if is_fault
        else "The pictures come as evenly as they did.",
        unit="share of interval",
        effect=new - old,
        limit=JITTER,
        next_step="look at the network or hub that the camera shares"
        if is_fault
        else "",
    )


def _jitter(times_s: NDArray[np.float64]) -> float | None:
    """Interquartile range of the intervals over their median; None where too few."""
    intervals = np.diff(times_s[np.isfinite(times_s)])
    intervals = intervals[intervals > 0]
    if len(intervals) < LEAST_INTERVALS:
        return None
    low, middle, high = np.quantile(intervals, [0.25, 0.5, 0.75])
    return float((high - low) / middle)
