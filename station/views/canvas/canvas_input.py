"""What pointer and wheel mean on the canvas: events in, intents out."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import QPointF, Qt

from labeling.geometry import (
    Corners,
    Handle,
    Hit,
    area,
    drag,
    drawn,
    hits,
    moved_together,
    normalised,
    snapped,
    snapped_point,
)

from .canvas_surface import Surface

GRIP_PX = 7.0
CLICK_PX = 3.0
SNAP_PX = 6.0
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
NO_KEYS = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier


class Gesture(Enum):
    """What the pointer is in the middle of."""

    NONE = auto()
    PRESSED = auto()
    DRAGGING = auto()
    DRAWING = auto()
    PANNING = auto()
    BANDING = auto()


class CanvasInput:
    """Turns pointer events into calls on a `Surface`.

    A press on a box takes the smallest one; a press on a chosen one that ends where it
    began goes on to the next box underneath. A drag that begins on no box draws one.
    With the draw tool two clicks or one drag draw, whatever is below. Shift adds to the
    choice: a click one box, a drag all those inside it. Edges snap to the border of the
    picture, unless Ctrl is held.
    """

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self._gesture = Gesture.NONE
        self._is_drawing_tool = False
        self._origin = QPointF()
        self._last = QPointF()
        self._clicked = QPointF(-100.0, -100.0)
        self._anchor: tuple[float, float] | None = None
        self._under: tuple[tuple[str, Hit], ...] = ()
        self._held: tuple[str, Hit] | None = None
        self._start: dict[str, Corners] = {}
        self._was_chosen = False
        self._snaps = True

    @property
    def is_busy(self) -> bool:
        """True while a gesture is under way or a first corner is set."""
        return self._gesture is not Gesture.NONE or self._anchor is not None

    @property
    def is_dragging(self) -> bool:
        """True while a box follows the pointer."""
        return self._gesture is Gesture.DRAGGING

    @property
    def is_resizing(self) -> bool:
        """True while an edge or a corner follows the pointer."""
        return self.is_dragging and self._grip is not None

    @property
    def is_drawing(self) -> bool:
        """True while a box is drawn or the next press draws one."""
        return self._is_drawing_tool or self._anchor is not None

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
        if self._gesture is Gesture.DRAGGING:
            self._surface.preview_boxes(self._start)
        self._gesture = Gesture.NONE
        self._end_drawing()
        self._surface.show_band(None)

    def press(
        self,
        point: QPointF,
        button: Qt.MouseButton,
        held: Qt.KeyboardModifier = NO_KEYS,
    ) -> None:
        """Begin a gesture."""
        self._origin = self._last = point
        self._snaps = not held & CTRL
        if button is Qt.MouseButton.MiddleButton:
            self._gesture = Gesture.PANNING
            self._surface.show_cursor(Qt.CursorShape.ClosedHandCursor)
        elif button is Qt.MouseButton.LeftButton:
            if self._anchor is not None:
                self._gesture = Gesture.DRAWING
            elif self._is_drawing_tool:
                self._begin_drawing(point)
            elif held & SHIFT:
                self._gesture = Gesture.BANDING
            else:
                self._pick(point)

    def move(self, point: QPointF, held: Qt.KeyboardModifier = NO_KEYS) -> None:
        """Follow the pointer."""
        self._snaps = not held & CTRL
        if self._gesture is Gesture.PANNING:
            way = point - self._last
            self._surface.pan_by(way.x(), way.y())
        elif self._gesture is Gesture.PRESSED and self._has_left(point):
            self._begin_dragging()
        elif self._gesture is Gesture.BANDING and self._has_left(point):
            self._surface.show_band(self._band_to(point))
        if self._gesture is Gesture.DRAGGING:
            self._surface.preview_boxes(self._dragged(point))
        elif self._anchor is not None:
            self._surface.show_rubber(self._drawn_to(point))
        elif self._gesture is Gesture.NONE:
            self._show_what_is_below(point)
        if self.is_drawing:
            self._surface.point_at(point)
        self._last = point

    def release(self, point: QPointF, button: Qt.MouseButton) -> None:
        """End a gesture."""
        gesture, self._gesture = self._gesture, Gesture.NONE
        if gesture is Gesture.PANNING and button is Qt.MouseButton.MiddleButton:
            self._show_what_is_below(point)
        elif gesture is Gesture.DRAGGING:
            self._surface.commit_boxes(self._dragged(point))
        elif gesture is Gesture.DRAWING:
            self._release_drawing(point)
        elif gesture is Gesture.BANDING:
            self._release_band(point)
        elif gesture is Gesture.PRESSED:
            self._click()

    def wheel(self, point: QPointF, steps: float, *, with_ctrl: bool) -> None:
        """Zoom with Ctrl, else move the picture up and down."""
        if with_ctrl:
            self._surface.zoom_by(WHEEL_STEP**steps, point)
        else:
            self._surface.pan_by(0.0, steps * 60.0)

    @property
    def _grip(self) -> Handle | None:
        """Which grip is dragged; several boxes are only moved."""
        if self._held is None or len(self._start) > 1:
            return None
        return self._held[1].handle

    def _pick(self, point: QPointF) -> None:
        self._under = self._hits_at(point)
        chosen = self._surface.chosen
        first = chosen[-1:]
        mine = [one for one in self._under if one[0] in first]
        mine += [one for one in self._under if one[0] in chosen]
        self._held = mine[0] if mine else next(iter(self._under), None)
        self._was_chosen = bool(mine)
        if self._held is not None and not mine:
            self._surface.choose((self._held[0],))
        self._gesture = Gesture.PRESSED

    def _hits_at(self, point: QPointF) -> tuple[tuple[str, Hit], ...]:
        """Give the boxes under a point; only chosen ones are gripped outside.

        Else no new box could be begun close beside another.
        """
        x, y = self._surface.image_point(point)
        reach = self._surface.image_length(GRIP_PX)
        near = self._surface.boxes_near(x, y, reach)
        ids = [name for name, _ in near]
        boxes = [corners for _, corners in near]
        chosen = self._surface.chosen
        first = chosen[-1] if chosen else ""
        selected = ids.index(first) if first in ids else None
        return tuple(
            (ids[one.index], one)
            for one in hits(boxes, x, y, reach, selected=selected)
            if ids[one.index] in chosen or _contains(boxes[one.index], x, y)
        )

    def _begin_drawing(self, point: QPointF) -> None:
        self._anchor = self._border_or(point)
        self._gesture = Gesture.DRAWING

    def _begin_dragging(self) -> None:
        if self._held is None:
            self._surface.choose(())
            self._begin_drawing(self._origin)
            self._surface.show_cursor(Qt.CursorShape.CrossCursor)
            return
        ids = self._surface.movable
        self._start = {name: self._surface.corners_of(name) for name in ids}
        self._gesture = Gesture.DRAGGING

    def _release_drawing(self, point: QPointF) -> None:
        corners = self._drawn_to(point)
        if not self._has_left(point) and self._is_first_click(point):
            return
        self._end_drawing()
        self._surface.finish_drawing(corners)

    def _end_drawing(self) -> None:
        self._anchor = None
        self._is_drawing_tool = False
        self._surface.show_rubber(None)
        self._surface.point_at(None)
        self._surface.show_cursor(Qt.CursorShape.ArrowCursor)

    def _release_band(self, point: QPointF) -> None:
        self._surface.show_band(None)
        if self._has_left(point):
            self._surface.choose_inside(self._band_to(point))
            return
        under = self._hits_at(point)
        if under:
            name, chosen = under[0][0], self._surface.chosen
            others = tuple(each for each in chosen if each != name)
            self._surface.choose(others if name in chosen else (*others, name))

    def _is_first_click(self, point: QPointF) -> bool:
        """True where a click with the draw tool set the first corner just now."""
        if self._anchor is None:
            return False
        x, y = self._border_or(point)
        near = self._surface.image_length(CLICK_PX)
        return abs(x - self._anchor[0]) <= near and abs(y - self._anchor[1]) <= near

    def _click(self) -> None:
        """Choose the smallest box; the next one when clicked where clicked before."""
        is_again = (self._origin - self._clicked).manhattanLength() <= 2 * CLICK_PX
        self._clicked = self._origin
        if self._held is None:
            self._surface.choose(())
        elif self._was_chosen:
            ids = [name for name, _hit in self._under]
            ids.sort(key=lambda name: area(self._surface.corners_of(name)))
            step = ids.index(self._held[0]) + 1 if is_again else 0
            self._surface.choose((ids[step % len(ids)],))

    def _has_left(self, point: QPointF) -> bool:
        return (point - self._origin).manhattanLength() > CLICK_PX

    def _dragged(self, point: QPointF) -> dict[str, Corners]:
        dx = self._surface.image_length(point.x() - self._origin.x())
        dy = self._surface.image_length(point.y() - self._origin.y())
        size = self._surface.image_size
        if len(self._start) != 1:
            moved = moved_together(tuple(self._start.values()), dx, dy, *size)
            return dict(zip(self._start, moved, strict=True))
        ((name, start),) = self._start.items()
        corners = drag(start, self._grip, dx, dy, *size)
        return {name: self._snapped(corners, dx, dy)}

    def _snapped(self, corners: Corners, dx: float, dy: float) -> Corners:
        """Give a dragged box on the border; not along a way it was not dragged."""
        if not self._snaps:
            return corners
        size = self._surface.image_size
        x0, y0, x1, y1 = snapped(corners, self._grip, self._snap_reach, *size)
        least = self._surface.image_length(CLICK_PX)
        if abs(dx) <= least:
            x0, x1 = corners[0], corners[2]
        if abs(dy) <= least:
            y0, y1 = corners[1], corners[3]
        return x0, y0, x1, y1

    @property
    def _snap_reach(self) -> float:
        return self._surface.image_length(SNAP_PX)

    def _drawn_to(self, point: QPointF) -> Corners | None:
        assert self._anchor is not None
        x, y = self._border_or(point)
        return drawn(*self._anchor, x, y, *self._surface.image_size)

    def _border_or(self, point: QPointF) -> tuple[float, float]:
        """Give the image point, on the border of the picture where it is close."""
        x, y = self._surface.image_point(point)
        if not self._snaps:
            return x, y
        return snapped_point(x, y, self._snap_reach, *self._surface.image_size)

    def _band_to(self, point: QPointF) -> Corners:
        begin = self._surface.image_point(self._origin)
        return normalised(*begin, *self._surface.image_point(point))

    def _show_what_is_below(self, point: QPointF) -> None:
        if self._is_drawing_tool:
            self._surface.show_cursor(Qt.CursorShape.CrossCursor)
            return
        found = self._hits_at(point)
        shape = Qt.CursorShape.ArrowCursor
        if found:
            is_one = len(self._surface.chosen) <= 1
            handle = found[0][1].handle if is_one else None
            shape = CURSORS[handle] if handle else Qt.CursorShape.SizeAllCursor
        self._surface.show_cursor(shape)


def _contains(corners: Corners, x: float, y: float) -> bool:
    x0, y0, x1, y1 = corners
    return x0 <= x <= x1 and y0 <= y <= y1
