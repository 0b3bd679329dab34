"""The table of classes by split, each cell with its bar against its target."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from dataset.records import LabelClass

from ...language import tr
from ...theme import Theme
from ..cards import plain_table, size_columns
from ..labels import label
from ..rows import ROW_ROLE, Index, RowTable, bold
from .dataset_contract import ClassView, CountCell, DatasetState

CELL_PX = 43
CLASS_PX = 150
HEAD_PX = 6
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


class LineHeader(QHeaderView):
    """Paints a head of several lines, each cut with an ellipsis for itself."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.theme = theme

    def sectionSizeFromContents(self, section: int) -> QSize:
        """Leave room for every line."""
        size = super().sectionSizeFromContents(section)
        lines = self._words(section).count("\n") + 1
        return QSize(size.width(), lines * self._metrics().height() + 2 * HEAD_PX)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Paint the lines over the rule below them."""
        painter.save()
        painter.setPen(self.theme.colour("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.setFont(self._font())
        painter.setPen(self.theme.colour("muted"))
        inner = rect.adjusted(8, 0, -8, 0)
        metrics = painter.fontMetrics()
        lines = self._words(section).split("\n")
        top = inner.center().y() - len(lines) * metrics.height() // 2 + 1
        for at, line in enumerate(lines):
            place = QRect(
                inner.left(),
                top + at * metrics.height(),
                inner.width(),
                metrics.height(),
            )
            shown = metrics.elidedText(line, Qt.TextElideMode.ElideRight, inner.width())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()

    def _words(self, section: int) -> str:
        model = self.model()
        return str(model.headerData(section, Qt.Orientation.Horizontal) or "")

    def _font(self) -> QFont:
        font = bold(self.font())
        font.setPixelSize(self.theme.head_px)
        return font

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self._font())


class ClassSplitTable(QWidget):
    """Shows classes by split or target; what does not fit is reached by scrolling."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model: RowTable[ClassSplitRow] = RowTable(
            (tr("Class"),), _words, parent=self
        )
        self._delegate = ClassCellDelegate(theme, self)
        self._view: QTableView = plain_table(CELL_PX)
        self._header = LineHeader(theme, self._view)
        self._view.setHorizontalHeader(self._header)
        self._view.setModel(self.model)
        self._view.setItemDelegate(self._delegate)
        self._view.setSelectionMode(QTableView.SelectionMode.NoSelection)
        self._view.horizontalHeader().setMinimumSectionSize(LEAST_SPLIT_PX)
        self._nothing = label(
            tr("No class is defined. Add one with `fieldset class add NAME`."),
            "muted",
            wraps=True,
        )
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._view)
        column.addWidget(self._nothing)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._delegate.theme = theme
        self._header.theme = theme
        self._header.headerDataChanged(Qt.Orientation.Horizontal, 0, 0)
        self._view.viewport().update()

    def show_state(
        self, state: DatasetState, view: ClassView = ClassView.BOXES
    ) -> None:
        """Show the counts of one view."""
        counts = state.counts.get(view)
        words = () if counts is None else tuple(head for _, head in counts.heads)
        self.model.replace(class_split_rows(state, view), (tr("Class"), *words))
        self._nothing.setVisible(not self.model.rowCount())
        self._view.setVisible(self.model.rowCount() > 0)
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
