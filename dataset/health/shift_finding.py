"""What a shift of one number means for the camera, as a finding in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .health_finding import HealthFinding, HealthVerdict
from .shift import Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said of one number: by verdict, and what to do about a fault."""

    fault: str
    fine: str
    open: str
    next_step: str


def shift_finding(
    name: str,
    shift: Shift,
    verdict: HealthVerdict,
    scale: tuple[str, float],
    words: Words,
) -> HealthFinding:
    """The finding; `scale` is the shift's unit and the limit of its verdict."""
    said = {
        HealthVerdict.FAULT: words.fault,
        HealthVerdict.FINE: words.fine,
        HealthVerdict.NOT_ENOUGH_DATA: words.open,
    }
    is_known = math.isfinite(shift.margin)
    return HealthFinding(
        name=name,
        verdict=verdict,
        sentence=said[verdict],
        unit=scale[0],
        effect=shift.effect if is_known else None,
        margin=shift.margin if is_known else None,
        limit=scale[1],
        next_step=words.next_step if verdict is HealthVerdict.FAULT else "",
    )
