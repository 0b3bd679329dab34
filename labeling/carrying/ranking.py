"""How likely each candidate is right, and which object gets which place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from ..geometry import iou_matrix
from .candidates import Candidate, Evidence

# Logistic regression (weights above 0 only) on the candidates of the shared tracks and
# of clips with boxes from motion, judged by leaving one clip out; then rescaled so that
# on the shared tracks the score is the share of chosen boxes with IoU >= 0.7.
WEIGHTS = {
    "looks": 1.17,
    "near": 1.29,
    "flow": 2.1,
    "ahead": 1.05,
    "colour": 4.7,
    "stands_out": 1.0,
    "outlined": 0.7,
    "size": 2.35,
}
BIAS = -6.27


def logit(evidence: Evidence) -> float:
    """The weighed evidence; the score is its logistic function."""
    told = [weight * float(getattr(evidence, name)) for name, weight in WEIGHTS.items()]
    return BIAS + sum(told)


def score_of(candidate: Candidate) -> float:
    """The chance that the candidate has IoU >= 0.7 with the truth."""
    return float(1 / (1 + np.exp(-logit(candidate.evidence))))


def assign(found: Sequence[Sequence[Candidate]]) -> list[Candidate | None]:
    """One candidate for each object so that the sum is best and no place is used twice.

    Candidates of several objects that overlap much are one place; objects and places
    are paired by the Hungarian method (Kuhn 1955). None for an object without any.
    """
    every = [(k, c) for k, own in enumerate(found) for c in own]
    if not every:
        return [None] * len(found)
    every.sort(key=lambda one: -logit(one[1].evidence))
    overlaps = iou_matrix([c.corners for _, c in every], [c.corners for _, c in every])
    place = np.full(len(every), -1)
    for i in range(len(every)):
        if place[i] < 0:
            place[(place < 0) & (overlaps[i] > 0.6)] = i
    gain = np.full((len(found), len(every) + len(found)), -50.0)
    gain[np.arange(len(found)), len(every) + np.arange(len(found))] = -30.0
    best: dict[tuple[int, int], Candidate] = {}
    for i, (k, candidate) in enumerate(every):
        at = int(place[i])
        if (k, at) not in best:
            best[k, at] = candidate
            gain[k, at] = logit(candidate.evidence)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    chosen: list[Candidate | None] = [None] * len(found)
    for k, at in zip(rows.tolist(), columns.tolist(), strict=True):
        chosen[k] = best.get((k, at))
    return chosen
