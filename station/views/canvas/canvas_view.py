"""Where the picture lies in the canvas: fitting, zooming, panning."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, QSize

from labeling.geometry import Corners

FIT_MARGIN_PX = 16
MAX_SCALE = 40.0
IN_SIGHT_PX = 64.0


@dataclass(frozen=True, slots=True)
class View:
    """Where the picture lies: widget point = image point * scale + (x, y)."""

    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def to_image(self, point: QPointF) -> tuple[float, float]:
        """Give the image point under a widget point."""
        return (point.x() - self.x) / self.scale, (point.y() - self.y) / self.scale

    def rect(self, corners: Corners) -> QRectF:
        """Give the widget rectangle of a box."""
        x0, y0, x1, y1 = corners
        return QRectF(
            x0 * self.scale + self.x,
            y0 * self.scale + self.y,
            (x1 - x0) * self.scale,
            (y1 - y0) * self.scale,
        )


def fitting_scale(room: QSize, size: tuple[int, int]) -> float:
    """Give the scale at which a picture of `size` just fits into `room`."""
    wide = max(room.width() - 2 * FIT_MARGIN_PX, 16)
    high = max(room.height() - 2 * FIT_MARGIN_PX, 16)
    return min(wide / size[0], high / size[1], MAX_SCALE)


def fitted(room: QSize, size: tuple[int, int]) -> View:
    """Give the view that shows the whole picture in the middle."""
    scale = fitting_scale(room, size)
    left = (room.width() - size[0] * scale) / 2
    top = (room.height() - size[1] * scale) / 2
    return View(scale, round(left), round(top))


def zoomed(
    view: View, factor: float, at: QPointF, room: QSize, size: tuple[int, int]
) -> View:
    """Give the view after zooming; the image point under `at` stays where it is."""
    least = min(fitting_scale(room, size) / 2, 1.0)
    scale = min(max(view.scale * factor, least), MAX_SCALE)
    grown = scale / view.scale
    x = at.x() - (at.x() - view.x) * grown
    y = at.y() - (at.y() - view.y) * grown
    return kept_in_sight(View(scale, round(x), round(y)), room, size)


def panned(
    view: View, dx: float, dy: float, room: QSize, size: tuple[int, int]
) -> View:
    """Give the view after the picture was moved; a part of it stays in sight."""
    return kept_in_sight(replace(view, x=view.x + dx, y=view.y + dy), room, size)


def kept_in_sight(view: View, room: QSize, size: tuple[int, int]) -> View:
    """Give the nearest view that shows at least a corner of the picture."""
    wide, high = size[0] * view.scale, size[1] * view.scale
    left, top = min(wide, IN_SIGHT_PX), min(high, IN_SIGHT_PX)
    x = min(max(view.x, left - wide), room.width() - left)
    y = min(max(view.y, top - high), room.height() - top)
    return View(view.scale, x, y)
