"""What the motion trigger looks at: how easily it fires, and in which zones."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from ...language import tr
from ..labels import button, label

STEPS = 20


class MotionPart(QWidget):
    """Sensitivity and zones; zones are drawn on the live picture.

    Signals:
        sensitivity_changed: from 0 to 1.
        drawing_changed: the next drags draw zones, or do not any more.
        clear_requested: no zones, all of the picture.
        lines_requested: the lines for `fieldset.toml` are to be copied.
    """

    sensitivity_changed = Signal(float)
    drawing_changed = Signal(bool)
    clear_requested = Signal()
    lines_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, STEPS)
        self._slider.setValue(STEPS // 2)
        self._slider.setMinimumHeight(40)
        self._slider.setAccessibleName(tr("Sensitivity"))
        self._figure = label("", "muted")
        self._zones = label("", "muted", wraps=True)
        self._draw = button(tr("Draw zones"), touch=True)
        self._draw.setCheckable(True)
        self._clear = button(tr("No zones"), touch=True)
        self._copy = button(tr("Copy for fieldset.toml"), touch=True)
        self._lay_out()
        self._slider.valueChanged.connect(self._on_slid)
        self._draw.toggled.connect(self._on_drawing)
        self._clear.clicked.connect(self.clear_requested)
        self._copy.clicked.connect(self.lines_requested)
        self.show_zones(0)
        self._show_figure()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.addWidget(label(tr("Sensitivity"), "head"), 1)
        head.addWidget(self._figure)
        column.addLayout(head)
        column.addWidget(self._slider)
        column.addWidget(self._zones)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self._draw, 1)
        row.addWidget(self._clear, 1)
        column.addLayout(row)
        column.addWidget(self._copy)

    @property
    def sensitivity(self) -> float:
        """How easily the trigger fires, 0 to 1."""
        return self._slider.value() / STEPS

    def show_zones(self, count: int) -> None:
        """Say where is looked."""
        words = tr("Zones watched: {count}").format(count=count)
        self._zones.setText(words if count else tr("All of the picture is watched."))
        self._clear.setEnabled(bool(count))
        self._copy.setEnabled(bool(count))

    def stop_drawing(self) -> None:
        """Let drags draw no zones any more."""
        self._draw.setChecked(False)

    def _on_slid(self, _value: int) -> None:
        self._show_figure()
        self.sensitivity_changed.emit(self.sensitivity)

    def _on_drawing(self, is_drawing: bool) -> None:
        self._draw.setText(tr("Zones are done") if is_drawing else tr("Draw zones"))
        self.drawing_changed.emit(is_drawing)

    def _show_figure(self) -> None:
        self._figure.setText(f"{self.sensitivity:.2f}")
