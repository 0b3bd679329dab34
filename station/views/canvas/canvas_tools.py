"""What is over the boxes of a canvas: rubber, band, crosshair, magnifier, badges."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QPainter, QRegion

from labeling.geometry import Corners

from ...language import tr
from ...tone import Tone
from .canvas_boxes import CanvasBoxes
from .canvas_loupe import SMALL_PX, Loupe
from .canvas_paint import CanvasPainter, Picture, Shown, crosshair_bounds, rubber_bounds
from .canvas_view import View


class CanvasTools:
    """Holds what follows the pointer and paints it; says what is to be repainted."""

    def __init__(self) -> None:
        self.rubber: Corners | None = None
        self.band: Corners | None = None
        self.colour = "#FFFFFF"
        self.has_loupe = True
        self.loupe = Loupe()
        self._pointer: QPointF | None = None
        self._loupe_at: QPointF | None = None

    def show_rubber(
        self, corners: Corners | None, view: View, window: QRect
    ) -> QRegion:
        """Show the box being drawn; gives what changed on the widget."""
        before, self.rubber = self.rubber, corners
        return _changed(before, corners, view, window)

    def show_band(self, corners: Corners | None, view: View, window: QRect) -> QRegion:
        """Show where boxes will be chosen; gives what changed on the widget."""
        before, self.band = self.band, corners
        return _changed(before, corners, view, window)

    def point_at(self, point: QPointF | None, window: QRect) -> QRegion:
        """Move the crosshair; gives what changed on the widget."""
        before = crosshair_bounds(self._pointer, window)
        self._pointer = point
        return before.united(crosshair_bounds(point, window))

    def place_loupe(self, point: QPointF | None, view: View, window: QRect) -> QRegion:
        """Move the magnifier, None for away; gives what changed on the widget."""
        before = QRegion(self.loupe.bounds)
        wanted = point if self.has_loupe else None
        is_there = self.loupe.place(wanted, view, window)
        self._loupe_at = wanted if is_there else None
        return before.united(self.loupe.bounds)

    def paint(
        self, painter: QPainter, brush: CanvasPainter, view: View, window: QRect
    ) -> None:
        """Paint what is drawn and chosen, and the crosshair."""
        if self.rubber is not None:
            brush.paint_rubber(painter, view.rect(self.rubber), self.colour)
        if self.band is not None:
            brush.paint_band(painter, view.rect(self.band))
        if self._pointer is not None:
            brush.paint_crosshair(painter, self._pointer, window)

    def paint_loupe(
        self,
        painter: QPainter,
        brush: CanvasPainter,
        view: View,
        window: QRect,
        picture: Picture | None,
        tone: Tone,
        active: tuple[Shown, ...],
    ) -> None:
        """Paint the magnifier with the edges of what is drawn or resized."""
        if self._loupe_at is None or picture is None:
            return
        edges = [(item.corners, item.colour) for item in active[-1:]]
        if self.rubber is not None:
            edges = [(self.rubber, self.colour)]
        at = self._loupe_at
        self.loupe.paint(painter, brush, at, view, window, picture, tone, tuple(edges))


def is_small(corners: Corners, view: View) -> bool:
    """Say whether a box is so small on the screen that the magnifier helps."""
    rect = view.rect(corners)
    return min(rect.width(), rect.height()) < SMALL_PX


def rect_bounds(corners: Corners | None, view: View, window: QRect) -> QRect:
    """Give the part of the widget that painting a plain rectangle can touch."""
    if corners is None:
        return QRect()
    return rubber_bounds(view.rect(corners)).intersected(window)


def badges(boxes: CanvasBoxes, tone: Tone) -> tuple[str, ...]:
    """Give in words what on a canvas is not as it usually is."""
    words = []
    if not tone.is_plain:
        words.append(
            tr("Brightness {b:+d} · contrast {c:+d} · only the view").format(
                b=round(tone.brightness * 100), c=round(tone.contrast * 100)
            )
        )
    if boxes.has_hidden:
        words.append(tr("{count} hidden").format(count=f"{boxes.hidden_count:,}"))
    if boxes.are_all_locked:
        words.append(tr("Boxes locked"))
    if boxes.unshowable:
        text = tr("{count} without a size, not shown")
        words.append(text.format(count=f"{boxes.unshowable:,}"))
    return tuple(words)


def _changed(
    before: Corners | None, after: Corners | None, view: View, window: QRect
) -> QRegion:
    first = QRegion(rect_bounds(before, view, window))
    return first.united(rect_bounds(after, view, window))
