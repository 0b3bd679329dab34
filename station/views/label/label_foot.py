"""What stands under the canvas: the keys, or the sliders of the brighter view."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from ...keys import Action, Page
from ...tone import PLAIN
from ..canvas.tone_bar import ToneBar
from .label_hints import HINTS_PX, HintBar


class LabelFoot(QStackedWidget):
    """Shows the keys; the sliders in their place while the view is brighter.

    Signals:
        tone_changed: the `Tone` that pictures are to be shown in.
    """

    tone_changed = Signal(object)

    def __init__(
        self, actions: tuple[Action, ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._sliders = ToneBar(self)
        self.addWidget(HintBar(actions, Page.LABEL, self))
        self.addWidget(self._sliders)
        self.setFixedHeight(HINTS_PX)
        self._sliders.tone_changed.connect(self.tone_changed)
        self._sliders.closed.connect(self.toggle_tone)

    @property
    def is_toned(self) -> bool:
        """True while pictures are shown brighter or darker than they are."""
        return self.currentWidget() is self._sliders

    def toggle_tone(self) -> None:
        """Show pictures in the tone of the sliders, or as they are again."""
        if self.is_toned:
            self.setCurrentIndex(0)
            self.tone_changed.emit(PLAIN)
        else:
            self.setCurrentWidget(self._sliders)
            self._sliders.wake()
            self.tone_changed.emit(self._sliders.tone)

    def change_tone(self, brightness: float, contrast: float) -> None:
        """Move the sliders by so much, beginning with a picture as it is."""
        if not self.is_toned:
            self._sliders.set_tone(PLAIN)
            self.setCurrentWidget(self._sliders)
        self._sliders.set_tone(self._sliders.tone.changed(brightness, contrast))
