"""What a person does to the boxes of the sample at hand: class, move, copy, delete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from dataset.records import LabelClass
from labeling.geometry import moved_together

from ...language import tr
from ..canvas.canvas import Canvas
from ..canvas.canvas_paint import Shown
from ..contracts import Corners, LabelScene
from .label_calls import LabelCalls

PENDING = "pending"
PASTE_PX = 14.0
"""How far beside the copied boxes a paste into the same picture lands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """Boxes to be pasted: where they lay in a picture of `size`, and their classes."""

    sample_id: str
    size: tuple[int, int]
    boxes: tuple[tuple[Corners, int], ...]
    pasted: int = 0


class LabelBoxes(QObject):
    """Turns what was asked for on the canvas into calls on the desk.

    Several boxes are changed in one call, which is one step of undo. The class that
    was chosen last is given to all new boxes; nothing ever asks for it.

    Signals:
        class_changed: the id of the class that new boxes get, None for none.
        notice_came: a sentence and its tone.
    """

    class_changed = Signal(object)
    notice_came = Signal(str, str)

    def __init__(
        self, canvas: Canvas, calls: LabelCalls, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._calls = calls
        self._state: LabelScene | None = None
        self._classes: Mapping[int, LabelClass] = {}
        self._class_id: int | None = None
        self._copied: Copied | None = None
        self._known: frozenset[str] | None = None
        canvas.box_drawn.connect(self.draw)
        canvas.box_moved.connect(self._on_moved)
        canvas.boxes_moved.connect(self._on_several_moved)
        canvas.refused.connect(lambda words: self.notice_came.emit(words, "warn"))

    @property
    def class_id(self) -> int | None:
        """The class that new boxes get."""
        return self._class_id

    def show_classes(self, classes: Mapping[int, LabelClass]) -> None:
        """Take the classes of the project; the one chosen stays while it is there."""
        self._classes = classes
        if self._class_id not in classes:
            self._set_class(self._hint or next(iter(classes), None))

    def show(self, state: LabelScene | None) -> tuple[str, ...]:
        """Take what was saved last; gives the boxes that should be chosen now."""
        before, self._state = self._state, state
        if state is None:
            return ()
        if self._hint and (before is None or before.sample.id != state.sample.id):
            self._set_class(self._hint)
        known, self._known = self._known, None
        ids = [box.id for box in state.boxes]
        if known is not None and (new := tuple(i for i in ids if i not in known)):
            return new
        chosen = tuple(i for i in self._canvas.chosen if not i.startswith(PENDING))
        if not chosen and state.touched:
            return (state.touched,)
        return chosen

    def choose_key(self, key: str) -> None:
        """Choose the class on a digit."""
        for known in self._classes.values():
            if known.key is not None and str(known.key) == key:
                self.choose_class(known.id)
                return
        words = tr("No class is on key {key} yet.").format(key=key)
        self.notice_came.emit(words, "warn")

    def choose_class(self, class_id: int) -> None:
        """New boxes get this class; so do the chosen ones."""
        self._set_class(class_id)
        ids = self._changeable()
        desk = self._calls.desk
        if len(ids) == 1:
            self._calls.edit(lambda: desk.relabel(ids[0], class_id))
        elif ids:
            self._calls.edit(lambda: desk.relabel_boxes(ids, class_id))

    def draw(self, corners: Corners) -> None:
        """Add a box of the class chosen last; it is shown before it is saved."""
        class_id = self._class_id
        if class_id is None:
            words = tr("Add a class first: fieldset class add NAME")
            self.notice_came.emit(words, "warn")
            return
        if self._calls.edit(lambda: self._calls.desk.draw(corners, class_id)):
            known = self._classes[class_id]
            ghost = Shown(
                id=f"{PENDING}-{len(self._canvas.items)}",
                corners=corners,
                colour=known.colour,
                label=known.name,
            )
            self._canvas.show_boxes((*self._canvas.items, ghost), ghost.id)

    def delete(self) -> None:
        """Delete the chosen boxes, drop the chosen proposals."""
        self._canvas.flush()
        ids, desk = self._changeable(), self._calls.desk
        if len(ids) == 1:
            self._calls.edit(lambda: desk.delete(ids[0]))
        elif ids:
            self._calls.edit(lambda: desk.delete_boxes(ids))

    def adopt(self) -> None:
        """Take the chosen proposals; after a single one select the next box."""
        if self._state is None:
            return
        proposed = {each.box.id for each in self._state.proposals}
        ids = tuple(name for name in self._canvas.chosen if name in proposed)
        desk = self._calls.desk
        if len(ids) > 1:
            self._calls.edit(lambda: desk.adopt_boxes(ids))
        elif ids and self._calls.edit(lambda: desk.adopt(ids[0])):
            self._canvas.select_next(1)

    def drop(self) -> None:
        """Drop all proposals."""
        self._calls.edit(self._calls.desk.drop_proposals)

    def copy(self) -> None:
        """Keep the chosen boxes for pasting."""
        if self._state is None:
            return
        self._canvas.flush()
        state = self._state
        classes = {box.id: box.class_id for box in state.boxes}
        classes |= {each.box.id: each.box.class_id for each in state.proposals}
        boxes = tuple(
            (self._canvas.corners_of(name), classes[name])
            for name in self._canvas.chosen
            if name in classes
        )
        if not boxes:
            self.notice_came.emit(tr("Choose a box to copy first."), "warn")
            return
        self._copied = Copied(sample_id=state.sample.id, size=_size(state), boxes=boxes)
        words = tr("Copied: {count}. Ctrl+V pastes here or into another picture.")
        self.notice_came.emit(words.format(count=len(boxes)), "ok")

    def lock(self) -> None:
        """Lock the chosen boxes, or unlock them; say where none is chosen."""
        if not self._canvas.chosen:
            words = tr("Choose a box to lock first, in the list or by Tab.")
            self.notice_came.emit(words, "warn")
        self._canvas.toggle_locks()

    def paste(self) -> None:
        """Add what was copied: beside it here, in the same place elsewhere."""
        state, copied = self._state, self._copied
        if state is None or copied is None:
            self.notice_came.emit(tr("Nothing was copied yet."), "warn")
            return
        if copied.size != _size(state):
            words = tr("The copied boxes are for pictures of this size: {w} x {h}")
            w, h = copied.size
            self.notice_came.emit(words.format(w=w, h=h), "warn")
            return
        copied = self._count_paste(copied, state)
        corners = self._pasted_corners(copied)
        classes = [class_id for _, class_id in copied.boxes]
        if any(class_id not in self._classes for class_id in classes):
            self.notice_came.emit(tr("A copied class is no longer there."), "warn")
            return
        drawn = tuple(zip(corners, classes, strict=True))
        known = frozenset(box.id for box in state.boxes)
        if self._calls.edit(lambda: self._calls.desk.draw_boxes(drawn)):
            self._copied, self._known = copied, known

    def _count_paste(self, copied: Copied, state: LabelScene) -> Copied:
        """Give what is copied, with how often it was pasted into this picture."""
        is_here = copied.sample_id == state.sample.id
        return Copied(
            sample_id=state.sample.id,
            size=copied.size,
            boxes=copied.boxes,
            pasted=copied.pasted + 1 if is_here else 0,
        )

    def _pasted_corners(self, copied: Copied) -> tuple[Corners, ...]:
        boxes = tuple(corners for corners, _ in copied.boxes)
        way = self._canvas.image_length(PASTE_PX) * copied.pasted
        for sign in (1, -1):
            after = moved_together(boxes, sign * way, sign * way, *copied.size)
            if after != boxes:
                return after
        return boxes

    def _changeable(self) -> tuple[str, ...]:
        """Give the chosen boxes that are saved and not locked."""
        ids = tuple(
            name for name in self._canvas.chosen if not name.startswith(PENDING)
        )
        free = tuple(name for name in ids if not self._canvas.is_box_locked(name))
        if ids and not free:
            self.notice_came.emit(tr("The box is locked; L unlocks it."), "warn")
        return free

    @property
    def _hint(self) -> int | None:
        """The class the sample at hand was captured for, where it is still there."""
        hint = None if self._state is None else self._state.hint
        return hint if hint in self._classes else None

    def _set_class(self, class_id: int | None) -> None:
        self._class_id = class_id
        if class_id is not None:
            self._canvas.set_drawing_colour(self._classes[class_id].colour)
        self.class_changed.emit(class_id)

    def _on_moved(self, box_id: str, corners: Corners) -> None:
        if box_id and not box_id.startswith(PENDING):
            self._calls.edit(lambda: self._calls.desk.move(box_id, corners))

    def _on_several_moved(self, moves: Mapping[str, Corners]) -> None:
        saved = {n: c for n, c in moves.items() if not n.startswith(PENDING)}
        if saved:
            self._calls.edit(lambda: self._calls.desk.move_boxes(saved))


def _size(state: LabelScene) -> tuple[int, int]:
    return state.sample.width, state.sample.height
