"""What stands still on the canvas, painted once and copied afterwards."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap, QRegion

from ...tone import PLAIN, Tone, apply
from .canvas_boxes import CanvasBoxes
from .canvas_paint import CROWD, LABELS_FOR_ALL, CanvasPainter, Picture, Shown
from .canvas_view import View

FEW = 16
"""So many boxes are repainted by themselves when they are chosen, else all are."""
LABEL_REACH_PX = 320
"""How far beside its box the end of a label may be."""


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
            items = still()
            self._paint_still(inner, size, view, items, len(items))
            inner.end()
        painter.drawPixmap(0, 0, self._boxes)

    def patch(
        self,
        changed: tuple[Shown, ...],
        boxes: CanvasBoxes,
        view: View,
        window: QRect,
    ) -> QRegion:
        """Paint anew where boxes became chosen or still; gives where on the widget."""
        everywhere = QRegion()
        for item in changed:
            part = self.brush.bounds(item, view, window)
            if self._boxes is not None and not boxes.are_all_hidden:
                self._patch_one(self._boxes, part, boxes, view, window.size())
            everywhere += part
        return everywhere

    def _patch_one(
        self,
        pixmap: QPixmap,
        part: QRect,
        boxes: CanvasBoxes,
        view: View,
        size: QSize,
    ) -> None:
        has_labels = boxes.still_count <= CROWD
        beside, below = (LABEL_REACH_PX, LABEL_REACH_PX // 8) if has_labels else (8, 8)
        around = part.adjusted(-beside, -8, beside, below)
        x0, y0 = view.to_image(around.topLeft().toPointF())
        x1, y1 = view.to_image(around.bottomRight().toPointF())
        near = boxes.still_near((x0, y0, x1, y1))
        inner = QPainter(pixmap)
        inner.setClipRect(part)
        inner.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
        inner.fillRect(part, Qt.GlobalColor.transparent)
        inner.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        self._paint_still(inner, size, view, near, boxes.still_count)
        inner.end()

    def _paint_still(
        self,
        inner: QPainter,
        size: QSize,
        view: View,
        still: tuple[Shown, ...],
        count: int,
    ) -> None:
        window = QRect(0, 0, *_pair(size))
        if count > CROWD:
            self.brush.paint_crowd(inner, still, view, window)
            return
        for item in still:
            if not self.brush.is_in_sight(item, view, window):
                continue
            room = self.brush.has_label(item, view, count)
            self.brush.paint_item(inner, item, view, window, with_label=room)

    def _blank(self, painter: QPainter, size: QSize) -> QPixmap:
        ratio = painter.device().devicePixelRatioF()
        pixmap = QPixmap(size * ratio)
        pixmap.setDevicePixelRatio(ratio)
        return pixmap


def is_patch(boxes: CanvasBoxes, chosen: int, hidden: int) -> bool:
    """Say whether another choice leaves most of the still boxes as they are painted.

    `chosen` and `hidden` are how many were so before. How boxes are painted depends on
    how many there are.
    """
    before = len(boxes.items) - chosen - hidden
    return (
        hidden == boxes.hidden_count
        and chosen + len(boxes.chosen) <= FEW
        and all(
            (before <= limit) == (boxes.still_count <= limit)
            for limit in (LABELS_FOR_ALL, CROWD)
        )
    )


def _pair(size: QSize) -> tuple[int, int]:
    return size.width(), size.height()


def _device_rect(view: View, picture: Picture, ratio: float) -> QRect:
    """Give the device pixels that the picture covers."""
    wide, high = picture.size
    rect = view.rect((0.0, 0.0, wide, high))
    return QRectF(rect.topLeft() * ratio, rect.size() * ratio).toAlignedRect()
