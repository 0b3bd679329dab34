"""What can be set at a camera, as a person asks for it and as it was read back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dataset.errors import UsageError

CONTROL_NAMES: Final = (
    "exposure",
    "gain",
    "focus",
    "white_balance",
    "brightness",
    "contrast",
    "saturation",
)
"""Every control that fieldset knows, in the order in which they are shown."""

UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {"exposure": "100 µs", "white_balance": "K"}
)
"""The unit of a control's value; the others are numbers of the camera's own scale."""

AUTO: Final = "auto"
LOCK: Final = "lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSetting:
    """How a control shall be: at `value`, or by the camera's own choice (`is_auto`).

    Neither a value nor automatic means locked: as it stands, with the automatic off.
    """

    value: float | None = None
    is_auto: bool = False

    def __post_init__(self) -> None:
        """Refuse a value beside the automatic, and numbers that are none."""
        if self.value is not None and (self.is_auto or not math.isfinite(self.value)):
            raise ValueError(f"no control can be set so: {self.value}")

    def __str__(self) -> str:
        """As a person writes it: `120`, `auto` or `lock`."""
        if self.value is not None:
            return f"{self.value:g}"
        return AUTO if self.is_auto else LOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlReading:
    """One control as the camera says it is.

    `value` is None where the camera did not tell it. `is_auto` is None where the
    control has no automatic. Limits are those of the camera, in the unit of `UNITS`.
    Where `supported` is False the camera has no such control, and nothing else is told.
    """

    name: str
    supported: bool = True
    value: float | None = None
    is_auto: bool | None = None
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    default: float | None = None

    @property
    def is_locked(self) -> bool:
        """Whether the value is known and stays until somebody sets it."""
        return self.supported and self.value is not None and not self.is_auto

    @property
    def unit(self) -> str:
        """The unit of the value; "" for numbers of the camera's own scale."""
        return UNITS.get(self.name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Readback:
    """What became of one wish: what was asked, and what was read back afterwards.

    `reason` is a sentence where the camera refused it; "" otherwise.
    """

    asked: ControlSetting
    reading: ControlReading
    reason: str = ""

    @property
    def is_granted(self) -> bool:
        """Whether the camera does now what was asked."""
        reading = self.reading
        if not reading.supported or self.reason:
            return False
        if self.asked.is_auto:
            return reading.is_auto is True
        if self.asked.value is None:
            return reading.is_locked
        return reading.is_locked and reading.value == self.asked.value


def unsupported(name: str) -> ControlReading:
    """Return the reading of a control that the camera does not have."""
    return ControlReading(name=name, supported=False)


def parse_setting(text: str) -> ControlSetting:
    """Return the setting that `text` asks for: a number, `auto` or `lock`.

    Raises:
        UsageError: it is neither.
    """
    word = text.strip().lower()
    if word in (AUTO, LOCK):
        return ControlSetting(is_auto=word == AUTO)
    try:
        return ControlSetting(value=float(word))  # of `nan` a ValueError, too
    except ValueError:
        raise UsageError(
            f"A control is set to a number, `auto` or `lock`: {text}",
            hint="write it like exposure=120, exposure=auto or exposure=lock",
        ) from None


def parse_controls(pairs: Iterable[str]) -> Mapping[str, ControlSetting]:
    """Return the settings of pairs such as `exposure=120`, `focus=lock`, by name.

    Raises:
        UsageError: a pair is not written so, names no control, or stands there twice.
    """
    found: dict[str, ControlSetting] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.strip().lower().replace("-", "_")
        if not equals or name not in CONTROL_NAMES:
            raise UsageError(
                f"This sets no control of a camera: {pair}",
                hint=f"write NAME=VALUE; the names are {', '.join(CONTROL_NAMES)}",
            )
        if name in found:
            raise UsageError(f"A control is set twice: {name}")
        found[name] = parse_setting(text)
    return MappingProxyType(found)
