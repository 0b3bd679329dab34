"""A number with a button on either side of it, large enough for a thumb."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QPushButton, QWidget

from ...language import tr
from ..labels import button

STEP_PX = 40


def stepped(box: QAbstractSpinBox) -> QWidget:
    """Give the box between a button for less and one for more.

    The box's own arrows are a third of a thumb high, and a style sheet unpaints them.
    """
    box.setAlignment(Qt.AlignmentFlag.AlignCenter)
    part = QWidget()
    row = QHBoxLayout(part)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(4)
    row.addWidget(_step(box, "\N{MINUS SIGN}", tr("Less"), -1))
    row.addWidget(box, 1)
    row.addWidget(_step(box, "+", tr("More"), 1))
    return part


def _step(box: QAbstractSpinBox, sign: str, name: str, by: int) -> QPushButton:
    made = button(sign, touch=True)
    made.setFixedWidth(STEP_PX)
    made.setAccessibleName(name)
    made.setAutoRepeat(True)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.clicked.connect(lambda _checked=False: box.stepBy(by))
    return made
