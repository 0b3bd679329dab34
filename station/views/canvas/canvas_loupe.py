"""The magnifier of the canvas: the pixels under the pointer, much larger."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

from labeling.geometry import Corners

from ...tone import Tone, apply
from .canvas_paint import CanvasPainter, Picture
from .canvas_view import View

SIDE_PX = 168
AWAY_PX = 28
TIMES = 4.0
LEAST_SCALE = 4.0
MOST_SCALE = 24.0
SMALL_PX = 240.0
"""A box that is smaller than this on the screen gets the magnifier."""


def place(at: QPointF, window: QRect) -> QRectF:
    """Give where the magnifier stands: beside the pointer, inside the window."""
    x, y = at.x() + AWAY_PX, at.y() + AWAY_PX
    if x + SIDE_PX > window.width():
        x = at.x() - AWAY_PX - SIDE_PX
    if y + SIDE_PX > window.height():
        y = at.y() - AWAY_PX - SIDE_PX
    return QRectF(max(x, 0.0), max(y, 0.0), SIDE_PX, SIDE_PX)


def magnified(view: View) -> float | None:
    """Give the scale in the magnifier; None where the canvas is as large already."""
    scale = min(max(view.scale * TIMES, LEAST_SCALE), MOST_SCALE)
    return scale if scale > view.scale * 1.5 else None


class Loupe:
    """Paints the magnifier; holds only what it showed last, for repainting."""

    def __init__(self) -> None:
        self.bounds = QRect()

    def place(self, at: QPointF | None, view: View, window: QRect) -> bool:
        """Say where it stands from now on; False where there is none."""
        if at is None or magnified(view) is None:
            self.bounds = QRect()
            return False
        self.bounds = place(at, window).toAlignedRect().adjusted(-2, -2, 2, 2)
        return True

    def paint(
        self,
        painter: QPainter,
        brush: CanvasPainter,
        at: QPointF,
        view: View,
        window: QRect,
        picture: Picture,
        tone: Tone,
        boxes: tuple[tuple[Corners, str], ...],
    ) -> None:
        """Paint the picture round the pointer and the edges of `boxes` over it."""
        scale = magnified(view)
        if scale is None:
            return
        rect = place(at, window)
        x, y = view.to_image(at)
        inner = View(scale, SIDE_PX / 2 - x * scale, SIDE_PX / 2 - y * scale)
        image = _pixels(painter, brush, picture, inner, tone)
        painter.save()
        shape = QPainterPath()
        shape.addRoundedRect(rect, 6, 6)
        painter.setClipPath(shape, Qt.ClipOperation.IntersectClip)
        painter.drawImage(rect.topLeft(), image)
        painter.translate(rect.topLeft())
        for corners, colour in boxes:
            _paint_edges(painter, inner.rect(corners), colour)
        _paint_middle(painter)
        painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for line, width in ((QColor(0, 0, 0, 160), 3.0), (QColor("#FFFFFF"), 1.2)):
            painter.setPen(QPen(line, width))
            painter.drawRoundedRect(rect, 6, 6)


def _pixels(
    painter: QPainter, brush: CanvasPainter, picture: Picture, inner: View, tone: Tone
) -> QImage:
    ratio = painter.device().devicePixelRatioF()
    side = round(SIDE_PX * ratio)
    image = QImage(side, side, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(brush.theme.colour("canvas"))
    own = QPainter(image)
    brush.paint_image(own, picture, inner, QRect(0, 0, SIDE_PX, SIDE_PX))
    own.end()
    apply(image, tone, QRect(0, 0, side, side))
    return image


def _paint_edges(painter: QPainter, rect: QRectF, colour: str) -> None:
    room = QRectF(-8, -8, SIDE_PX + 16, SIDE_PX + 16)
    seen = rect.intersected(room)
    for line, width in ((QColor(0, 0, 0, 120), 3.0), (QColor(colour), 1.4)):
        painter.setPen(QPen(line, width))
        painter.drawRect(seen)


def _paint_middle(painter: QPainter) -> None:
    half = SIDE_PX / 2
    for colour, width in ((QColor(0, 0, 0, 130), 3.0), (QColor("#FFFFFF"), 1.0)):
        painter.setPen(QPen(colour, width))
        for a, b in ((-14, -4), (4, 14)):
            painter.drawLine(QPointF(half + a, half), QPointF(half + b, half))
            painter.drawLine(QPointF(half, half + a), QPointF(half, half + b))
