"""The field for a camera's mode: chosen from what it offers, or typed."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from ...language import tr
from ..chooser import Chooser

LEAST_LETTERS = 12


class ModeField(Chooser):
    """Takes a mode such as 1280x720@30; empty leaves the camera as it is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setMinimumContentsLength(LEAST_LETTERS)
        self.setProperty("touch", "true")
        edit = QLineEdit()
        edit.setPlaceholderText(tr("as it is"))
        self.setLineEdit(edit)
        self.offer(())

    @property
    def offered(self) -> tuple[str, ...]:
        """The modes that can be chosen."""
        return tuple(filter(None, (self.itemText(at) for at in range(self.count()))))

    def offer(self, modes: tuple[str, ...]) -> None:
        """Let one of these be chosen, or none; what is typed stays."""
        typed = self.currentText()
        self.clear()
        self.addItems(["", *modes] if modes else [])
        self.setEditText(typed)
        hint = tr("Size, rate and format, such as 1280x720@30/MJPG")
        untold = tr("This source does not tell its modes; one can be typed.")
        self.setToolTip(hint if modes else f"{hint}\n{untold}")
