"""The keys of a page, shown where they act."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ...keys import Action, Page
from ...language import tr
from ..labels import bar, key_hint

HINTS_PX = 34


class HintBar(QWidget):
    """Shows the key and the short words of every action of a page that has them."""

    def __init__(
        self, actions: tuple[Action, ...], page: Page, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        holder = QVBoxLayout(self)
        holder.setContentsMargins(0, 0, 0, 0)
        strip, row = bar("foot", HINTS_PX)
        seen: set[str] = set()
        for action in actions:
            if action.page is not page or not action.hint or action.hint in seen:
                continue
            seen.add(action.hint)
            keys = "1-9" if action.family else action.shortcuts[0]
            row.addWidget(key_hint(keys, action.hint))
        row.addStretch(1)
        row.addWidget(key_hint("F1", tr("all keys")))
        holder.addWidget(strip)
