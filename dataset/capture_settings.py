"""What `fieldset.toml` says of capture: how pictures are stored, taken and refused.

[capture]
format = "jpeg"               what is stored of raw pictures; or "png"
jpeg_quality = 95
keep_gps = false
trigger = "interval"          where neither the window nor the command line says it
pre_s = 0                     seconds before a picture that are kept too
give_up_s = 60                a count that is waited for ends with an error when for so
                              long every picture of a camera was refused; or false

[capture.triggers.NAME]       the options of a trigger; NAME is one of
interval                      every_s = 2.0
burst                         count = 5, spacing_s = 0.2, every_s
motion                        sensitivity = 0.5, cool_down_s = 2.0, warm_up_s = 1.0,
                              zones = [[0.0, 0.5, 1.0, 1.0], [[0, 0], [1, 0], [0, 1]]]
uncertain                     low = 0.25, high = 0.6, cool_down_s = 2.0
drift                         deviations = 3.0, for_s = 5.0, every_s = 0.5,
                              cool_down_s = 60.0, against = the baseline of [drift]

[capture.gates]               limits; `false` turns one off
by_hand = "warn"              what a gate does to a picture taken by hand; or "refuse"
blur, blur_drop, dark, clipped, alike, frozen, torn, dead
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

from .policies.recipes import RecipeFault

IMAGE_FORMATS: Final = ("jpeg", "png")
TRIGGERS: Final = ("manual", "interval", "burst", "motion", "uncertain", "drift")
BY_HAND: Final = ("warn", "refuse")
UNCERTAIN_BAND: Final[Mapping[str, float]] = MappingProxyType(
    {"low": 0.25, "high": 0.6}
)
"""Scores between which a model is unsure, where nothing else is said."""
LONGEST_PRE_S: Final = 60.0
"""How far back what was seen can be kept; it lies in memory."""
_LONGEST_S: Final = 86_400.0
_LEAST_CORNERS: Final = 3

Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """The limits of the gates at the shutter; None where a gate is off.

    Attributes:
        by_hand: `warn` or `refuse` where a person pressed the shutter.
        blur: the least sharpness in dB (see `dataset.measures`).
        blur_drop: how far below the recent samples of the session, in dB.
        dark: the least brightness, 0 to 1.
        clipped: the largest share of black or of blown-out pixels.
        alike: the least difference to a recent sample, in standard deviations (see
            `dataset.near_duplicates.likeness.residuals`).
        frozen: the longest time without any change, in seconds.
        torn: the highest step between two rows, in grey levels.
        dead: the largest share of the picture that never arrived.
    """

    by_hand: str = "warn"
    blur: float | None = 5.0
    blur_drop: float | None = 10.0
    dark: float | None = 0.03
    clipped: float | None = 0.9
    alike: float | None = 0.05
    frozen: float | None = 5.0
    torn: float | None = 4.0
    dead: float | None = 0.02


def _no_options() -> Mapping[str, Mapping[str, Any]]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSettings:
    """How captured pictures are stored, when they are taken, what is refused.

    `triggers` holds, by the trigger's name, the options that the file gives. After
    `give_up_s` of refused pictures alone a capture up to a count ends; None: never.
    """

    image_format: str = "jpeg"
    jpeg_quality: int = 95
    keep_gps: bool = False
    trigger: str = "interval"
    pre_s: float = 0.0
    give_up_s: float | None = 60.0
    triggers: Mapping[str, Mapping[str, Any]] = field(default_factory=_no_options)
    gates: GateSettings = field(default_factory=GateSettings)


Reader = Callable[[str, object], Any]


def read_capture(table: Mapping[str, Any]) -> CaptureSettings:
    """The settings that the table `[capture]` stands for.

    Raises:
        RecipeFault: a key does not exist, or has a value it cannot have; a key inside
            of another table is told as `gates.NAME` or `triggers.NAME.OPTION`.
    """
    own = {key: value for key, value in table.items() if key not in _TABLES}
    values = _read(own, _READERS, "", more=_TABLES)
    if "format" in values:
        values["image_format"] = values.pop("format")
    return CaptureSettings(
        **values,
        triggers=_triggers(_table(table, "triggers")),
        gates=GateSettings(**_read(_table(table, "gates"), _GATES, "gates")),
    )


def zone_of(value: object) -> Corners:
    """The corners of a zone: of `[x0, y0, x1, y1]`, or of three `[x, y]` and more.

    Shares of width and height, 0 to 1 from the upper left.

    Raises:
        ValueError: it is neither, empty, or reaches out of the picture.
    """
    if not isinstance(value, list | tuple):
        words = "a zone is [x0, y0, x1, y1] or a list of [x, y]"
        raise ValueError(words)  # noqa: TRY004  (told as a fault of the settings)
    if len(value) == 4 and all(_is_number(one) for one in value):
        x0, y0, x1, y1 = (float(one) for one in value)
        corners: Corners = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
        if x0 >= x1 or y0 >= y1:
            raise ValueError("a zone has x0 under x1 and y0 under y1")
    else:
        corners = tuple(_corner(one) for one in value)
    if len(corners) < _LEAST_CORNERS:
        raise ValueError("a zone has three corners or more")
    if not all(0.0 <= side <= 1.0 for corner in corners for side in corner):
        raise ValueError("a zone lies in the picture, its corners are in 0 to 1")
    return corners


def _corner(value: object) -> tuple[float, float]:
    if (
        not isinstance(value, list | tuple)
        or len(value) != 2
        or not all(_is_number(one) for one in value)
    ):
        raise ValueError("a corner of a zone is [x, y]")
    return float(value[0]), float(value[1])


def _triggers(table: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    for name in table:
        if name not in TRIGGERS:
            raise _unknown(f"triggers.{name}", "trigger", name, TRIGGERS)
    return MappingProxyType({name: _options(table, name) for name in table})


def _options(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    where = f"triggers.{name}"
    found = _read(_table(table, name, "triggers."), OPTIONS[name], where)
    low, high = (found.get(key, UNCERTAIN_BAND[key]) for key in ("low", "high"))
    if low > high:
        key = "low" if "low" in found else "high"
        what = f"`low` is not above `high`, which is {high:g}"
        raise RecipeFault(f"{where}.{key}", what, low)
    return MappingProxyType(found)


def _table(parent: Mapping[str, Any], key: str, around: str = "") -> Mapping[str, Any]:
    value = parent.get(key, {})
    if not isinstance(value, dict):
        raise RecipeFault(f"{around}{key}", f"`{key}` is a table", value)
    return value


def _read(
    table: Mapping[str, Any],
    readers: Mapping[str, Reader],
    where: str,
    more: Collection[str] = (),
) -> dict[str, Any]:
    found = {}
    for key, value in table.items():
        place = f"{where}.{key}".strip(".")
        if key not in readers:
            raise _unknown(place, "setting", key, (*readers, *more))
        try:
            found[key] = readers[key](key, value)
        except ValueError as error:
            raise RecipeFault(place, str(error), value) from error
    return found


def _unknown(place: str, kind: str, key: str, known: Collection[str]) -> RecipeFault:
    near = get_close_matches(key, sorted(known), n=1)
    fits = f"did you mean {near[0]}?" if near else ", ".join(sorted(known))
    return RecipeFault(place, f"there is no such {kind} ({fits})", key)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(low: float, high: float) -> Reader:
    def read(key: str, value: object) -> float:
        if not _is_number(value) or not low <= float(str(value)) <= high:
            raise ValueError(f"`{key}` lies in {low:g} to {high:g}")
        return float(str(value))

    return read


def _limit(low: float, high: float) -> Reader:
    number = _number(low, high)

    def read(key: str, value: object) -> float | None:
        if value is False:
            return None
        try:
            return float(number(key, value))
        except ValueError as error:
            raise ValueError(f"{error}, or is false") from error

    return read


def _whole(low: int, high: int) -> Reader:
    def read(key: str, value: object) -> int:
        if type(value) is not int or not low <= value <= high:
            raise ValueError(f"`{key}` lies in {low} to {high}")
        return value

    return read


def _one_of(*allowed: str) -> Reader:
    def read(key: str, value: object) -> str:
        if value not in allowed:
            raise ValueError(f"`{key}` is one of {', '.join(allowed)}")
        return str(value)

    return read


def _yes_or_no(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"`{key}` is true or false")  # noqa: TRY004  (told as a fault)
    return value


def _text(key: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"`{key}` is a text")
    return value


def _zones(key: str, value: object) -> tuple[Corners, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"`{key}` is a list of zones")
    return tuple(zone_of(one) for one in value)


_TABLES: Final = ("triggers", "gates")
_READERS: Final[Mapping[str, Reader]] = {
    "format": _one_of(*IMAGE_FORMATS),
    "jpeg_quality": _whole(50, 100),
    "keep_gps": _yes_or_no,
    "trigger": _one_of(*TRIGGERS),
    "pre_s": _number(0.0, LONGEST_PRE_S),
    "give_up_s": _limit(1.0, _LONGEST_S),
}
_GATES: Final[Mapping[str, Reader]] = {
    "by_hand": _one_of(*BY_HAND),
    "blur": _limit(0.0, 100.0),
    "blur_drop": _limit(0.1, 100.0),
    "dark": _limit(0.0, 1.0),
    "clipped": _limit(0.0, 1.0),
    "alike": _limit(0.0, 10.0),
    "frozen": _limit(0.1, 3600.0),
    "torn": _limit(1.0, 255.0),
    "dead": _limit(0.0, 1.0),
}
_SPAN: Final = _number(0.001, _LONGEST_S)
_PAUSE: Final = _number(0.0, _LONGEST_S)
OPTIONS: Final[Mapping[str, Mapping[str, Reader]]] = MappingProxyType(
    {
        "manual": {},
        "interval": {"every_s": _SPAN},
        "burst": {"count": _whole(1, 10_000), "spacing_s": _PAUSE, "every_s": _SPAN},
        "motion": {
            "sensitivity": _number(0.0, 1.0),
            "cool_down_s": _PAUSE,
            "warm_up_s": _PAUSE,
            "zones": _zones,
        },
        "uncertain": {
            "low": _number(0.05, 1.0),
            "high": _number(0.05, 1.0),
            "cool_down_s": _PAUSE,
        },
        "drift": {
            "against": _text,
            "deviations": _number(0.5, 100.0),
            "for_s": _PAUSE,
            "every_s": _SPAN,
            "cool_down_s": _PAUSE,
        },
    }
)
"""The options of each trigger, and what reads them."""
