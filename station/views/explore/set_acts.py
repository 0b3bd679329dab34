"""Putting picked samples into a test set: asked, told what it means, done."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from dataset.errors import FieldsetError
from dataset.progress import Progress

from ...jobs import Job, Lane, Operation, Submitter
from ...language import tr
from .explore_contract import ExploreDesk, SetPlan
from .set_dialog import SetDialog


class SetActs(QObject):
    """Opens the dialog and has the desk plan and fill, away from the main thread.

    Signals:
        act_done: a sentence on what was done.
    """

    act_done = Signal(str)

    def __init__(self, desk: ExploreDesk, runner: Submitter, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self._over = parent
        self._ids: tuple[str, ...] = ()
        self._job: Job | None = None
        self.dialog: SetDialog | None = None

    def ask(self, sample_ids: tuple[str, ...], sets: tuple[str, ...]) -> None:
        """Ask which set these samples are to go into."""
        self._ids = sample_ids
        self.dialog = SetDialog(len(sample_ids), sets, self._over)
        self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.dialog.plan_wanted.connect(self._plan)
        self.dialog.set_chosen.connect(self._fill)
        self.dialog.stop_requested.connect(self._stop)
        self.dialog.finished.connect(self._forget)
        self.dialog.open()
        self.dialog.ask_plan()

    def _plan(self, name: str) -> None:
        self._stop()
        ids = self._ids

        def work(progress: Progress) -> SetPlan:
            return self._desk.plan_set(name, ids, progress)

        self._job = self._runner.submit(
            Operation(
                title=tr("See what would go into the test set"),
                function=work,
                on_done=self._on_plan,
                on_error=self._on_refusal,
                lane=Lane.WORK,
            )
        )

    def _fill(self, name: str) -> None:
        ids = self._ids

        def work(progress: Progress) -> str:
            return self._desk.fill_set(name, ids, progress)

        self._job = self._runner.submit(
            Operation(
                title=tr("Fill the test set"),
                function=work,
                on_done=self._on_filled,
                on_error=self._on_refusal,
                lane=Lane.WORK,
            )
        )

    def _on_plan(self, plan: SetPlan) -> None:
        if self.dialog is not None:
            self.dialog.show_plan(plan)

    def _on_filled(self, sentence: str) -> None:
        if self.dialog is not None:
            self.dialog.accept()
        self.act_done.emit(sentence)

    def _on_refusal(self, error: FieldsetError) -> None:
        if self.dialog is not None:
            self.dialog.show_refusal(error)

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _forget(self, _result: int) -> None:
        self.dialog = None
