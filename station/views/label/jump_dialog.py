"""Asks where in the queue to go: a number, or the beginning of an id."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QInputDialog, QWidget

from ...language import tr

ID_LETTERS = 64


class JumpDialog(QObject):
    """Asks for a number or an id.

    Signals:
        place_given: what the person typed, never empty.
    """

    place_given = Signal(str)

    def __init__(self, page: QWidget) -> None:
        super().__init__(page)
        self._page = page

    def ask(self) -> None:
        """Open the question; what is given arrives by `place_given`."""
        dialog = QInputDialog(self._page)
        dialog.setWindowTitle(tr("Go to a sample"))
        dialog.setLabelText(tr("Its number in this queue, or how its id begins"))
        dialog.textValueSelected.connect(self._on_words)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_words(self, words: str) -> None:
        if words.strip():
            self.place_given.emit(words.strip()[:ID_LETTERS])
