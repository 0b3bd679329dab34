"""What is asked before picked samples go into a test set: which, and what it means."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from dataset.errors import FieldsetError

from ...language import tr
from ..chooser import Chooser
from ..labels import breakable, button, label, set_tone
from .explore_contract import SetPlan

DIALOG_PX = 540
NAME_LIMIT = 63
DEFAULT_NAME = "test-stress"
TYPED_MS = 400


class SetDialog(QDialog):
    """Asks for the test set; what would happen is said before it can be asked for.

    Signals:
        plan_wanted: the name of a set; what filling it would do is wanted.
        set_chosen: the name of the set to fill.
        stop_requested: the dialog was closed while it was at work.
    """

    plan_wanted = Signal(str)
    set_chosen = Signal(str)
    stop_requested = Signal()

    def __init__(self, count: int, sets: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Put into a test set"))
        self.setFixedWidth(DIALOG_PX)
        self._plan: SetPlan | None = None
        self._is_busy = False
        self.name = Chooser()
        self.name.setEditable(True)
        field = QLineEdit()
        field.setMaxLength(NAME_LIMIT)
        self.name.setLineEdit(field)
        self.name.addItems(sets or (DEFAULT_NAME,))
        self._goes = label("", wraps=True)
        self._stays = label("", "muted", wraps=True)
        self._typed = QTimer(self, singleShot=True, interval=TYPED_MS)
        self._typed.timeout.connect(self.ask_plan)
        self.name.editTextChanged.connect(self._on_typed)
        self._lay_out(count)

    def _lay_out(self, count: int) -> None:
        title = tr("{count} picked samples into a test set").format(count=f"{count:,}")
        words = tr(
            "A stress set of your own: hard samples that no model may train on. Whole "
            "groups go in, never single pictures, and none ever comes out again; "
            "sealing it comes later, once it is labeled."
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(10)
        column.addWidget(label(title, "title", wraps=True))
        column.addWidget(label(words, "muted", wraps=True))
        column.addWidget(label(tr("Test set: one filled by hand, or a new name")))
        column.addWidget(self.name)
        column.addWidget(self._goes)
        column.addWidget(self._stays)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.yes = button(tr("Put them in, for good"), "primary")
        self.yes.setEnabled(False)
        box.addButton(self.yes, QDialogButtonBox.ButtonRole.ActionRole)
        self.yes.clicked.connect(self._choose)
        box.rejected.connect(self.reject)
        column.addWidget(box)

    @property
    def given(self) -> str:
        """The name as it stands there."""
        return self.name.currentText().strip()

    @property
    def said(self) -> tuple[str, str]:
        """What goes in and what stays, in sentences."""
        return self._goes.text().replace("\u200b", ""), self._stays.text()

    def ask_plan(self) -> None:
        """Have what would happen worked out for the name that is given."""
        self._typed.stop()
        self._set_busy(tr("Looking what would go in…"))
        self.plan_wanted.emit(self.given)

    def show_plan(self, plan: SetPlan) -> None:
        """Say what would happen; only now it can be done."""
        if plan.name != self.given:
            return
        self._is_busy = False
        self._plan = plan
        self._say(plan.goes, plan.stays, "" if plan.may_go else "warn")
        self.yes.setEnabled(plan.may_go)

    def show_refusal(self, error: FieldsetError) -> None:
        """Say why it cannot be done; nothing was changed."""
        self._is_busy = False
        self.yes.setEnabled(False)
        self._say(error.message, error.hint, "bad")

    def reject(self) -> None:
        """Close; what is under way is asked to stop."""
        if self._is_busy:
            self.stop_requested.emit()
        super().reject()

    def _on_typed(self, _words: str) -> None:
        self._plan = None
        self.yes.setEnabled(False)
        self._typed.start()

    def _choose(self) -> None:
        if self._plan is not None and not self._is_busy:
            self._set_busy(tr("Putting them in…"))
            self.set_chosen.emit(self._plan.name)

    def _set_busy(self, words: str) -> None:
        self._is_busy = True
        self.yes.setEnabled(False)
        self._say(words, "", "muted")

    def _say(self, goes: str, stays: str, tone: str) -> None:
        self._goes.setText(breakable(goes))
        set_tone(self._goes, tone)
        self._stays.setText(breakable(stays))
        self._stays.setVisible(bool(stays))
        self.adjustSize()
