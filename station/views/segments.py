"""A row of joined buttons of which one is chosen."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QSizePolicy,
    QWidget,
)

from .labels import button


class Segments(QWidget):
    """Shows joined buttons; exactly one is checked.

    Signals:
        chosen_changed: the place of the one that was clicked or chosen.
    """

    chosen_changed = Signal(int)

    def __init__(
        self, texts: tuple[str, ...], chosen: int = 0, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        for at, text in enumerate(texts):
            one = button(text, "segment")
            one.setCheckable(True)
            one.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            one.setChecked(at == chosen)
            self._group.addButton(one, at)
            row.addWidget(one)
        self._group.idClicked.connect(self.chosen_changed)

    @property
    def chosen(self) -> int:
        """The place of the one that is checked."""
        return self._group.checkedId()

    def choose(self, at: int) -> None:
        """Check one as a click does."""
        self._group.button(at).setChecked(True)
        self.chosen_changed.emit(at)

    def button_at(self, at: int) -> QAbstractButton:
        """Give one of the buttons."""
        return self._group.button(at)

    def set_text(self, at: int, text: str) -> None:
        """Give one other words."""
        self._group.button(at).setText(text)
