"""The canvas: one picture with its boxes, on which boxes are drawn and changed."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from labeling.geometry import Corners, Handle, moved, resized

from ..theme import Theme
from .canvas_input import CanvasInput
from .canvas_layers import CanvasLayers
from .canvas_paint import CanvasPainter, Picture, Shown, crosshair_bounds, rubber_bounds
from .canvas_view import View, fitted, fitting_scale, panned, zoomed

SETTLE_MS = 150


class Canvas(QWidget):
    """Shows one picture with boxes; main thread only.

    The picture and the boxes that stand still are kept as two pixmaps of the size of
    the widget, so that a drag repaints only the box under the pointer.

    Signals:
        box_drawn: corners in image pixels.
        box_moved: id and corners, once a drag ended or the nudging paused.
        box_selected: the id, "" for none.
        view_changed: scale in device pixels an image pixel.
    """

    box_drawn = Signal(object)
    box_moved = Signal(str, object)
    box_selected = Signal(str)
    view_changed = Signal(float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "canvas")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        expanding = QSizePolicy.Policy.Expanding
        self.setSizePolicy(expanding, expanding)
        self._picture: Picture | None = None
        self._size = (1, 1)
        self._view = View()
        self._is_fitted = True
        self._items: tuple[Shown, ...] = ()
        self._selected = ""
        self._unsaved: dict[str, Corners] = {}
        self._is_hidden = False
        self._is_locked = False
        self._rubber: Corners | None = None
        self._rubber_colour = "#FFFFFF"
        self._pointer: QPointF | None = None
        self._input = CanvasInput(self)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._on_settled)
        self.set_theme(theme)

    def sizeHint(self) -> QSize:
        """Ask for the larger part of the window."""
        return QSize(900, 600)

    def minimumSizeHint(self) -> QSize:
        """Stay usable in the smallest window."""
        return QSize(320, 240)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._brush = CanvasPainter(theme, self.font())
        self._layers = CanvasLayers(self._brush)
        self.update()

    def show_picture(self, picture: Picture | None, size: tuple[int, int]) -> None:
        """Show another picture of `size` upright pixels; zoom and place are kept.

        None shows an empty canvas of that size until the picture is there.
        """
        has_new_size = size != self._size
        self._picture, self._size = picture, size
        if self._is_fitted or has_new_size:
            self.fit()
        self._layers.drop_image()
        self.update()

    def show_boxes(self, items: tuple[Shown, ...], selected: str = "") -> None:
        """Show these boxes; what is being dragged keeps following the pointer."""
        ids = {item.id for item in items}
        held = self._selected if self._is_held else ""
        kept = self._unsaved.get(held) if held in ids else None
        self._unsaved = {} if kept is None else {held: kept}
        self._items = items
        self._selected = held if kept else selected if selected in ids else ""
        if held and kept is None:
            self._input.cancel()
            self._settle.stop()
        self._layers.drop_boxes()
        self.update()

    def set_locked(self, is_locked: bool) -> None:
        """Take no gestures while the next picture is on its way."""
        if is_locked:
            self.flush()
            self._input.cancel()
        self._is_locked = is_locked

    def set_drawing_colour(self, colour: str) -> None:
        """Draw new boxes in this colour."""
        self._rubber_colour = colour

    @property
    def items(self) -> tuple[Shown, ...]:
        """The boxes shown, with their corners as painted."""
        return tuple(self._current(item) for item in self._items)

    @property
    def selected(self) -> str:
        """The id of the selected box, "" for none."""
        return self._selected

    @property
    def view(self) -> View:
        """Where the picture lies in the widget."""
        return self._view

    @property
    def is_fitted(self) -> bool:
        """True while the whole picture is kept in sight."""
        return self._is_fitted

    @property
    def has_picture(self) -> bool:
        """True once the picture itself is shown."""
        return self._picture is not None

    def device_scale(self, size: tuple[int, int]) -> float:
        """Give device pixels an image pixel that a picture of `size` will have."""
        is_same = size == self._size and not self._is_fitted
        scale = self._view.scale if is_same else fitting_scale(self.size(), size)
        return scale * self.devicePixelRatioF()

    # What a person asks for by key

    def fit(self) -> None:
        """Show the whole picture in the middle."""
        self._is_fitted = True
        self._set_view(fitted(self.size(), self._size))

    def zoom_to(self, scale: float) -> None:
        """Show `scale` widget pixels an image pixel, keeping the middle."""
        middle = QPointF(self.width() / 2, self.height() / 2)
        self.zoom_by(scale / self._view.scale, middle)

    def zoom_middle(self, factor: float) -> None:
        """Zoom by a factor, keeping the middle."""
        self.zoom_to(self._view.scale * factor)

    def arm_drawing(self) -> None:
        """Let the next press or two clicks draw a box."""
        if not self._is_locked:
            self.flush()
            self._input.arm_drawing()

    def cancel(self) -> None:
        """Give up drawing or dragging, else select nothing."""
        if self._input.is_busy or self._input.is_drawing_tool:
            self._input.cancel()
        else:
            self.select_index(None)

    def select_next(self, step: int = 1) -> None:
        """Select the next box, those to be looked at first."""
        if self._items:
            ids = [item.id for item in self._items]
            at = ids.index(self._selected) + step if self._selected else 0
            if not self._selected and step < 0:
                at = -1
            self.select_index(at % len(ids))

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selected box by image pixels; saved when the keys pause."""
        if (corners := self._selected_corners()) is not None:
            self._nudged(moved(corners, dx, dy, *self._size))

    def stretch(self, dx: float, dy: float) -> None:
        """Move the right and lower edge of the selected box by image pixels."""
        if (corners := self._selected_corners()) is not None:
            grip = Handle.SOUTH_EAST
            self._nudged(resized(corners, grip, dx, dy, *self._size))

    def flush(self) -> None:
        """Announce what was nudged and not announced yet."""
        was_waiting = self._settle.isActive()
        self._settle.stop()
        if self._selected in self._unsaved and was_waiting:
            self.box_moved.emit(self._selected, self._unsaved[self._selected])

    def toggle_boxes(self) -> None:
        """Hide the boxes to see what is below, or show them again."""
        self._is_hidden = not self._is_hidden
        self.update()

    # The surface that gestures act on (`canvas_input.Surface`)

    @property
    def image_size(self) -> tuple[int, int]:
        """Width and height of the picture, in its own pixels."""
        return self._size

    @property
    def corners(self) -> tuple[Corners, ...]:
        """Corners of the boxes in painting order."""
        return tuple(self._unsaved.get(i.id, i.corners) for i in self._items)

    @property
    def selected_index(self) -> int | None:
        """Where the selected box stands among `corners`."""
        ids = [item.id for item in self._items]
        return ids.index(self._selected) if self._selected in ids else None

    def image_point(self, point: QPointF) -> tuple[float, float]:
        """Give the image point under a widget point."""
        return self._view.to_image(point)

    def image_length(self, pixels: float) -> float:
        """Give how many image pixels `pixels` of the widget are."""
        return pixels / self._view.scale

    def select_index(self, index: int | None) -> None:
        """Select a box, or none."""
        self.select("" if index is None else self._items[index].id)

    def select(self, box_id: str) -> None:
        """Select the box of this id; "" for none."""
        if box_id == self._selected:
            return
        self.flush()
        self._selected = box_id
        self._layers.drop_boxes()
        self.update()
        self.box_selected.emit(box_id)

    def preview(self, corners: Corners) -> None:
        """Show the selected box with these corners, not saved yet."""
        before = self._active_bounds()
        self._unsaved[self._selected] = corners
        self.update(QRegion(before).united(self._active_bounds()))

    def commit(self, corners: Corners) -> None:
        """Give the selected box these corners."""
        self.preview(corners)
        self._settle.stop()
        self.box_moved.emit(self._selected, corners)

    def show_rubber(self, corners: Corners | None) -> None:
        """Show the box being drawn."""
        before = self._rubber_bounds()
        self._rubber = corners
        self.update(QRegion(before).united(self._rubber_bounds()))

    def finish_drawing(self, corners: Corners | None) -> None:
        """Announce the drawn box."""
        if corners is not None:
            self.box_drawn.emit(corners)

    def pan_by(self, dx: float, dy: float) -> None:
        """Move the picture; part of it stays in sight."""
        self._is_fitted = False
        self._set_view(panned(self._view, dx, dy, self.size(), self._size))

    def zoom_by(self, factor: float, at: QPointF) -> None:
        """Zoom, keeping the image point under `at` where it is."""
        self._is_fitted = False
        self._set_view(zoomed(self._view, factor, at, self.size(), self._size))

    def point_at(self, point: QPointF | None) -> None:
        """Move the crosshair."""
        before = self._crosshair_bounds()
        self._pointer = point
        self.update(before.united(self._crosshair_bounds()))

    def show_cursor(self, shape: Qt.CursorShape) -> None:
        """Show this pointer."""
        if self.cursor().shape() != shape:
            self.setCursor(shape)

    # Events

    def paintEvent(self, event: QPaintEvent) -> None:
        """Copy what stands still (Qt clips to what is needed), paint what moves."""
        painter = QPainter(self)
        size = self.size()
        self._layers.copy_image(painter, size, self._view, self._picture)
        if not self._is_hidden:
            still = tuple(i for i in self._items if i.id != self._selected)
            self._layers.copy_boxes(painter, size, self._view, still)
        self._paint_moving(painter)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep a fitted picture fitted."""
        super().resizeEvent(event)
        self._layers.drop()
        if self._is_fitted:
            self.fit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a gesture."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if not self._is_locked:
            self._input.press(event.position(), event.button())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow a gesture."""
        if not self._is_locked:
            self._input.move(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a gesture."""
        if not self._is_locked:
            self._input.release(event.position(), event.button())

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the crosshair when the pointer leaves."""
        super().leaveEvent(event)
        self.point_at(None)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the crosshair again where a box is about to be drawn."""
        super().enterEvent(event)
        if self._input.is_drawing_tool:
            self.point_at(event.position())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom with Ctrl, else move the picture."""
        held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        steps = event.angleDelta().y() / 120.0
        self._input.wheel(event.position(), steps, with_ctrl=bool(held))
        event.accept()

    # Painting and places

    @property
    def _is_held(self) -> bool:
        """True while the selected box is dragged or nudged and not announced yet."""
        return self._settle.isActive() or self._input.is_dragging

    def _on_settled(self) -> None:
        if self._selected in self._unsaved:
            self.box_moved.emit(self._selected, self._unsaved[self._selected])

    def _paint_moving(self, painter: QPainter) -> None:
        active = self._active()
        if active is not None and not self._is_hidden:
            width = float(self.width())
            self._brush.paint_item(painter, active, self._view, width, is_active=True)
        if self._rubber is not None:
            rect = self._view.rect(self._rubber)
            self._brush.paint_rubber(painter, rect, self._rubber_colour)
        if self._pointer is not None:
            self._brush.paint_crosshair(painter, self._pointer, self.rect())

    def _set_view(self, view: View) -> None:
        if view != self._view:
            self._view = view
            self._layers.drop()
            self.update()
            self.view_changed.emit(view.scale * self.devicePixelRatioF())

    def _active(self) -> Shown | None:
        index = self.selected_index
        return None if index is None else self._current(self._items[index])

    def _current(self, item: Shown) -> Shown:
        corners = self._unsaved.get(item.id)
        return item if corners is None else replace(item, corners=corners)

    def _selected_corners(self) -> Corners | None:
        active = self._active()
        return None if active is None or self._is_locked else active.corners

    def _nudged(self, corners: Corners) -> None:
        self.preview(corners)
        self._settle.start()

    def _active_bounds(self) -> QRect:
        active = self._active()
        if active is None:
            return QRect()
        return self._brush.bounds(active, self._view, float(self.width()))

    def _rubber_bounds(self) -> QRect:
        rect = None if self._rubber is None else self._view.rect(self._rubber)
        return rubber_bounds(rect)

    def _crosshair_bounds(self) -> QRegion:
        return crosshair_bounds(self._pointer, self.rect())
