"""Drift, metric by metric: effect, its interval, and the band that does not matter."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, QSize
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import (
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ...language import MINUS, NONE, tr
from ...theme import Theme
from ..cards import ROW_PX, ToneDelegate, plain_table, size_columns
from ..rows import ROW_ROLE, Index, RowTable
from .versions_contract import DriftRow

INTERVAL_COLUMN = 2
VERDICT_COLUMN = 3
LEAST_SPAN = 0.5
TONES = {"drift": "bad", "stable": "ok"}


def span_of(rows: tuple[DriftRow, ...]) -> float:
    """Give half the width of the axis that holds every interval, in sd."""
    bounds = [
        abs(value)
        for row in rows
        for value in (row.low, row.high, row.effect, row.limit)
        if value is not None
    ]
    return max([LEAST_SPAN, *bounds]) * 1.1


def effect_words(row: DriftRow) -> str:
    """Give the effect as a person reads it."""
    if row.effect is None:
        return NONE
    sign = MINUS if row.effect < 0 else "+"
    return f"{sign}{abs(row.effect):.2f} sd"


class IntervalDelegate(QStyledItemDelegate):
    """Paints an interval on an axis all rows share."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.span = LEAST_SPAN

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Give all rows one height."""
        return QSize(160, ROW_PX)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Paint band, zero, interval and estimate."""
        row = index.data(ROW_ROLE)
        if row is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect)
        painter.setPen(self.theme.colour("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        inner = rect.adjusted(8, 6, -8, -6)
        band = QRectF(inner)
        band.setLeft(self._x(inner, -row.limit))
        band.setRight(self._x(inner, row.limit))
        painter.fillRect(band, self.theme.colour("band"))
        painter.setPen(QPen(self.theme.colour("muted"), 1))
        zero = self._x(inner, 0.0)
        painter.drawLine(QPointF(zero, inner.top()), QPointF(zero, inner.bottom()))
        self._paint_estimate(painter, inner, row)
        painter.restore()

    def _paint_estimate(self, painter: QPainter, inner: QRectF, row: DriftRow) -> None:
        colour = self.theme.colour(verdict_tone(row))
        middle = inner.center().y()
        if row.low is not None and row.high is not None:
            painter.setPen(QPen(colour, 2.5))
            painter.drawLine(
                QPointF(self._x(inner, row.low), middle),
                QPointF(self._x(inner, row.high), middle),
            )
        if row.effect is not None:
            painter.setPen(QPen(colour, 1))
            painter.setBrush(colour)
            painter.drawEllipse(QPointF(self._x(inner, row.effect), middle), 4.5, 4.5)

    def _x(self, inner: QRectF, value: float) -> float:
        share = (min(max(value / self.span, -1.0), 1.0) + 1.0) / 2.0
        return inner.left() + share * inner.width()


def verdict_tone(row: DriftRow) -> str:
    """Give the tone of a verdict."""
    return TONES.get(row.verdict, "warn")


class DriftTable(QWidget):
    """Shows drift metric by metric."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        heads = (
            tr("Metric"),
            tr("effect"),
            tr("95 % interval, grey: no matter in practice"),
            tr("verdict"),
        )
        self.model: RowTable[DriftRow] = RowTable(heads, _words, frozenset({1}), self)
        self._interval = IntervalDelegate(theme, self)
        self._verdict = ToneDelegate(theme, verdict_tone, self)
        self._view = plain_table()
        self._view.setModel(self.model)
        self._view.setItemDelegateForColumn(INTERVAL_COLUMN, self._interval)
        self._view.setItemDelegateForColumn(VERDICT_COLUMN, self._verdict)
        self._fit_columns(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._view)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._interval.theme = theme
        self._verdict.theme = theme
        self._fit_columns(theme)
        self._view.viewport().update()

    def _fit_columns(self, theme: Theme) -> None:
        size_columns(self._view, (146, 84, 0, 140), theme)

    def show_rows(self, rows: tuple[DriftRow, ...]) -> None:
        """Show these metrics."""
        self._interval.span = span_of(rows)
        self.model.replace(rows)


def _words(row: DriftRow, column: int) -> str:
    interval = ""
    if row.low is not None and row.high is not None:
        interval = tr("{low} to {high} sd, limit {limit}").format(
            low=f"{row.low:+.2f}", high=f"{row.high:+.2f}", limit=f"{row.limit:.2f}"
        )
    return (row.metric, effect_words(row), interval, row.verdict)[column]
