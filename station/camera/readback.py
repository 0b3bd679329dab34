"""What a camera really does: read back from it, and fit to be stored with a sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from .controls import CONTROL_NAMES, ControlReading, ControlSetting, Readback
from .modes import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraReadback:
    """A camera's mode and controls as read back, and what it says of itself.

    Equal when every reading is. `mode` is None where the source does not tell it;
    `controls` holds each of `CONTROL_NAMES` once, in that order, unsupported ones too,
    or nothing at all before the camera was asked. `driver`, `card` (its model) and
    `serial` are "" where nothing tells them.
    """

    mode: Mode | None = None
    controls: tuple[ControlReading, ...] = ()
    driver: str = ""
    card: str = ""
    serial: str = ""

    def control(self, name: str) -> ControlReading:
        """Return the reading of one control, unsupported where it was never read."""
        for reading in self.controls:
            if reading.name == name:
                return reading
        return ControlReading(name=name, supported=False)

    @property
    def values(self) -> dict[str, float]:
        """The values that were read, by the control's name."""
        return {
            reading.name: reading.value
            for reading in self.controls
            if reading.supported and reading.value is not None
        }

    @property
    def locked(self) -> tuple[str, ...]:
        """The controls that stay as they are until somebody sets them."""
        return tuple(one.name for one in self.controls if one.is_locked)


NOTHING_READ: Final = CameraReadback()
NO_CONTROLS: Final = CameraReadback(
    controls=tuple(ControlReading(name=name, supported=False) for name in CONTROL_NAMES)
)
"""Of a source that has no controls: network cameras, clips, folders."""


def readback_to_json(readback: CameraReadback) -> dict[str, Any]:
    """Return the readback as JSON: for records, for `--json` and between processes."""
    return {
        "mode": None if readback.mode is None else asdict(readback.mode),
        "controls": [asdict(reading) for reading in readback.controls],
        "driver": readback.driver,
        "card": readback.card,
        "serial": readback.serial,
    }


def readback_from_json(found: Mapping[str, Any]) -> CameraReadback:
    """Return the readback that `readback_to_json` wrote.

    Raises:
        KeyError, TypeError, ValueError: the JSON is of another shape.
    """
    mode = found["mode"]
    return CameraReadback(
        mode=None if mode is None else Mode(**mode),
        controls=tuple(ControlReading(**reading) for reading in found["controls"]),
        driver=str(found["driver"]),
        card=str(found["card"]),
        serial=str(found["serial"]),
    )


def granted_to_json(granted: Readback) -> dict[str, Any]:
    """Return what became of one wish as JSON."""
    return asdict(granted)


def granted_from_json(found: Mapping[str, Any]) -> Readback:
    """Return the outcome that `granted_to_json` wrote."""
    return Readback(
        asked=ControlSetting(**found["asked"]),
        reading=ControlReading(**found["reading"]),
        reason=str(found["reason"]),
    )
