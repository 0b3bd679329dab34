"""What the Capture page says of a camera and its session, in words."""

from __future__ import annotations

from dataclasses import replace

from ...language import TIMES, tr
from .capture_contract import (
    CaptureStatus,
    DriftGauge,
    Reading,
    Readings,
    Zone,
    area_around,
    short_source,
    zone_around,
)

LATE_MS = 2000.0
Toned = tuple[str, str]


def camera_words(status: CaptureStatus) -> Toned:
    """Give the words and the tone of the camera in the status bar."""
    if not status.is_running:
        return tr("no camera open"), "muted"
    if status.newest_age_ms is None:
        return tr("opening the source…"), "warn"
    parts = [short_source(status.source), f"{status.width}{TIMES}{status.height}"]
    if status.fps:
        parts.append(f"{status.fps:.0f} fps")
    words, tone = age_words(status)
    return " · ".join((*parts, words)), tone


def age_words(status: CaptureStatus) -> Toned:
    """Give how old the newest frame is: the only sign of a camera's life."""
    age = status.newest_age_ms
    if age is None:
        return tr("no picture yet"), "warn"
    if age < LATE_MS:
        return tr("newest frame {age} ms").format(age=f"{age:.0f}"), "ok"
    seconds = f"{age / 1000:.0f}"
    return tr("no picture for {seconds} s").format(seconds=seconds), "bad"


def chip_words(status: CaptureStatus, number: int, count: int) -> Toned:
    """Give what stands on a camera's own picture."""
    if not status.is_running or not status.source:
        return "", "muted"
    words, tone = age_words(status)
    parts = [short_source(status.source), words]
    if count > 1:
        kept = tr("{kept} kept").format(kept=f"{status.kept:,}")
        parts = [str(number), *parts, kept]
    return " · ".join(parts), tone


def away_words(status: CaptureStatus) -> str:
    """Give what is said over the last picture of a camera that is away."""
    if not status.is_running or not status.is_reconnecting:
        return ""
    if status.retry_s is None:
        return tr("The camera is away, trying again")
    if status.retry_s <= 0.0:
        return tr("The camera is away, trying now")
    seconds = f"{max(status.retry_s, 1.0):.0f}"
    return tr("The camera is away, trying again in {seconds} s").format(seconds=seconds)


def ended_words(status: CaptureStatus) -> str:
    """Give what is said of a source that came to its end by itself."""
    words = tr("The source has no more pictures; {kept} kept in this session")
    return words.format(kept=f"{status.kept:,}")


def badge_words(
    status: CaptureStatus, trigger: str, seen: Toned = ("", "muted")
) -> Toned:
    """Give what capture is doing; what was lost comes first, what `seen` says next."""
    if not status.is_running:
        return "", "muted"
    if status.dropped:
        words = tr("{count} pictures dropped: the disk is too slow")
        return words.format(count=f"{status.dropped:,}"), "bad"
    if status.waiting > 1:
        words = tr("{count} pictures wait for the disk")
        return words.format(count=f"{status.waiting:,}"), "warn"
    if seen[0]:
        return seen
    seconds = f"{status.ring_s:.1f}"
    if trigger in ("shutter", "burst"):
        return tr("ready · ring holds {seconds} s").format(seconds=seconds), "ok"
    words = tr("recording triggers · ring holds {seconds} s")
    return words.format(seconds=seconds), "bad"


def with_drift(readings: Readings, gauge: DriftGauge) -> Readings:
    """Give what stands on the live picture, with the lines of the gauge."""
    if not gauge.baseline:
        return readings
    words = tr("Against {name}").format(name=gauge.baseline)
    lines = [*readings.lines, Reading(text=words, word=gauge.verdict, tone=gauge.tone)]
    if gauge.picture_tone == "warn":
        unusual = Reading(text=tr("This picture"), word=tr("unusual"), tone="warn")
        lines.append(unusual)
    return replace(readings, lines=tuple(lines))


def drift_notice(before: DriftGauge, gauge: DriftGauge) -> Toned:
    """Give what is said when the verdict became another one; "" where it did not."""
    is_same = (before.baseline, before.verdict) == (gauge.baseline, gauge.verdict)
    if is_same or not (before.baseline and gauge.baseline):
        return "", "muted"
    words = tr("Against baseline {name}: {verdict}. {reason}").format(
        name=gauge.baseline, verdict=gauge.verdict, reason=gauge.reason
    )
    return words, "bad" if gauge.tone == "bad" else "ok"


def zone_lines(zones: tuple[Zone, ...], sensitivity: float | None) -> str:
    """Give the lines of `fieldset.toml` that make these zones last."""
    lines = ["[capture.triggers.motion]"]
    if sensitivity is not None:
        lines.append(f"sensitivity = {sensitivity:g}")
    if zones:
        lines.append(f"zones = [{', '.join(map(_zone_words, zones))}]")
    return "\n".join(lines)


def _zone_words(zone: Zone) -> str:
    """A rectangle by two of its corners, any other polygon by all of them."""
    x0, y0, x1, y1 = around = area_around(zone)
    if zone == zone_around(around) and x0 < x1 and y0 < y1:
        return f"[{', '.join(f'{side:g}' for side in around)}]"
    return f"[{', '.join(f'[{x:g}, {y:g}]' for x, y in zone)}]"
