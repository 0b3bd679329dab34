"""Lists of frozen values as Qt models, and what painting their rows shares."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractListModel,
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ..theme import Theme

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = int(Qt.ItemDataRole.UserRole)
NO_PARENT = QModelIndex()


class RowList(QAbstractListModel, Generic[Row]):
    """A list of frozen rows; `text` says in words what one row holds."""

    def __init__(
        self, text: Callable[[Row], str], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._text = text
        self._rows: tuple[Row, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """What is shown."""
        return self._rows

    def replace(self, rows: tuple[Row, ...]) -> None:
        """Show these rows; only what changed is announced."""
        if rows == self._rows:
            return
        if len(rows) != len(self._rows):
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
            return
        old, self._rows = self._rows, rows
        for at, row in enumerate(rows):
            if row != old[at]:
                self.dataChanged.emit(self.index(at), self.index(at))

    def show(self, rows: tuple[Row, ...]) -> None:
        """Show these rows as a whole: for long lists, of which a part is seen."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        """Give the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Give the row itself for ROW_ROLE and its words for reading aloud."""
        if not 0 <= index.row() < len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == ROW_ROLE:
            return row
        words = (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.AccessibleTextRole,
        )
        return self._text(row) if role in words else None


def alignment_of(column: int, numbers: Collection[int]) -> Qt.AlignmentFlag:
    """Give how a column is set: numbers to the right, words to the left."""
    side = Qt.AlignmentFlag.AlignLeft
    if column in numbers:
        side = Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def column_head(
    heads: Sequence[str],
    numbers: Collection[int],
    section: int,
    orientation: Qt.Orientation,
    role: int,
) -> object:
    """Give the head of a column as Qt asks for it, aligned as the column is."""
    if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(heads):
        return None
    if role == Qt.ItemDataRole.TextAlignmentRole:
        return alignment_of(section, numbers)
    words = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)
    return heads[section] if role in words else None


class RowTable(QAbstractTableModel, Generic[Row]):
    """A table of frozen rows; `cell` gives the words of one column.

    `numbers` are the columns that hold figures and stand to the right.
    """

    def __init__(
        self,
        heads: tuple[str, ...],
        cell: Callable[[Row, int], str],
        numbers: frozenset[int] = frozenset(),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._heads = heads
        self._cell = cell
        self._numbers = numbers
        self._rows: tuple[Row, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """What is shown."""
        return self._rows

    def replace(
        self, rows: tuple[Row, ...], heads: tuple[str, ...] | None = None
    ) -> None:
        """Show these rows, under other heads where they are given."""
        if rows == self._rows and heads in (None, self._heads):
            return
        self.beginResetModel()
        self._rows = rows
        if heads is not None:
            self._heads = heads
        self.endResetModel()

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        """Give the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NO_PARENT) -> int:
        """Give the number of columns."""
        return 0 if parent.isValid() else len(self._heads)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """Give the head of a column, aligned as the column is."""
        return column_head(self._heads, self._numbers, section, orientation, role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Give the row itself for ROW_ROLE, else the words of the cell."""
        if not 0 <= index.row() < len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment_of(index.column(), self._numbers)
        words = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)
        return self._cell(row, index.column()) if role in words else None


class RowDelegate(QStyledItemDelegate):
    """Paints one row; subclasses say how in `paint_row`."""

    row_px = 32

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme = theme

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Paint the row's ground, then the row."""
        row = index.data(ROW_ROLE)
        if row is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect)
        chosen = option.state & QStyle.StateFlag.State_Selected
        if chosen:
            painter.setPen(self._ground_pen())
            painter.setBrush(self.theme.colour("raised"))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 6, 6)
        painter.setFont(option.font)
        self.paint_row(painter, rect, row, is_chosen=bool(chosen))
        painter.restore()

    def paint_row(
        self,
        painter: QPainter,
        rect: QRectF,
        row: Any,  # noqa: ANN401  (each list has rows of its own kind)
        *,
        is_chosen: bool,
    ) -> None:
        """Paint what `row` holds."""
        raise NotImplementedError

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Give all rows one height."""
        return QSize(80, self.row_px)

    def words(
        self,
        painter: QPainter,
        rect: QRectF,
        text: str,
        tone: str = "text",
        *,
        right: bool = False,
    ) -> None:
        """Write one line in a tone, cut with an ellipsis where it is too long."""
        painter.setPen(self.theme.text_colour(tone))
        shown = painter.fontMetrics().elidedText(
            text, Qt.TextElideMode.ElideRight, int(rect.width())
        )
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(rect, side | Qt.AlignmentFlag.AlignVCenter, shown)

    def swatch(self, painter: QPainter, rect: QRectF, colour: str) -> None:
        """Paint a small rounded square of a class."""
        painter.setPen(self._ground_pen())
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(rect, 3, 3)

    def _ground_pen(self) -> QPen:
        if self.theme.line_px > 1:
            return QPen(self.theme.colour("line"), 1)
        return QPen(Qt.PenStyle.NoPen)


def bold(font: QFont) -> QFont:
    """Give the same font, half bold."""
    heavy = QFont(font)
    heavy.setWeight(QFont.Weight.DemiBold)
    return heavy


def plain_list(model: QAbstractListModel, delegate: RowDelegate) -> QListView:
    """Give a list that does not take the keyboard from the page."""
    view = QListView()
    view.setModel(model)
    view.setItemDelegate(delegate)
    view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setUniformItemSizes(True)
    view.setMouseTracking(True)
    return view


def fit_height(view: QListView, delegate: RowDelegate, least: int, most: int) -> None:
    """Make a list as high as its rows, between two numbers of rows."""
    rows = min(max(view.model().rowCount(), least), most)
    view.setFixedHeight(rows * delegate.row_px + 2)


def dress(widget: QWidget, kind: str) -> None:
    """Give a widget the ground of `kind`."""
    widget.setProperty("kind", kind)
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
