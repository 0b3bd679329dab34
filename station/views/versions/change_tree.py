"""The tree of changes between two versions, filled as it is opened."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from ...language import tr
from ...theme import Theme
from ..cards import ROW_PX
from ..rows import NO_PARENT, ROW_ROLE, Index, alignment_of, column_head
from .versions_contract import ChangeNode, ChangeTree

PAGE_ROWS = 200
COUNT_COLUMN = 2
FIRST_SHARE = 0.46
COUNT_PX = 64
NORMAL_TEXT_PX = 13


@dataclass(slots=True)
class _Item:
    """A line that was fetched, with those below it that were."""

    node: ChangeNode
    row: int
    parent: int
    children: list[int] = field(default_factory=list)


class ChangeModel(QAbstractItemModel):
    """Kinds, samples and boxes; lines are fetched by pages as they come into sight.

    An index holds the number of its line: Qt keeps no pointer to a Python object.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._heads = (tr("Change"), tr("how"), tr("count"))
        self._tree: ChangeTree | None = None
        self._items: list[_Item] = []
        self._roots: list[int] = []

    @property
    def tree(self) -> ChangeTree | None:
        """What is shown."""
        return self._tree

    def show_tree(self, tree: ChangeTree | None) -> None:
        """Show these changes, all of it closed."""
        self.beginResetModel()
        self._tree = tree
        self._items = []
        self._roots = []
        for row, node in enumerate(tree.roots if tree is not None else ()):
            self._roots.append(self._add(node, row, -1))
        self.endResetModel()

    def node(self, index: Index) -> ChangeNode | None:
        """Give the line of an index; None for one that is gone."""
        item = self._item(index)
        return None if item is None else item.node

    def index(self, row: int, column: int, parent: Index = NO_PARENT) -> QModelIndex:
        """Give the index of a fetched line."""
        inside = self._below(parent)
        if not 0 <= row < len(inside) or not 0 <= column < len(self._heads):
            return QModelIndex()
        return self.createIndex(row, column, inside[row])

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]
        """Give the line above one."""
        item = self._item(index)
        if item is None or item.parent < 0:
            return QModelIndex()
        return self.createIndex(self._items[item.parent].row, 0, item.parent)

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        """Give how many lines were fetched."""
        return len(self._below(parent))

    def columnCount(self, parent: Index = NO_PARENT) -> int:
        """Give the number of columns."""
        return len(self._heads)

    def hasChildren(self, parent: Index = NO_PARENT) -> bool:
        """Say whether there is anything below, fetched or not."""
        if not parent.isValid():
            return bool(self._roots)
        item = self._item(parent)
        return item is not None and parent.column() == 0 and item.node.children > 0

    def canFetchMore(self, parent: Index) -> bool:
        """Say whether lines below one wait to be fetched."""
        item = self._item(parent)
        if item is None or parent.column() != 0:
            return False
        return len(item.children) < item.node.children

    def fetchMore(self, parent: Index) -> None:
        """Fetch the next page of lines."""
        item = self._item(parent)
        if item is None or self._tree is None:
            return
        start = len(item.children)
        nodes = self._tree.children(item.node, start, start + PAGE_ROWS)
        if not nodes:
            return
        number = self._number(parent)
        self.beginInsertRows(
            self.createIndex(item.row, 0, number), start, start + len(nodes) - 1
        )
        item.children += [
            self._add(node, start + at, number) for at, node in enumerate(nodes)
        ]
        self.endInsertRows()

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """Give the head of a column."""
        return column_head(self._heads, (COUNT_COLUMN,), section, orientation, role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Give the line itself for ROW_ROLE, else the words of a cell."""
        node = self.node(index)
        if node is None:
            return None
        if role == ROW_ROLE:
            return node
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment_of(index.column(), (COUNT_COLUMN,))
        words = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)
        if role not in words:
            return None
        count = "" if node.count is None else f"{node.count:,}"
        return (node.text, node.detail, count)[index.column()]

    def _add(self, node: ChangeNode, row: int, parent: int) -> int:
        self._items.append(_Item(node=node, row=row, parent=parent))
        return len(self._items) - 1

    def _number(self, index: Index) -> int:
        return int(index.internalId())

    def _item(self, index: Index) -> _Item | None:
        if not index.isValid():
            return None
        number = self._number(index)
        return self._items[number] if 0 <= number < len(self._items) else None

    def _below(self, parent: Index) -> list[int]:
        if not parent.isValid():
            return self._roots
        item = self._item(parent)
        return item.children if item is not None and parent.column() == 0 else []


class NodeDelegate(QStyledItemDelegate):
    """Writes a line in its tone, the details muted."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Give all lines one height."""
        return QSize(60, ROW_PX)

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Colour the words."""
        super().initStyleOption(option, index)
        node = index.data(ROW_ROLE)
        if isinstance(node, ChangeNode):
            tone = node.tone if index.column() != 1 else "muted"
            colour = self.theme.text_colour(tone)
            option.palette.setColor(QPalette.ColorRole.Text, colour)


class ChangeView(QWidget):
    """Shows the tree of changes.

    Signals:
        change_chosen: the `ChangeNode` that was chosen.
    """

    change_chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ChangeModel(self)
        self._delegate = NodeDelegate(theme, self)
        self.view = QTreeView()
        self.view.setModel(self.model)
        self.view.setItemDelegate(self._delegate)
        self.view.setUniformRowHeights(True)
        self.view.setAllColumnsShowFocus(True)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.header().setSectionsClickable(False)
        self.view.header().setStretchLastSection(False)
        self._fit_columns(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)
        self.view.selectionModel().currentRowChanged.connect(self._on_chosen)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._delegate.theme = theme
        self._fit_columns(theme)
        self.view.viewport().update()

    def show_tree(self, tree: ChangeTree | None) -> None:
        """Show these changes, the first kind open and its first sample chosen."""
        if tree is self.model.tree:
            return
        self.model.show_tree(tree)
        first = self.model.index(0, 0)
        if not self.model.hasChildren(first):
            return
        self.model.fetchMore(first)
        self.view.expand(first)
        self.view.setCurrentIndex(self.model.index(0, 0, first))

    def _on_chosen(self, index: QModelIndex, _before: QModelIndex) -> None:
        node = self.model.node(index)
        if node is not None:
            self.change_chosen.emit(node)

    def _fit_columns(self, theme: Theme) -> None:
        head = self.view.header()
        grown = theme.text_px / NORMAL_TEXT_PX
        head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        head.resizeSection(0, round(self.width() * FIRST_SHARE))
        head.resizeSection(COUNT_COLUMN, round(COUNT_PX * grown))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width between names and details."""
        super().resizeEvent(event)
        self._fit_columns(self._delegate.theme)
