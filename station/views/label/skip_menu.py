"""Why a sample is left out: a short list, or the person's own words."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from ...language import tr

REASON_LIMIT = 200


class SkipMenu(QMenu):
    """Asks for the reason; a digit or a click is enough.

    Signals:
        reason_chosen: the words to store with the skipped sample.
    """

    reason_chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._page = parent
        reasons = (
            tr("blurred"),
            tr("too dark or too bright"),
            tr("cannot tell what it is"),
            tr("private"),
        )
        for number, reason in enumerate(reasons, start=1):
            action = self.addAction(f"&{number}  {reason}")
            action.triggered.connect(
                lambda _checked=False, words=reason: self.reason_chosen.emit(words)
            )
        self.addSeparator()
        other = self.addAction(tr("&5  another reason…"))
        other.triggered.connect(self._ask_for_words)

    def ask(self) -> None:
        """Open the list over the lower middle of the page."""
        holder = self._page
        size = self.sizeHint()
        x = (holder.width() - size.width()) // 2
        y = holder.height() - size.height() - 180
        self.popup(holder.mapToGlobal(QPoint(max(x, 0), max(y, 0))))
        self.setActiveAction(self.actions()[0])

    def _ask_for_words(self) -> None:
        dialog = QInputDialog(self._page)
        dialog.setWindowTitle(tr("Skip this sample"))
        dialog.setLabelText(tr("Why is it left out?"))
        dialog.textValueSelected.connect(self._on_words)
        dialog.open()

    def _on_words(self, words: str) -> None:
        if words.strip():
            self.reason_chosen.emit(words.strip()[:REASON_LIMIT])
