"""What a gate at the shutter says of one picture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Gate(StrEnum):
    """What is looked at before a picture becomes a sample, most telling first."""

    FROZEN = "frozen"
    DEAD = "dead"
    TORN = "torn"
    DARK = "dark"
    CLIPPED = "clipped"
    BLUR = "blur"
    ALIKE = "alike"

    @property
    def unit(self) -> str:
        """The unit of its figure and its limit."""
        return _UNITS[self]

    @property
    def reason(self) -> str:
        """Why a picture is refused, in words; by them refusals are counted."""
        return _REASONS[self]


_UNITS = {
    Gate.FROZEN: "s",
    Gate.DEAD: "share",
    Gate.TORN: "grey levels",
    Gate.DARK: "luma 0-1",
    Gate.CLIPPED: "share",
    Gate.BLUR: "dB",
    Gate.ALIKE: "sd",
}
_REASONS = {
    Gate.FROZEN: "the picture is frozen",
    Gate.DEAD: "parts of the picture are missing",
    Gate.TORN: "the picture is torn",
    Gate.DARK: "too dark",
    Gate.CLIPPED: "clipped",
    Gate.BLUR: "too blurred",
    Gate.ALIKE: "too alike to a recent sample",
}
_AT_LEAST = frozenset({Gate.DARK, Gate.BLUR, Gate.ALIKE})


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReading:
    """One figure of a picture beside its limit.

    `value` is None where it cannot be measured, as on a picture of one pixel; such a
    gate lets the picture pass.
    """

    gate: Gate
    value: float | None
    limit: float

    @property
    def name(self) -> str:
        """The gate's name, as in `fieldset.toml`."""
        return self.gate.value

    @property
    def is_at_least(self) -> bool:
        """Whether the limit is the least that passes, not the most."""
        return self.gate in _AT_LEAST

    @property
    def passed(self) -> bool:
        """Whether the picture may become a sample as far as this gate goes."""
        if self.value is None:
            return True
        if self.is_at_least:
            return self.value >= self.limit
        return self.value <= self.limit

    @property
    def reason(self) -> str:
        """The gate's words for a picture that did not pass."""
        return self.gate.reason


def first_fault(readings: tuple[GateReading, ...]) -> GateReading | None:
    """The most telling reading that did not pass, None where all did."""
    return next((one for one in readings if not one.passed), None)
