"""The health of a camera: its portrait now against the one of its commissioning.

The reference is a session or version that a person names as good. Each finding has a
verdict of its own: fault (beyond its practical limit with the whole margin), fine
(within it with the whole margin), or not enough data. What depends on the view, the
lens and the sensor's pixels, is judged only where both portraits show one steady view
of one size; light, colour, noise and timing are judged always. A camera that is carried
around has no reference view, and that is said instead of a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .health import liveliness, optics, tone_shift, view
from .health.health_finding import HealthFinding, HealthVerdict, finding_of
from .health.pixel_defects import PixelDefects, new_spots
from .health.portrait import LEAST_FRAMES, Portrait, PortraitMaker, spread_out

__all__ = [
    "LEAST_FRAMES",
    "CameraHealth",
    "HealthFinding",
    "HealthVerdict",
    "Portrait",
    "PortraitMaker",
    "examine",
    "health_from",
    "spread_out",
]

# New defects below this number are more often a glint of the scene than a sensor.
DEFECTS = 5
PLACES_NAMED = 20
# Share of the picture that must be plain enough for a defect to stand out in it.
LEAST_QUIET = 0.25
_OF_THE_VIEW = ("view", "focus", "dirt", "vignetting", "pixels")


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraHealth:
    """The findings on one camera, in a fixed order."""

    findings: tuple[HealthFinding, ...]
    reference_frames: int
    current_frames: int

    @property
    def faults(self) -> tuple[HealthFinding, ...]:
        """The findings that are faults."""
        return tuple(f for f in self.findings if f.verdict is HealthVerdict.FAULT)

    @property
    def verdict(self) -> HealthVerdict:
        """Fault where anything is; fine where the rest is; else not enough data."""
        if self.faults:
            return HealthVerdict.FAULT
        if all(f.verdict is HealthVerdict.FINE for f in self.findings):
            return HealthVerdict.FINE
        return HealthVerdict.NOT_ENOUGH_DATA

    def to_json(self) -> dict[str, Any]:
        """The findings as `--json` prints them."""
        return {
            "verdict": self.verdict.value,
            "reference_frames": self.reference_frames,
            "current_frames": self.current_frames,
            "findings": [finding.to_json() for finding in self.findings],
        }


def health_from(plain: Mapping[str, Any]) -> CameraHealth:
    """The findings that `to_json` printed; its numbers are rounded.

    Raises:
        KeyError, TypeError, ValueError: they are none.
    """
    return CameraHealth(
        findings=tuple(finding_of(one) for one in plain["findings"]),
        reference_frames=int(plain["reference_frames"]),
        current_frames=int(plain["current_frames"]),
    )


def examine(
    reference: Portrait,
    current: Portrait,
    *,
    since: str = "since the reference",
    has_beat: bool = True,
) -> CameraHealth:
    """Every finding on the camera of `current`; `since` ends its sentences.

    Pictures that a person or a motion chose have no beat: without `has_beat` the
    timing is not among the findings.
    """
    tones = (
        tone_shift.exposure(reference, current, since),
        tone_shift.colour_cast(reference, current, since),
        tone_shift.noise(reference, current, since),
    )
    alive = (liveliness.frozen(current),)
    beat = (liveliness.timing(reference, current),) if has_beat else ()
    return CameraHealth(
        findings=_of_the_view(reference, current, since) + tones + alive + beat,
        reference_frames=reference.frames,
        current_frames=current.frames,
    )


def _of_the_view(
    reference: Portrait, current: Portrait, since: str
) -> tuple[HealthFinding, ...]:
    obstacle = _obstacle(reference, current)
    if obstacle:
        return tuple(_open(name, obstacle) for name in _OF_THE_VIEW)
    moved = view.moved_view(reference, current)
    if moved.verdict is not HealthVerdict.FINE:
        reason = "The view is another one: nothing in it can be compared."
        return (moved, *(_open(name, reason) for name in _OF_THE_VIEW[1:]))
    sharp = optics.focus(reference, current, since)
    clean = optics.dirt(reference, current, since)
    if sharp.verdict is HealthVerdict.FAULT:
        # Blur takes more from tiles with finer detail, which looks like dirt.
        clean = _open("dirt", "Whether the lens is dirty shows once it is in focus.")
    return (
        moved,
        sharp,
        clean,
        optics.vignetting(reference, current, since),
        _defects(reference.defects, current.defects, since),
    )


def _obstacle(reference: Portrait, current: Portrait) -> str:
    """Why the two views cannot be compared, or ""."""
    for name, portrait in (("reference", reference), ("current set", current)):
        if not portrait.is_known:
            return f"The {name} has fewer than {LEAST_FRAMES} pictures of one size."
    if (reference.width, reference.height) != (current.width, current.height):
        return (
            "The pictures have another size than the reference: "
            f"{current.width}x{current.height}"
        )
    for name, portrait in (("reference", reference), ("current set", current)):
        if not view.is_steady(portrait):
            return f"The {name} shows no steady view."
    return ""


def _open(name: str, reason: str) -> HealthFinding:
    return HealthFinding(
        name=name, verdict=HealthVerdict.NOT_ENOUGH_DATA, sentence=reason, unit=""
    )


def _defects(
    reference: PixelDefects | None, current: PixelDefects | None, since: str
) -> HealthFinding:
    """New hot, dead and stuck pixels; places are (x, y)."""
    if reference is None or current is None:
        return _open("pixels", "There is no picture to look for defects in.")
    if min(reference.quiet_share, current.quiet_share) < LEAST_QUIET:
        return _open("pixels", "The picture is too rich in detail to see defects in.")
    hot = new_spots(current.hot, reference)
    dead = new_spots(current.dead, reference)
    stuck = sum(bool(current.stuck[y, x]) for x, y in hot + dead)
    count = len(hot) + len(dead)
    is_fault = count >= DEFECTS
    return HealthFinding(
        name="pixels",
        verdict=HealthVerdict.FAULT if is_fault else HealthVerdict.FINE,
        sentence=f"{len(hot)} pixels glow and {len(dead)} are dark that did not "
        f"stand out before ({stuck} of them stuck), {since}."
        if is_fault
        else "No new pixels stand out.",
        unit="pixels",
        effect=float(count),
        limit=float(DEFECTS),
        places=(hot + dead)[:PLACES_NAMED],
        next_step="map them out in the camera, or cool it" if is_fault else "",
    )
