"""When pictures are taken: six triggers, the shutter, and the last seconds."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ...language import tr
from ..labels import button, label
from .capture_contract import TriggerChoice
from .stepper import stepped

SHUTTER_PX = 52
TRIGGERS = ("shutter", "burst", "interval", "motion", "uncertain", "drift")
COLUMNS = 3


def trigger_words(name: str) -> str:
    """Give a trigger's name in words."""
    return {
        "shutter": tr("Shutter"),
        "burst": tr("Burst"),
        "interval": tr("Interval"),
        "motion": tr("Motion"),
        "uncertain": tr("Uncertain"),
        "drift": tr("Drift"),
    }[name]


class TriggerBar(QWidget):
    """Six triggers to choose from, and the button that takes a picture now.

    Signals:
        trigger_chosen: the `TriggerChoice`.
        shutter_pressed: take one now.
        last_requested: keep the last seconds.
    """

    trigger_chosen = Signal(object)
    shutter_pressed = Signal()
    last_requested = Signal()

    def __init__(self, last_s: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = TriggerChoice()
        self._group = QButtonGroup(self)
        self._buttons = {name: self._segment(name) for name in TRIGGERS}
        self._every = QDoubleSpinBox()
        self._every.setRange(0.2, 3600.0)
        self._every.setDecimals(1)
        self._every.setValue(2.0)
        self._every.setSuffix(f" {tr('s')}")
        self._every.setProperty("touch", "true")
        self._count = QSpinBox()
        self._count.setRange(2, 100)
        self._count.setValue(5)
        self._count.setSuffix(f" {tr('pictures')}")
        self._count.setProperty("touch", "true")
        self._option = QWidget()
        self._numbers: dict[str, QWidget] = {}
        self._shutter = button("", "primary", touch=True)
        self._shutter.setAccessibleName(tr("Take it now"))
        words = tr("Last {seconds} s").format(seconds=f"{last_s:g}")
        self._last = button(words, touch=True)
        self._lay_out()
        self._connect()
        self.choose("shutter")

    def _segment(self, name: str) -> QPushButton:
        made = button(trigger_words(name), "segment", touch=True)
        made.setCheckable(True)
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        made.clicked.connect(lambda _checked=False: self.choose(name))
        self._group.addButton(made)
        return made

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        segments = QGridLayout()
        segments.setSpacing(2)
        for at, made in enumerate(self._buttons.values()):
            segments.addWidget(made, at // COLUMNS, at % COLUMNS)
        column.addLayout(segments)
        option = QHBoxLayout(self._option)
        option.setContentsMargins(0, 0, 0, 0)
        self._option_words = label("", "muted")
        option.addWidget(self._option_words, 1)
        for name, box in (("interval", self._every), ("burst", self._count)):
            self._numbers[name] = part = stepped(box)
            option.addWidget(part)
        column.addWidget(self._option)
        self._add_key()
        row = QHBoxLayout()
        row.setSpacing(10)
        for made, stretch in ((self._shutter, 1), (self._last, 0)):
            made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            made.setFixedHeight(SHUTTER_PX)
            row.addWidget(made, stretch)
        column.addLayout(row)

    def _add_key(self) -> None:
        """Write on the shutter what it does, and its key."""
        inner = QHBoxLayout(self._shutter)
        inner.setContentsMargins(10, 0, 10, 0)
        inner.setSpacing(8)
        inner.addStretch(1)
        middle = Qt.AlignmentFlag.AlignVCenter
        for words, kind in (
            (tr("Take it now"), "shutter"),
            (tr("Space"), "shutterkey"),
        ):
            part = label(words, kind)
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            inner.addWidget(part, 0, middle)
        inner.addStretch(1)

    def _connect(self) -> None:
        self._shutter.clicked.connect(self.shutter_pressed)
        self._last.clicked.connect(self.last_requested)
        self._every.valueChanged.connect(lambda _value: self._tell())
        self._count.valueChanged.connect(lambda _value: self._tell())

    @property
    def choice(self) -> TriggerChoice:
        """The trigger that is chosen."""
        name = next(n for n, made in self._buttons.items() if made.isChecked())
        return replace(
            self._shown,
            name=name,
            every_s=self._every.value(),
            count=self._count.value(),
        )

    def show_choice(self, choice: TriggerChoice) -> None:
        """Show what another camera was given, without asking for anything."""
        self._shown = choice
        was_blocked = self.blockSignals(True)
        self._every.setValue(choice.every_s)
        self._count.setValue(choice.count)
        self._show(choice.name)
        self.blockSignals(was_blocked)

    def choose(self, name: str) -> None:
        """Choose a trigger, as a click on it does."""
        self._show(name)
        self._tell()

    def _show(self, name: str) -> None:
        self._buttons[name].setChecked(True)
        for of, part in self._numbers.items():
            part.setVisible(name == of)
        self._option.setVisible(name in self._numbers)
        words = tr("One every") if name == "interval" else tr("A burst has")
        self._option_words.setText(words)

    def set_running(self, is_running: bool) -> None:
        """Let pictures be taken only while a source is open."""
        self._shutter.setEnabled(is_running)
        self._last.setEnabled(is_running)

    def sizeHint(self) -> QSize:
        """Ask for the width of a panel."""
        return QSize(300, super().sizeHint().height())

    def _tell(self) -> None:
        self.trigger_chosen.emit(self.choice)
