"""Controls of a camera as rows: what was read back, in words."""

from __future__ import annotations

from ..camera.controls import ControlReading, Readback
from ..camera.readback import CameraReadback
from ..language import TIMES, tr
from ..views.capture.capture_contract import ControlRow

HUNDRED_US = "100 µs"


def control_rows(readback: CameraReadback) -> tuple[ControlRow, ...]:
    """Give a row for each control of a camera, absent ones too."""
    return tuple(control_row(reading) for reading in readback.controls)


def control_row(reading: ControlReading, asked: str = "") -> ControlRow:
    """Give one control as it was read back; `asked` is what was not granted."""
    return ControlRow(
        name=reading.name,
        is_supported=reading.supported,
        words=_words(reading),
        value=reading.value,
        minimum=reading.minimum,
        maximum=reading.maximum,
        step=reading.step,
        is_auto=bool(reading.is_auto),
        can_lock=reading.supported and reading.is_auto is not None,
        asked=asked,
    )


def unmet_words(granted: Readback) -> str:
    """Give what was asked for and not granted; "" where the camera does it."""
    if granted.is_granted:
        return ""
    if not granted.reading.supported:
        return tr("This camera has no such control.")
    words = tr("Asked for {asked}, the camera does {does}.").format(
        asked=str(granted.asked), does=_words(granted.reading)
    )
    return f"{words} {granted.reason}".strip()


def mode_words(readback: CameraReadback) -> str:
    """Give size, rate and format of the pictures, and what the camera is called."""
    parts = []
    if (mode := readback.mode) is not None:
        parts.append(f"{mode.width}{TIMES}{mode.height}")
        if mode.fps:
            parts.append(f"{mode.fps:g} fps")
        parts.append(mode.pixel_format)
    parts.append(readback.card)
    if readback.serial:
        parts.append(f"{tr('serial')} {readback.serial}")
    return " · ".join(part for part in parts if part)


def _words(reading: ControlReading) -> str:
    if not reading.supported:
        return tr("not there")
    figure = tr("not told") if reading.value is None else _figure(reading)
    if reading.is_auto is None:
        return figure
    how = tr("auto") if reading.is_auto else tr("locked")
    return f"{figure}, {how}"


def _figure(reading: ControlReading) -> str:
    value = reading.value or 0.0
    if reading.unit != HUNDRED_US:
        return f"{value:g} {reading.unit}".strip()
    seconds = value / 10_000
    if 0 < seconds < 0.5:
        return f"1/{round(1 / seconds)} {tr('s')}"
    return f"{seconds:g} {tr('s')}"
