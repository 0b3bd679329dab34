"""The controls of a camera: what it says of itself, and what it is asked for."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ...language import tr
from ..labels import ElidedLabel, button, label, set_tone
from .capture_contract import ControlRow

MAIN_CONTROLS = ("exposure", "gain", "focus", "white_balance")


def control_name(name: str) -> str:
    """Give a control's name in words."""
    return {
        "exposure": tr("Exposure"),
        "gain": tr("Gain"),
        "focus": tr("Focus"),
        "white_balance": tr("White balance"),
        "brightness": tr("Brightness"),
        "contrast": tr("Contrast"),
        "saturation": tr("Saturation"),
    }.get(name, name)


class ControlLine(QWidget):
    """One control: read back on the right, and set below where the camera has it.

    Attributes:
        value: the field of the value to be asked for.

    Signals:
        value_asked: the name and the value that is asked for.
        automatic_asked: the name, and True for automatic, False for locked.
    """

    value_asked = Signal(str, float)
    automatic_asked = Signal(str, bool)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._words = ElidedLabel("")
        self._words.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._asked = label("", "small", wraps=True)
        set_tone(self._asked, "warn")
        self.value = QDoubleSpinBox()
        self.value.setDecimals(0)
        self.value.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.value.setProperty("touch", "true")
        self.value.setKeyboardTracking(False)
        self.value.setAccessibleName(control_name(name))
        self._set = button(tr("Set"), touch=True)
        self._automatic = button("", touch=True)
        self._is_auto = False
        self._row: ControlRow | None = None
        self._tools = self._lay_out()
        self._set.clicked.connect(
            lambda: self.value_asked.emit(self._name, self.value.value())
        )
        self._automatic.clicked.connect(
            lambda: self.automatic_asked.emit(self._name, not self._is_auto)
        )

    def _lay_out(self) -> QWidget:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.addWidget(label(control_name(self._name)))
        head.addWidget(self._words, 1)
        column.addLayout(head)
        tools = QWidget()
        row = QHBoxLayout(tools)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.value, 1)
        row.addWidget(self._set)
        row.addWidget(self._automatic)
        column.addWidget(tools)
        column.addWidget(self._asked)
        return tools

    @property
    def words(self) -> str:
        """What is said of the control."""
        return self._words.text()

    @property
    def asked(self) -> str:
        """What was asked for and not granted, "" otherwise."""
        return self._asked.text()

    @property
    def buttons(self) -> tuple[QPushButton, QPushButton]:
        """The buttons that set the value, and lock it or let it go."""
        return self._set, self._automatic

    def show_row(self, row: ControlRow) -> None:
        """Show what was read back; what is being typed stays until that changes."""
        if row == self._row:
            return
        self._row = row
        self._words.setText(row.words)
        set_tone(self._words, "" if row.is_supported else "muted")
        self._tools.setVisible(row.is_supported)
        self._asked.setText(row.asked)
        self._asked.setVisible(bool(row.asked))
        self._is_auto = row.is_auto
        self._automatic.setVisible(row.can_lock)
        self._automatic.setText(tr("Lock") if row.is_auto else tr("Auto"))
        has_range = row.minimum is not None and row.maximum is not None
        low, high = (row.minimum, row.maximum) if has_range else (-1e9, 1e9)
        self.value.setRange(float(low or 0.0), float(high or 0.0))
        self.value.setSingleStep(row.step or 1.0)
        if row.value is not None and not self.value.hasFocus():
            self.value.setValue(row.value)


class ControlsPart(QWidget):
    """Mode and controls of the chosen camera; absent ones say so.

    Signals:
        value_asked: the name of a control and the value asked for.
        automatic_asked: the name, and True for automatic, False for locked.
    """

    value_asked = Signal(str, float)
    automatic_asked = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mode = label("", "muted", wraps=True)
        self._none = label("", "muted", wraps=True)
        self._asked: dict[str, str] = {}
        self.lines = {name: ControlLine(name) for name in MAIN_CONTROLS}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(label(tr("Camera, as read back"), "head"))
        column.addWidget(self._mode)
        for line in self.lines.values():
            column.addWidget(line)
            line.value_asked.connect(self.value_asked)
            line.automatic_asked.connect(self.automatic_asked)
        column.addWidget(self._none)

    @property
    def none_words(self) -> str:
        """What is said where the camera has no controls."""
        return self._none.text()

    def show_answer(self, row: ControlRow) -> None:
        """Show what became of a wish, until the next one."""
        self._asked[row.name] = row.asked
        self.lines[row.name].show_row(row)

    def show_camera(self, mode: str, rows: tuple[ControlRow, ...]) -> None:
        """Show the mode and every control of the camera."""
        self._mode.setText(mode)
        self._mode.setVisible(bool(mode))
        known = {row.name: row for row in rows}
        has_any = any(row.is_supported for row in rows)
        for name, line in self.lines.items():
            row = known.get(name, ControlRow(name=name, words=tr("not there")))
            line.setVisible(has_any)
            line.show_row(replace(row, asked=self._asked.get(name, "")))
        words = tr(
            "This source has no controls: "
            "exposure, gain, focus and white balance are its own."
        )
        self._none.setText("" if has_any else words)
        self._none.setVisible(not has_any)
