"""What stands still on the canvas, painted once and copied afterwards."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap

from .canvas_paint import CanvasPainter, Picture, Shown
from .canvas_view import View


class CanvasLayers:
    """Two pixmaps of the widget's size: the picture, and the boxes not touched.

    A drag then costs two copies of the part that changed and one box, however many
    boxes there are.
    """

    def __init__(self, brush: CanvasPainter) -> None:
        self.brush = brush
        self._image: QPixmap | None = None
        self._boxes: QPixmap | None = None

    def drop(self) -> None:
        """Paint both anew next time: the view or the size changed."""
        self._image = self._boxes = None

    def drop_image(self) -> None:
        """Paint the picture anew next time."""
        self._image = None

    def drop_boxes(self) -> None:
        """Paint the boxes anew next time."""
        self._boxes = None

    def copy_image(
        self, painter: QPainter, size: QSize, view: View, picture: Picture | None
    ) -> None:
        """Copy the picture to where `painter` is clipped to."""
        if self._image is None:
            self._image = self._blank(painter, size)
            self._image.fill(self.brush.theme.colour("canvas"))
            if picture is not None:
                inner = QPainter(self._image)
                self.brush.paint_image(inner, picture, view, QRect(0, 0, *_pair(size)))
                inner.end()
        painter.drawPixmap(0, 0, self._image)

    def copy_boxes(
        self, painter: QPainter, size: QSize, view: View, still: tuple[Shown, ...]
    ) -> None:
        """Copy the boxes that stand still; `still` matters when they are dirty."""
        if self._boxes is None:
            self._boxes = self._blank(painter, size)
            self._boxes.fill(Qt.GlobalColor.transparent)
            inner = QPainter(self._boxes)
            self._paint_still(inner, size, view, still)
            inner.end()
        painter.drawPixmap(0, 0, self._boxes)

    def _paint_still(
        self, inner: QPainter, size: QSize, view: View, still: tuple[Shown, ...]
    ) -> None:
        window = QRect(0, 0, *_pair(size))
        width = float(size.width())
        for item in still:
            if not self.brush.bounds(item, view, width).intersects(window):
                continue
            room = self.brush.has_label(item, view, len(still))
            self.brush.paint_item(inner, item, view, width, with_label=room)

    def _blank(self, painter: QPainter, size: QSize) -> QPixmap:
        ratio = painter.device().devicePixelRatioF()
        pixmap = QPixmap(size * ratio)
        pixmap.setDevicePixelRatio(ratio)
        return pixmap


def _pair(size: QSize) -> tuple[int, int]:
    return size.width(), size.height()
