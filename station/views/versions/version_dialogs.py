"""What is asked before a version is exported."""

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

from ...language import tr
from ..chooser import Chooser
from ..labels import button, label

DIALOG_PX = 460


class ExportDialog(QDialog):
    """Asks for the format and the folder of an export.

    Signals:
        export_wanted: the format's name and the folder.
    """

    export_wanted = Signal(str, object)

    def __init__(self, alias: str, formats: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Export {alias}").format(alias=alias))
        self.setFixedWidth(DIALOG_PX)
        self._alias = alias
        self.formats = Chooser()
        self.formats.addItems(list(formats))
        self.folder = QLineEdit()
        self.formats.currentTextChanged.connect(self._suggest)
        choose = button(tr("Choose…"))
        choose.clicked.connect(self._ask_folder)
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(choose)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(label(tr("Format")))
        column.addWidget(self.formats)
        column.addWidget(label(tr("New or empty folder")))
        column.addLayout(row)
        column.addWidget(_answers(self, tr("Export")))
        self.accepted.connect(self._give)
        self._suggest(self.formats.currentText())

    def _suggest(self, name: str) -> None:
        self.folder.setText(str(Path.home() / f"fieldset-{self._alias}-{name}"))

    def _ask_folder(self) -> None:
        dialog = QFileDialog(self, tr("Where to"), str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.folder.setText)
        dialog.open()

    def _give(self) -> None:
        if self.folder.text().strip():
            target = Path(self.folder.text().strip()).expanduser()
            self.export_wanted.emit(self.formats.currentText(), target)


def _answers(dialog: QDialog, words: str) -> QDialogButtonBox:
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    yes = button(words, "primary")
    yes.setDefault(True)
    box.addButton(yes, QDialogButtonBox.ButtonRole.AcceptRole)
    box.accepted.connect(dialog.accept)
    box.rejected.connect(dialog.reject)
    return box
