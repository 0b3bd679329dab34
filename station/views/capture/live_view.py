"""The live picture with what was measured on it; motion zones are drawn here."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...theme import Theme
from .capture_contract import Area, Readings, Zone, zone_around
from .live_overlays import (
    PAD_PX,
    paint_away,
    paint_badge,
    paint_chip,
    paint_histogram,
    paint_readings,
    paint_zones,
)

LEAST_FIGURES_PX = 420
LEAST_ZONE = 0.02


class LiveView(QWidget):
    """Shows the newest picture as large as it fits; main thread only.

    Pictures come in already shrunk: painting is a copy.

    Signals:
        pressed: the person pressed on the picture, outside of drawing a zone.
        zone_drawn: a `Zone`, in shares of the picture.
    """

    pressed = Signal()
    zone_drawn = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        expanding = QSizePolicy.Policy.Expanding
        self.setSizePolicy(expanding, expanding)
        self.setMinimumSize(120, 90)
        self._theme = theme
        self._image: QImage | None = None
        self._readings: Readings | None = None
        self._zones: tuple[Zone, ...] = ()
        self._is_drawing = False
        self._start: QPointF | None = None
        self._end = QPointF()
        self._is_marked = False
        self._words = {"note": "", "away": ""}
        self._chips = {"badge": ("", "muted"), "camera": ("", "muted")}
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
        wide = max(self.width() - PAD_PX, 16) * ratio
        high = max(self.height() - PAD_PX, 16) * ratio
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

    def show_zones(self, zones: tuple[Zone, ...]) -> None:
        """Show where motion is looked for; () for all of the picture."""
        if zones != self._zones:
            self._zones = zones
            self.update()

    def draw_zones(self, is_drawing: bool) -> None:
        """Let a drag draw a zone, or stop letting it."""
        self._is_drawing = is_drawing
        self._start = None
        shape = Qt.CursorShape.CrossCursor if is_drawing else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)
        self.update()

    def show_note(self, note: str) -> None:
        """Say why there is no picture."""
        self._set_words("note", note)

    def show_away(self, words: str) -> None:
        """Say that the camera is away, over its last picture; "" when it is back."""
        self._set_words("away", words)

    def show_badge(self, words: str, tone: str = "bad") -> None:
        """Say what capture is doing, over the lower edge of the picture."""
        self._set_chip("badge", words, tone)

    def show_camera(self, words: str, tone: str) -> None:
        """Say which camera it is and how old its newest frame is."""
        self._set_chip("camera", words, tone)

    def mark(self, is_marked: bool) -> None:
        """Frame the picture that keys act on, where there are several."""
        if is_marked != self._is_marked:
            self._is_marked = is_marked
            self.update()

    @property
    def away(self) -> str:
        """What is said while the camera is away, "" otherwise."""
        return self._words["away"]

    @property
    def camera_words(self) -> str:
        """What the chip of the camera says."""
        return self._chips["camera"][0]

    @property
    def badge(self) -> str:
        """What the badge says."""
        return self._chips["badge"][0]

    def picture_rect(self) -> QRectF:
        """Give where the picture lies; an empty rectangle without one."""
        if self._image is None:
            return QRectF()
        size = self._image.deviceIndependentSize()
        left = (self.width() - size.width()) / 2
        top = (self.height() - size.height()) / 2
        return QRectF(QPointF(round(left), round(top)), size)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the picture and what lies over it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.colour("canvas"))
        if self._image is None:
            self._paint_note(painter)
        else:
            place = self.picture_rect()
            painter.drawImage(place.topLeft(), self._image)
            self.painted += 1
            self._paint_over(painter, place)
        if self._is_marked:
            painter.setPen(QPen(self._theme.colour("accent"), 3))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a zone, or choose this camera."""
        if self._is_drawing and self._image is not None:
            self._start = self._end = event.position()
        else:
            self.pressed.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pull the zone larger."""
        if self._start is not None:
            self._end = event.position()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the zone; one that is hardly there is none."""
        if self._start is None:
            return
        self._end = event.position()
        x0, y0, x1, y1 = area = self._drawn_area()
        self._start = None
        self.update()
        if x1 - x0 >= LEAST_ZONE and y1 - y0 >= LEAST_ZONE:
            self.zone_drawn.emit(zone_around(area))

    def _drawn_area(self) -> Area:
        """Give what lies between press and pointer, clipped to the picture."""
        place, start = self.picture_rect(), self._start or self._end
        xs = sorted((p.x() - place.left()) / place.width() for p in (start, self._end))
        ys = sorted((p.y() - place.top()) / place.height() for p in (start, self._end))
        x0, x1, y0, y1 = (round(min(max(v, 0.0), 1.0), 3) for v in (*xs, *ys))
        return x0, y0, x1, y1

    def _paint_note(self, painter: QPainter) -> None:
        painter.setPen(self._theme.colour("muted"))
        centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(self.rect(), centred, self._words["note"])

    def _paint_over(self, painter: QPainter, place: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        zones = self._zones
        if self._start is not None:
            zones = (*zones, zone_around(self._drawn_area()))
        paint_zones(painter, place, zones)
        if self._words["away"]:
            # Its figures are old, and what it is ready for is nothing.
            paint_away(painter, place, self._words["away"])
        elif self._readings is not None and place.width() >= LEAST_FIGURES_PX:
            paint_readings(painter, place, self._readings)
            paint_histogram(painter, place, self._readings)
        if self._chips["camera"][0]:
            paint_chip(painter, place, *self._chips["camera"])
        if self._chips["badge"][0] and not self._words["away"]:
            paint_badge(painter, place, *self._chips["badge"])

    def _set_words(self, which: str, words: str) -> None:
        if words != self._words[which]:
            self._words[which] = words
            self.update()

    def _set_chip(self, which: str, words: str, tone: str) -> None:
        if (words, tone) != self._chips[which]:
            self._chips[which] = (words, tone)
            self.update()
