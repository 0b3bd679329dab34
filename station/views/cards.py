"""Framed parts of a page: a head, what stands beside it, and the content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QScrollArea,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ..theme import Theme
from .labels import ElidedLabel, label, set_tone
from .rows import ROW_ROLE, Index

ROW_PX = 33
NORMAL_TEXT_PX = 13


class Card(QFrame):
    """A framed part with a head line; content goes into `column`."""

    def __init__(self, head: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(14, 12, 14, 12)
        self.column.setSpacing(8)
        self._head = label(head, "head")
        self._aside = ElidedLabel("", "muted")
        self._aside.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.line = QHBoxLayout()
        self.line.addWidget(self._head)
        self.line.addWidget(self._aside, 1)
        self.column.addLayout(self.line)

    def show_head(self, words: str) -> None:
        """Show another head."""
        self._head.setText(words)

    def show_aside(self, words: str, tone: str = "") -> None:
        """Show a sentence to the right of the head."""
        self._aside.setText(words)
        set_tone(self._aside, tone)


def scrolled(inner: QWidget) -> QScrollArea:
    """Give a part that scrolls where the window is too low for it."""
    area = QScrollArea()
    area.setWidget(inner)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area


def plain_table(row_px: int = ROW_PX) -> QTableView:
    """Give a table without grid, for reading."""
    table = QTableView()
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(row_px)
    table.verticalHeader().setMinimumSectionSize(row_px)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setTextElideMode(Qt.TextElideMode.ElideRight)
    head = table.horizontalHeader()
    head.setHighlightSections(False)
    head.setSectionsClickable(False)
    head.setTextElideMode(Qt.TextElideMode.ElideRight)
    return table


def fit_table(table: QTableView, most_rows: int) -> None:
    """Make a table as high as its rows, up to a number of rows."""
    rows = min(max(table.model().rowCount(), 1), most_rows)
    head = table.horizontalHeader().sizeHint().height()
    table.setFixedHeight(head + rows * table.verticalHeader().defaultSectionSize() + 2)


class ToneDelegate(QStyledItemDelegate):
    """Writes a cell's words in the tone of its row."""

    def __init__(
        self, theme: Theme, tone: Callable[[Any], str], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.theme = theme
        self._tone = tone

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Colour the words."""
        super().initStyleOption(option, index)
        row = index.data(ROW_ROLE)
        if row is not None:
            colour = self.theme.text_colour(self._tone(row))
            option.palette.setColor(QPalette.ColorRole.Text, colour)


def size_columns(
    table: QTableView, widths: tuple[int, ...], theme: Theme | None = None
) -> None:
    """Give columns their widths; 0 takes what room is left.

    The widths are those of normal text; a theme with larger text widens them.
    """
    head = table.horizontalHeader()
    grown = 1.0 if theme is None else theme.text_px / NORMAL_TEXT_PX
    for at, width in enumerate(widths):
        if at >= head.count():
            return
        if width:
            head.setSectionResizeMode(at, QHeaderView.ResizeMode.Interactive)
            head.resizeSection(at, round(width * grown))
        else:
            head.setSectionResizeMode(at, QHeaderView.ResizeMode.Stretch)
