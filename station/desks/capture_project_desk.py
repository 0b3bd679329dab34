"""The Capture page's desk over the project: its cameras, its wishes, its labels."""

from __future__ import annotations

from dataset.coach import Advice
from dataset.errors import NotFound
from dataset.project import Project
from dataset.records import LabelState
from dataset.status import advice_of
from labeling.frozen import save_frozen
from labeling.intended import Intent, note_intent

from ..camera.discovery import list_cameras
from ..camera.offered_modes import offered_modes
from ..recorder import OpenSource
from ..views.capture.capture_contract import FoundCamera, PageSettings
from ..views.contracts import ClassRow
from .capture_desk import RecorderDesk
from .class_rows import class_rows


class ProjectCaptureDesk:
    """Captures into one project, with one recorder for each camera."""

    def __init__(
        self, project: Project, station: str, open_source: OpenSource | None = None
    ) -> None:
        self._project = project
        self._station = station
        self._open_source = open_source
        self._cameras: list[RecorderDesk] = []

    def new_camera(self) -> RecorderDesk:
        """Give a desk for one camera more; its recorder ends with `close`."""
        made = RecorderDesk(self._project, self._station, self._open_source)
        self._cameras.append(made)
        return made

    def close(self) -> None:
        """End the sessions of all cameras and give their threads back."""
        for camera in self._cameras:
            camera.close()

    def cameras(self) -> tuple[FoundCamera, ...]:
        """Look for cameras."""
        return tuple(
            FoundCamera(address=found.address, name=found.name)
            for found in list_cameras()
        )

    def modes(self, source: str) -> tuple[str, ...] | None:
        """Give the modes that a camera offers, as a person writes them."""
        modes = offered_modes(source)
        return None if modes is None else tuple(str(mode) for mode in modes)

    def counts(self) -> tuple[ClassRow, ...]:
        """Give the classes with their boxes and targets."""
        return class_rows(self._project)

    def advice(self) -> Advice:
        """Give what to capture next, and what is full."""
        return advice_of(self._project)

    def settings(self) -> PageSettings:
        """Give what `fieldset.toml` says."""
        settings = self._project.settings
        zones = settings.capture.triggers.get("motion", {}).get("zones", ())
        return PageSettings(
            zones=tuple(zones),
            carry_gap_s=settings.label.carry_gap_s,
        )

    def note_intents(self, intents: tuple[Intent, ...]) -> None:
        """Keep the classes that samples were captured for."""
        with self._project.catalog.writing():
            for intent in intents:
                note_intent(self._project, intent)

    def save_frozen(
        self, sample_id: str, labels: LabelState, keys: int, drags: int
    ) -> bool:
        """Save what was drawn on a frozen picture; False where it has labels.

        Raises:
            NotFound: the sample was erased meanwhile.
        """
        if not self._project.catalog.samples.has(sample_id):
            raise NotFound(f"The sample was erased meanwhile: {sample_id[:12]}")
        sample = self._project.catalog.samples.get(sample_id)
        return save_frozen(self._project, sample, labels, keys=keys, drags=drags)
