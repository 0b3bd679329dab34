"""A line over the map while samples are not measured yet."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ...language import tr
from ..labels import ElidedLabel, bar, button

BAR_PX = 44


class MissingBar(QWidget):
    """Says how many samples are missing, and offers to measure them.

    Signals:
        measure_requested: the button was clicked.
    """

    measure_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        holder = QVBoxLayout(self)
        holder.setContentsMargins(0, 0, 0, 0)
        strip, row = bar("toolbar", BAR_PX)
        holder.addWidget(strip)
        self._words = ElidedLabel("")
        self.measure = button(tr("Measure them"))
        self.measure.clicked.connect(self.measure_requested)
        row.addWidget(self._words, 1)
        row.addWidget(self.measure)
        self.hide()

    @property
    def words(self) -> str:
        """What is said."""
        return self._words.text()

    def show_missing(self, words: str, *, is_busy: bool) -> None:
        """Say this; "" takes the line away."""
        self._words.setText(words)
        self.measure.setEnabled(not is_busy)
        self.setVisible(bool(words))
