"""How far a number moved between two portraits, with its uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .health_finding import HealthVerdict

# Student's t for 6 degrees of freedom, two-sided 99 %: four blocks a side. The blocks
# follow one another and are not independent; 99 instead of 95 % pays for that.
MARGIN_T = 3.71


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A difference and the half-width of its interval, in one unit.

    `margin` is infinite where there is too little to say.
    """

    effect: float
    margin: float

    def verdict(
        self, limit: float, *, falls: bool = True, rises: bool = True
    ) -> HealthVerdict:
        """Fault beyond the limit, fine within it, each with its whole margin.

        `falls` and `rises` say which direction counts as a fault at all.
        """
        low, high = self.effect - self.margin, self.effect + self.margin
        if not math.isfinite(low) or not math.isfinite(high):
            return HealthVerdict.NOT_ENOUGH_DATA
        if (falls and high < -limit) or (rises and low > limit):
            return HealthVerdict.FAULT
        if (not falls or low >= -limit) and (not rises or high <= limit):
            return HealthVerdict.FINE
        return HealthVerdict.NOT_ENOUGH_DATA


UNKNOWN = Shift(effect=0.0, margin=math.inf)


def shift_between(
    reference: NDArray[np.float64], current: NDArray[np.float64]
) -> Shift:
    """The change of the mean over blocks; each array has one value a block.

    NaN blocks are left out; with fewer than two known on a side nothing is known.
    The margin is Welch's with a fixed t.
    """
    old = reference[np.isfinite(reference)]
    new = current[np.isfinite(current)]
    if len(old) < 2 or len(new) < 2:
        return UNKNOWN
    spread = old.var(ddof=1) / len(old) + new.var(ddof=1) / len(new)
    return Shift(
        effect=float(new.mean() - old.mean()),
        margin=MARGIN_T * math.sqrt(float(spread)),
    )
