"""What pointer and wheel mean on the canvas: events in, intents out."""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol

from PySide6.QtCore import QPointF, Qt

from labeling.geometry import Corners, Handle, Hit, drag, drawn, hits

GRIP_PX = 7.0
CLICK_PX = 3.0
WHEEL_STEP = 1.2

CURSORS = {
    Handle.NORTH_WEST: Qt.CursorShape.SizeFDiagCursor,
    Handle.SOUTH_EAST: Qt.CursorShape.SizeFDiagCursor,
    Handle.NORTH_EAST: Qt.CursorShape.SizeBDiagCursor,
    Handle.SOUTH_WEST: Qt.CursorShape.SizeBDiagCursor,
    Handle.NORTH: Qt.CursorShape.SizeVerCursor,
    Handle.SOUTH: Qt.CursorShape.SizeVerCursor,
    Handle.EAST: Qt.CursorShape.SizeHorCursor,
    Handle.WEST: Qt.CursorShape.SizeHorCursor,
}


class Gesture(Enum):
    """What the pointer is in the middle of."""

    NONE = auto()
    PRESSED = auto()
    DRAGGING = auto()
    DRAWING = auto()
    PANNING = auto()


class Surface(Protocol):
    """What the gestures need of the canvas; points are widget pixels."""

    @property
    def image_size(self) -> tuple[int, int]:
        """Width and height of the picture, in its own pixels."""

    @property
    def corners(self) -> tuple[Corners, ...]:
        """Corners of the boxes that can be picked, in painting order."""

    @property
    def selected_index(self) -> int | None:
        """Which of them is selected."""

    def image_point(self, point: QPointF) -> tuple[float, float]:
        """Give the image point under a widget point."""

    def image_length(self, pixels: float) -> float:
        """Give how many image pixels `pixels` of the widget are."""

    def select_index(self, index: int | None) -> None:
        """Select a box, or none."""

    def preview(self, corners: Corners) -> None:
        """Show the selected box with these corners, not saved yet."""

    def commit(self, corners: Corners) -> None:
        """Give the selected box these corners."""

    def show_rubber(self, corners: Corners | None) -> None:
        """Show the box being drawn."""

    def finish_drawing(self, corners: Corners | None) -> None:
        """Add the drawn box, or give up when there is none."""

    def pan_by(self, dx: float, dy: float) -> None:
        """Move the picture."""

    def zoom_by(self, factor: float, at: QPointF) -> None:
        """Zoom, keeping the image point under `at` where it is."""

    def point_at(self, point: QPointF | None) -> None:
        """Note where the pointer is, for the crosshair."""

    def show_cursor(self, shape: Qt.CursorShape) -> None:
        """Show this pointer."""


