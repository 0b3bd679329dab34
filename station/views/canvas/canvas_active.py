"""The boxes in hand: painted anew with each move, a crowd of them as one outline."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QRegion

from labeling.geometry import bounds

from .canvas_paint import CROWD, CanvasPainter, Shown
from .canvas_tools import rect_bounds
from .canvas_view import View


def paint_active(
    painter: QPainter,
    brush: CanvasPainter,
    active: tuple[Shown, ...],
    view: View,
    window: QRect,
) -> None:
    """Paint the boxes in hand; one alone has grips."""
    if len(active) > CROWD:
        brush.paint_crowd(painter, active, view, window)
        return
    is_one = len(active) == 1
    for item in active:
        brush.paint_item(painter, item, view, window, is_active=True, with_grips=is_one)


def active_bounds(
    brush: CanvasPainter, active: tuple[Shown, ...], view: View, window: QRect
) -> QRegion:
    """Give the part of the widget that painting them can touch."""
    if len(active) > CROWD:
        around = bounds(item.corners for item in active)
        return QRegion(rect_bounds(around, view, window))
    region = QRegion()
    for item in active:
        region += brush.bounds(item, view, window)
    return region
