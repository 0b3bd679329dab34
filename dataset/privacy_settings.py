"""What `fieldset.toml` says of what must not be seen, and of how long it is kept.

[privacy]
mask = [[0.0, 0.0, 1.0, 0.2]]     zones x0, y0, x1, y1 in parts of width and height;
                                  filled in every picture before it is stored
[privacy.cameras]                 further zones of one source, by its address as
"rtsp://10.0.0.7/door" = [[...]]  `session list` shows it
[privacy.keep_days]               days after which samples are due; see `erase --due`
unlabeled = 30                    new and proposed ones; also skipped, empty, labeled
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from .policies.recipes import RecipeFault
from .provenance.record import Zone
from .records import SampleState

KEPT: Final[Mapping[str, tuple[SampleState, ...]]] = {
    "unlabeled": (SampleState.NEW, SampleState.PROPOSED),
    "skipped": (SampleState.SKIPPED,),
    "empty": (SampleState.EMPTY,),
    "labeled": (SampleState.LABELED,),
}
_LONGEST_DAYS: Final = 36_500
_NAMES: Final = ("mask", "cameras", "keep_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacySettings:
    """Zones that are filled, and days that samples are kept, by what they are.

    Zones are normalised to 0..1 of the upright picture, half-open.
    """

    mask: tuple[Zone, ...] = ()
    cameras: tuple[tuple[str, tuple[Zone, ...]], ...] = ()
    keep_days: tuple[tuple[str, int], ...] = ()

    def zones_of(self, *names: str) -> tuple[Zone, ...]:
        """The zones for a source that goes by these names; those of all come first."""
        own = dict(self.cameras)
        more = (zone for name in dict.fromkeys(names) for zone in own.get(name, ()))
        return (*self.mask, *more)


def read_privacy(table: Mapping[str, Any]) -> PrivacySettings:
    """The settings that the table `[privacy]` stands for.

    Raises:
        RecipeFault: a key does not exist, or has a value it cannot have; a key inside
            of another is told as `cameras.NAME`.
    """
    _require_known(table, _NAMES, "")
    cameras = _subtable(table, "cameras")
    return PrivacySettings(
        mask=_zones("mask", table.get("mask", [])),
        cameras=tuple((n, _zones(f"cameras.{n}", v)) for n, v in cameras.items()),
        keep_days=_keep_days(_subtable(table, "keep_days")),
    )


def _subtable(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise RecipeFault(key, f"`{key}` is a table", value)
    return value


def _keep_days(table: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    _require_known(table, tuple(KEPT), "keep_days.")
    for key, days in table.items():
        if type(days) is not int or not 1 <= days <= _LONGEST_DAYS:
            what = f"days are a whole number in 1 to {_LONGEST_DAYS}"
            raise RecipeFault(f"keep_days.{key}", what, days)
    return tuple(table.items())


def _zones(key: str, value: object) -> tuple[Zone, ...]:
    if not isinstance(value, list):
        raise RecipeFault(key, "zones are a list of [x0, y0, x1, y1]", value)
    return tuple(_zone(key, one) for one in value)


def _zone(key: str, value: object) -> Zone:
    if not isinstance(value, list) or len(value) != 4:
        raise RecipeFault(key, "a zone is [x0, y0, x1, y1]", value)
    if not all(type(v) in (int, float) and math.isfinite(v) for v in value):
        raise RecipeFault(key, "a zone is four numbers", value)
    x0, y0, x1, y1 = (float(v) for v in value)
    if min(x0, y0) < 0.0 or max(x1, y1) > 1.0:
        raise RecipeFault(key, "a zone lies in the picture, within 0 to 1", value)
    if x0 >= x1 or y0 >= y1:
        raise RecipeFault(key, "a zone has x0 below x1 and y0 below y1", value)
    return x0, y0, x1, y1


def _require_known(
    table: Mapping[str, Any], names: tuple[str, ...], around: str
) -> None:
    for key in table:
        if key not in names:
            near = get_close_matches(key, names, n=1)
            fits = f"did you mean {near[0]}?" if near else ", ".join(names)
            what = f"there is no such setting ({fits})"
            raise RecipeFault(f"{around}{key}", what, key)
