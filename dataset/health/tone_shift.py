"""What the sensor and its controls do to the picture: light, colour, noise."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from .health_finding import HealthFinding, HealthVerdict
from .portrait import Portrait
from .shift import UNKNOWN, shift_between
from .shift_finding import Words, shift_finding

# A fifth of a stop of luma: an eighth less light in the picture, about half a stop
# at the lens, for luma is gamma-coded.
EXPOSURE_STOPS = 0.2
# Five percent of white balance, which is seen on a gray wall.
CAST_RATIO = 0.05
# Noise half as large again; under a grey level more it is not seen.
NOISE_LOG2 = math.log2(1.5)
_LEAST_NOISE = 1.0
_GRAY = 0.004


def exposure(reference: Portrait, current: Portrait, since: str) -> HealthFinding:
    """The change of mean luma, in stops of luma."""
    shift = shift_between(*_both(reference, current, "brightness", _stops))
    share = abs(2**shift.effect - 1)
    word = "darker" if shift.effect < 0 else "brighter"
    return shift_finding(
        "exposure",
        shift,
        shift.verdict(EXPOSURE_STOPS),
        ("stops", EXPOSURE_STOPS),
        Words(
            fault=f"The picture became {share:.0%} {word} {since}.",
            fine="The picture is as bright as it was.",
            open="The light varies too much to compare the exposure.",
            next_step="compare at the same hour; then look at exposure and aperture",
        ),
    )


def colour_cast(reference: Portrait, current: Portrait, since: str) -> HealthFinding:
    """The larger change of R/G and B/G; colour that is gone or came is one, too."""
    shifts = {
        ("red", "cyan"): shift_between(*_both(reference, current, "red_green")),
        ("blue", "yellow"): shift_between(*_both(reference, current, "blue_green")),
    }
    tint, shift = max(shifts.items(), key=lambda item: abs(item[1].effect))
    grays = [_is_gray(portrait) for portrait in (reference, current)]
    verdict = shift.verdict(CAST_RATIO)
    fault = f"The picture turned {tint[shift.effect < 0]} {since}."
    if grays[0] != grays[1] and reference.is_known and current.is_known:
        verdict = HealthVerdict.FAULT
        fault = f"The picture {'lost its' if grays[1] else 'gained'} colour {since}."
    return shift_finding(
        "colour",
        shift,
        verdict,
        ("ratio", CAST_RATIO),
        Words(
            fault=fault,
            fine="The colours are balanced as they were.",
            open="The colours vary too much, or are too dark, to be compared.",
            next_step="lock the white balance, then look at the lens and at the light",
        ),
    )


def noise(reference: Portrait, current: Portrait, since: str) -> HealthFinding:
    """The growth of noise, in powers of two; another size has another noise."""
    old, new = _both(reference, current, "noise")
    is_same_size = (reference.width, reference.height) == (
        current.width,
        current.height,
    )
    shift = shift_between(_levels(old), _levels(new)) if is_same_size else UNKNOWN
    verdict = shift.verdict(NOISE_LOG2, falls=False)
    more = float(np.mean(new) - np.mean(old)) if len(old) and len(new) else 0.0
    if verdict is HealthVerdict.FAULT and more < _LEAST_NOISE:
        verdict = HealthVerdict.FINE
    return shift_finding(
        "noise",
        shift,
        verdict,
        ("log2", NOISE_LOG2),
        Words(
            fault=f"Noise grew {2**shift.effect:.1f} times {since}.",
            fine="Noise did not grow.",
            open="Noise varies too much to be compared.",
            next_step="look at gain and light; a hot sensor is noisy, too",
        ),
    )


def _same(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values


def _stops(luma: NDArray[np.float64]) -> NDArray[np.float64]:
    """Luma 0-1 in stops; a black picture counts as one grey level."""
    return np.asarray(np.log2(np.maximum(luma, 1 / 255)))


def _levels(noise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Noise in powers of two; under half a grey level it is rounding."""
    return np.asarray(np.log2(np.maximum(noise, 0.5)))


def _both(
    reference: Portrait,
    current: Portrait,
    name: str,
    scale: Callable[[NDArray[np.float64]], NDArray[np.float64]] = _same,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    tones: tuple[Mapping[str, NDArray[np.float64]], ...] = (
        reference.tones,
        current.tones,
    )
    return scale(tones[0][name]), scale(tones[1][name])


def _is_gray(portrait: Portrait) -> bool:
    return bool((portrait.tones["saturation"] < _GRAY).all())
