"""Where an object is taken to be: the place that was found and its course, weighed.

Both are estimates of the box's centre, each with a deviation, and are joined by inverse
variances, as a Kalman filter joins a measurement with what it foretold (Kalman 1960).
The parameters were fitted on clips composed of photos, on clips with boxes from motion,
and on the first half of the shared tracks.
"""

from __future__ import annotations

import numpy as np

from ..geometry import Corners
from .candidates import Target

DEVIATION = 0.02
DEVIATION_WITHOUT_FLOW = 0.015
DEVIATION_IN_DOUBT = 0.11
"""How wrong a found centre usually is, in sizes: at best, more where flow does not
agree, and more the lower the score."""
APART = 2.3
"""So many deviations apart the two do not mean the same place."""
DOUBTED_BELOW = 0.5
SURE_COURSE = 0.15
"""In sizes: a course this sure is believed where a doubtful place contradicts it."""


def landing(target: Target, found: Corners, score: float, flow: float) -> Corners:
    """The box with its centre moved towards the expected one, as far as that is sure.

    `score` is that of the found place and `flow` its forward-backward agreement, both
    0 to 1. Where the two contradict each other, one of them is taken.
    """
    if target.deviation is None:
        return found
    own = DEVIATION + DEVIATION_WITHOUT_FLOW * (1 - flow)
    own = (own + DEVIATION_IN_DOUBT * (1 - score)) * target.size
    course = np.array(target.deviation)
    box, expected = np.array(found), np.array(target.expected)
    away = (expected[:2] + expected[2:] - box[:2] - box[2:]) / 2
    if (np.abs(away) > APART * np.hypot(own, course)).any():
        is_sure = float(np.hypot(*course)) < SURE_COURSE * target.size
        return target.expected if score < DOUBTED_BELOW and is_sure else found
    x0, y0, x1, y1 = (box + np.tile(away * own**2 / (own**2 + course**2), 2)).tolist()
    return x0, y0, x1, y1
