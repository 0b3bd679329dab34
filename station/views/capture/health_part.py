"""How the chosen camera is, in one sentence, and what to do about it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ...language import tr
from ..labels import label, set_tone
from .capture_contract import HealthRow


class HealthPart(QWidget):
    """Says whether the camera is as it was when it was set up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._verdict = label("", "chip")
        self._sentence = label("", "small", wraps=True)
        self._step = label("", "small", wraps=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addWidget(label(tr("Health of the camera"), "head"))
        column.addWidget(self._verdict, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._sentence)
        column.addWidget(self._step)
        self.show_row(HealthRow())

    @property
    def words(self) -> str:
        """The verdict with its sentence, as shown."""
        return f"{self._verdict.text()}: {self._sentence.text()}"

    def show_row(self, row: HealthRow) -> None:
        """Show what was found; nothing where nobody looked yet."""
        self.setVisible(bool(row.verdict))
        self._verdict.setText(row.verdict)
        set_tone(self._verdict, row.tone)
        self._sentence.setText(row.sentence)
        self._step.setText(row.next_step)
        self._step.setVisible(bool(row.next_step))
        set_tone(self._step, "warn")
