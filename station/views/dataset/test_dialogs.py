"""What is asked before a test set is sealed, drawn or retired."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from dataset.errors import FieldsetError

from ...language import tr
from ..chooser import Chooser
from ..labels import breakable, button, label, set_tone
from .dataset_contract import DrawRequest, TestSetRow

DIALOG_PX = 520
TEXT_LIMIT = 500
NO_VERSION = "none"


class ActDialog(QDialog):
    """Asks for what an act of the test ledger needs, and stays open when it is refused.

    Signals:
        act_requested: what was given; the act is wanted.
        stop_requested: the dialog was closed while the act was at work.
    """

    act_requested = Signal(object)
    stop_requested = Signal()

    def __init__(
        self, title: str, words: str, yes: str, operator: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setFixedWidth(DIALOG_PX)
        self.operator = QLineEdit(operator)
        self.operator.setMaxLength(TEXT_LIMIT)
        self._said = label("", wraps=True)
        self._said.hide()
        self._is_busy = False
        self.fields = QVBoxLayout()
        self.fields.setSpacing(6)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(10)
        column.addWidget(label(title, "title", wraps=True))
        column.addWidget(label(words, "muted", wraps=True))
        column.addLayout(self.fields)
        self.add_field(tr("Who does it; kept in the ledger"), self.operator)
        column.addWidget(self._said)
        column.addWidget(self._answers(yes))

    def _answers(self, yes: str) -> QDialogButtonBox:
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.yes = button(yes, "primary")
        self.yes.setDefault(True)
        box.addButton(self.yes, QDialogButtonBox.ButtonRole.ActionRole)
        self.yes.clicked.connect(self._ask)
        box.rejected.connect(self.reject)
        return box

    def add_field(
        self, words: str, field: QWidget, beside: QWidget | None = None
    ) -> None:
        """Add a line to fill in, above the operator's."""
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(field, 1)
        if beside is not None:
            row.addWidget(beside)
        # The operator's field and its words stay the last.
        at = max(self.fields.count() - 2, 0)
        self.fields.insertWidget(at, label(words))
        self.fields.insertLayout(at + 1, row)
        if at == 0 and field is not self.operator:
            field.setFocus()

    def given(self) -> object:
        """Give what was filled in."""
        return self.operator.text()

    def set_busy(self, words: str) -> None:
        """Show that the act is at work; "" for not."""
        self._is_busy = bool(words)
        self.yes.setEnabled(not words)
        self._say(words, "muted")

    def show_refusal(self, error: FieldsetError) -> None:
        """Show the sentence of a refusal and its next step; nothing was done."""
        self.set_busy("")
        self._say(f"{error.message}\n{error.hint}".strip(), "bad")

    @property
    def said(self) -> str:
        """The sentence shown above the answers."""
        return self._said.text().replace("\u200b", "")

    def reject(self) -> None:
        """Close; an act at work is asked to stop."""
        if self._is_busy:
            self.stop_requested.emit()
        super().reject()

    def _ask(self) -> None:
        if not self._is_busy:
            self.act_requested.emit(self.given())

    def _say(self, words: str, tone: str) -> None:
        self._said.setText(breakable(words))
        set_tone(self._said, tone)
        self._said.setVisible(bool(words))
        self.adjustSize()


class SealDialog(ActDialog):
    """Asks before a set is sealed; gives the operator."""

    def __init__(self, row: TestSetRow, operator: str, parent: QWidget) -> None:
        words = tr(
            "Its boxes close for good: {samples} samples, {boxes} boxes. It takes no "
            "new groups, stays out of exports, and each model is tested on it once. "
            "This cannot be taken back."
        ).format(samples=f"{row.samples:,}", boxes=f"{row.boxes:,}")
        title = tr("Seal {name}").format(name=row.name)
        super().__init__(title, words, tr("Seal it"), operator, parent)


class RetireDialog(ActDialog):
    """Asks before a set is retired; gives the reason and the operator."""

    def __init__(self, row: TestSetRow, operator: str, parent: QWidget) -> None:
        words = tr(
            "Its groups move to validation and its boxes open again. A vault set, if "
            "there is one, is sealed in its place under its own name."
        )
        title = tr("Retire {name}").format(name=row.name)
        super().__init__(title, words, tr("Retire it"), operator, parent)
        self.reason = QLineEdit()
        self.reason.setMaxLength(TEXT_LIMIT)
        self.add_field(tr("Why; kept in the ledger"), self.reason)

    def given(self) -> object:
        """Give reason and operator."""
        return self.reason.text(), self.operator.text()


class DrawDialog(ActDialog):
    """Asks which model is tested; gives a `DrawRequest`.

    Signals:
        file_chosen: the model's file, whose digest is wanted.
    """

    file_chosen = Signal(object)

    def __init__(
        self,
        row: TestSetRow,
        versions: tuple[str, ...],
        operator: str,
        parent: QWidget,
    ) -> None:
        words = tr(
            "A model is tested on a sealed set once, and never one that has seen a "
            "part of it. Draws left: {left} of {budget}."
        ).format(left=max(row.budget - row.used, 0), budget=row.budget)
        title = tr("Draw {name} for a model").format(name=row.name)
        super().__init__(title, words, tr("Draw it"), operator, parent)
        self._name = row.name
        self.model = QLineEdit()
        self.model.setPlaceholderText(tr("SHA-256 in hexadecimal digits"))
        choose = button(tr("Choose a file…"))
        choose.clicked.connect(self._ask_model)
        self.add_field(tr("Digest of the model"), self.model, choose)
        self.trained_on = Chooser()
        self.trained_on.addItem(tr("the newest version"), "")
        for alias in versions:
            self.trained_on.addItem(alias, alias)
        self.trained_on.addItem(tr("none: it never saw this project"), NO_VERSION)
        self.add_field(tr("Trained on"), self.trained_on)
        self.folder = QLineEdit()
        self.folder.setPlaceholderText(tr("empty: the draw is recorded alone"))
        place = button(tr("Choose…"))
        place.clicked.connect(self._ask_folder)
        self.add_field(tr("New or empty folder for the bundle"), self.folder, place)

    def given(self) -> object:
        """Give the request."""
        folder = self.folder.text().strip()
        return DrawRequest(
            name=self._name,
            model=self.model.text(),
            trained_on=self.trained_on.currentData() or "",
            operator=self.operator.text(),
            target=Path(folder).expanduser() if folder else None,
        )

    def show_digest(self, digest: str) -> None:
        """Fill in the digest of the file that was chosen."""
        self.set_busy("")
        self.model.setText(digest)
        self.model.setCursorPosition(0)

    def _ask_model(self) -> None:
        dialog = QFileDialog(self, tr("The model's file"), str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.file_chosen.emit(Path(name)))
        dialog.open()

    def _ask_folder(self) -> None:
        dialog = QFileDialog(self, tr("Where to"), str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.folder.setText)
        dialog.open()
