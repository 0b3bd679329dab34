"""Runs the dialog of the hand-over: looks, hands over, tells what came of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from dataset.errors import FieldsetError

from ...jobs import Job, JobState, Lane, Operation, Submitter
from ...language import tr
from ...theme import Theme
from .handover_contract import (
    HandoverDesk,
    HandoverOrder,
    HandoverOutcome,
    HandoverOutlook,
    Way,
)
from .handover_dialog import HandoverDialog
from .versions_contract import VersionRow


class HandoverWork(QObject):
    """Opens the dialog over a page; one hand-over at a time.

    While one is at work the dialog may be closed and asked for again; what came of it
    is then told by a signal instead of in the dialog.

    Signals:
        notice_came: a sentence and its tone, where no dialog shows it.
        error_came: a `FieldsetError`, likewise.
    """

    notice_came = Signal(str, str)
    error_came = Signal(object)

    def __init__(self, desk: HandoverDesk, runner: Submitter, page: QWidget) -> None:
        super().__init__(page)
        self._desk = desk
        self._runner = runner
        self._page = page
        self._job: Job | None = None
        self.dialog: HandoverDialog | None = None

    def ask(self, row: VersionRow, theme: Theme) -> None:
        """Open the dialog for a version, or the one whose work goes on."""
        if self._job is None or self.dialog is None:
            self._forget()
            self.dialog = HandoverDialog(
                row.alias, row.sealed, self._desk.facts(), theme, self._page
            )
            self.dialog.outlook_requested.connect(self._look)
            self.dialog.handover_requested.connect(self._hand_over)
            self.dialog.stop_requested.connect(self._stop)
        self.dialog.open()

    def close(self) -> None:
        """Close the dialog: the project is about to go."""
        self._forget()

    def _look(self, order: HandoverOrder) -> None:
        def show(outlook: HandoverOutlook) -> None:
            if self.dialog is not None:
                self.dialog.show_outlook(order, outlook)

        self._submit(
            tr("Look at what would be handed over"),
            partial(self._desk.look, order),
            show,
            lane=Lane.READING,
            quiet=True,
        )

    def _hand_over(self, order: HandoverOrder) -> None:
        if self._job is not None or self.dialog is None:
            return
        self.dialog.show_working()
        words = tr("Push {alias}")
        if order.way is Way.EXPORT:
            words = tr("Export {alias}")
        self._job = self._submit(
            words.format(alias=order.alias),
            partial(self._desk.hand_over, order),
            self._on_done,
            on_stopped=self._on_stopped,
            on_step=self._on_step,
            lane=Lane.HANDOVER,
        )

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _on_step(self, state: JobState) -> None:
        if self.dialog is not None:
            self.dialog.show_step(state)

    def _on_done(self, outcome: HandoverOutcome) -> None:
        self._job = None
        if self.dialog is not None:
            self.dialog.show_outcome(outcome)
        if not self._is_seen:
            self.notice_came.emit(outcome.sentence, "ok")

    def _on_error(self, error: FieldsetError) -> None:
        if self.dialog is not None:
            self.dialog.show_fault(error)
        if not self._is_seen:
            self.error_came.emit(error)

    def _on_stopped(self) -> None:
        self._job = None
        if self.dialog is not None:
            self.dialog.show_stopped()

    @property
    def _is_seen(self) -> bool:
        return self.dialog is not None and self.dialog.isVisible()

    def _forget(self) -> None:
        if self.dialog is not None:
            self.dialog.hide()
            self.dialog.deleteLater()
            self.dialog = None

    def _submit(
        self,
        title: str,
        function: Callable[..., Any],
        on_done: Callable[..., None],
        **more: Any,  # noqa: ANN401  (fields of Operation)
    ) -> Job:
        return self._runner.submit(
            Operation(
                title=title,
                function=function,
                on_done=on_done,
                on_error=self._on_error,
                **more,
            )
        )
