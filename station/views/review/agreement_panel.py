"""The side of the Review page: how far two passes agree, and what is disputed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from dataset.records import LabelClass
from labeling.agreement import Agreement

from ...language import tr
from ...theme import Theme
from ..cards import fit_table, plain_table, scrolled, size_columns
from ..label.label_words import class_name
from ..labels import button, label
from ..rows import (
    ROW_ROLE,
    Index,
    RowDelegate,
    RowList,
    RowTable,
    dress,
    fit_height,
    plain_list,
)
from .dispute_words import dispute_counts
from .review_contract import ReviewState

PANEL_PX = 366
NAME_PX = 84
COUNT_PX = 58
MOST_ROWS = 12
TINT = 70
MOST_CLASSES = 1000
NO_FIGURE = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusionRow:
    """One class of the first pass, and how the second called its boxes."""

    class_id: int
    name: str
    counts: tuple[tuple[int, int], ...]

    def count(self, column: int) -> int:
        """How many boxes stand in a column, counted from 1."""
        return self.counts[column - 1][1]

    def is_same(self, column: int) -> bool:
        """Whether a column stands for the same class."""
        return self.counts[column - 1][0] == self.class_id


def confusion_rows(
    agreement: Agreement, classes: Mapping[int, LabelClass]
) -> tuple[ConfusionRow, ...]:
    """Give the table of classes, those that both passes know in the order of ids."""
    ids = sorted({k for pair in agreement.confusion for k in pair})
    return tuple(
        ConfusionRow(
            class_id=one,
            name=class_name(classes, one),
            counts=tuple(
                (other, agreement.confusion.get((one, other), 0)) for other in ids
            ),
        )
        for one in ids
    )


class _ConfusionDelegate(QStyledItemDelegate):
    """Paints counts; agreed ones on green, confused ones on red, both with figures."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self.theme = theme

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        row: ConfusionRow = index.data(ROW_ROLE)
        painter.save()
        rect = QRectF(option.rect)
        column = index.column()
        words, side = row.name, Qt.AlignmentFlag.AlignLeft
        if column:
            count = row.count(column)
            words, side = f"{count:,}", Qt.AlignmentFlag.AlignRight
            if count:
                fill = self.theme.colour("ok" if row.is_same(column) else "bad")
                fill.setAlpha(TINT)
                painter.fillRect(rect.adjusted(0, 0, 0, -1), fill)
        painter.setPen(self.theme.colour("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.setPen(self.theme.colour("text"))
        inner = rect.adjusted(8, 0, -8, 0)
        shown = painter.fontMetrics().elidedText(
            words, Qt.TextElideMode.ElideRight, int(inner.width())
        )
        painter.drawText(inner, side | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(COUNT_PX, 33)


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeCount:
    """How many disputes of one name are open."""

    name: str
    count: int


class _CountDelegate(RowDelegate):
    """Paints the name of a kind of dispute and how many there are."""

    row_px = 33

    def paint_row(
        self, painter: QPainter, rect: QRectF, row: DisputeCount, *, is_chosen: bool
    ) -> None:
        painter.setPen(self.theme.colour("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        self.words(painter, rect.adjusted(8, 0, -60, 0), row.name)
        self.words(painter, rect.adjusted(8, 0, -8, 0), f"{row.count:,}", right=True)


class AgreementPanel(QWidget):
    """Shows one figure large, the table of classes, and the kinds of disputes.

    Signals:
        settle_requested: the button was pressed.
        kind_chosen: the name of a kind of dispute that was clicked.
    """

    settle_requested = Signal()
    kind_chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        dress(self, "side")
        self.setFixedWidth(PANEL_PX)
        self._theme = theme
        self._head = label("", "head")
        self.figure = label("", "figure")
        self.words = label("", "muted", wraps=True)
        self._table_head = label(tr("First pass by row, second by column"), "head")
        self.table: RowTable[ConfusionRow] = RowTable(
            (" ",), _cell, frozenset(range(1, MOST_CLASSES)), self
        )
        self._cells = _ConfusionDelegate(theme, self)
        self._view: QTableView = plain_table()
        self._view.setModel(self.table)
        self._view.setItemDelegate(self._cells)
        self._view.setSelectionMode(QTableView.SelectionMode.NoSelection)
        self._view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._lonely = label("", "muted", wraps=True)
        self._disputes_head = label(tr("Disputes"), "head")
        self.kinds: RowList[DisputeCount] = RowList(
            lambda row: f"{row.name}, {row.count}", self
        )
        self._lines = _CountDelegate(theme, self)
        self.list: QListView = plain_list(self.kinds, self._lines)
        self._none = label("", "muted", wraps=True)
        self.settle = button(tr("Settle the disputes"), "primary")
        self._lay_out()
        self.settle.clicked.connect(self.settle_requested)
        self.list.clicked.connect(
            lambda at: self.kind_chosen.emit(at.data(ROW_ROLE).name)
        )
        self.show_state(ReviewState())

    def _lay_out(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(8)
        parts: tuple[tuple[QWidget, ...], ...] = (
            (self._head, self.figure, self.words),
            (self._table_head, self._view, self._lonely),
            (self._disputes_head, self.list, self._none),
        )
        for part in parts:
            for widget in part:
                column.addWidget(widget)
            column.addSpacing(6)
        line = QHBoxLayout()
        line.addWidget(self.settle)
        line.addStretch(1)
        column.addLayout(line)
        column.addStretch(1)
        holder = QVBoxLayout(self)
        holder.setContentsMargins(1, 0, 0, 0)
        holder.addWidget(scrolled(inner))

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._theme = theme
        self._cells.theme = self._lines.theme = theme
        self._fit()

    def show_state(self, state: ReviewState) -> None:
        """Show the newest figures."""
        agreement = state.agreement
        has_figures = agreement is not None
        self._show_figure(agreement)
        rows = () if agreement is None else confusion_rows(agreement, state.classes)
        heads = tuple(row.name for row in rows)
        self.table.replace(rows, (" ", *heads))
        for part in (self._table_head, self._view):
            part.setVisible(bool(rows))
        self._lonely.setVisible(has_figures)
        self._lonely.setText("" if agreement is None else _lonely_words(agreement))
        counts = dispute_counts(state.disputes, state.classes)
        self.kinds.replace(tuple(DisputeCount(name=n, count=c) for n, c in counts))
        self._disputes_head.setVisible(has_figures)
        self.list.setVisible(bool(counts))
        self._none.setVisible(has_figures and not counts)
        self._none.setText(_settled_words(state.settled))
        self.settle.setVisible(bool(counts))
        self._fit()

    def _show_figure(self, agreement: Agreement | None) -> None:
        if agreement is None:
            self._head.setText(tr("Agreement"))
            self.figure.setText(NO_FIGURE)
            self.words.setText(
                tr(
                    "Nothing was labeled twice yet. A second pass shows how far two "
                    "people draw the same boxes."
                )
            )
            return
        head = tr("Agreement, second pass of {count} samples")
        self._head.setText(head.format(count=f"{agreement.samples:,}"))
        mean = agreement.mean_iou
        self.figure.setText(NO_FIGURE if mean is None else f"{mean:.2f}")
        self.words.setText(_figure_words(agreement))

    def _fit(self) -> None:
        columns = self.table.columnCount()
        room = PANEL_PX - 2 * 14 - 1
        each = max(room - NAME_PX, 0) // max(columns - 1, 1)
        wide = COUNT_PX if each < COUNT_PX else 0
        size_columns(self._view, (NAME_PX, *([wide] * (columns - 1))), self._theme)
        fit_table(self._view, MOST_ROWS)
        if wide and columns > 1:
            bar = self._view.horizontalScrollBar().sizeHint().height()
            self._view.setFixedHeight(self._view.height() + bar)
        fit_height(self.list, self._lines, 0, MOST_ROWS)


def _cell(row: ConfusionRow, column: int) -> str:
    return f"{row.count(column):,}" if column else row.name


def _figure_words(agreement: Agreement) -> str:
    share = agreement.matched_share
    if share is None:
        return tr("both passes found nothing")
    words = [
        tr("mean IoU of matched boxes; {share} of boxes matched").format(
            share=f"{share:.0%}"
        )
    ]
    if agreement.f1 is not None and agreement.f1_strict is not None:
        words.append(
            tr("F1 {loose} at IoU 0.5, {strict} at 0.7").format(
                loose=f"{agreement.f1:.2f}", strict=f"{agreement.f1_strict:.2f}"
            )
        )
    if agreement.kappa is None:
        words.append(tr("no kappa: {why}").format(why=agreement.kappa_note))
    else:
        words.append(tr("kappa of the classes {k}").format(k=f"{agreement.kappa:.2f}"))
    return "\n".join(words)


def _lonely_words(agreement: Agreement) -> str:
    words = tr("{first} boxes only in the first pass, {second} only in the second")
    return words.format(
        first=f"{sum(agreement.only_first.values()):,}",
        second=f"{sum(agreement.only_second.values()):,}",
    )


def _settled_words(settled: int) -> str:
    if not settled:
        return tr("Nothing is disputed.")
    return tr("Nothing is disputed now; {count} settled.").format(count=f"{settled:,}")
