"""What stands still on the canvas, painted once and copied afterwards."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap

from ...tone import PLAIN, Tone, apply
from .canvas_paint import CROWD, CanvasPainter, Picture, Shown
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
        self,
        painter: QPainter,
        size: QSize,
        view: View,
        picture: Picture | None,
        tone: Tone = PLAIN,
    ) -> None:
        """Copy the picture to where `painter` is clipped to."""
        if self._image is None:
            self._image = self._painted(painter, size, view, picture, tone)
        painter.drawPixmap(0, 0, self._image)

    def _painted(
        self,
        painter: QPainter,
        size: QSize,
        view: View,
        picture: Picture | None,
        tone: Tone,
    ) -> QPixmap:
        pixmap = self._blank(painter, size)
        pixmap.fill(self.brush.theme.colour("canvas"))
        if picture is not None:
            inner = QPainter(pixmap)
            self.brush.paint_image(inner, picture, view, QRect(0, 0, *_pair(size)))
            inner.end()
        if picture is None or tone.is_plain:
            return pixmap
        image = pixmap.toImage().convertToFormat(QImage.Format.Format_RGB32)
        apply(image, tone, _device_rect(view, picture, pixmap.devicePixelRatio()))
        return QPixmap.fromImage(image)

    def copy_boxes(
        self,
        painter: QPainter,
        size: QSize,
        view: View,
        still: Callable[[], tuple[Shown, ...]],
    ) -> None:
        """Copy the boxes that stand still; `still` is asked when they are dirty."""
        if self._boxes is None:
            self._boxes = self._blank(painter, size)
            self._boxes.fill(Qt.GlobalColor.transparent)
            inner = QPainter(self._boxes)
            self._paint_still(inner, size, view, still())
            inner.end()
        painter.drawPixmap(0, 0, self._boxes)

    def _paint_still(
        self, inner: QPainter, size: QSize, view: View, still: tuple[Shown, ...]
    ) -> None:
        window = QRect(0, 0, *_pair(size))
        if len(still) > CROWD:
            self.brush.paint_crowd(inner, still, view, window)
            return
        for item in still:
            if not self.brush.is_in_sight(item, view, window):
                continue
            room = self.brush.has_label(item, view, len(still))
            self.brush.paint_item(inner, item, view, window, with_label=room)

    def _blank(self, painter: QPainter, size: QSize) -> QPixmap:
        ratio = painter.device().devicePixelRatioF()
        pixmap = QPixmap(size * ratio)
        pixmap.setDevicePixelRatio(ratio)
        return pixmap


def _pair(size: QSize) -> tuple[int, int]:
    return size.width(), size.height()


def _device_rect(view: View, picture: Picture, ratio: float) -> QRect:
    """Give the device pixels that the picture covers."""
    wide, high = picture.size
    rect = view.rect((0.0, 0.0, wide, high))
    return QRectF(rect.topLeft() * ratio, rect.size() * ratio).toAlignedRect()
