"""The side of the map: what the colours mean, what is chosen, what to do with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from dataset.sample_map import MapRow

from ...language import tr
from ...pictures import ThumbnailLoader
from ...theme import Theme
from ..labels import ElidedLabel, button, label, rule
from ..rows import dress
from .map_legend import MapLegend
from .sample_grid import SampleGrid

PANEL_PX = 348


class ExplorePanel(QWidget):
    """Shows legend, chosen samples and the buttons that act on them.

    Signals:
        queue_requested: send the chosen samples to the queue.
        set_requested: put them into a test set.
        copy_requested: copy their ids.
        none_requested: choose nothing.
    """

    queue_requested = Signal()
    set_requested = Signal()
    copy_requested = Signal()
    none_requested = Signal()

    def __init__(
        self,
        theme: Theme,
        thumbnails: ThumbnailLoader,
        words: Callable[[MapRow], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        dress(self, "side")
        self.setFixedWidth(PANEL_PX)
        self.legend = MapLegend(theme, self)
        self.grid = SampleGrid(theme, thumbnails, words, self)
        self._head = label("", "head")
        self._count = label("", "figure")
        self._sentence = ElidedLabel("", "muted")
        self._clear = button(tr("Clear"), "chip")
        self._clear.clicked.connect(self.none_requested)
        self._lay_out()
        self.show_chosen((), 0, Path(), "")

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(8)
        column.addWidget(self._head)
        column.addWidget(self.legend)
        column.addWidget(rule())
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._count)
        row.addWidget(self._sentence, 1)
        row.addWidget(self._clear)
        column.addLayout(row)
        self._hint = label(
            tr(
                "Pictures that look alike lie together. Draw a lasso round points to "
                "see them here: Shift adds, Ctrl takes away. The wheel zooms, the "
                "right button moves the map; a click on a name above hides it, "
                "Shift+click shows it alone."
            ),
            "muted",
            wraps=True,
        )
        hint = QWidget()
        inner = QVBoxLayout(hint)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self._hint)
        inner.addStretch(1)
        self._stack = QStackedWidget()
        self._stack.addWidget(hint)
        self._stack.addWidget(self.grid)
        column.addWidget(self._stack, 1)
        column.addLayout(self._buttons())

    def _buttons(self) -> QVBoxLayout:
        self.queue = button(tr("Send to the queue"), "primary")
        self.test_set = button(tr("Into a test set…"))
        self.copy = button(tr("Copy ids"))
        self.queue.clicked.connect(self.queue_requested)
        self.test_set.clicked.connect(self.set_requested)
        self.copy.clicked.connect(self.copy_requested)
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(self.queue)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.test_set, 1)
        row.addWidget(self.copy, 1)
        column.addLayout(row)
        return column

    def show_head(self, words: str) -> None:
        """Say what the colours stand for."""
        self._head.setText(words)

    def show_chosen(
        self, samples: tuple[MapRow, ...], total: int, root: Path, aside: str
    ) -> None:
        """Show the chosen samples of `total`, and a remark on them."""
        count = len(samples)
        self._count.setText(f"{count:,}")
        words = tr("chosen of {total}").format(total=f"{total:,}")
        self._sentence.setText(f"{words}; {aside}" if aside else words)
        self._stack.setCurrentIndex(1 if count else 0)
        for each in (self.queue, self.test_set, self.copy):
            each.setEnabled(count > 0)
        self._clear.setVisible(count > 0)
        self.grid.show_samples(samples, root)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self.legend.set_theme(theme)
        self.grid.set_theme(theme)
