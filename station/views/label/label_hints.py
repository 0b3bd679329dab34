"""The keys of a page, shown where they act."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ...keys import Action, Page
from ...language import tr
from ..labels import bar, key_hint

HINTS_PX = 34


class HintBar(QWidget):
    """Shows the key and the short words of every action of a page that has them.

    Where there is no room for all of them the last ones are left out, for none is to be
    cut off; F1 stays and shows them all.
    """

    def __init__(
        self, actions: tuple[Action, ...], page: Page, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        holder = QVBoxLayout(self)
        holder.setContentsMargins(0, 0, 0, 0)
        strip, self._row = bar("foot", HINTS_PX)
        self._hints: list[QWidget] = []
        seen: set[str] = set()
        for action in actions:
            if action.page is not page or not action.hint or action.hint in seen:
                continue
            seen.add(action.hint)
            keys = "1-9" if action.family else action.shortcuts[0]
            self._hints.append(key_hint(keys, action.hint))
            self._row.addWidget(self._hints[-1])
        self._row.addStretch(1)
        self._all = key_hint("F1", tr("all keys"))
        self._row.addWidget(self._all)
        holder.addWidget(strip)

    def minimumSizeHint(self) -> QSize:
        """Give room for the last hint alone: the others can be left out."""
        return QSize(self._all.sizeHint().width(), HINTS_PX)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many hints as fit."""
        super().resizeEvent(event)
        margins, gap = self._row.contentsMargins(), self._row.spacing()
        room = self.width() - margins.left() - margins.right()
        room -= self._all.sizeHint().width() + gap
        for hint in self._hints:
            room -= hint.sizeHint().width() + gap
            hint.setVisible(room >= 0)
