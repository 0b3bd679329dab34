"""The picture of one change, both boxes drawn: dashed before, solid after."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from dataset.images.image_file import decode

from ...language import tr
from ...pictures import read_bytes, shrunk_image
from ...theme import DARK, Theme
from ..contracts import Corners
from ..labels import label
from .versions_contract import PictureRequest

MARGIN = 0.35
LEAST_PX = 96.0
SHAPE = 3 / 4
HALO = "#000000"


def load_picture(request: PictureRequest, room: QSize) -> QImage:
    """Read the sample and draw the boxes as they were and as they are.

    The surroundings of the boxes are shown, the whole picture where there are none.
    """
    pixels = decode(read_bytes(request.path))
    high, wide = pixels.shape[:2]
    left, top, right, bottom = surroundings(
        (*request.before, *request.after), wide, high
    )
    part = pixels[top:bottom, left:right]
    image = shrunk_image(part, room)
    scale = image.width() / part.shape[1]
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = max(min(room.width(), room.height()) / 150, 2.0)
    for boxes, colour, style in (
        (request.before, DARK.bad, Qt.PenStyle.DashLine),
        (request.after, DARK.ok, Qt.PenStyle.SolidLine),
    ):
        for box in boxes:
            rect = QRectF(
                (box[0] - left) * scale,
                (box[1] - top) * scale,
                (box[2] - box[0]) * scale,
                (box[3] - box[1]) * scale,
            )
            # A dark line under it: green on grass would not be seen.
            for ink, width, dash in (
                (HALO, pen + 2, Qt.PenStyle.SolidLine),
                (colour, pen, style),
            ):
                if ink == HALO and style == Qt.PenStyle.DashLine:
                    continue
                painter.setPen(QPen(QColor(ink), width, dash))
                painter.drawRect(rect)
    painter.end()
    return image


def surroundings(
    boxes: tuple[Corners, ...], wide: int, high: int
) -> tuple[int, int, int, int]:
    """Give left, top, right and bottom of what is to be seen, inside the image."""
    if not boxes:
        return 0, 0, wide, high
    x0, y0 = min(box[0] for box in boxes), min(box[1] for box in boxes)
    x1, y1 = max(box[2] for box in boxes), max(box[3] for box in boxes)
    across = max((x1 - x0) * (1 + 2 * MARGIN), LEAST_PX)
    down = max((y1 - y0) * (1 + 2 * MARGIN), LEAST_PX * 0.75)
    left, right = _inside((x0 + x1) / 2, across, wide)
    top, bottom = _inside((y0 + y1) / 2, down, high)
    return left, top, right, bottom


def _inside(middle: float, length: float, limit: int) -> tuple[int, int]:
    """Give a stretch of about that length within 0 and limit, one pixel at least."""
    length = min(length, float(limit))
    start = min(max(middle - length / 2, 0.0), limit - length)
    first = int(start)
    return first, min(max(int(start + length) + 1, first + 1), limit)


class _Canvas(QWidget):
    """Paints the picture in the middle, or a sentence where there is none.

    Signals:
        resized: the room for the picture changed.
    """

    resized = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.image = QImage()
        self.words = ""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setMaximumHeight(round(self.width() * SHAPE))
        self.resized.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = QRectF(self.rect())
        painter.fillRect(rect, self.theme.colour("canvas"))
        if self.image.isNull():
            painter.setPen(self.theme.colour("muted"))
            middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(rect.adjusted(20, 0, -20, 0), int(middle), self.words)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(fitted(self.image, rect), self.image)
        painter.end()


def fitted(image: QImage, room: QRectF) -> QRectF:
    """Give the largest place of the image's shape in the middle of `room`."""
    scale = min(room.width() / image.width(), room.height() / image.height())
    place = QRectF(0.0, 0.0, image.width() * scale, image.height() * scale)
    place.moveCenter(room.center())
    return place


class ChangePicture(QWidget):
    """Shows the picture of the chosen change, with what it is below.

    Signals:
        picture_requested: the room for the picture changed, it is wanted again.
    """

    picture_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = _Canvas(theme)
        self._caption = label("", "muted", wraps=True)
        self._legend = label(tr("dashed red: before, solid green: after"), "small")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._canvas, 100)
        column.addWidget(self._caption)
        column.addWidget(self._legend)
        column.addStretch(1)
        self._canvas.resized.connect(self._on_resized)
        self.show_words(tr("Choose a change to see it"))

    @property
    def image(self) -> QImage:
        """The picture that is shown; null for none."""
        return self._canvas.image

    @property
    def words(self) -> str:
        """What is said instead of a picture."""
        return self._canvas.words

    @property
    def caption(self) -> str:
        """What stands below the picture."""
        return self._caption.text()

    @property
    def room(self) -> QSize:
        """How large the picture may be, in device pixels."""
        return self._canvas.size() * self._canvas.devicePixelRatioF()

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._canvas.theme = theme
        self._canvas.update()

    def show_picture(self, image: QImage, caption: str) -> None:
        """Show a picture."""
        self._canvas.image = image
        self._canvas.words = ""
        self._caption.setText(caption)
        self._canvas.update()

    def show_words(self, words: str, caption: str = "") -> None:
        """Say why there is no picture."""
        self._canvas.image = QImage()
        self._canvas.words = words
        self._caption.setText(caption)
        self._canvas.update()

    def _on_resized(self) -> None:
        if not self._canvas.image.isNull():
            self.picture_requested.emit()
