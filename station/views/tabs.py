"""A row of chips of which one is chosen: ways to look at the same thing."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from .labels import button


class Tabs(QWidget):
    """Shows chips; exactly one is checked.

    Signals:
        tab_chosen: the place of the chip that was clicked or chosen.
    """

    tab_chosen = Signal(int)

    def __init__(self, texts: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        for at, text in enumerate(texts):
            chip = button(text, "chip")
            chip.setCheckable(True)
            chip.setChecked(at == 0)
            self._group.addButton(chip, at)
            row.addWidget(chip)
        self._group.idClicked.connect(self.tab_chosen)

    @property
    def chosen(self) -> int:
        """The place of the chip that is checked."""
        return self._group.checkedId()

    def choose(self, at: int) -> None:
        """Check a chip as a click does."""
        self._group.button(at).setChecked(True)
        self.tab_chosen.emit(at)

    def set_text(self, at: int, text: str) -> None:
        """Give a chip other words."""
        self._group.button(at).setText(text)
