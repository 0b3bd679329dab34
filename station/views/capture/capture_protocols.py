"""What the Capture page asks of its desks: one for the project, one for each camera.

See `contracts` for what a desk is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from dataset.coach import Advice
from dataset.records import LabelState, Proposal
from labeling.intended import Intent

from ..contracts import ClassRow
from .capture_contract import (
    CaptureEvent,
    CaptureStatus,
    ControlRow,
    DriftGauge,
    FoundCamera,
    HealthRow,
    LiveFrame,
    Marks,
    PageSettings,
    Pixels,
    Readings,
    SessionForm,
    TriggerChoice,
)
from .capture_words import Toned


class CameraDesk(Protocol):
    """Captures from one source.

    `newest`, `events`, `status`, `shutter`, `keep_last`, `freeze`, `keep_frozen`,
    `unfreeze`, `trigger_words` and `drift` never wait and are called on the main
    thread; the rest runs in a worker.
    """

    def start(self, form: SessionForm, trigger: TriggerChoice) -> None:
        """Open the source and begin a session."""

    def set_trigger(self, trigger: TriggerChoice) -> None:
        """Take pictures by another trigger from now on."""

    def shutter(self) -> None:
        """Take the newest picture now."""

    def keep_last(self, seconds: float) -> None:
        """Keep the sharpest picture of the last seconds."""

    def stop(self) -> None:
        """End the session; what was acknowledged is on disk."""

    def newest(self) -> LiveFrame | None:
        """Give the newest picture, None before the first."""

    def freeze(self) -> LiveFrame | None:
        """Hold the newest picture still and give it."""

    def keep_frozen(self) -> bool:
        """Store the picture that is held still; False where no session is open.

        It comes as an event with `is_frozen`, kept or refused.
        """

    def unfreeze(self) -> None:
        """Let go of the picture that is held still."""

    def events(self) -> tuple[CaptureEvent, ...]:
        """Give what happened since the last call."""

    def status(self) -> CaptureStatus:
        """Give how capture stands."""

    def trigger_words(self) -> Toned:
        """Give what the trigger sees, with its figures, and a tone."""

    def drift(self) -> DriftGauge:
        """Give how the stream stands against the baseline; never waits."""

    def health(self) -> HealthRow:
        """Look at what the camera captured in its last session; takes a second."""

    def picture(self, pixels: Pixels, room: tuple[int, int], marks: Marks) -> Pixels:
        """Shrink a picture into `room` (width, height) and paint the marks; a worker.

        (h, w, 3) uint8 BGR.
        """

    def readings(self, pixels: Pixels) -> Readings:
        """Measure one picture; any thread."""

    def set_control(
        self, name: str, value: float | None, *, is_auto: bool
    ) -> ControlRow:
        """Set a control and give what was read back; neither locks it as it stands."""


class CaptureDesk(Protocol):
    """What the page needs of the project, on the catalog lane but where it says so."""

    def new_camera(self) -> CameraDesk:
        """Give a desk for one camera more; never waits."""

    def cameras(self) -> tuple[FoundCamera, ...]:
        """Look for cameras; may take seconds, on the camera's lane."""

    def modes(self, source: str) -> tuple[str, ...] | None:
        """Give the modes that a source offers, None where none can be asked for.

        () where it tells none; on the camera's lane, too.
        """

    def counts(self) -> tuple[ClassRow, ...]:
        """Give the classes with their counts."""

    def advice(self) -> Advice:
        """Give what to capture next, and what is full."""

    def settings(self) -> PageSettings:
        """Give what `fieldset.toml` says to the page."""

    def note_intents(self, intents: tuple[Intent, ...]) -> None:
        """Keep the classes that samples were captured for."""

    def save_frozen(
        self, sample_id: str, labels: LabelState, keys: int, drags: int
    ) -> bool:
        """Save what was drawn on a frozen picture; False where it has labels."""


CarryWork = Callable[[], tuple[Proposal, ...]]
