"""The window's own icons, drawn on a grid of 24 by 24."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

GRID = 24.0


def icon(name: str, colour: QColor, side: int = 24, ratio: float = 2.0) -> QIcon:
    """Give the icon `name` in one colour; raises KeyError for an unknown name."""
    pixmap = QPixmap(QSize(round(side * ratio), round(side * ratio)))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(side / GRID, side / GRID)
    pen = QPen(colour, 1.7)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.drawPath(SHAPES[name]())
    painter.end()
    return QIcon(pixmap)


def _lines(*points: tuple[float, float]) -> QPainterPath:
    path = QPainterPath(QPointF(*points[0]))
    for point in points[1:]:
        path.lineTo(QPointF(*point))
    return path


def _camera() -> QPainterPath:
    path = _lines((3, 8.5), (3, 18.5), (21, 18.5), (21, 8.5), (16.5, 8.5))
    path.lineTo(15, 5.5)
    path.lineTo(9, 5.5)
    path.lineTo(7.5, 8.5)
    path.closeSubpath()
    path.addEllipse(QPointF(12, 13), 3.2, 3.2)
    return path


def _box() -> QPainterPath:
    path = QPainterPath()
    path.addRect(QRectF(4.5, 6.5, 15, 11))
    for x, y in ((4.5, 6.5), (19.5, 6.5), (4.5, 17.5), (19.5, 17.5)):
        path.addEllipse(QPointF(x, y), 1.4, 1.4)
    return path


def _tick() -> QPainterPath:
    return _lines((4.5, 12.5), (9.5, 17.5), (19.5, 6.5))


def _bars() -> QPainterPath:
    path = _lines((3.5, 4.5), (3.5, 19.5), (21, 19.5))
    for x, top in ((8, 12), (12.5, 7), (17, 10)):
        path.addPath(_lines((x, 19.5), (x, top)))
    return path


def _branch() -> QPainterPath:
    path = QPainterPath()
    for x, y in ((6, 5.5), (6, 18.5), (18, 9)):
        path.addEllipse(QPointF(x, y), 2.3, 2.3)
    path.addPath(_lines((6, 7.8), (6, 16.2)))
    curve = QPainterPath(QPointF(18, 11.3))
    curve.cubicTo(QPointF(18, 15), QPointF(10, 13), QPointF(7.5, 16.6))
    path.addPath(curve)
    return path


def _menu() -> QPainterPath:
    path = QPainterPath()
    for y in (7, 12, 17):
        path.addPath(_lines((4.5, y), (19.5, y)))
    return path


SHAPES = {
    "capture": _camera,
    "label": _box,
    "review": _tick,
    "dataset": _bars,
    "versions": _branch,
    "menu": _menu,
}
