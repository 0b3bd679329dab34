"""The cameras side by side; one of them is the one that keys act on."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from .camera_slot import CameraSlot
from .capture_contract import Marks

MOST_CAMERAS = 4


class CameraWall(QWidget):
    """Lays the cameras out in a grid and knows which one is chosen.

    Signals:
        slot_chosen: the `CameraSlot` that keys act on from now on.
    """

    slot_chosen = Signal(object)

    def __init__(
        self, make: Callable[[], CameraSlot], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._make = make
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2)
        self.slots: tuple[CameraSlot, ...] = ()
        self._chosen: CameraSlot | None = None

    @property
    def chosen(self) -> CameraSlot:
        """The camera that keys act on."""
        assert self._chosen is not None
        return self._chosen

    @property
    def can_add(self) -> bool:
        """Whether there is room for one more."""
        return len(self.slots) < MOST_CAMERAS

    def add(self) -> CameraSlot:
        """Show one camera more, and choose it."""
        slot = self._make()
        slot.pressed.connect(lambda: self.choose(slot))
        slot.frozen_changed.connect(
            lambda is_frozen: self._show_alone(slot if is_frozen else None)
        )
        self._lay_out((*self.slots, slot))
        self.choose(slot)
        return slot

    def remove(self, slot: CameraSlot) -> None:
        """Take a camera away that has no session; the last one stays."""
        if len(self.slots) < 2 or slot.is_busy or slot.freezing.is_frozen:
            return
        left = tuple(one for one in self.slots if one is not slot)
        self._grid.removeWidget(slot)
        slot.hide()
        slot.deleteLater()
        self._lay_out(left)
        self.choose(left[0])

    def choose(self, slot: CameraSlot) -> None:
        """Let keys and panel act on this camera."""
        is_new = slot is not self._chosen
        self._chosen = slot
        for one in self.slots:
            one.live.mark(one is slot and len(self.slots) > 1)
        if is_new:
            self.slot_chosen.emit(slot)

    def choose_next(self) -> None:
        """Choose the camera after the one that is chosen."""
        at = self.slots.index(self.chosen)
        self.choose(self.slots[(at + 1) % len(self.slots)])

    def show_marks(self, marks: Marks) -> None:
        """Paint these marks over every live picture."""
        for slot in self.slots:
            slot.marks = marks

    def _show_alone(self, slot: CameraSlot | None) -> None:
        """Give a frozen picture all the room; None shows all cameras again."""
        for one in self.slots:
            one.setVisible(slot is None or one is slot)

    def _lay_out(self, slots: tuple[CameraSlot, ...]) -> None:
        self.slots = slots
        columns = 1 if len(slots) == 1 else 2
        for at, slot in enumerate(slots):
            self._grid.addWidget(slot, at // columns, at % columns)
        rows = -(-len(slots) // columns)
        for at in range(2):
            self._grid.setRowStretch(at, 1 if at < rows else 0)
            self._grid.setColumnStretch(at, 1 if at < columns else 0)
