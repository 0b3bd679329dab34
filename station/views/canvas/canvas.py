"""The canvas: one picture with its boxes, on which boxes are drawn and changed."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from labeling.geometry import Corners, Handle, moved_together, resized

from ...language import tr
from ...theme import Theme
from .canvas_active import active_bounds, paint_active
from .canvas_boxes import CanvasBoxes
from .canvas_input import CanvasInput
from .canvas_layers import is_patch
from .canvas_paint import Shown
from .canvas_tools import CanvasTools, badges, is_small
from .picture_surface import PictureSurface

SETTLE_MS = 150


class Canvas(PictureSurface):
    """Shows one picture with boxes; main thread only.

    The picture and the boxes that stand still are kept as two pixmaps of the size of
    the widget, so that a drag repaints only the boxes under the pointer.

    Signals:
        box_drawn: corners in image pixels.
        box_moved: id and corners, once a drag ended or the nudging paused.
        boxes_moved: the same for several: corners by id.
        box_selected: the id of the box chosen last, "" for none.
        choice_changed: tuple of the ids of all chosen boxes.
        marks_changed: boxes were locked, unlocked, hidden or shown.
        refused: a sentence; what was asked for cannot be done to a locked box.
    """

    box_drawn = Signal(object)
    box_moved = Signal(str, object)
    boxes_moved = Signal(object)
    box_selected = Signal(str)
    choice_changed = Signal(object)
    marks_changed = Signal()
    refused = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._boxes = CanvasBoxes()
        self._is_locked = False
        self._tools = CanvasTools()
        self._input = CanvasInput(self)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._announce)

    def show_boxes(
        self, items: tuple[Shown, ...], selected: str | tuple[str, ...] = ""
    ) -> None:
        """Show these boxes; what is being dragged keeps following the pointer."""
        boxes = self._boxes
        ids = {item.id for item in items}
        held = boxes.chosen if self._is_held else ()
        is_kept = bool(held) and ids.issuperset(held)
        kept = {name: boxes.unsaved[name] for name in held if name in boxes.unsaved}
        boxes.unsaved = kept if is_kept else {}
        boxes.show(items)
        if not is_kept:
            boxes.choose((selected,) if isinstance(selected, str) else selected)
            if held:
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
        self._tools.colour = colour

    @property
    def items(self) -> tuple[Shown, ...]:
        """The boxes shown, with their corners as painted."""
        return self._boxes.shown

    @property
    def selected(self) -> str:
        """The id of the box chosen last, "" for none."""
        return self._boxes.first

    @property
    def chosen(self) -> tuple[str, ...]:
        """The ids of all chosen boxes, the one with the grips last."""
        return self._boxes.chosen

    @property
    def has_hidden(self) -> bool:
        """True while a box of this picture is not seen."""
        return self._boxes.has_hidden

    @property
    def has_loupe(self) -> bool:
        """True while the magnifier comes when a small box is drawn or resized."""
        return self._tools.has_loupe

    # What a person asks for by key

    def arm_drawing(self) -> None:
        """Let the next press or two clicks draw a box."""
        if not self._is_locked:
            self.flush()
            self._input.arm_drawing()
            self._place_loupe(None)

    def cancel(self) -> None:
        """Give up drawing or dragging, else choose nothing."""
        if self._input.is_busy or self._input.is_drawing_tool:
            self._input.cancel()
            self._place_loupe(None)
        else:
            self.choose(())

    def select_next(self, step: int = 1) -> None:
        """Select the next box in sight, those to be looked at first."""
        following = self._boxes.following(self.selected, step)
        if following:
            self.choose((following,))

    def select_all(self) -> None:
        """Choose every box that is neither locked nor hidden."""
        self.choose(self._boxes.pickable())

    def nudge(self, dx: float, dy: float) -> None:
        """Move the chosen boxes by image pixels; saved when the keys pause."""
        if ids := self._changeable():
            before = [self._boxes.corners_of(name) for name in ids]
            after = moved_together(before, dx, dy, *self._size)
            self._nudged(dict(zip(ids, after, strict=True)))

    def stretch(self, dx: float, dy: float) -> None:
        """Move the right and lower edge of the chosen boxes by image pixels."""
        grip = Handle.SOUTH_EAST
        moves = {
            name: resized(self._boxes.corners_of(name), grip, dx, dy, *self._size)
            for name in self._changeable()
        }
        if moves:
            self._nudged(moves)

    def flush(self) -> None:
        """Announce what was nudged and not announced yet."""
        if self._settle.isActive():
            self._settle.stop()
            self._announce()

    def toggle_boxes(self) -> None:
        """Hide the boxes to see what is below, or show them again."""
        self.flush()
        self._boxes.set_all_hidden(not self._boxes.are_all_hidden)
        self._note_marks()
        self._note_choice()

    def toggle_hidden(self) -> None:
        """Hide the chosen boxes; with none chosen show the hidden ones again."""
        self.flush()
        self._boxes.toggle_hidden()
        self._note_marks()
        self._note_choice()

    def reveal(self) -> bool:
        """Show every box again; True where one was hidden."""
        was = self._boxes.reveal()
        if was:
            self._note_marks()
        return was

    def toggle_locks(self) -> None:
        """Lock the chosen boxes against pointer and keys, or unlock them."""
        self.flush()
        self._boxes.toggle_locks()
        self._note_marks()

    def toggle_all_locks(self) -> None:
        """Lock every box, also on the pictures to come, or unlock them again."""
        self.flush()
        self._boxes.set_all_locked(not self._boxes.are_all_locked)
        self._note_marks()

    def is_box_locked(self, box_id: str) -> bool:
        """Say whether a box may not be changed."""
        return self._boxes.is_locked(box_id)

    def is_box_hidden(self, box_id: str) -> bool:
        """Say whether a box is not painted."""
        return self._boxes.is_hidden(box_id)

    def toggle_loupe(self) -> None:
        """Switch the magnifier off or on."""
        self._tools.has_loupe = not self._tools.has_loupe
        self._place_loupe(None)

    # The surface that gestures act on (`canvas_surface.Surface`)

    @property
    def movable(self) -> tuple[str, ...]:
        """The chosen boxes that are not locked."""
        return self._boxes.movable

    def boxes_near(
        self, x: float, y: float, reach: float
    ) -> tuple[tuple[str, Corners], ...]:
        """Give ids and corners of the boxes that can be picked round an image point."""
        return self._boxes.near(x, y, reach)

    def corners_of(self, box_id: str) -> Corners:
        """Give the corners of a box as shown."""
        return self._boxes.corners_of(box_id)

    def choose(self, ids: tuple[str, ...]) -> None:
        """Choose these boxes, the last one as the one with the grips.

        A hidden one that is chosen in the list comes back into sight.
        """
        if ids == self._boxes.chosen:
            return
        self.flush()
        boxes, before = self._boxes, self._boxes.active
        was = (len(before), boxes.hidden_count)
        boxes.unhide(ids)
        boxes.choose(ids)
        if is_patch(boxes, *was):
            changed = (*before, *boxes.active)
            self.update(self._layers.patch(changed, boxes, self._view, self.rect()))
            self._say_choice()
        else:
            self._note_choice()

    def choose_inside(self, band: Corners) -> None:
        """Choose, beside what is chosen, the boxes inside a part of the picture."""
        self.choose((*self._boxes.chosen, *self._boxes.inside(band)))

    def preview_boxes(self, moves: Mapping[str, Corners]) -> None:
        """Show chosen boxes with these corners, not saved yet."""
        before = self._bounds_of_active()
        self._boxes.preview(moves)
        self.update(before.united(self._bounds_of_active()))

    def commit_boxes(self, moves: Mapping[str, Corners]) -> None:
        """Give chosen boxes these corners."""
        self.preview_boxes(moves)
        self._settle.stop()
        self._announce()

    def show_rubber(self, corners: Corners | None) -> None:
        """Show the box being drawn."""
        self.update(self._tools.show_rubber(corners, self._view, self.rect()))

    def show_band(self, corners: Corners | None) -> None:
        """Show the part of the picture in which boxes will be chosen."""
        self.update(self._tools.show_band(corners, self._view, self.rect()))

    def finish_drawing(self, corners: Corners | None) -> None:
        """Announce the drawn box."""
        if corners is not None:
            self.box_drawn.emit(corners)

    def point_at(self, point: QPointF | None) -> None:
        """Move the crosshair."""
        self.update(self._tools.point_at(point, self.rect()))

    # Events

    def paintEvent(self, event: QPaintEvent) -> None:
        """Copy what stands still (Qt clips to what is needed), paint what moves."""
        painter = QPainter(self)
        boxes, view = self._boxes, self._view
        self._paint_picture(painter)
        if boxes.still_count:
            self._layers.copy_boxes(painter, self.size(), view, lambda: boxes.still)
        paint_active(painter, self._brush, boxes.active, view, self.rect())
        self._tools.paint(painter, self._brush, view, self.rect())
        self._tools.paint_loupe(
            painter,
            self._brush,
            self._view,
            self.rect(),
            self._picture,
            self._tone,
            boxes.active,
        )
        self._brush.paint_badges(painter, badges(boxes, self._tone))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a gesture."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if not self._is_locked:
            self._input.press(event.position(), event.button(), event.modifiers())
            self._place_loupe(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow a gesture."""
        if not self._is_locked:
            self._input.move(event.position(), event.modifiers())
            self._place_loupe(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a gesture."""
        if not self._is_locked:
            self._input.release(event.position(), event.button())
            self._place_loupe(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        """Hide crosshair and magnifier when the pointer leaves."""
        super().leaveEvent(event)
        self.point_at(None)
        self._place_loupe(None)

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
        """True while chosen boxes are dragged or nudged and not announced yet."""
        return self._settle.isActive() or self._input.is_dragging

    def _announce(self) -> None:
        """Say where the chosen boxes are now."""
        boxes = self._boxes
        moves = {n: boxes.unsaved[n] for n in boxes.chosen if n in boxes.unsaved}
        if len(moves) == 1:
            self.box_moved.emit(*next(iter(moves.items())))
        elif moves:
            self.boxes_moved.emit(moves)

    def _note_marks(self) -> None:
        self._redraw_boxes()
        self.marks_changed.emit()

    def _note_choice(self) -> None:
        self._redraw_boxes()
        self._say_choice()

    def _say_choice(self) -> None:
        self.box_selected.emit(self.selected)
        self.choice_changed.emit(self.chosen)

    def _redraw_boxes(self) -> None:
        self._layers.drop_boxes()
        self.update()

    def _place_loupe(self, point: QPointF | None) -> None:
        """Move the magnifier to the pointer where a small box is drawn or resized."""
        wanted = point if self._is_aiming else None
        self.update(self._tools.place_loupe(wanted, self._view, self.rect()))

    @property
    def _is_aiming(self) -> bool:
        """True while the exact pixel matters: drawing, or resizing a small box."""
        if self._input.is_drawing:
            rubber = self._tools.rubber
            return rubber is None or is_small(rubber, self._view)
        is_resizing = self._input.is_resizing and bool(self.selected)
        return is_resizing and is_small(self.corners_of(self.selected), self._view)

    def _changeable(self) -> tuple[str, ...]:
        """Give the chosen boxes that keys may change; say where they may not."""
        if self._is_locked or not self._boxes.chosen:
            return ()
        ids = self._boxes.movable
        if not ids:
            self.refused.emit(tr("The box is locked; L unlocks it."))
        return ids

    def _nudged(self, moves: Mapping[str, Corners]) -> None:
        self.preview_boxes(moves)
        self._settle.start()

    def _bounds_of_active(self) -> QRegion:
        return active_bounds(self._brush, self._boxes.active, self._view, self.rect())
