"""What the examination of a camera says: findings, each with its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class HealthVerdict(StrEnum):
    """What a finding says of the camera."""

    FAULT = "fault"
    FINE = "fine"
    NOT_ENOUGH_DATA = "not enough data"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthFinding:
    """One thing that was looked at.

    `effect` is in `unit`, signed as the camera changed; `limit` is its practical
    limit and `margin` the uncertainty that the effect was judged with, both in the
    same unit. None where nothing could be measured. `sentence` is for a person,
    `next_step` what to do, or "". `places` are pixels (x, y) or tiles (column, row),
    as the finding's name says.
    """

    name: str
    verdict: HealthVerdict
    sentence: str
    unit: str
    next_step: str = ""
    effect: float | None = None
    margin: float | None = None
    limit: float | None = None
    places: tuple[tuple[int, int], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The finding as `--json` prints it."""
        return {
            "name": self.name,
            "verdict": self.verdict.value,
            "effect": _rounded(self.effect),
            "margin": _rounded(self.margin),
            "limit": _rounded(self.limit),
            "unit": self.unit,
            "places": [list(place) for place in self.places],
            "sentence": self.sentence,
            "next": self.next_step,
        }


def finding_of(plain: Mapping[str, Any]) -> HealthFinding:
    """The finding that `to_json` printed.

    Raises:
        KeyError, TypeError, ValueError: it is no such finding.
    """
    return HealthFinding(
        name=str(plain["name"]),
        verdict=HealthVerdict(plain["verdict"]),
        sentence=str(plain["sentence"]),
        unit=str(plain["unit"]),
        next_step=str(plain["next"]),
        effect=_number(plain["effect"]),
        margin=_number(plain["margin"]),
        limit=_number(plain["limit"]),
        places=tuple((int(x), int(y)) for x, y in plain["places"]),
    )


def _number(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a number is wanted: {value!r}")
    return float(value)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
