"""The gauge of drift: the verdict on the stream, what it rests on, and this picture."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ...language import tr
from ..labels import label, set_tone
from .capture_contract import DriftGauge


class DriftPart(QWidget):
    """Says how the stream of the chosen camera stands against the baseline."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._head = label("", "head", wraps=True)
        self._verdict = label("", "chip")
        self._counts = label("", "small", wraps=True)
        self._reason = label("", "small", wraps=True)
        self._picture = label("", "small", wraps=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addWidget(self._head)
        column.addWidget(self._verdict, 0, Qt.AlignmentFlag.AlignLeft)
        for line in (self._counts, self._reason, self._picture):
            column.addWidget(line)
        self.show_gauge(DriftGauge())

    @property
    def verdict(self) -> str:
        """The word of the gauge."""
        return self._verdict.text()

    @property
    def reason(self) -> str:
        """Why it is so."""
        return self._reason.text()

    @property
    def picture(self) -> str:
        """What is said of the newest picture."""
        return self._picture.text()

    def show_gauge(self, gauge: DriftGauge) -> None:
        """Show where the stream stands; nothing where nothing is watched."""
        self.setVisible(bool(gauge.verdict))
        words = tr("Against baseline {name}").format(name=gauge.baseline)
        self._head.setText(words if gauge.baseline else tr("Against the baseline"))
        self._verdict.setText(gauge.verdict)
        set_tone(self._verdict, gauge.tone)
        for line, words, tone in (
            (self._counts, gauge.counts, "muted"),
            (self._reason, gauge.reason, "muted"),
            (self._picture, gauge.picture, gauge.picture_tone),
        ):
            line.setText(words)
            line.setVisible(bool(words))
            set_tone(line, tone)
