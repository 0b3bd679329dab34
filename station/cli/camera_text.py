"""Lines on a camera's modes and controls, for a person to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .output import one_line

if TYPE_CHECKING:
    from station.camera.controls import ControlReading
    from station.camera.modes import Mode
    from station.camera.source import SourceInfo


def camera_lines(info: SourceInfo) -> Iterator[str]:
    """The camera's names, its modes by size, and each of its controls."""
    readback = info.readback
    names = [("model", readback.card), ("driver", readback.driver)]
    for label, text in [*names, ("serial", readback.serial)]:
        if text:
            yield f"{label} {one_line(text)}"
    if readback.mode is not None:
        yield f"mode {readback.mode}"
    if info.modes:
        yield "modes"
        yield from _mode_lines(info.modes)
    if any(reading.supported for reading in readback.controls):
        yield "controls"
        yield from map(_control_line, readback.controls)
    elif info.live:
        yield "no controls can be set from here"


def _mode_lines(modes: tuple[Mode, ...]) -> Iterator[str]:
    """One line a format and size, with its rates."""
    rates: dict[tuple[str, int, int], list[str]] = {}
    for mode in modes:
        key = (mode.pixel_format, mode.width, mode.height)
        rates.setdefault(key, []).append(f"{mode.fps:g}")
    for (kind, width, height), found in sorted(rates.items()):
        size = f"{width}x{height}"
        yield f"  {kind:<5} {size:<10} at {', '.join(found)} a second"


def _control_line(reading: ControlReading) -> str:
    name = reading.name.replace("_", " ")
    if not reading.supported:
        return f"  {name:<14} not there"
    unit = reading.unit.replace("100 µs", "x 100 µs")
    value = "unknown" if reading.value is None else f"{reading.value:g} {unit}"
    state = {True: "automatic", False: "locked", None: ""}[reading.is_auto]
    limits = ""
    if reading.minimum is not None and reading.maximum is not None:
        limits = f"{reading.minimum:g} to {reading.maximum:g}"
    return f"  {name:<14} {value.strip():<13} {state:<10} {limits}".rstrip()
