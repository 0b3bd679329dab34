"""What `fieldset.toml` says of drift: what is compared, and which shift matters.

[drift]
metrics = ["brightness", "jpeg_quality", "picture"]    the family, in place of the usual
backbone = "models/backbone.onnx"  whose vectors stand for whole pictures
baseline = "v1"             what a camera is watched against; by default `latest`

[drift.limits.brightness]   a metric as `fieldset drift --json` names it
sd = 0.25                   in standard deviations of the base
step = 0.02                 in the metric's unit; the larger of both holds
reason = "dusk is usual"    why, for whoever reads the settings next

[drift.backbone]            a table where there is more to say of the backbone
model = "models/backbone.onnx"  ONNX alone, relative to the project's folder
fit = "stretch"             or "letterbox": bars keep the aspect
seconds = 20                the time one picture may take
size = [224, 224]           width and height, where the model takes any
channels, scale, mean, deviation      how pixels are handed over, as in `[assist]`
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

from .assist_settings import AssistSettings, read_assist
from .drift_statistics.practical_limits import LIMITS, Limit
from .policies.recipes import RecipeFault

USUAL_BASELINE: Final = "latest"
_KEYS: Final = ("metrics", "limits", "backbone", "baseline")
_PARTS: Final = ("sd", "step", "reason")
_OF_A_BACKBONE: Final = (
    "model",
    "fit",
    "seconds",
    "size",
    "channels",
    "scale",
    "mean",
    "deviation",
)
_FITS: Final = ("stretch", "letterbox")


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftSettings:
    """What a comparison tests, and from which shift on it matters.

    `limits` are the practical limit of every metric, the project's own before the
    usual ones; `metrics` the family's names, empty for the usual one; `backbone` how a
    model is asked for vectors, None for the built-in embedding; `baseline` is a
    version, `v3:train` or `session:NAME`.
    """

    baseline: str = USUAL_BASELINE
    limits: Mapping[str, Limit] = field(default_factory=lambda: LIMITS)
    metrics: tuple[str, ...] = ()
    backbone: AssistSettings | None = None

    @property
    def family(self) -> tuple[str, ...] | None:
        """The family for `drift.compare`; None is the usual one."""
        return self.metrics or None


def read_drift_settings(table: Mapping[str, Any]) -> DriftSettings:
    """The settings that the table `[drift]` stands for.

    Raises:
        RecipeFault: a key does not exist, or has a value it cannot have; a key of a
            limit is told as `limits.METRIC.KEY`, one of the backbone as
            `backbone.KEY`.
    """
    for key in table:
        if key not in _KEYS:
            raise RecipeFault(key, _no_such("setting", key, _KEYS), key)
    baseline = table.get("baseline", USUAL_BASELINE)
    if not isinstance(baseline, str) or not baseline:
        raise RecipeFault("baseline", "`baseline` is a text", baseline)
    limits = table.get("limits", {})
    if not isinstance(limits, dict):
        raise RecipeFault("limits", "`limits` is a table", limits)
    own = {name: _limit(name, value) for name, value in limits.items()}
    return DriftSettings(
        baseline=baseline,
        limits=MappingProxyType({**LIMITS, **own}),
        metrics=_metrics(table.get("metrics", [])),
        backbone=_backbone(table["backbone"]) if "backbone" in table else None,
    )


def _metrics(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise RecipeFault("metrics", "`metrics` is a list of names", value)
    for name in value:
        if name not in LIMITS:
            raise RecipeFault("metrics", _no_such("metric", name, LIMITS), name)
    if len(set(value)) < len(value):
        raise RecipeFault("metrics", "a metric stands in `metrics` once", value)
    return tuple(value)


def _backbone(value: object) -> AssistSettings:
    told = {"model": value} if isinstance(value, str) else value
    if not isinstance(told, dict):
        what = "`backbone` is the path of an ONNX model, or a table with its `model`"
        raise RecipeFault("backbone", what, value)
    for key in told:
        if key not in _OF_A_BACKBONE:
            what = _no_such("part", key, _OF_A_BACKBONE)
            raise RecipeFault(f"backbone.{key}", what, key)
    if told.get("fit", "stretch") not in _FITS:
        what = f"`fit` is one of {', '.join(_FITS)}"
        raise RecipeFault("backbone.fit", what, told["fit"])
    try:
        settings = read_assist({"fit": "stretch", **told})
    except RecipeFault as fault:
        place = f"backbone.{fault.key}" if isinstance(value, dict) else "backbone"
        raise RecipeFault(place, fault.what, fault.value) from fault
    if not settings.model:
        raise RecipeFault("backbone", "no `model` is named", value)
    return settings


def _limit(name: str, value: object) -> Limit:
    if name not in LIMITS:
        raise RecipeFault(f"limits.{name}", _no_such("metric", name, LIMITS), name)
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


def _no_such(kind: str, name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    fits = f"did you mean {near[0]}?" if near else ", ".join(sorted(known))
    return f"there is no such {kind} ({fits})"
