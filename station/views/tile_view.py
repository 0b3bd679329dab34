"""A grid of tiles of one size whose places are worked out, never stored.

`QListView` lays out every item when it is resized and walks all of them to select
all: a quarter of a second and half a second with 50,000. Here both cost nothing.
"""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyleOptionViewItem,
    QWidget,
)

from ..theme import Theme

Index = QModelIndex | QPersistentModelIndex
_Move = QAbstractItemView.CursorAction


class TileView(QAbstractItemView):
    """Shows the rows of a list model as tiles, left to right; several can be chosen.

    A drag from between or over the tiles chooses with a rubber band, Shift a run,
    Ctrl one more.
    """

    def __init__(
        self, theme: Theme, tile: QSize, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.theme = theme
        self._tile = tile
        self._band: QRect | None = None
        self._band_from = QPoint()
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)

    @property
    def columns(self) -> int:
        """How many tiles stand side by side."""
        return max(self.viewport().width() // self._tile.width(), 1)

    @property
    def _column_px(self) -> int:
        """How wide a column is: what is left over is shared out."""
        return max(self.viewport().width() // self.columns, 1)

    @property
    def rows_in_sight(self) -> range:
        """The rows of the model whose tiles are seen, at least in part."""
        first = self.verticalOffset() // self._tile.height() * self.columns
        lines = self.viewport().height() // self._tile.height() + 2
        return range(first, min(first + lines * self.columns, self._count))

    def visualRect(self, index: Index) -> QRect:
        if not index.isValid():
            return QRect()
        line, column = divmod(index.row(), self.columns)
        top = line * self._tile.height() - self.verticalOffset()
        size = QSize(self._column_px, self._tile.height())
        return QRect(QPoint(column * self._column_px, top), size)

    def indexAt(self, point: QPoint) -> QModelIndex:
        column = point.x() // self._column_px
        line = (point.y() + self.verticalOffset()) // self._tile.height()
        row = line * self.columns + column
        if 0 <= column < self.columns and 0 <= row < self._count:
            return self.model().index(row, 0)
        return QModelIndex()

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        place = self.visualRect(index)
        bar, high = self.verticalScrollBar(), self.viewport().height()
        if place.top() < 0:
            bar.setValue(bar.value() + place.top())
        elif place.bottom() >= high:
            bar.setValue(bar.value() + place.bottom() - high + 1)

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def moveCursor(self, action: _Move, _modifiers: Qt.KeyboardModifier) -> QModelIndex:
        page = max(self.viewport().height() // self._tile.height(), 1) * self.columns
        steps = {
            _Move.MoveLeft: -1,
            _Move.MovePrevious: -1,
            _Move.MoveRight: 1,
            _Move.MoveNext: 1,
            _Move.MoveUp: -self.columns,
            _Move.MoveDown: self.columns,
            _Move.MovePageUp: -page,
            _Move.MovePageDown: page,
            _Move.MoveHome: -self._count,
            _Move.MoveEnd: self._count,
        }
        row = self.currentIndex().row() + steps.get(action, 0)
        return self.model().index(min(max(row, 0), self._count - 1), 0)

    def setSelection(
        self, rect: QRect, command: QItemSelectionModel.SelectionFlag
    ) -> None:
        if self.state() == QAbstractItemView.State.DragSelectingState:
            chosen = self._under(rect.normalized())
        else:
            chosen = self._run(rect.topLeft(), rect.bottomRight())
        self.selectionModel().select(chosen, command)

    def visualRegionForSelection(self, _selection: QItemSelection) -> QRegion:
        return QRegion(self.viewport().rect())

    def updateGeometries(self) -> None:
        lines = -(-self._count // self.columns)
        bar, high = self.verticalScrollBar(), self.viewport().height()
        bar.setSingleStep(self._tile.height() // 2)
        bar.setPageStep(high)
        bar.setRange(0, max(lines * self._tile.height() - high, 0))
        super().updateGeometries()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.scrollDirtyRegion(dx, dy)
        self.viewport().scroll(dx, dy)
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._band_from = event.position().toPoint() + QPoint(0, self.verticalOffset())
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        is_drawn = self.state() == QAbstractItemView.State.DragSelectingState
        start = self._band_from - QPoint(0, self.verticalOffset())
        end = event.position().toPoint()
        self._band = QRect(start, end).normalized() if is_drawn else None
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self._band = None
        self.viewport().update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        plain = option.state & ~QStyle.StateFlag.State_Selected
        chosen, delegate = self.selectionModel(), self.itemDelegate()
        for row in self.rows_in_sight:
            index = self.model().index(row, 0)
            option.rect = self.visualRect(index)
            option.state = plain
            if chosen.isSelected(index):
                option.state |= QStyle.StateFlag.State_Selected
            delegate.paint(painter, option, index)
        if self._band is not None:
            self._paint_band(painter, self._band)
        painter.end()

    def _paint_band(self, painter: QPainter, band: QRect) -> None:
        fill = QColor(self.theme.accent)
        painter.setPen(QPen(fill, self.theme.line_px))
        fill.setAlpha(40)
        painter.setBrush(fill)
        painter.drawRect(band)

    @property
    def _count(self) -> int:
        # A view has no model while it is built.
        model: QAbstractItemModel | None = self.model()
        return 0 if model is None else model.rowCount()

    def _under(self, band: QRect) -> QItemSelection:
        """The tiles that the rubber band touches, a run for each line of them."""
        chosen = QItemSelection()
        left = max(band.left() // self._column_px, 0)
        right = min(band.right() // self._column_px, self.columns - 1)
        top = (band.top() + self.verticalOffset()) // self._tile.height()
        bottom = (band.bottom() + self.verticalOffset()) // self._tile.height()
        last_line = (self._count - 1) // self.columns
        for line in range(max(top, 0), min(bottom, last_line) + 1):
            first = line * self.columns + left
            last = min(line * self.columns + right, self._count - 1)
            if first <= last:
                chosen.select(self.model().index(first, 0), self.model().index(last, 0))
        return chosen

    def _run(self, start: QPoint, end: QPoint) -> QItemSelection:
        """The tiles from one point to another, in reading order."""
        ends = [self.indexAt(start), self.indexAt(end)]
        if not all(index.isValid() for index in ends):
            return QItemSelection()
        ends.sort(key=lambda index: index.row())
        return QItemSelection(*ends)
