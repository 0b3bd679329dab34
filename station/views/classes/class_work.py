"""Runs the dialog of class work: asks the desk, shows what came of it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from labeling.class_work import ClassAct

from ...jobs import Lane, Operation, Submitter
from ...language import tr
from ...theme import Theme
from .class_contract import ActPreview, ClassDesk
from .class_dialog import ClassDialog


class ClassWork(QObject):
    """Opens the dialog and has its acts done on the catalog lane, in order.

    Signals:
        classes_changed: the sentence on what was done.
    """

    classes_changed = Signal(str)

    def __init__(
        self, desk: ClassDesk, runner: Submitter, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self.dialog: ClassDialog | None = None

    def ask(self, theme: Theme, window: QWidget) -> None:
        """Open the dialog, or raise the one that is open."""
        if self.dialog is None:
            self.dialog = ClassDialog(theme, window)
            self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self.dialog.preview_requested.connect(self._preview)
            self.dialog.act_requested.connect(self._do)
            self.dialog.finished.connect(self._forget)
            self.dialog.open()
        self._refresh()

    def _refresh(self) -> None:
        self._submit(tr("Read the classes"), self._desk.all, self._show)

    def _show(self, classes: object) -> None:
        if self.dialog is not None:
            self.dialog.show_classes(classes)  # type: ignore[arg-type]  # of `all`

    def _preview(self, act: ClassAct) -> None:
        self._submit(
            tr("Count the boxes"), lambda: self._desk.preview(act), self._show_preview
        )

    def _show_preview(self, preview: ActPreview) -> None:
        if self.dialog is not None:
            self.dialog.show_preview(preview)

    def _do(self, act: ClassAct) -> None:
        self._submit(
            tr("Change the classes"), lambda: self._desk.do(act), self._on_done
        )

    def _on_done(self, sentence: str) -> None:
        self._submit(
            tr("Read the classes"),
            self._desk.all,
            lambda classes: self._after(classes, sentence),
        )
        self.classes_changed.emit(sentence)

    def _after(self, classes: object, sentence: str) -> None:
        self._show(classes)
        if self.dialog is not None:
            self.dialog.show_done(sentence)

    def _on_error(self, error: object) -> None:
        if self.dialog is not None:
            self.dialog.show_refusal(error)  # type: ignore[arg-type]  # of Operation

    def _submit(
        self, title: str, function: Callable[[], object], on_done: Callable[..., None]
    ) -> None:
        self._runner.submit(
            Operation(
                title=title,
                function=lambda _progress: function(),
                on_done=on_done,
                on_error=self._on_error,
                lane=Lane.CATALOG,
            )
        )

    def _forget(self, _result: int) -> None:
        self.dialog = None
