"""The classes of the Capture page: counts against targets, one of them chosen."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QRectF, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ...language import tr
from ...theme import Theme
from ..contracts import ClassRow
from ..rows import RowDelegate, RowList, fit_height, plain_list

KEY_PX = 18
MOST_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassLine:
    """One class with its counts; `is_chosen` where it is captured for."""

    row: ClassRow
    is_chosen: bool = False


class ClassDelegate(RowDelegate):
    """Paints a class with its key and its count over a bar as wide as the panel."""

    row_px = 44

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: ClassLine, *, is_chosen: bool
    ) -> None:
        """Paint one class."""
        if row.is_chosen:
            painter.setPen(self.theme.colour("accent"))
            painter.setBrush(self.theme.colour("raised"))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 6, 6)
        inner = rect.adjusted(8, 0, -8, 0)
        known, text = row.row.label_class, QRectF(inner.left(), rect.top() + 5, 0, 22)
        text.setRight(inner.right())
        self._paint_key(painter, text, known.key)
        left = text.left() + KEY_PX + 8
        middle = text.center().y()
        self.swatch(painter, QRectF(left, middle - 6, 12, 12), known.colour)
        figure = figure_words(row.row)
        self.words(painter, text, figure, "muted", right=True)
        room = painter.fontMetrics().horizontalAdvance(figure) + 8
        name = text.adjusted(KEY_PX + 28, 0, -room, 0)
        self.words(painter, name, known.name)
        if row.row.target is not None:
            bar = QRectF(inner.left(), rect.bottom() - 12, inner.width(), 6)
            self._paint_bar(painter, bar, row.row)

    def _paint_key(self, painter: QPainter, text: QRectF, key: int | None) -> None:
        if key is None:
            return
        cap = QRectF(text.left(), text.center().y() - 9, KEY_PX, 18)
        painter.setPen(self.theme.colour("line"))
        painter.setBrush(self.theme.colour("panel"))
        painter.drawRoundedRect(cap, 4, 4)
        painter.setPen(self.theme.text_colour("muted"))
        painter.drawText(cap, 0x84, str(key))

    def _paint_bar(self, painter: QPainter, ground: QRectF, row: ClassRow) -> None:
        target = row.target or 0
        painter.setPen(self._ground_pen())
        painter.setBrush(self.theme.colour("band"))
        painter.drawRoundedRect(ground, 3, 3)
        share = min(row.boxes / target, 1.0) if target > 0 else 1.0
        if share > 0:
            fill = self.theme.ok if row.boxes >= target else row.label_class.colour
            painter.setBrush(QColor(fill))
            ground.setWidth(max(ground.width() * share, 6.0))
            painter.drawRoundedRect(ground, 3, 3)


class ClassList(QWidget):
    """Lists the classes; a press on one captures for it, another press for none.

    Signals:
        class_pressed: the id of the class that was pressed.
    """

    class_pressed = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._class_id: int | None = None
        self._classes: tuple[ClassRow, ...] = ()
        self._rows: RowList[ClassLine] = RowList(_line_words, self)
        self._delegate = ClassDelegate(theme, self)
        self._view = plain_list(self._rows, self._delegate)
        self._view.setSelectionMode(self._view.SelectionMode.NoSelection)
        self._view.clicked.connect(self._on_clicked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._view)

    @property
    def lines(self) -> tuple[ClassLine, ...]:
        """What is shown."""
        return self._rows.rows

    def show_classes(self, rows: tuple[ClassRow, ...]) -> None:
        """Show the classes with their counts."""
        self._classes = rows
        self._show()

    def show_chosen(self, class_id: int | None) -> None:
        """Mark the class that is captured for."""
        self._class_id = class_id
        self._show()

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._delegate.theme = theme
        self._view.viewport().update()

    def _show(self) -> None:
        self._rows.replace(
            tuple(
                ClassLine(row=row, is_chosen=row.label_class.id == self._class_id)
                for row in self._classes
            )
        )
        fit_height(self._view, self._delegate, 0, MOST_SHOWN)

    def _on_clicked(self, index: QModelIndex) -> None:
        self.class_pressed.emit(self._rows.rows[index.row()].row.label_class.id)


def figure_words(row: ClassRow) -> str:
    """Give the count of a class, beside its target where one is set."""
    if row.target is None:
        return f"{row.boxes:,}"
    figure = f"{row.boxes:,} / {row.target:,}"
    return f"{figure} {tr('full')}" if row.boxes >= row.target else figure


def _line_words(line: ClassLine) -> str:
    chosen = f", {tr('captured for')}" if line.is_chosen else ""
    return f"{line.row.label_class.name}: {figure_words(line.row)}{chosen}"
