"""What each page asks of the rooms below, and the frozen values it shows.

A page takes one desk in its constructor. Desk methods are plain calls that may touch
the disk: the page has them run on the catalog lane of `station.jobs` and gets the
value back on the main thread. The real desks are in `station/desks/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dataset.errors import FieldsetError
from dataset.progress import Progress
from dataset.records import (
    Box,
    LabelClass,
    Proposal,
    Sample,
    SampleState,
    Session,
    Split,
    Version,
)

Corners = tuple[float, float, float, float]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """One class with its accepted boxes and, where one is set, its target."""

    label_class: LabelClass
    boxes: int
    target: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmFrame:
    """One small picture of a strip."""

    sample_id: str
    path: Path
    state: SampleState
    width: int
    height: int
    reviewed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScene:
    """What the Label page shows of one sample.

    `position` counts from 1; `history` is newest first; `touched` is the id of the
    box that the last edit made or changed.
    """

    sample: Sample
    path: Path
    boxes: tuple[Box, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    position: int = 1
    total: int = 1
    left: int = 0
    seconds_per_image: float | None = None
    keys_per_image: float | None = None
    history: tuple[str, ...] = ()
    can_undo: bool = False
    can_redo: bool = False
    touched: str = ""
    session_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueChoice:
    """Which samples the Label page goes through, and in which order."""

    order: str = "session"
    state: str = "todo"
    class_id: int | None = None


class CarryRequest(Protocol):
    """Carry-over waiting to be worked out for one sample."""

    sample_id: str

    def run(self) -> tuple[Proposal, ...]:
        """Work out the proposals; touches no catalog, runs on any thread."""


class LabelDesk(Protocol):
    """Labels samples; each verb is saved when it returns and gives the new state."""

    def classes(self) -> tuple[ClassRow, ...]:
        """Give the classes in the order of their keys."""

    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """Give the possible `order` and `state` of a `QueueChoice`."""

    def choose(self, choice: QueueChoice) -> LabelScene | None:
        """Make another queue and give its first sample; None when it is empty."""

    def current(self) -> LabelScene | None:
        """Give the sample at hand; None when the queue is empty."""

    def film(self, before: int, after: int) -> tuple[FilmFrame, ...]:
        """Give the samples round the current one, in queue order."""

    def go_to(self, sample_id: str) -> LabelScene | None:
        """Go to one sample without writing anything."""

    def step(self, by: int) -> LabelScene | None:
        """Go `by` samples on (or back) without writing anything."""

    def draw(self, corners: Corners, class_id: int) -> LabelScene | None:
        """Add a box."""

    def move(self, box_id: str, corners: Corners) -> LabelScene | None:
        """Give a box other corners; a proposal is accepted with them."""

    def relabel(self, box_id: str, class_id: int) -> LabelScene | None:
        """Give a box another class; a proposal is accepted with it."""

    def delete(self, box_id: str) -> LabelScene | None:
        """Delete a box or drop a proposal."""

    def accept(self, keys: int) -> LabelScene | None:
        """Accept everything shown and go on; `keys` were pressed meanwhile."""

    def mark_empty(self, keys: int) -> LabelScene | None:
        """Say that nothing is here and go on."""

    def skip(self, reason: str) -> LabelScene | None:
        """Leave the sample out, with a reason, and go on."""

    def drop_proposals(self) -> LabelScene | None:
        """Drop all proposals of the sample."""

    def undo(self) -> LabelScene | None:
        """Take the newest edit back."""

    def redo(self) -> LabelScene | None:
        """Do again what was taken back."""

    def carry(self) -> CarryRequest | None:
        """Give what carry-over needs for the current sample; None for nothing."""

    def offer(
        self, sample_id: str, proposals: tuple[Proposal, ...]
    ) -> LabelScene | None:
        """Show proposals, where `sample_id` is still the current sample."""


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


class CaptureDesk(Protocol):
    """Captures from one source. Polled on the main thread: `newest`, `events` and
    `status` never block; the rest runs in a worker."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitCell:
    """Boxes of one class in one split, and the target where one is set."""

    boxes: int
    target: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitColumn:
    """One split as the class table shows it."""

    split: Split
    samples: int = 0
    groups: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """One group, the split it is in and why; `level` is `ok` or `bad`."""

    id: str
    sessions: str
    samples: int
    split: str
    why: str
    level: str = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRow:
    """One sealed test set."""

    name: str
    samples: int
    drawn: str
    last_model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetState:
    """What the Dataset page shows; `level` is `ok`, `warn` or `bad`."""

    classes: tuple[LabelClass, ...] = ()
    columns: tuple[SplitColumn, ...] = ()
    cells: Mapping[tuple[int, str], SplitCell] = field(default_factory=dict)
    verdict: str = ""
    level: str = "ok"
    reasons: tuple[str, ...] = ()
    groups: tuple[GroupRow, ...] = ()
    groups_text: str = ""
    unassigned: int = 0
    sealed: tuple[SealedRow, ...] = ()


class DatasetDesk(Protocol):
    """Counts the dataset and assigns new groups to splits."""

    def state(self) -> DatasetState:
        """Count everything; on the catalog lane."""

    def split_now(self, progress: Progress) -> str:
        """Assign new groups and give one sentence on what was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffTile:
    """One figure of a comparison of two versions."""

    figure: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRow:
    """One metric: effect in reference sd with its interval and the limit."""

    metric: str
    effect: float
    low: float | None
    high: float | None
    limit: float
    verdict: str
    unit_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedBox:
    """One box before and after, on the sample where it changed."""

    path: Path
    before: Corners | None
    after: Corners | None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionState:
    """What the Versions page shows of one version against its parent."""

    version: Version
    against: str = ""
    tiles: tuple[DiffTile, ...] = ()
    drift_head: str = ""
    drift_note: str = ""
    drift: tuple[DriftRow, ...] = ()
    moved: tuple[MovedBox, ...] = ()
    relabelled: tuple[MovedBox, ...] = ()


class VersionsDesk(Protocol):
    """Freezes, compares, reports and exports versions."""

    def versions(self) -> tuple[Version, ...]:
        """Give all versions, newest first; on the catalog lane."""

    def state(self, alias: str, progress: Progress) -> VersionState:
        """Compare a version with its parent; touches no catalog."""

    def freeze(self, message: str, progress: Progress) -> str:
        """Freeze a version and give one sentence on it."""

    def report(self, alias: str, progress: Progress) -> Path:
        """Make the report page where it is missing and give its path."""

    def formats(self) -> tuple[str, ...]:
        """Give the names of the export formats."""

    def export(
        self, alias: str, name: str, target: Path, progress: Progress
    ) -> str:
        """Export a version and give one sentence on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """One accepted box as the Review page shows it."""

    sample_id: str
    path: Path
    box: Box
    reviewed: bool = False


class ReviewDesk(Protocol):
    """Looks over accepted boxes; on the catalog lane."""

    def classes(self) -> tuple[ClassRow, ...]:
        """Give the classes in the order of their keys."""

    def items(self, class_id: int | None) -> tuple[ReviewItem, ...]:
        """Give the accepted boxes of one class, or of all."""

    def mark_reviewed(self, sample_ids: tuple[str, ...]) -> None:
        """Say that these samples were looked over."""

    def relabel(self, items: tuple[ReviewItem, ...], class_id: int) -> None:
        """Give these boxes another class."""

    def delete(self, items: tuple[ReviewItem, ...]) -> None:
        """Delete these boxes."""


Commands = Mapping[str, Callable[[], Any]]
