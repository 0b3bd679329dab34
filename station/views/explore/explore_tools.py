"""What stands over the map: the tool in hand, the colouring, how the map is made."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ...language import tr
from ..chooser import Chooser
from ..labels import ElidedLabel, button
from ..tabs import Tabs
from .map_gestures import TOOLS, Tool
from .map_legend import by_words

CHOOSER_PX = 170


class ExploreTools(QWidget):
    """Tools, colouring and a sentence, to stand in the page's bar.

    Signals:
        tool_chosen: the `Tool` that the left button is to be.
        by_chosen: the name of a colouring.
        fit_requested: the whole map is wanted.
    """

    tool_chosen = Signal(object)
    by_chosen = Signal(str)
    fit_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tools = Tabs((tr("Lasso"), tr("Rectangle"), tr("Move")))
        self.by = Chooser()
        self.by.setFixedWidth(CHOOSER_PX)
        self.by.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.sentence = ElidedLabel("", "muted")
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._fit = button(tr("Whole map"), "chip")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self._tools)
        row.addWidget(self.by)
        row.addWidget(self._fit)
        row.addWidget(self.sentence, 1)
        self._tools.tab_chosen.connect(lambda at: self.tool_chosen.emit(TOOLS[at]))
        self.by.activated.connect(lambda _at: self.by_chosen.emit(self.chosen_by))
        self._fit.clicked.connect(self.fit_requested)

    @property
    def chosen_by(self) -> str:
        """The name of the colouring that is chosen."""
        return str(self.by.currentData() or "")

    def set_usable(self, is_usable: bool) -> None:
        """Show the tools, or the sentence alone where there is no map."""
        for part in (self._tools, self.by, self._fit):
            part.setVisible(is_usable)

    def choose_tool(self, tool: Tool) -> None:
        """Take a tool as a click does."""
        self._tools.choose(TOOLS.index(tool))

    def show_ways(self, ways: tuple[str, ...], chosen: str) -> None:
        """Offer these colourings; the one that is chosen stays where it is offered."""
        held = [self.by.itemData(at) for at in range(self.by.count())]
        if held != list(ways):
            self.by.clear()
            for way in ways:
                words = tr("Colour: {way}").format(way=by_words(way))
                self.by.addItem(words, way)
        self.by.setCurrentIndex(max(self.by.findData(chosen), 0))
