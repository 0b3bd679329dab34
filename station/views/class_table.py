"""The table of classes by split, each cell with its bar against its target."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from dataset.records import LabelClass

from ..language import tr
from ..theme import Theme
from .cards import plain_table, size_columns
from .dataset_contract import ClassView, CountCell, DatasetState
from .rows import ROW_ROLE, Index, RowTable

CELL_PX = 43
CLASS_PX = 150
LEAST_SPLIT_PX = 84
NO_CELL = CountCell(count=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSplitRow:
    """One class with one cell a column."""

    label_class: LabelClass
    cells: tuple[CountCell, ...]


def class_split_rows(
    state: DatasetState, view: ClassView = ClassView.BOXES
) -> tuple[ClassSplitRow, ...]:
    """Give the rows of the table."""
    counts = state.counts.get(view)
    if counts is None:
        return ()
    return tuple(
        ClassSplitRow(
            label_class=known,
            cells=tuple(
                counts.cells.get((known.id, key), NO_CELL) for key, _ in counts.heads
            ),
        )
        for known in state.classes
    )


def cell_tone(cell: CountCell) -> str:
    """Give the tone of a cell: full, on the way, or far from its target."""
    if cell.target is None:
        return "accent"
    share = cell.count / cell.target if cell.target else 1.0
    if share >= 1.0:
        return "ok"
    return "warn" if share >= 0.5 else "bad"


class ClassCellDelegate(QStyledItemDelegate):
    """Paints the class in the first column and figures with bars in the others."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Give all cells one height."""
        return QSize(LEAST_SPLIT_PX, CELL_PX)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Paint one cell over its line."""
        row = index.data(ROW_ROLE)
        if row is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect)
        painter.setPen(self.theme.colour("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        inner = rect.adjusted(8, 0, -8, 0)
        if index.column() == 0:
            self._paint_class(painter, inner, row.label_class)
        else:
            self._paint_cell(painter, inner, row.cells[index.column() - 1])
        painter.restore()

    def _paint_class(self, painter: QPainter, rect: QRectF, known: LabelClass) -> None:
        middle = rect.center().y()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(known.colour))
        painter.drawRoundedRect(QRectF(rect.left(), middle - 6, 12, 12), 3, 3)
        painter.setPen(self.theme.colour("text"))
        name = rect.adjusted(22, 0, 0, 0)
        words = painter.fontMetrics().elidedText(
            known.name, Qt.TextElideMode.ElideRight, int(name.width())
        )
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_cell(self, painter: QPainter, rect: QRectF, cell: CountCell) -> None:
        line = QRectF(rect.left(), rect.top() + 6, rect.width(), 20)
        if cell.target is None:
            line.moveCenter(rect.center())
        painter.setPen(self.theme.colour("text"))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, f"{cell.count:,}")
        if cell.target is None:
            return
        font = painter.font()
        small = painter.font()
        small.setPixelSize(self.theme.head_px)
        painter.setFont(small)
        painter.setPen(self.theme.colour("muted"))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(line, right, f"{cell.target:,}")
        painter.setFont(font)
        bar = QRectF(rect.left(), rect.bottom() - 13, rect.width(), 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colour("raised"))
        painter.drawRoundedRect(bar, 3, 3)
        share = min(cell.count / cell.target, 1.0) if cell.target else 1.0
        if share > 0:
            painter.setBrush(self.theme.colour(cell_tone(cell)))
            bar.setWidth(max(bar.width() * share, 6.0))
            painter.drawRoundedRect(bar, 3, 3)


class ClassSplitTable(QWidget):
    """Shows classes by split or target; what does not fit is reached by scrolling."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model: RowTable[ClassSplitRow] = RowTable(
            (tr("Class"),), _words, parent=self
        )
        self._delegate = ClassCellDelegate(theme, self)
        self._view: QTableView = plain_table(CELL_PX)
        self._view.setModel(self.model)
        self._view.setItemDelegate(self._delegate)
        self._view.setSelectionMode(QTableView.SelectionMode.NoSelection)
        self._view.horizontalHeader().setMinimumSectionSize(LEAST_SPLIT_PX)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._view)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._delegate.theme = theme
        self._view.viewport().update()

    def show_state(
        self, state: DatasetState, view: ClassView = ClassView.BOXES
    ) -> None:
        """Show the counts of one view."""
        counts = state.counts.get(view)
        words = () if counts is None else tuple(head for _, head in counts.heads)
        self.model.replace(class_split_rows(state, view), (tr("Class"), *words))
        self._fit()

    def wanted_height(self) -> int:
        """Give the height at which every class is seen."""
        head = self._view.horizontalHeader().sizeHint().height()
        bar = self._view.horizontalScrollBar().sizeHint().height()
        return head + bar + CELL_PX * max(self.model.rowCount(), 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width between the splits."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        splits = self.model.columnCount() - 1
        room = self._view.viewport().width() - CLASS_PX
        if not splits:
            size_columns(self._view, (0,))
            return
        # Stretched while they fit, so that no scroll bar's coming leaves a gap.
        each = 0 if room >= splits * LEAST_SPLIT_PX else LEAST_SPLIT_PX
        size_columns(self._view, (CLASS_PX, *([each] * splits)))


def _words(row: ClassSplitRow, column: int) -> str:
    if column == 0:
        return row.label_class.name
    cell = row.cells[column - 1]
    return (
        f"{cell.count:,}"
        if cell.target is None
        else f"{cell.count:,} / {cell.target:,}"
    )
