"""The map itself: points, what is drawn round them, what the pointer is at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from ...language import tr
from ...theme import Theme
from .map_gestures import Drag, MapGestures, Tool
from .map_legend import LegendRow, ink_of, rgb
from .point_raster import Layer, paint, radius_for
from .viewpoint import STEP, Places, Viewpoint, fit

Mask = NDArray[np.bool_]

HOVER_PX = 10.0
RING_PX = 7.0
NOBODY = -1
CHOSEN_GROWTH = 1.15


class MapSurface(QWidget):
    """Paints the points of a map and tells what a hand does on it.

    Signals:
        lassoed: a polygon (M, 2) of places, and the keyboard's modifiers.
        framed: x and y of two corners as places, and the modifiers.
        picked: the index of a point, -1 for none, and the modifiers.
        hovered: the index of the point under the pointer, -1 for none, and where.
        opened: the index of the point that was double-clicked.
    """

    lassoed = Signal(object, object)
    framed = Signal(object, object)
    picked = Signal(int, object)
    hovered = Signal(int, QPoint)
    opened = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Map of samples"))
        self.setMouseTracking(True)
        self.setMinimumSize(200, 160)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._theme = theme
        self._gestures = MapGestures(self)
        self._places: Places = np.zeros((0, 2), np.float32)
        # The place of each point's look in `_rows`.
        self._looks: NDArray[np.int16] = np.zeros(0, np.int16)
        self._rows: tuple[LegendRow, ...] = ()
        self._chosen: Mask = np.zeros(0, np.bool_)
        self._seen: Mask = np.zeros(0, np.bool_)
        self._on_screen: Places = self._places
        self._image: QImage | None = None
        self._is_fitted = True
        self.hovered_at = NOBODY
        self.view = Viewpoint()

    @property
    def tool(self) -> Tool:
        """What a drag with the left button does."""
        return self._gestures.tool

    def set_tool(self, tool: Tool) -> None:
        """Have the left button do something else."""
        self._gestures.set_tool(tool)

    @property
    def seen(self) -> Mask:
        """Which samples are not hidden by the legend."""
        return self._seen

    def show_places(self, places: Places, *, keeps_view: bool) -> None:
        """Show these places; `keeps_view` where they are those of before or nearly."""
        self._places = places
        self._chosen = np.zeros(len(places), np.bool_)
        self._seen = np.ones(len(places), np.bool_)
        self._looks = np.zeros(len(places), np.int16)
        self.hovered_at = NOBODY
        if not keeps_view or self._is_fitted:
            self.fit()
        self._paint_anew()

    def show_looks(self, codes: NDArray[np.int32], rows: Sequence[LegendRow]) -> None:
        """Colour the points by code; rows that are not shown hide theirs."""
        self._rows = tuple(rows)
        looks = np.zeros(int(codes.max(initial=0)) + 1, np.int16)
        for at, row in enumerate(rows):
            looks[list(row.codes)] = at
        shown = np.array([row.shown for row in rows], np.bool_)
        self._looks = looks[codes]
        self._seen = shown[self._looks] if len(codes) else np.zeros(0, np.bool_)
        self._paint_anew()

    def show_chosen(self, chosen: Mask) -> None:
        """Let these points stand out; the others fade where there are any."""
        self._chosen = chosen
        self._paint_anew()

    def show_hovered(self, at: int) -> None:
        """Ring a point."""
        if at != self.hovered_at:
            self.hovered_at = at
            self.update()

    def fit(self) -> None:
        """Show all places."""
        self._is_fitted = True
        self.view = fit(self._places, self.width(), self.height())
        self._paint_anew()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Nearer or farther, by default from the middle."""
        middle = QPointF(self.width() / 2, self.height() / 2) if at is None else at
        self._is_fitted = False
        self.view = self.view.zoomed(factor, middle.x(), middle.y())
        self._paint_anew()

    def move_by(self, dx: float, dy: float) -> None:
        """Move the map by so many pixels."""
        self._is_fitted = False
        self.view = self.view.moved(dx, dy)
        self._paint_anew()

    def widget_point(self, at: int) -> QPointF:
        """Where a sample's point lies in the widget."""
        x, y = self.view.to_widget(self._places[at : at + 1])[0].tolist()
        return QPointF(x, y)

    def point_at(self, where: QPointF) -> int:
        """The index of the nearest visible point within reach; -1 for none."""
        places = self._on_screen
        if len(places) != len(self._seen):
            return NOBODY
        dx = np.abs(places[:, 0] - np.float32(where.x()))
        dy = np.abs(places[:, 1] - np.float32(where.y()))
        near = np.flatnonzero((dx < HOVER_PX) & (dy < HOVER_PX) & self._seen)
        if not len(near):
            return NOBODY
        distance = dx[near] ** 2 + dy[near] ** 2
        best = int(np.argmin(distance))
        return int(near[best]) if distance[best] <= HOVER_PX**2 else NOBODY

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._theme = theme
        self._paint_anew()

    def sizeHint(self) -> QSize:
        return QSize(640, 480)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._is_fitted:
            self.fit()
        else:
            self.view = self.view.resized(self.width(), self.height())
        self._paint_anew()

    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = event.angleDelta().y() / 120
        if steps:
            self.zoom(STEP**steps, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._gestures.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._gestures.move(event):
            self.update()
            return
        at = self.point_at(event.position())
        if at != self.hovered_at:
            self.show_hovered(at)
            self.hovered.emit(at, event.position().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._gestures.release(event)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = self.point_at(event.position())
        if at != NOBODY:
            self.opened.emit(at)

    def leaveEvent(self, event: object) -> None:
        self.show_hovered(NOBODY)
        self.hovered.emit(NOBODY, QPoint())

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._image is None:
            self._image = self._points()
        painter = QPainter(self)
        painter.drawImage(QPoint(0, 0), self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_hovered(painter)
        self._paint_drag(painter, self._gestures.drag)
        painter.end()

    def _paint_anew(self) -> None:
        self._image = None
        self.update()

    def _points(self) -> QImage:
        """All points as one picture, in device pixels."""
        ratio = self.devicePixelRatioF()
        self._on_screen = self.view.to_widget(self._places)
        width = max(round(self.width() * ratio), 1)
        height = max(round(self.height() * ratio), 1)
        ground = rgb(self._theme.colour("canvas"))
        pixels = paint(width, height, ground, self._layers(ratio))
        held = np.ascontiguousarray(pixels)
        image = QImage(
            held.data, width, height, width * 4, QImage.Format.Format_RGB32
        ).copy()
        image.setDevicePixelRatio(ratio)
        return image

    def _layers(self, ratio: float) -> list[Layer]:
        """A layer for each look: grey lies under colours, both under the chosen."""
        count = int(self._seen.sum())
        radius = radius_for(count, self.width(), self.height())
        has_choice = bool(self._chosen.any())
        device = self._on_screen * np.float32(ratio)
        found: list[Layer] = []
        for at, row in enumerate(self._rows):
            if not row.shown:
                continue
            member = self._looks == at
            for is_chosen in (False, True) if has_choice else (False,):
                mine = member & (self._chosen == is_chosen) if has_choice else member
                is_faded = has_choice and not is_chosen
                grown = radius * (CHOSEN_GROWTH if is_chosen else 1.0) * ratio
                found.append(
                    Layer(
                        points=device[mine],
                        ink=ink_of(row, self._theme, is_faded=is_faded),
                        radius=round(grown, 2),
                        level=2 * is_chosen + bool(row.colour),
                    )
                )
        return found

    def _paint_hovered(self, painter: QPainter) -> None:
        if not 0 <= self.hovered_at < len(self._places):
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._theme.colour("text"), 1 + self._theme.line_px))
        painter.drawEllipse(self.widget_point(self.hovered_at), RING_PX, RING_PX)

    def _paint_drag(self, painter: QPainter, drag: Drag | None) -> None:
        """The lasso or rectangle that is being drawn."""
        if drag is None or drag.tool is Tool.MOVE:
            return
        fill = QColor(self._theme.colour("accent"))
        pen = QPen(fill, self._theme.line_px, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        fill.setAlpha(38)
        painter.setBrush(fill)
        if drag.tool is Tool.LASSO:
            painter.drawPolygon(QPolygonF(list(drag.points)))
        else:
            painter.drawRect(QRectF(drag.points[0], drag.points[-1]).normalized())
