"""What is asked before a project is made."""

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

from .language import tr
from .views.labels import button, label

DIALOG_PX = 480


class NewProjectDialog(QDialog):
    """Asks for the folder and the classes.

    Signals:
        project_wanted: the folder and the class names.
    """

    project_wanted = Signal(object, object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("New project"))
        self.setFixedWidth(DIALOG_PX)
        self.folder = QLineEdit(str(Path.home() / "fieldset-project"))
        self.classes = QLineEdit()
        self.classes.setPlaceholderText(tr("car, van, truck"))
        choose = button(tr("Choose…"))
        choose.clicked.connect(self._ask_folder)
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(choose)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(label(tr("Folder, new or empty")))
        column.addLayout(row)
        column.addWidget(label(tr("Classes, with commas between them")))
        column.addWidget(self.classes)
        explained = tr("Classes can be added, renamed and merged at any time.")
        column.addWidget(label(explained, "muted"))
        column.addWidget(self._answers())
        self.accepted.connect(self._give)

    def _answers(self) -> QDialogButtonBox:
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        make = button(tr("Make the project"), "primary")
        make.setDefault(True)
        box.addButton(make, QDialogButtonBox.ButtonRole.AcceptRole)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        return box

    def _ask_folder(self) -> None:
        dialog = QFileDialog(self, tr("Where to"), str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.folder.setText)
        dialog.open()

    def _give(self) -> None:
        text = self.folder.text().strip()
        names = [part.strip() for part in self.classes.text().split(",")]
        if text:
            folder = Path(text).expanduser()
            self.project_wanted.emit(folder, tuple(name for name in names if name))
