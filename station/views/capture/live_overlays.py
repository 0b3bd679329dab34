"""What is painted over the live picture: figures, histogram, meter, zones, chips."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from ...language import tr
from ...theme import DARK
from .capture_contract import Readings, Zone

PAD_PX = 14
LINE_PX = 20
GROUND = QColor(20, 24, 27, 190)
WHITE = QColor("#FFFFFF")
LONGEST_STOPS = 4.0
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def paint_ground(painter: QPainter, rect: QRectF, radius: float = 6) -> None:
    """Paint the dark ground that words over a picture are read on, in every theme."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(GROUND)
    painter.drawRoundedRect(rect, radius, radius)


def paint_readings(painter: QPainter, place: QRectF, readings: Readings) -> None:
    """Paint the figures with their words, in the upper left."""
    metrics = painter.fontMetrics()
    space = metrics.horizontalAdvance(" ") + 2
    widths = [
        metrics.horizontalAdvance(f"{line.text}{line.word}") + space
        for line in readings.lines
    ]
    if not widths:
        return
    ground = QRectF(
        place.left() + PAD_PX,
        place.top() + PAD_PX,
        max(widths) + 22,
        LINE_PX * len(widths) + 12,
    )
    paint_ground(painter, ground)
    for at, line in enumerate(readings.lines):
        top = ground.top() + 6 + at * LINE_PX
        spot = QRectF(ground.left() + 11, top, ground.width(), LINE_PX)
        painter.setPen(WHITE)
        painter.drawText(spot, _LEFT, line.text)
        painter.setPen(DARK.text_colour(line.tone))
        along = metrics.horizontalAdvance(line.text) + space
        painter.drawText(spot.adjusted(along, 0, 0, 0), _LEFT, line.word)


def paint_histogram(painter: QPainter, place: QRectF, readings: Readings) -> None:
    """Paint the histogram of luma with the exposure meter under it, upper right."""
    ground = QRectF(place.right() - PAD_PX - 164, place.top() + PAD_PX, 164, 76)
    paint_ground(painter, ground)
    wide = (ground.width() - 20) / max(len(readings.histogram), 1)
    base, room = ground.top() + 46, 38
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(235, 238, 240, 200))
    for at, share in enumerate(readings.histogram):
        high = max(share * room, 1.0)
        left = ground.left() + 10 + at * wide
        painter.drawRect(QRectF(left, base - high, max(wide - 0.8, 0.8), high))
    _paint_meter(painter, ground, readings.stops)


def _paint_meter(painter: QPainter, ground: QRectF, stops: float) -> None:
    """Paint a scale of stops with a mark where the picture lies."""
    wide = painter.fontMetrics().horizontalAdvance(f"{-LONGEST_STOPS:+.1f}") + 20
    left, right, y = ground.left() + 10, ground.right() - wide, ground.top() + 62
    middle, half = (left + right) / 2, (right - left) / 2
    painter.setPen(QPen(QColor(235, 238, 240, 200), 1))
    painter.drawLine(QPointF(left, y), QPointF(right, y))
    for step in range(-4, 5):
        x = middle + half * step / LONGEST_STOPS
        high = 5 if step == 0 else 3
        painter.drawLine(QPointF(x, y - high), QPointF(x, y + high))
    shown = max(-LONGEST_STOPS, min(stops, LONGEST_STOPS))
    tone = "ok" if abs(stops) <= 1.0 else "warn"
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(DARK.text_colour(tone))
    x = middle + half * shown / LONGEST_STOPS
    painter.drawPolygon(
        [QPointF(x, y - 2), QPointF(x - 5, y + 8), QPointF(x + 5, y + 8)]
    )
    painter.setPen(DARK.text_colour(tone))
    words = QRectF(right, y - 10, ground.right() - right - 8, 20)
    right_side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(words, right_side, f"{stops:+.1f}")


def paint_zones(painter: QPainter, place: QRectF, zones: tuple[Zone, ...]) -> None:
    """Paint the motion zones dashed, each with its number at its highest corner."""
    for number, zone in enumerate(zones, 1):
        outline = zone_outline(place, zone)
        pen = QPen(QColor(DARK.accent), 2, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolygon(outline)
        words = tr("motion zone {number}").format(number=number)
        wide = painter.fontMetrics().horizontalAdvance(words) + 14
        chip = _beside(place, outline, wide)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(DARK.accent))
        painter.drawRoundedRect(chip, 4, 4)
        painter.setPen(QColor(DARK.on_accent))
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, words)


def zone_outline(place: QRectF, zone: Zone) -> QPolygonF:
    """Give where a zone lies on the widget."""
    return QPolygonF(
        [
            QPointF(place.left() + x * place.width(), place.top() + y * place.height())
            for x, y in zone
        ]
    )


def _beside(place: QRectF, outline: QPolygonF, wide: float) -> QRectF:
    """Where a zone's chip goes: at its highest corner, inside of the picture."""
    corners = [outline.at(index) for index in range(outline.size())]
    top = min(corners, key=lambda corner: (corner.y(), corner.x()))
    left = min(max(top.x() + 8, place.left()), place.right() - wide)
    return QRectF(left, min(top.y() + 8, place.bottom() - 20), wide, 20)


def paint_badge(painter: QPainter, place: QRectF, words: str, tone: str) -> None:
    """Paint what capture is doing, over the lower edge of the picture."""
    wide = painter.fontMetrics().horizontalAdvance(words) + 44
    ground = QRectF(place.center().x() - wide / 2, place.bottom() - 46, wide, 30)
    paint_ground(painter, ground, 15)
    painter.setBrush(DARK.text_colour(tone))
    painter.drawEllipse(QPointF(ground.left() + 18, ground.center().y()), 4, 4)
    painter.setPen(WHITE)
    painter.drawText(ground.adjusted(30, 0, 0, 0), _LEFT, words)


def paint_chip(painter: QPainter, place: QRectF, words: str, tone: str) -> None:
    """Paint which camera it is and how old its newest frame is, lower left."""
    room = max(place.width() - 2 * PAD_PX, 60)
    shown = painter.fontMetrics().elidedText(
        words, Qt.TextElideMode.ElideRight, int(room - 22)
    )
    wide = painter.fontMetrics().horizontalAdvance(shown) + 22
    ground = QRectF(place.left() + PAD_PX, place.bottom() - 80, wide, 26)
    paint_ground(painter, ground)
    painter.setPen(DARK.text_colour(tone))
    painter.drawText(ground.adjusted(11, 0, 0, 0), _LEFT, shown)


def paint_away(painter: QPainter, place: QRectF, words: str) -> None:
    """Dim an old picture and say that the camera is away."""
    painter.fillRect(place, QColor(0, 0, 0, 130))
    painter.save()
    font = painter.font()
    font.setPixelSize(20)
    painter.setFont(font)
    wide = min(painter.fontMetrics().horizontalAdvance(words) + 48, place.width())
    ground = QRectF(0, 0, wide, 56)
    ground.moveCenter(place.center())
    paint_ground(painter, ground, 8)
    painter.setPen(DARK.text_colour("warn"))
    centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(ground, centred, words)
    painter.restore()
