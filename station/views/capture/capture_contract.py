"""The frozen values that the Capture page shows and asks with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dataset.errors import FieldsetError
from dataset.records import Session

Pixels = NDArray[np.uint8]
Area = tuple[float, float, float, float]
"""A rectangle x0, y0, x1, y1 in shares of the picture's width and height, 0 to 1."""
Zone = tuple[tuple[float, float], ...]
"""The corners (x, y) of a polygon, three or more, in the same shares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionForm:
    """What the person says of a session before it begins.

    `mode` is asked of the camera, as `1280x720@30`; "" leaves it as it is.
    """

    source: str
    name: str
    mode: str = ""
    operator: str = ""
    place: str = ""
    conditions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerChoice:
    """When pictures are taken; the names are those of `fieldset.toml`, by hand too.

    `zones` and `sensitivity` are those of `motion`; without zones it watches all of the
    picture. `sensitivity` None leaves it to `fieldset.toml`, and so do zones that the
    person did not change (`has_own_zones`).
    """

    name: str = "shutter"
    every_s: float = 2.0
    count: int = 5
    zones: tuple[Zone, ...] = ()
    has_own_zones: bool = False
    sensitivity: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings:
    """What `fieldset.toml` says to the page: motion zones, and how long boxes carry."""

    zones: tuple[Zone, ...] = ()
    carry_gap_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCamera:
    """A camera or other source that was found."""

    address: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFrame:
    """The newest picture of the source: (H, W, 3) uint8 BGR, upright."""

    pixels: Pixels
    captured_us: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What is painted over the live picture: sharp edges, clipped parts, motion."""

    focus: bool = False
    clipped: bool = False
    motion: bool = False


class EventKind(StrEnum):
    """What became of a picture the trigger chose."""

    KEPT = "kept"
    REFUSED = "refused"
    FAULT = "fault"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureEvent:
    """One thing that happened during capture; `reason` is a plain sentence.

    `sample_id` names the sample of what was kept, or was here already; `number` is that
    of the frame. `area` is what moved, where the motion trigger kept it. `is_frozen`
    says that it is the picture that was held still.
    """

    kind: EventKind
    at_us: int
    reason: str = ""
    pixels: Pixels | None = None
    error: FieldsetError | None = None
    sample_id: str = ""
    number: int = -1
    area: Area | None = None
    is_frozen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One figure of the live picture, the word for it, and the word's tone."""

    text: str
    word: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What was measured on one live picture; `histogram` is luma, highest bin 1.0.

    `stops` is how far the exposure lies from middle grey, below 0 for dark.
    """

    lines: tuple[Reading, ...]
    histogram: tuple[float, ...]
    stops: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRow:
    """One control of the camera, as it was read back.

    `value` is in the camera's own unit; `can_lock` says that the camera has an
    automatic for it. `asked` is what was asked for and not granted, "" otherwise.
    """

    name: str
    is_supported: bool = False
    words: str = ""
    value: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    is_auto: bool = False
    can_lock: bool = False
    asked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftGauge:
    """How the stream stands against the baseline.

    `verdict` is the word of the gauge with its `tone`; `counts` says what it rests on,
    `reason` why it is so, and `picture` whether the newest picture is away, with a
    tone of its own. All are "" where nothing is watched.
    """

    baseline: str = ""
    verdict: str = ""
    tone: str = "muted"
    counts: str = ""
    reason: str = ""
    picture: str = ""
    picture_tone: str = "muted"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRow:
    """How a camera is against its commissioning; all "" where nobody looked."""

    verdict: str = ""
    tone: str = "muted"
    sentence: str = ""
    next_step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureStatus:
    """How capture stands; a camera is judged by the age of its newest frame.

    `waiting` pictures are chosen and not on the disk yet, `dropped` ones found no room.
    `retry_s` is when a camera that is away is tried again, None where nobody knows.
    """

    source: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    newest_age_ms: float | None = None
    session: Session | None = None
    kept: int = 0
    known: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    waiting: int = 0
    dropped: int = 0
    is_running: bool = False
    is_reconnecting: bool = False
    retry_s: float | None = None
    ring_s: float = 0.0
    mode: str = ""
    controls: tuple[ControlRow, ...] = ()


def zone_around(area: Area) -> Zone:
    """Give the zone that a rectangle is, as `fieldset.toml` has its corners."""
    x0, y0, x1, y1 = area
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1)


def area_around(zone: Zone) -> Area:
    """Give the rectangle round a zone."""
    xs, ys = zip(*zone, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def short_source(address: str) -> str:
    """Give a file's name for a path, and any other address as it is."""
    is_path = address.startswith("/") and not address.startswith("/dev/")
    return Path(address).name if is_path else address
