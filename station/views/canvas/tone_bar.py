"""The strip that makes the picture brighter on the screen, and says that it does."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSlider, QVBoxLayout, QWidget

from ...language import tr
from ...tone import NIGHT, PLAIN, Tone
from ..label.label_hints import HINTS_PX
from ..labels import ElidedLabel, bar, button, label

SLIDER_PX = 130
FULL = 100


class ToneBar(QWidget):
    """Two sliders and a way back; stands where the keys are told otherwise.

    Signals:
        tone_changed: the `Tone` that pictures are to be shown in.
        closed: the person wants pictures as they are.
    """

    tone_changed = Signal(object)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone = NIGHT
        holder = QVBoxLayout(self)
        holder.setContentsMargins(0, 0, 0, 0)
        strip, row = bar("foot", HINTS_PX)
        self._sliders = (_slider(), _slider())
        for words, slider in zip(
            (tr("Brightness"), tr("Contrast")), self._sliders, strict=True
        ):
            slider.setAccessibleName(words)
            slider.valueChanged.connect(self._on_moved)
            row.addWidget(label(words))
            row.addWidget(slider)
        row.addWidget(
            ElidedLabel(tr("Only the view: pixels stay as they are"), "muted")
        )
        row.addStretch(1)
        off = button(tr("Off"), "chip")
        off.setMaximumHeight(HINTS_PX - 8)
        off.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        off.clicked.connect(self.closed)
        row.addWidget(off)
        holder.addWidget(strip)
        self._show()

    @property
    def tone(self) -> Tone:
        """What the sliders say."""
        return self._tone

    def set_tone(self, tone: Tone) -> None:
        """Move the sliders."""
        if tone != self._tone:
            self._tone = tone
            self._show()
            self.tone_changed.emit(tone)

    def wake(self) -> None:
        """Begin with something to be seen where the sliders are in the middle."""
        if self._tone == PLAIN:
            self.set_tone(NIGHT)

    def _show(self) -> None:
        values = (self._tone.brightness, self._tone.contrast)
        for slider, value in zip(self._sliders, values, strict=True):
            slider.blockSignals(True)
            slider.setValue(round(value * FULL))
            slider.blockSignals(False)

    def _on_moved(self) -> None:
        brightness, contrast = (slider.value() / FULL for slider in self._sliders)
        self.set_tone(Tone(brightness=brightness, contrast=contrast))


def _slider() -> QSlider:
    made = QSlider(Qt.Orientation.Horizontal)
    made.setRange(-FULL, FULL)
    made.setFixedWidth(SLIDER_PX)
    # The arrow keys belong to the boxes.
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return made
