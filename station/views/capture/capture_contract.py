"""What the Capture page asks of its desk, and the frozen values it shows.

See `contracts` for what a desk is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dataset.errors import FieldsetError
from dataset.records import Session

from ..contracts import ClassRow

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionForm:
    """What the person says of a session before it begins."""

    source: str
    name: str
    operator: str = ""
    place: str = ""
    conditions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerChoice:
    """When pictures are taken: `shutter`, `burst`, `interval` or `motion`."""

    name: str = "shutter"
    every_s: float = 2.0
    count: int = 5


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


class EventKind(StrEnum):
    """What became of a picture the trigger chose."""

    KEPT = "kept"
    REFUSED = "refused"
    FAULT = "fault"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureEvent:
    """One thing that happened during capture; `reason` is a plain sentence."""

    kind: EventKind
    at_us: int
    reason: str = ""
    pixels: Pixels | None = None
    error: FieldsetError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One figure of the live picture, the word for it, and the word's tone."""

    text: str
    word: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What was measured on one live picture; `histogram` is luma, highest bin 1.0."""

    lines: tuple[Reading, ...]
    histogram: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureStatus:
    """How capture stands; a camera is judged by the age of its newest frame."""

    source: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    newest_age_ms: float | None = None
    session: Session | None = None
    kept: int = 0
    known: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    is_running: bool = False
    is_reconnecting: bool = False
    ring_s: float = 0.0
    controls: tuple[tuple[str, str], ...] = ()


def short_source(address: str) -> str:
    """Give a file's name for a path, and any other address as it is."""
    is_path = address.startswith("/") and not address.startswith("/dev/")
    return Path(address).name if is_path else address


class CaptureDesk(Protocol):
    """Captures from one source.

    `newest`, `events`, `status`, `shutter`, `keep_last` and `set_trigger` never wait
    and are called on the main thread; the rest runs in a worker.
    """

    def cameras(self) -> tuple[FoundCamera, ...]:
        """Look for cameras; may take seconds."""

    def start(self, form: SessionForm, trigger: TriggerChoice) -> None:
        """Open the source and begin a session."""

    def set_trigger(self, trigger: TriggerChoice) -> None:
        """Take pictures by another trigger from now on."""

    def shutter(self) -> None:
        """Take the newest picture now."""

    def keep_last(self, seconds: float) -> None:
        """Keep what the ring holds of the last seconds."""

    def stop(self) -> None:
        """End the session; what was acknowledged is on disk."""

    def newest(self) -> LiveFrame | None:
        """Give the newest picture, None before the first."""

    def events(self) -> tuple[CaptureEvent, ...]:
        """Give what happened since the last call."""

    def status(self) -> CaptureStatus:
        """Give how capture stands."""

    def readings(self, pixels: Pixels) -> Readings:
        """Measure one picture; any thread."""

    def counts(self) -> tuple[ClassRow, ...]:
        """Give the classes with their counts; on the catalog lane."""

    def next_wanted(self) -> tuple[str, ...]:
        """Give sentences on what to capture next; on the catalog lane."""
