"""Sealing, drawing and retiring: the dialog, the work, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from dataset.progress import Progress

from ...jobs import Job, Lane, Operation, Submitter
from ...language import tr
from .dataset_contract import DrawRequest, TestSetRow, TestSetsDesk, TestsState
from .test_dialogs import ActDialog, DrawDialog, RetireDialog, SealDialog


class TestActs(QObject):
    """Opens the dialogs of the test ledger over a page and does what they ask.

    Signals:
        act_done: one sentence on what was recorded.
    """

    __test__ = False  # pytest takes it for a test by its name
    act_done = Signal(str)

    def __init__(self, desk: TestSetsDesk, runner: Submitter, page: QWidget) -> None:
        super().__init__(page)
        self._desk = desk
        self._runner = runner
        self._page = page
        self._job: Job | None = None
        self.dialog: ActDialog | None = None

    def ask_seal(self, row: TestSetRow, state: TestsState) -> None:
        """Ask before a set is sealed."""
        dialog = SealDialog(row, state.operator, self._page)
        dialog.act_requested.connect(partial(self._seal, row.name))
        self._open(dialog)

    def ask_draw(self, row: TestSetRow, state: TestsState) -> None:
        """Ask which model is tested on a set."""
        dialog = DrawDialog(row, state.versions, state.operator, self._page)
        dialog.act_requested.connect(self._draw)
        dialog.file_chosen.connect(partial(self._digest, dialog))
        self._open(dialog)

    def ask_retire(self, row: TestSetRow, state: TestsState) -> None:
        """Ask before a set is retired."""
        dialog = RetireDialog(row, state.operator, self._page)
        dialog.act_requested.connect(partial(self._retire, row.name))
        self._open(dialog)

    def _open(self, dialog: ActDialog) -> None:
        self.dialog = dialog
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.stop_requested.connect(self._stop)
        dialog.finished.connect(self._on_finished)
        dialog.open()

    def _seal(self, name: str, operator: object) -> None:
        title = tr("Seal {name}").format(name=name)
        self._do(title, lambda _progress: self._desk.seal(name, str(operator)))

    def _draw(self, request: object) -> None:
        if isinstance(request, DrawRequest):
            title = tr("Draw {name}").format(name=request.name)
            self._do(title, lambda progress: self._desk.draw(request, progress))

    def _retire(self, name: str, given: tuple[str, str]) -> None:
        reason, operator = given
        title = tr("Retire {name}").format(name=name)
        self._do(title, lambda _progress: self._desk.retire(name, reason, operator))

    def _digest(self, dialog: DrawDialog, model: Path) -> None:
        self._submit(
            tr("Read {name}").format(name=model.name),
            lambda progress: self._desk.digest(model, progress),
            dialog.show_digest,
        )

    def _do(self, title: str, function: Callable[[Progress], str]) -> None:
        self._submit(title, function, self._on_done)

    def _submit(
        self,
        title: str,
        function: Callable[[Progress], str],
        on_done: Callable[[str], None],
    ) -> None:
        """Do work for the dialog that is open; a refusal is shown in it."""
        dialog = self.dialog
        if dialog is None:
            return
        dialog.set_busy(tr("Working; Cancel stops it"))

        def answer(sentence: str) -> None:
            if self.dialog is dialog or on_done == self._on_done:
                on_done(sentence)

        self._job = self._runner.submit(
            Operation(
                title=title,
                function=function,
                on_done=answer,
                on_error=lambda error: (
                    dialog.show_refusal(error) if self.dialog is dialog else None
                ),
                lane=Lane.WORK,
            )
        )

    def _on_done(self, sentence: str) -> None:
        if self.dialog is not None:
            self.dialog.accept()
        self.act_done.emit(sentence)

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _on_finished(self, _result: int) -> None:
        self.dialog = None
