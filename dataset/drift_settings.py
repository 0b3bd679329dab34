"""What `fieldset.toml` says of drift: up to which shift a metric is unchanged.

[drift]
baseline = "v1"             what a camera is watched against; by default `latest`
[drift.limits.brightness]   a metric as `fieldset drift --json` names it
sd = 0.25                   in standard deviations of the base
step = 0.02                 in the metric's unit; the larger of both holds
reason = "dusk is usual"    why, for whoever reads the settings next
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

from .drift_statistics.practical_limits import LIMITS, Limit
from .policies.recipes import RecipeFault

USUAL_BASELINE: Final = "latest"
_NAMES: Final = ("baseline", "limits")
_PARTS: Final = ("sd", "step", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftSettings:
    """The practical limit of every metric, the project's own before the usual ones.

    `baseline` is a version, `v3:train` or `session:NAME`.
    """

    baseline: str = USUAL_BASELINE
    limits: Mapping[str, Limit] = field(default_factory=lambda: LIMITS)


def read_drift_settings(table: Mapping[str, Any]) -> DriftSettings:
    """The settings that the table `[drift]` stands for.

    Raises:
        RecipeFault: a key does not exist, or has a value it cannot have; a key of a
            limit is told as `limits.METRIC.KEY`.
    """
    for key in table:
        if key not in _NAMES:
            what = f"there is no such setting ({', '.join(_NAMES)})"
            raise RecipeFault(key, what, key)
    baseline = table.get("baseline", USUAL_BASELINE)
    if not isinstance(baseline, str) or not baseline:
        raise RecipeFault("baseline", "`baseline` is a text", baseline)
    limits = table.get("limits", {})
    if not isinstance(limits, dict):
        raise RecipeFault("limits", "`limits` is a table", limits)
    own = {name: _limit(name, value) for name, value in limits.items()}
    return DriftSettings(baseline=baseline, limits=MappingProxyType({**LIMITS, **own}))


def _limit(name: str, value: object) -> Limit:
    if name not in LIMITS:
        near = get_close_matches(name, sorted(LIMITS), n=1)
        fits = f"did you mean {near[0]}?" if near else ", ".join(sorted(LIMITS))
        raise RecipeFault(f"limits.{name}", f"there is no such metric ({fits})", name)
    if not isinstance(value, dict):
        what = "a limit is a table of `sd`, `step` and `reason`"
        raise RecipeFault(f"limits.{name}", what, value)
    for key, part in value.items():
        _check(f"limits.{name}.{key}", key, part)
    # A reason speaks of the numbers it stands beside, so that the old one falls away.
    return replace(LIMITS[name], **{"reason": "", **value})


def _check(place: str, key: str, part: object) -> None:
    if key not in _PARTS:
        raise RecipeFault(place, f"there is no such part ({', '.join(_PARTS)})", key)
    if key == "reason":
        if not isinstance(part, str):
            raise RecipeFault(place, "`reason` is a text", part)
        return
    is_number = isinstance(part, int | float) and not isinstance(part, bool)
    if not is_number or not 0 <= float(str(part)) < math.inf:
        raise RecipeFault(place, f"`{key}` is a number of 0 or more", part)
