"""Runs the dialog of taking in: looks into a data set, then takes it in."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from dataset.errors import FieldsetError

from ..jobs import Job, JobState, Operation, Submitter
from ..language import tr
from ..theme import Theme
from .intake_contract import IntakeDesk, IntakeOrder, IntakeOutcome, IntakeOutlook
from .intake_dialog import IntakeDialog


class IntakeWork(QObject):
    """Opens the dialog over the window; one data set at a time, on the lane WORK.

    Signals:
        taken_in: the sentence on what was taken in; "" where it was stopped halfway.
        notice_came: a sentence and its tone, where no dialog shows it.
        error_came: a `FieldsetError`, likewise.
    """

    taken_in = Signal(str)
    notice_came = Signal(str, str)
    error_came = Signal(object)

    def __init__(
        self, desk: IntakeDesk, runner: Submitter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self._looking: Job | None = None
        self._job: Job | None = None
        self.dialog: IntakeDialog | None = None

    def ask(self, theme: Theme, window: QWidget, path: Path | None = None) -> None:
        """Open the dialog, for a path where one is given, or show the one at work."""
        if self.dialog is None or (self._job is None and not self.dialog.isVisible()):
            self.close()
            self.dialog = IntakeDialog(self._desk.formats(), theme, window)
            self.dialog.outlook_requested.connect(self._look)
            self.dialog.intake_requested.connect(self._take_in)
            self.dialog.stop_requested.connect(self._stop)
            self.dialog.finished.connect(self._on_closed)
        if path is not None and self._job is None:
            self.dialog.path.setText(str(path))
        self.dialog.open()

    def close(self) -> None:
        """Close the dialog: the project is about to go, or another one is opened."""
        if self.dialog is not None:
            self.dialog.hide()
            self.dialog.deleteLater()
            self.dialog = None

    def _look(self, order: IntakeOrder) -> None:
        if self._looking is not None:
            self._looking.cancel()

        def show(outlook: IntakeOutlook) -> None:
            if self.dialog is not None:
                self.dialog.show_outlook(order, outlook)

        def say(error: FieldsetError) -> None:
            if self.dialog is not None and self.dialog.order.path == order.path:
                self.dialog.show_unknown(error)

        self._looking = self._runner.submit(
            Operation(
                title=tr("Look into {name}").format(name=order.path.name),
                function=partial(self._desk.look, order),
                on_done=show,
                on_error=say,
            )
        )

    def _take_in(self, order: IntakeOrder) -> None:
        if self._job is not None or self.dialog is None:
            return
        self.dialog.show_working()
        self._job = self._runner.submit(
            Operation(
                title=tr("Take in {name}").format(name=order.path.name),
                function=partial(self._desk.take_in, order),
                on_done=self._on_done,
                on_error=self._on_error,
                on_stopped=self._on_stopped,
                on_step=self._on_step,
            )
        )

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _on_step(self, state: JobState) -> None:
        if self.dialog is not None:
            self.dialog.show_step(state)

    def _on_done(self, outcome: IntakeOutcome) -> None:
        self._job = None
        if self.dialog is not None:
            self.dialog.show_outcome(outcome)
        if not self._is_seen:
            self.notice_came.emit(outcome.sentence, "ok")
        self.taken_in.emit(outcome.sentence)

    def _on_error(self, error: FieldsetError) -> None:
        if self.dialog is not None:
            self.dialog.show_fault(error)
        if not self._is_seen:
            self.error_came.emit(error)

    def _on_stopped(self) -> None:
        self._job = None
        if self.dialog is not None:
            self.dialog.show_stopped()
        self.taken_in.emit("")

    def _on_closed(self, _result: int) -> None:
        """Stop looking, and remove what an archive was unpacked into."""
        if self._job is not None:
            return
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        self._runner.submit(
            Operation(
                title=tr("Let go of the data set"),
                function=lambda _progress: self._desk.close(),
                quiet=True,
            )
        )

    @property
    def _is_seen(self) -> bool:
        return self.dialog is not None and self.dialog.isVisible()
