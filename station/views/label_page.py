"""The Label page: one picture, its boxes, and the keys that make labels of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from dataset.records import LabelClass
from labeling.carry_request import CleanStart

from ..jobs import Submitter
from ..keys import CLASS_KEYS, Action, Page
from ..language import tr
from ..pictures import ThumbnailLoader
from ..theme import Theme
from .canvas import Canvas
from .canvas_paint import Shown
from .contracts import (
    ClassRow,
    Commands,
    Corners,
    FilmFrame,
    LabelDesk,
    LabelScene,
    QueueChoice,
)
from .empty_page import EmptyNote
from .filmstrip import Filmstrip
from .label_calls import LabelCalls
from .label_hints import HintBar
from .label_panel import LabelPanel
from .label_pictures import LabelPictures
from .label_toolbar import LabelToolbar
from .label_words import box_rows, boxes_head, queue_sentence, shown_boxes
from .rows import dress
from .skip_menu import SkipMenu

PENDING = "pending"
NUDGES = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


class LabelPage(QWidget):
    """Shows one sample after the other and asks its desk for every change.

    Signals:
        notice_came: a sentence and its tone, for the window to show.
        saved_changed: False while an edit is not on disk yet.
        session_came: the words for the session chip.
        queue_came: how many samples are left.
    """

    notice_came = Signal(str, str)
    error_came = Signal(object)
    saved_changed = Signal(bool)
    session_came = Signal(str)
    queue_came = Signal(int)

    def __init__(
        self,
        desk: LabelDesk,
        runner: Submitter,
        theme: Theme,
        actions: tuple[Action, ...],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        dress(self, "page")
        self._calls = LabelCalls(desk, runner, self)
        self._state: LabelScene | None = None
        self._frames: tuple[FilmFrame, ...] = ()
        self._classes: dict[int, LabelClass] = {}
        self._class_id: int | None = None
        self._keys = 0
        self._clean_start: CleanStart | None = None
        self._has_news = False
        self.canvas = Canvas(theme, self)
        self._pictures = LabelPictures(self.canvas, runner, self)
        self._toolbar = LabelToolbar(desk.choices(), self)
        self._hints = HintBar(actions, Page.LABEL, self)
        self._film = Filmstrip(theme, ThumbnailLoader(runner, parent=self), self)
        self._panel = LabelPanel(theme, self)
        self._nothing = EmptyNote(
            tr("Nothing left in this queue"),
            tr(
                "Every sample here has its labels. Choose another state above, "
                "or capture more."
            ),
        )
        self._skip_menu = SkipMenu(self)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self._middle = QStackedWidget()
        self._middle.addWidget(self.canvas)
        self._middle.addWidget(self._nothing)
        column = QVBoxLayout()
        column.setSpacing(0)
        for widget, stretch in (
            (self._toolbar, 0),
            (self._middle, 1),
            (self._hints, 0),
            (self._film, 0),
        ):
            column.addWidget(widget, stretch)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(column, 1)
        row.addWidget(self._panel)

    def _connect(self) -> None:
        self._calls.state_came.connect(self._show)
        self._calls.classes_came.connect(self._on_classes)
        self._calls.film_came.connect(self._on_film)
        self._calls.clean_start_came.connect(self._on_clean_start)
        self._calls.call_failed.connect(self.error_came)
        self._calls.call_stopped.connect(self._on_stopped)
        self._calls.busy_changed.connect(lambda busy: self.saved_changed.emit(not busy))
        self._pictures.picture_failed.connect(self.error_came)
        self.canvas.box_drawn.connect(self._on_drawn)
        self.canvas.box_moved.connect(self._on_moved)
        self.canvas.box_selected.connect(self._panel.show_chosen_box)
        self._panel.class_chosen.connect(self._choose_class_id)
        self._panel.box_chosen.connect(self.canvas.select)
        self._panel.undo_requested.connect(self.undo)
        self._panel.redo_requested.connect(self.redo)
        self._film.frame_chosen.connect(self._go_to)
        self._toolbar.choice_made.connect(self._choose_queue)
        self._skip_menu.reason_chosen.connect(self._skip)

    # What a person asks for

    def commands(self) -> Commands:
        """Give what each action of this page does, by the action's id."""
        made: dict[str, Callable[[], object]] = {
            "label.accept": self.accept,
            "label.next": lambda: self._step(1),
            "label.previous": lambda: self._step(-1),
            "label.next_box": lambda: self.canvas.select_next(1),
            "label.previous_box": lambda: self.canvas.select_next(-1),
            "label.empty": self.mark_empty,
            "label.skip": self._skip_menu.ask,
            "label.adopt": self._adopt,
            "label.drop": self._drop,
            "label.draw": self.canvas.arm_drawing,
            "label.delete": self._delete,
            "label.cancel": self.canvas.cancel,
            "label.undo": self.undo,
            "label.redo": self.redo,
            "view.fit": self.canvas.fit,
            "view.actual": self._show_actual,
            "view.zoom_in": lambda: self.canvas.zoom_middle(1.25),
            "view.zoom_out": lambda: self.canvas.zoom_middle(0.8),
            "view.hide_boxes": self.canvas.toggle_boxes,
        }
        for key in CLASS_KEYS:
            made[f"label.class.{key}"] = partial(self._choose_class, key)
        for way, (dx, dy) in NUDGES.items():
            for family, step in (("", 1), ("10", 10)):
                x, y = dx * step, dy * step
                made[f"label.nudge{family}.{way}"] = partial(self.canvas.nudge, x, y)
                made[f"label.resize{family}.{way}"] = partial(self.canvas.stretch, x, y)
        return {name: self._counted(name, do) for name, do in made.items()}

    def open(self) -> None:
        """Show the current sample of the queue; call when the page is shown."""
        desk = self._calls.desk
        self._calls.refresh_classes()
        self._calls.leave(desk.renew if self._has_news else desk.current)
        self._has_news = False

    def note_new_samples(self) -> None:
        """Samples came in: the queue is made again when the page is shown next."""
        self._has_news = True

    def accept(self) -> None:
        """Accept everything shown and go on."""
        self._leave(lambda keys: self._calls.desk.accept(keys))

    def mark_empty(self) -> None:
        """Say that nothing is here and go on."""
        self._leave(lambda keys: self._calls.desk.mark_empty(keys))

    def undo(self) -> None:
        """Take the newest edit back."""
        self.canvas.flush()
        self._calls.leave(self._calls.desk.undo)

    def redo(self) -> None:
        """Do again what was taken back."""
        self.canvas.flush()
        self._calls.leave(self._calls.desk.redo)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self.canvas.set_theme(theme)
        self._film.set_theme(theme)
        self._panel.set_theme(theme)

    @property
    def state(self) -> LabelScene | None:
        """The sample shown, as last saved."""
        return self._state

    @property
    def class_id(self) -> int | None:
        """The class that new boxes get."""
        return self._class_id

    @property
    def is_saved(self) -> bool:
        """True when every edit is on disk."""
        return self._calls.is_saved

    def _counted(self, name: str, do: Callable[[], object]) -> Callable[[], None]:
        """Count the key press, for the pace of labeling."""

        def run() -> None:
            if name.startswith("label.") and name not in ("label.undo", "label.redo"):
                self._keys += 1
            do()

        return run

    def _leave(self, verb: Callable[[int], LabelScene | None]) -> None:
        if self._state is None or self._calls.is_leaving:
            return
        self.canvas.set_locked(True)
        keys = self._keys
        self._calls.leave(lambda: verb(keys))

    def _step(self, by: int) -> None:
        self._leave(lambda _keys: self._calls.desk.step(by))

    def _go_to(self, sample_id: str) -> None:
        self._leave(lambda _keys: self._calls.desk.go_to(sample_id))

    def open_sample(self, sample_id: str) -> None:
        """Go to one sample, from another page."""
        self.canvas.flush()
        self._calls.redirect(lambda: self._calls.desk.go_to(sample_id))

    def _skip(self, reason: str) -> None:
        self._leave(lambda _keys: self._calls.desk.skip(reason))

    def _choose_queue(self, choice: QueueChoice) -> None:
        self.canvas.flush()
        self._calls.leave(lambda: self._calls.desk.choose(choice))

    def _drop(self) -> None:
        self._calls.edit(self._calls.desk.drop_proposals)

    def _adopt(self) -> None:
        """Take the selected proposal, then select the next box."""
        state, box_id = self._state, self.canvas.selected
        if state is None or all(box_id != p.box.id for p in state.proposals):
            return
        if self._calls.edit(lambda: self._calls.desk.adopt(box_id)):
            self.canvas.select_next(1)

    def _delete(self) -> None:
        box_id = self.canvas.selected
        if box_id and not box_id.startswith(PENDING):
            self._calls.edit(lambda: self._calls.desk.delete(box_id))

    def _show_actual(self) -> None:
        self.canvas.zoom_to(1.0 / self.devicePixelRatioF())

    def _choose_class(self, key: str) -> None:
        for known in self._classes.values():
            if known.key is not None and str(known.key) == key:
                self._choose_class_id(known.id)
                return
        words = tr("No class is on key {key} yet.").format(key=key)
        self.notice_came.emit(words, "warn")

    def _choose_class_id(self, class_id: int) -> None:
        """New boxes get this class; so does the selected one."""
        self._set_class(class_id)
        box_id = self.canvas.selected
        if box_id and not box_id.startswith(PENDING):
            self._calls.edit(lambda: self._calls.desk.relabel(box_id, class_id))

    def _set_class(self, class_id: int | None) -> None:
        self._class_id = class_id
        if class_id is not None:
            self.canvas.set_drawing_colour(self._classes[class_id].colour)
        self._panel.show_classes(self._panel.classes, class_id)

    # What happened on the canvas

    def _on_drawn(self, corners: Corners) -> None:
        self._keys += 1
        class_id = self._class_id
        if class_id is None:
            words = tr("Add a class first: fieldset class add NAME")
            self.notice_came.emit(words, "warn")
            return
        if self._calls.edit(lambda: self._calls.desk.draw(corners, class_id)):
            known = self._classes[class_id]
            ghost = Shown(
                id=f"{PENDING}-{len(self.canvas.items)}",
                corners=corners,
                colour=known.colour,
                label=known.name,
            )
            self.canvas.show_boxes((*self.canvas.items, ghost), ghost.id)

    def _on_moved(self, box_id: str, corners: Corners) -> None:
        self._keys += 1
        if box_id and not box_id.startswith(PENDING):
            self._calls.edit(lambda: self._calls.desk.move(box_id, corners))

    # What came back

    def _show(self, state: LabelScene | None) -> None:
        before, self._state = self._state, state
        self.canvas.set_locked(False)
        self._middle.setCurrentIndex(1 if state is None else 0)
        if state is None:
            self._toolbar.show_sentence("")
            self._panel.show_boxes(tr("Boxes here"), ())
            self._film.show_frames(self._frames, "")
            self.queue_came.emit(0)
            return
        is_new = before is None or before.sample.id != state.sample.id
        if is_new:
            self._keys = 0
            self._clean_start = None
            self.canvas.show_boxes(())
            self._pictures.show(state)
        self._show_on_canvas(state)
        if is_new:
            # Picture and boxes first: what is around them may come a moment later.
            self.canvas.repaint()
            self._show_sample(state)
        elif before is not None and before.sample.state is not state.sample.state:
            self._calls.refresh_film()
        self._show_around(state)

    def _show_sample(self, state: LabelScene) -> None:
        self._pictures.look_ahead()
        self._film.show_frames(self._frames, state.sample.id)
        if state.session_text:
            self.session_came.emit(state.session_text)

    def _show_boxes(self, state: LabelScene) -> None:
        self._show_on_canvas(state)
        self._show_around(state)

    def _show_on_canvas(self, state: LabelScene) -> None:
        items = shown_boxes(state, self._classes)
        chosen = self.canvas.selected
        if state.touched and (not chosen or chosen.startswith(PENDING)):
            chosen = state.touched
        self.canvas.show_boxes(items, chosen)

    def _show_around(self, state: LabelScene) -> None:
        """Show in bars and lists what the canvas shows."""
        head = boxes_head(state, self._clean_start)
        self._panel.show_boxes(head, box_rows(state, self._classes))
        self._panel.show_chosen_box(self.canvas.selected)
        self._toolbar.show_sentence(queue_sentence(state))
        self._panel.show_history(
            state.history, can_undo=state.can_undo, can_redo=state.can_redo
        )
        self.queue_came.emit(state.left)

    def _on_clean_start(self, why: CleanStart | None) -> None:
        self._clean_start = why
        if self._state is not None:
            self._show_around(self._state)

    def _on_classes(self, rows: tuple[ClassRow, ...]) -> None:
        known = {row.label_class.id: row.label_class for row in rows}
        has_changed = known != self._classes
        self._classes = known
        self._toolbar.show_classes(tuple(known.values()))
        if self._class_id not in known:
            self._class_id = next(iter(known), None)
        self._panel.show_classes(rows, self._class_id)
        self._set_class(self._class_id)
        if has_changed and self._state is not None:
            self._show_boxes(self._state)

    def _on_film(self, frames: tuple[FilmFrame, ...]) -> None:
        self._frames = frames
        current = "" if self._state is None else self._state.sample.id
        self._film.show_frames(frames, current)
        self._pictures.set_neighbours(frames)

    def _on_stopped(self) -> None:
        """Show the sample as it was saved last."""
        self.canvas.set_locked(False)
        if self._state is not None:
            self._show_boxes(replace(self._state, touched=""))

    def showEvent(self, event: QShowEvent) -> None:
        """Give the keyboard to the canvas."""
        super().showEvent(event)
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
