"""A drop-down field with the window's own arrow."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QComboBox

ARROW_PX = 4.0
ARROW_RIGHT_PX = 14.0


class Chooser(QComboBox):
    """A combo box; the stylesheet cannot draw an arrow without a picture file."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field, then the arrow."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(self.foregroundRole()), 1.6))
        x = self.width() - ARROW_RIGHT_PX
        y = self.height() / 2
        painter.drawPolyline(
            QPolygonF(
                [
                    QPointF(x - ARROW_PX, y - ARROW_PX / 2),
                    QPointF(x, y + ARROW_PX / 2),
                    QPointF(x + ARROW_PX, y - ARROW_PX / 2),
                ]
            )
        )
        painter.end()