class CanvasInput:
    """Turns pointer events into calls on a `Surface`.

    A press on a box takes the smallest one; a press on the selected one that ends
    where it began goes on to the next box underneath. A drag that begins on no box
    draws one. With the draw tool two clicks or one drag draw, whatever is below.
    """

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self._gesture = Gesture.NONE
        self._is_drawing_tool = False
        self._origin = QPointF()
        self._last = QPointF()
        self._clicked = QPointF(-100.0, -100.0)
        self._anchor: tuple[float, float] | None = None
        self._hits: tuple[Hit, ...] = ()
        self._held: Hit | None = None
        self._start: Corners | None = None
        self._was_selected = False

    @property
    def is_busy(self) -> bool:
        """True while a gesture is under way or a first corner is set."""
        return self._gesture is not Gesture.NONE or self._anchor is not None

    @property
    def is_dragging(self) -> bool:
        """True while a box follows the pointer."""
        return self._gesture is Gesture.DRAGGING

    @property
    def is_drawing_tool(self) -> bool:
        """True while the next press draws."""
        return self._is_drawing_tool

    def arm_drawing(self) -> None:
        """Let the next press draw, whatever is below it."""
        self.cancel()
        self._is_drawing_tool = True
        self._surface.show_cursor(Qt.CursorShape.CrossCursor)

    def cancel(self) -> None:
        """Give up what is under way; nothing is changed."""
        if self._gesture is Gesture.DRAGGING and self._start is not None:
            self._surface.preview(self._start)
        self._gesture = Gesture.NONE
        self._is_drawing_tool = False
        self._anchor = None
        self._surface.show_rubber(None)
        self._surface.point_at(None)
        self._surface.show_cursor(Qt.CursorShape.ArrowCursor)

    def press(self, point: QPointF, button: Qt.MouseButton) -> None:
        """Begin a gesture."""
        self._origin = self._last = point
        if button is Qt.MouseButton.MiddleButton:
            self._gesture = Gesture.PANNING
            self._surface.show_cursor(Qt.CursorShape.ClosedHandCursor)
        elif button is Qt.MouseButton.LeftButton:
            if self._anchor is not None:
                self._gesture = Gesture.DRAWING
            elif self._is_drawing_tool:
                self._begin_drawing(point)
            else:
                self._pick(point)

    def move(self, point: QPointF) -> None:
        """Follow the pointer."""
        if self._gesture is Gesture.PANNING:
            way = point - self._last
            self._surface.pan_by(way.x(), way.y())
        elif self._gesture is Gesture.PRESSED and self._has_left(point):
            self._begin_dragging()
        if self._gesture is Gesture.DRAGGING:
            self._surface.preview(self._dragged(point))
        elif self._anchor is not None:
            self._surface.show_rubber(self._drawn_to(point))
        elif self._gesture is Gesture.NONE:
            self._show_what_is_below(point)
        if self._is_drawing_tool or self._anchor is not None:
            self._surface.point_at(point)
        self._last = point

    def release(self, point: QPointF, button: Qt.MouseButton) -> None:
        """End a gesture."""
        gesture, self._gesture = self._gesture, Gesture.NONE
        if gesture is Gesture.PANNING and button is Qt.MouseButton.MiddleButton:
            self._show_what_is_below(point)
        elif gesture is Gesture.DRAGGING:
            self._surface.commit(self._dragged(point))
        elif gesture is Gesture.DRAWING:
            self._release_drawing(point)
        elif gesture is Gesture.PRESSED:
            self._click()

    def wheel(self, point: QPointF, steps: float, *, with_ctrl: bool) -> None:
        """Zoom with Ctrl, else move the picture up and down."""
        if with_ctrl:
            self._surface.zoom_by(WHEEL_STEP**steps, point)
        else:
            self._surface.pan_by(0.0, steps * 60.0)

    def _pick(self, point: QPointF) -> None:
        boxes = self._surface.corners
        selected = self._surface.selected_index
        self._hits = self._hits_at(point)
        under = [one for one in self._hits if one.index == selected]
        self._held = under[0] if under else next(iter(self._hits), None)
        self._was_selected = bool(under)
        if self._held is not None:
            self._surface.select_index(self._held.index)
            self._start = boxes[self._held.index]
        self._gesture = Gesture.PRESSED

    def _hits_at(self, point: QPointF) -> tuple[Hit, ...]:
        """Give the boxes under a point; only the selected one is gripped outside.

        Else no new box could be begun close beside another.
        """
        x, y = self._surface.image_point(point)
        boxes = self._surface.corners
        selected = self._surface.selected_index
        reach = self._surface.image_length(GRIP_PX)
        return tuple(
            one
            for one in hits(boxes, x, y, reach, selected=selected)
            if one.index == selected or _contains(boxes[one.index], x, y)
        )

    def _begin_drawing(self, point: QPointF) -> None:
        self._anchor = self._surface.image_point(point)
        self._gesture = Gesture.DRAWING

    def _begin_dragging(self) -> None:
        if self._held is None:
            self._surface.select_index(None)
            self._begin_drawing(self._origin)
            self._surface.show_cursor(Qt.CursorShape.CrossCursor)
        else:
            self._gesture = Gesture.DRAGGING

    def _release_drawing(self, point: QPointF) -> None:
        corners = self._drawn_to(point)
        if not self._has_left(point) and self._is_first_click(point):
            return
        self._anchor = None
        self._is_drawing_tool = False
        self._surface.show_rubber(None)
        self._surface.point_at(None)
        self._surface.show_cursor(Qt.CursorShape.ArrowCursor)
        self._surface.finish_drawing(corners)

    def _is_first_click(self, point: QPointF) -> bool:
        """True where a click with the draw tool set the first corner just now."""
        if self._anchor is None:
            return False
        x, y = self._surface.image_point(point)
        near = self._surface.image_length(CLICK_PX)
        return abs(x - self._anchor[0]) <= near and abs(y - self._anchor[1]) <= near

    def _click(self) -> None:
        """Select the smallest box; the next one when clicked where clicked before."""
        is_again = (self._origin - self._clicked).manhattanLength() <= 2 * CLICK_PX
        self._clicked = self._origin
        if self._held is None:
            self._surface.select_index(None)
        elif self._was_selected:
            order = sorted((one.index for one in self._hits), key=self._size)
            step = order.index(self._held.index) + 1 if is_again else 0
            self._surface.select_index(order[step % len(order)])

    def _size(self, index: int) -> float:
        x0, y0, x1, y1 = self._surface.corners[index]
        return (x1 - x0) * (y1 - y0)

    def _has_left(self, point: QPointF) -> bool:
        return (point - self._origin).manhattanLength() > CLICK_PX

    def _dragged(self, point: QPointF) -> Corners:
        assert self._start is not None
        way = point - self._origin
        return drag(
            self._start,
            self._held.handle if self._held else None,
            self._surface.image_length(way.x()),
            self._surface.image_length(way.y()),
            *self._surface.image_size,
        )

    def _drawn_to(self, point: QPointF) -> Corners | None:
        assert self._anchor is not None
        x, y = self._surface.image_point(point)
        return drawn(*self._anchor, x, y, *self._surface.image_size)

    def _show_what_is_below(self, point: QPointF) -> None:
        if self._is_drawing_tool:
            self._surface.show_cursor(Qt.CursorShape.CrossCursor)
            return
        found = self._hits_at(point)
        shape = Qt.CursorShape.ArrowCursor
        if found:
            handle = found[0].handle
            shape = CURSORS[handle] if handle else Qt.CursorShape.SizeAllCursor
        self._surface.show_cursor(shape)


def _contains(corners: Corners, x: float, y: float) -> bool:
    x0, y0, x1, y1 = corners
    return x0 <= x <= x1 and y0 <= y <= y1
