"""The bar over the live pictures: freeze, marks on the preview, all cameras."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from ...language import tr
from ..labels import button
from ..rows import dress
from .capture_contract import Marks

BAR_PX = 52
MARKS = ("focus", "clipped", "motion")


class PreviewBar(QWidget):
    """What can be done with the live picture, one touch each.

    Signals:
        freeze_requested: hold the picture still.
        marks_changed: the `Marks` to paint from now on.
        all_requested: take a picture with every camera.
        add_requested: show one camera more.
        remove_requested: take the chosen camera away.
    """

    freeze_requested = Signal()
    marks_changed = Signal(object)
    all_requested = Signal()
    add_requested = Signal()
    remove_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        dress(self, "toolbar")
        self.setFixedHeight(BAR_PX)
        self.freeze = button(f"{tr('Freeze')}  F", touch=True)
        self._marks = {name: self._switch(name) for name in MARKS}
        self.take_all = button(tr("Take with all"), touch=True)
        self.add = button(tr("Add a camera"), touch=True)
        self.remove = button(tr("Take it away"), touch=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 10, 5)
        row.setSpacing(6)
        row.addWidget(self.freeze)
        row.addSpacing(8)
        for made in self._marks.values():
            row.addWidget(made)
        row.addStretch(1)
        for made in (self.take_all, self.remove, self.add):
            row.addWidget(made)
        self.freeze.clicked.connect(self.freeze_requested)
        self.take_all.clicked.connect(self.all_requested)
        self.add.clicked.connect(self.add_requested)
        self.remove.clicked.connect(self.remove_requested)

    def _switch(self, name: str) -> QPushButton:
        words = {
            "focus": f"{tr('Focus')}  P",
            "clipped": f"{tr('Clipped')}  Z",
            "motion": f"{tr('Motion')}  M",
        }
        made = button(words[name], "segment", touch=True)
        made.setCheckable(True)
        if name == "motion":
            made.setToolTip(tr("What the motion trigger sees; Alt+4 chooses it"))
        made.toggled.connect(lambda _on: self.marks_changed.emit(self.marks))
        return made

    @property
    def marks(self) -> Marks:
        """The marks that are switched on."""
        return Marks(**{name: made.isChecked() for name, made in self._marks.items()})

    def toggle(self, name: str) -> None:
        """Switch one of the marks on or off."""
        self._marks[name].toggle()

    def show_frozen(self, is_frozen: bool) -> None:
        """Say what F does now."""
        words = tr("Save") if is_frozen else tr("Freeze")
        self.freeze.setText(f"{words}  F")

    def show_cameras(
        self, count: int, *, is_running: bool, can_add: bool, can_remove: bool
    ) -> None:
        """Offer what applies to that many cameras."""
        self.freeze.setEnabled(is_running)
        self.take_all.setVisible(count > 1)
        self.remove.setVisible(count > 1)
        self.remove.setEnabled(can_remove)
        self.add.setEnabled(can_add)
