"""The live picture with what was measured on it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...theme import DARK, Theme
from .capture_contract import Readings

PAD_PX = 14
LINE_PX = 22
GROUND = QColor(20, 24, 27, 190)


class LiveView(QWidget):
    """Shows the newest picture as large as it fits; main thread only.

    Pictures come in already shrunk: painting is a copy.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        expanding = QSizePolicy.Policy.Expanding
        self.setSizePolicy(expanding, expanding)
        self._theme = theme
        self._image: QImage | None = None
        self._readings: Readings | None = None
        self._note = ""
        self._badge = ""
        self.painted = 0

    def sizeHint(self) -> QSize:
        """Ask for the larger part of the page."""
        return QSize(900, 600)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._theme = theme
        self.update()

    def room(self) -> QSize:
        """Give the device pixels there are for a picture."""
        ratio = self.devicePixelRatioF()
        wide = max(self.width() - 2 * PAD_PX // 2, 16) * ratio
        high = max(self.height() - 2 * PAD_PX // 2, 16) * ratio
        return QSize(int(wide), int(high))

    def show_image(self, image: QImage | None) -> None:
        """Show a picture that was shrunk to `room`; None for none."""
        self._image = image
        if image is not None:
            image.setDevicePixelRatio(self.devicePixelRatioF())
        else:
            self._readings = None
        self.update()

    def show_readings(self, readings: Readings | None) -> None:
        """Show what was measured."""
        self._readings = readings
        self.update()

    def show_note(self, note: str) -> None:
        """Say why there is no picture."""
        if note != self._note:
            self._note = note
            self.update()

    def show_badge(self, words: str) -> None:
        """Say what capture is doing, over the lower edge of the picture."""
        if words != self._badge:
            self._badge = words
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint picture, readings, histogram and badge."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.colour("canvas"))
        if self._image is None:
            painter.setPen(self._theme.colour("muted"))
            painter.drawText(
                self.rect(),
                Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                self._note,
            )
            painter.end()
            return
        place = self._picture_rect(self._image)
        painter.drawImage(place.topLeft(), self._image)
        self.painted += 1
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._readings is not None:
            self._paint_readings(painter, place, self._readings)
            self._paint_histogram(painter, place, self._readings)
        if self._badge:
            self._paint_badge(painter, place)
        painter.end()

    def _picture_rect(self, image: QImage) -> QRectF:
        size = image.deviceIndependentSize()
        left = (self.width() - size.width()) / 2
        top = (self.height() - size.height()) / 2
        return QRectF(QPointF(round(left), round(top)), size)

    def _paint_readings(
        self, painter: QPainter, place: QRectF, readings: Readings
    ) -> None:
        metrics = painter.fontMetrics()
        space = metrics.horizontalAdvance(" ") + 2
        widths = [
            metrics.horizontalAdvance(f"{line.text}{line.word}") + space
            for line in readings.lines
        ]
        ground = QRectF(
            place.left() + PAD_PX,
            place.top() + PAD_PX,
            max(widths) + 22,
            LINE_PX * len(widths) + 12,
        )
        self._ground(painter, ground)
        for at, line in enumerate(readings.lines):
            top = ground.top() + 6 + at * LINE_PX
            spot = QRectF(ground.left() + 11, top, ground.width(), LINE_PX)
            painter.setPen(QColor("#FFFFFF"))
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(spot, middle, line.text)
            # The ground is dark in every theme, and so is the choice of tones.
            painter.setPen(DARK.text_colour(line.tone))
            along = metrics.horizontalAdvance(line.text) + space
            painter.drawText(spot.adjusted(along, 0, 0, 0), middle, line.word)

    def _paint_histogram(
        self, painter: QPainter, place: QRectF, readings: Readings
    ) -> None:
        bins = len(readings.histogram)
        ground = QRectF(place.right() - PAD_PX - 164, place.top() + PAD_PX, 164, 52)
        self._ground(painter, ground)
        wide = (ground.width() - 20) / bins
        base, room = ground.bottom() - 8, ground.height() - 16
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(235, 238, 240, 200))
        for at, share in enumerate(readings.histogram):
            high = max(share * room, 1.0)
            left = ground.left() + 10 + at * wide
            painter.drawRect(QRectF(left, base - high, max(wide - 0.8, 0.8), high))

    def _paint_badge(self, painter: QPainter, place: QRectF) -> None:
        words = painter.fontMetrics().horizontalAdvance(self._badge)
        wide = words + 44
        ground = QRectF(place.center().x() - wide / 2, place.bottom() - 46, wide, 30)
        self._ground(painter, ground, 15)
        painter.setBrush(QColor(DARK.bad))
        painter.drawEllipse(QPointF(ground.left() + 18, ground.center().y()), 4, 4)
        painter.setPen(QColor("#FFFFFF"))
        painter.drawText(
            ground.adjusted(30, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self._badge
        )

    def _ground(self, painter: QPainter, rect: QRectF, radius: float = 6) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(GROUND)
        painter.drawRoundedRect(rect, radius, radius)
