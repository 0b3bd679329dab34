"""What the Capture page reads of project and machine, in workers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from labeling.intended import Intent

from ...jobs import Lane, Operation, Submitter
from ...language import tr
from .capture_protocols import CaptureDesk
from .session_form import SessionFormPanel


class CaptureReads(QObject):
    """Asks the project's desk and hands the answers on.

    Signals:
        counts_came: a tuple of `ClassRow`.
        advice_came: an `Advice`.
        settings_came: `PageSettings`.
        error_came: a `FieldsetError` to show.
    """

    counts_came = Signal(object)
    advice_came = Signal(object)
    settings_came = Signal(object)
    error_came = Signal(object)

    def __init__(
        self,
        desk: CaptureDesk,
        form: SessionFormPanel,
        runner: Submitter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._form = form
        self._runner = runner
        form.modes_requested.connect(self._find_modes)

    def refresh(self) -> None:
        """Count the classes again and read what is wanted next."""
        self._ask(tr("Count"), self._desk.counts, self.counts_came.emit)
        self._ask(tr("Read what is wanted"), self._desk.advice, self.advice_came.emit)
        self._ask(tr("Read the settings"), self._desk.settings, self.settings_came.emit)

    def find_cameras(self) -> None:
        """Look for cameras."""
        self._ask(
            tr("Look for cameras"),
            self._desk.cameras,
            self._form.show_cameras,
            Lane.CAMERA,
        )

    def note_intents(self, intents: tuple[Intent, ...]) -> None:
        """Keep the classes that samples were captured for."""
        self._ask(
            tr("Keep what was captured for"),
            lambda: self._desk.note_intents(intents),
            lambda _none: None,
        )

    def _find_modes(self, source: str) -> None:
        self._ask(
            tr("Look for modes"),
            lambda: self._desk.modes(source),
            partial(self._form.show_modes, source),
            Lane.CAMERA,
        )

    def _ask(
        self,
        title: str,
        function: Callable[[], object],
        done: Callable[..., None],
        lane: Lane = Lane.CATALOG,
    ) -> None:
        self._runner.submit(
            Operation(
                title=title,
                function=lambda _progress: function(),
                on_done=done,
                on_error=self.error_came.emit,
                lane=lane,
                quiet=True,
            )
        )
