"""The mark of a sample's state: a shape of its own for each, so that colour only helps.

new is an open ring, proposed a question mark, labeled a tick, reviewed two ticks, empty
a ring with a stroke through it, skipped two arrow heads.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from dataset.records import SampleState

GROUND = QColor(0, 0, 0, 170)
MARK_PX = 16.0
INSET_PX = 4.0


def paint_state(
    painter: QPainter, place: QRectF, state: SampleState, colour: QColor, *, twice: bool
) -> None:
    """Paint the mark into `place` on a dark ground; `twice` for a reviewed sample."""
    wide = place.adjusted(-5.0, 0.0, 0.0, 0.0) if twice else place
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(GROUND)
    painter.drawRoundedRect(wide, MARK_PX / 2, MARK_PX / 2)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour, 1.8))
    inner = place.adjusted(INSET_PX, INSET_PX, -INSET_PX, -INSET_PX)
    if state in (SampleState.NEW, SampleState.EMPTY):
        painter.drawEllipse(inner)
    if state is SampleState.EMPTY:
        painter.drawLine(inner.bottomLeft(), inner.topRight())
    if state is SampleState.PROPOSED:
        _question(painter, place)
    if state is SampleState.LABELED:
        _tick(painter, inner)
    if state is SampleState.SKIPPED:
        _arrows(painter, inner)
    if twice:
        _tick(painter, inner.translated(-5.0, 0.0))
    painter.restore()


def _tick(painter: QPainter, inner: QRectF) -> None:
    painter.drawPolyline(
        [
            QPointF(inner.left(), inner.center().y()),
            QPointF(inner.left() + inner.width() * 0.4, inner.bottom()),
            QPointF(inner.right(), inner.top()),
        ]
    )


def _arrows(painter: QPainter, inner: QRectF) -> None:
    for left in (inner.left(), inner.center().x()):
        painter.drawPolyline(
            [
                QPointF(left, inner.top()),
                QPointF(left + inner.width() / 2, inner.center().y()),
                QPointF(left, inner.bottom()),
            ]
        )


def _question(painter: QPainter, place: QRectF) -> None:
    font = QFont(painter.font())
    font.setPixelSize(12)
    font.setWeight(QFont.Weight.Bold)
    painter.setFont(font)
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "?")
