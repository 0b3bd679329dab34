"""Figures of the live picture: each gate with its number and its limit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..language import tr
from ..shutter.gate_reading import Gate, GateReading
from ..shutter.preview import exposure_level, luma_histogram
from ..views.capture.capture_contract import Reading, Readings

BINS = 40
AT_LEAST, AT_MOST = "\u2265", "\u2264"
ALWAYS = (Gate.BLUR, Gate.DARK, Gate.CLIPPED, Gate.ALIKE)
"""The gates that are shown while they let pass; the others when they do not."""


def readings_of(
    pixels: NDArray[np.uint8], gates: Sequence[GateReading] = ()
) -> Readings:
    """Measure a picture, (H, W, 3) uint8 BGR, and put what the gates say into words."""
    shares = luma_histogram(pixels, BINS)
    highest = float(shares.max()) or 1.0
    known = {one.gate: one for one in gates if one.value is not None}
    shown = [known[gate] for gate in ALWAYS if gate in known]
    shown += [one for one in gates if one.gate not in ALWAYS and not one.passed]
    return Readings(
        lines=tuple(_line(one) for one in shown),
        histogram=tuple(float(share) / highest for share in shares),
        stops=exposure_level(pixels).stops,
    )


def _line(reading: GateReading) -> Reading:
    sign = AT_LEAST if reading.is_at_least else AT_MOST
    limit = _number(reading.gate, reading.limit)
    return Reading(
        text=f"{_name(reading.gate)} {_figure(reading)}",
        word=f"{sign} {limit}",
        tone="ok" if reading.passed else "bad",
    )


def _figure(reading: GateReading) -> str:
    unit = {Gate.BLUR: " dB", Gate.FROZEN: f" {tr('s')}"}.get(reading.gate, "")
    return f"{_number(reading.gate, reading.value or 0.0)}{unit}"


def _number(gate: Gate, value: float) -> str:
    if gate in (Gate.CLIPPED, Gate.DEAD):
        return f"{value:.1%}".replace("%", " %")
    return f"{value:.2f}" if gate in (Gate.DARK, Gate.ALIKE) else f"{value:.1f}"


def _name(gate: Gate) -> str:
    return {
        Gate.BLUR: tr("Sharp"),
        Gate.DARK: tr("Bright"),
        Gate.CLIPPED: tr("Clipped"),
        Gate.ALIKE: tr("Unlike the last"),
        Gate.FROZEN: tr("Frozen"),
        Gate.DEAD: tr("Missing"),
        Gate.TORN: tr("Torn"),
    }[gate]
