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

from ...jobs import Submitter
from ...keys import Action
from ...language import tr
from ...pictures import ThumbnailLoader
from ...theme import Theme
from ..canvas.canvas import Canvas
from ..contracts import (
    ClassRow,
    Commands,
    FilmFrame,
    LabelDesk,
    LabelScene,
    QueueChoice,
)
from ..empty_page import EmptyNote
from ..rows import dress
from .filmstrip import Filmstrip
from .jump_dialog import JumpDialog
from .label_boxes import LabelBoxes
from .label_calls import LabelCalls
from .label_commands import Strokes, box_commands, view_commands
from .label_empties import LabelEmpties
from .label_foot import LabelFoot
from .label_panel import LabelPanel
from .label_pictures import LabelPictures
from .label_proposals import LabelProposals
from .label_toolbar import LabelToolbar
from .label_words import (
    boxes_head,
    marked_rows,
    note_words,
    nothing_left,
    queue_sentence,
    shown_boxes,
)
from .skip_menu import SkipMenu


class LabelPage(QWidget):
    """Shows one sample after the other and asks its desk for every change.

    Signals:
        notice_came: a sentence and its tone, for the window to show.
        saved_changed: False while an edit is not on disk yet.
        session_came: the words for the session chip.
        queue_came: how many samples are left.
        classes_requested: the person wants to work on the classes.
    """

    notice_came = Signal(str, str)
    error_came = Signal(object)
    saved_changed = Signal(bool)
    session_came = Signal(str)
    queue_came = Signal(int)
    classes_requested = Signal()

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
        self._told_id = ""
        self._frames: tuple[FilmFrame, ...] = ()
        self._classes: dict[int, LabelClass] = {}
        self._strokes = Strokes()
        self._clean_start: CleanStart | None = None
        self._has_news = False
        self.canvas = Canvas(theme, self)
        self._pictures = LabelPictures(self.canvas, runner, self)
        self._boxes = LabelBoxes(self.canvas, self._calls, self)
        self._proposals = LabelProposals(desk, runner, self)
        self._empties = LabelEmpties(desk, runner, self)
        self._toolbar = LabelToolbar(desk.choices(), self)
        self._foot = LabelFoot(actions, self)
        self._film = Filmstrip(theme, ThumbnailLoader(runner, parent=self), self)
        self._panel = LabelPanel(theme, self)
        self._nothing = EmptyNote(*nothing_left(0))
        self._skip_menu = SkipMenu(self)
        self._jump = JumpDialog(self)
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
            (self._foot, 0),
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
        self._calls.rest_came.connect(self._show_rest)
        self._calls.classes_came.connect(self._on_classes)
        self._calls.film_came.connect(self._on_film)
        self._calls.filters_came.connect(self._toolbar.show_filters)
        self._calls.clean_start_came.connect(self._on_clean_start)
        self._calls.held_came.connect(
            lambda held: self._nothing.set_words(*nothing_left(held))
        )
        self._calls.call_failed.connect(self.error_came)
        self._calls.call_stopped.connect(self._on_stopped)
        self._calls.busy_changed.connect(lambda busy: self.saved_changed.emit(not busy))
        self._pictures.picture_failed.connect(self.error_came)
        for done in (self.canvas.box_drawn, self.canvas.box_moved):
            done.connect(self._strokes.note_drag)
        self.canvas.boxes_moved.connect(self._strokes.note_drag)
        self.canvas.choice_changed.connect(self._panel.show_chosen)
        self.canvas.marks_changed.connect(self._show_rows)
        self._boxes.notice_came.connect(self.notice_came)
        self._boxes.class_changed.connect(self._on_class_changed)
        self._foot.tone_changed.connect(self.canvas.set_tone)
        self._panel.class_chosen.connect(self._boxes.choose_class)
        self._panel.boxes_chosen.connect(self.canvas.choose)
        self._proposals.notice_came.connect(self.notice_came)
        self._proposals.error_came.connect(self.error_came)
        self._proposals.proposals_came.connect(self._on_proposals)
        self._empties.notice_came.connect(self.notice_came)
        self._empties.error_came.connect(self.error_came)
        self._empties.empties_came.connect(self._on_proposals)
        self._empties.empties_dismissed.connect(self._on_dismissed)
        self._panel.undo_requested.connect(self.undo)
        self._panel.classes_requested.connect(self.classes_requested)
        self._jump.place_given.connect(self._jump_to)
        self._panel.redo_requested.connect(self.redo)
        self._film.frame_chosen.connect(self._go_to)
        self._film.frames_wanted.connect(self._calls.ask_frames)
        self._calls.frames_came.connect(self._film.rows.put)
        self._toolbar.choice_made.connect(self._choose_queue)
        self._skip_menu.reason_chosen.connect(self._skip)

    # What a person asks for

    def commands(self) -> Commands:
        """Give what each action of this page does, by the action's id."""
        made: dict[str, Callable[[], object]] = {
            "label.accept": self.accept,
            "label.next": partial(self._step, 1),
            "label.previous": partial(self._step, -1),
            "label.empty": self.mark_empty,
            "label.skip": self._skip_menu.ask,
            "label.propose": self._proposals.start,
            "label.find_empties": self._empties.start,
            "label.dismiss": self._empties.dismiss,
            "label.jump": self._jump.ask,
            "label.undo": self.undo,
            "label.redo": self.redo,
            "view.loupe": self._toggle_loupe,
            **box_commands(self.canvas, self._boxes),
            **view_commands(self.canvas, self._foot),
        }
        return {name: self._strokes.counted(name, do) for name, do in made.items()}

    def open(self) -> None:
        """Show the current sample of the queue; call when the page is shown."""
        desk = self._calls.desk
        # What is there to see first; counting and filters can come a moment later.
        self._calls.leave(desk.renew if self._has_news else desk.current)
        self._calls.refresh_classes()
        self._calls.refresh_filters()
        self._calls.begin()
        self._has_news = False

    def pause(self) -> None:
        """Another page is shown: leave the samples to other windows."""
        self._calls.pause()

    def note_new_classes(self) -> None:
        """Classes changed: read them, and the sample at hand, again."""
        self._calls.refresh_classes()
        self._calls.refresh_filters()
        if self._state is not None:
            self._calls.leave(self._calls.desk.current)

    def note_new_samples(self) -> None:
        """Samples came in: the queue is made again when the page is shown next."""
        self._has_news = True

    def accept(self) -> None:
        """Accept everything shown and go on; nothing unseen is accepted."""
        if self._is_seen():
            drags, seen = self._strokes.drags, self._seen_proposals()
            self._leave(lambda keys: self._calls.desk.accept(keys, drags, seen))

    def mark_empty(self) -> None:
        """Say that nothing is here and go on."""
        if self._is_seen():
            drags = self._strokes.drags
            self._leave(lambda keys: self._calls.desk.mark_empty(keys, drags))

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
        return self._boxes.class_id

    @property
    def is_saved(self) -> bool:
        """True when every edit is on disk."""
        return self._calls.is_saved

    def _is_seen(self) -> bool:
        """Say whether the person sees what they decide on; tell where not."""
        if self._state is None:
            return False
        if self._pictures.has_failed:
            words = tr("Nobody can see this picture: it is not accepted. S skips it.")
            self.notice_came.emit(words, "warn")
            return False
        if self.canvas.reveal():
            words = tr("Hidden boxes are shown again: look, then press once more.")
            self.notice_came.emit(words, "warn")
            return False
        return self.canvas.has_picture

    def _seen_proposals(self) -> frozenset[str]:
        """Give the ids of the proposals that are on the screen."""
        proposals = () if self._state is None else self._state.proposals
        return frozenset(each.box.id for each in proposals)

    def _leave(self, verb: Callable[[int], LabelScene | None]) -> None:
        if self._state is None or self._calls.is_leaving:
            return
        self.canvas.set_locked(True)
        keys = self._strokes.keys
        self._calls.leave(lambda: verb(keys))

    def _step(self, by: int) -> None:
        self._leave(lambda _keys: self._calls.desk.step(by))

    def _go_to(self, sample_id: str) -> None:
        self._leave(lambda _keys: self._calls.desk.go_to(sample_id))

    def _jump_to(self, words: str) -> None:
        self.canvas.flush()
        self._leave(lambda _keys: self._calls.desk.jump(words))

    def open_sample(self, sample_id: str) -> None:
        """Go to one sample, from another page."""
        self.canvas.flush()
        self._calls.redirect(lambda: self._calls.desk.go_to(sample_id))

    def show_queue(self, choice: QueueChoice) -> None:
        """Go through another queue, from another page."""
        self.canvas.flush()
        self._calls.redirect(lambda: self._calls.desk.choose(choice))
        self._calls.refresh_filters()

    def _skip(self, reason: str) -> None:
        self._leave(lambda _keys: self._calls.desk.skip(reason))

    def _choose_queue(self, choice: QueueChoice) -> None:
        self.canvas.flush()
        self._calls.leave(lambda: self._calls.desk.choose(choice))

    def _toggle_loupe(self) -> None:
        self.canvas.toggle_loupe()
        words = tr("The magnifier is off.")
        if self.canvas.has_loupe:
            words = tr("The magnifier comes when a small box is drawn or resized.")
        self.notice_came.emit(words, "ok")

    def _on_class_changed(self, class_id: int | None) -> None:
        self._panel.show_classes(self._panel.classes, class_id)

    # What came back

    def _show(self, state: LabelScene | None) -> None:
        before, self._state = self._state, state
        self.canvas.set_locked(False)
        self._middle.setCurrentIndex(1 if state is None else 0)
        if state is None:
            self._boxes.show(None)
            self._toolbar.show_sentence("")
            self._panel.show_boxes(tr("Boxes here"), ())
            self._film.show_place(None, -1, 0)
            self.queue_came.emit(0)
            return
        is_new = before is None or before.sample.id != state.sample.id
        if is_new:
            self._strokes.begin()
            self._clean_start = None
            self.canvas.show_boxes(())
            self.canvas.reveal()
            self._pictures.show(state)
        self._show_on_canvas(state)
        words, tone = state.notice
        if words:
            self.notice_came.emit(words, tone)
            self._calls.refresh_classes()
        had_proposals = bool(before and before.proposals)
        if is_new or (state.proposals and not had_proposals):
            # Picture and boxes first: what is around them may come a moment later.
            self.canvas.repaint()
        if before and not is_new and before.sample.state is not state.sample.state:
            self._calls.refresh_film()

    def _show_rest(self, state: LabelScene | None) -> None:
        """Show what is around the picture."""
        told_id, self._told_id = self._told_id, state.sample.id if state else ""
        if state is None:
            return
        if told_id != state.sample.id:
            self._pictures.look_ahead()
            self._film.show_place(state.queue, state.position - 1, state.total)
            if state.session_text:
                self.session_came.emit(state.session_text)
        if state.proposals:
            self._pictures.look_now()
        self._show_around(state)

    def _show_boxes(self, state: LabelScene) -> None:
        self._show_on_canvas(state)
        self._show_around(state)

    def _show_on_canvas(self, state: LabelScene) -> None:
        items = shown_boxes(state, self._classes)
        self.canvas.show_boxes(items, self._boxes.show(state))

    def _show_around(self, state: LabelScene) -> None:
        """Show in bars and lists what the canvas shows."""
        self._show_rows()
        self._panel.show_note(note_words(state, self._clean_start))
        self._panel.show_pace(state.pace_text)
        self._toolbar.show_sentence(queue_sentence(state))
        self._panel.show_history(
            state.history, can_undo=state.can_undo, can_redo=state.can_redo
        )
        self.queue_came.emit(state.left)

    def _show_rows(self) -> None:
        """List the boxes, and say which of them are locked or hidden."""
        if self._state is None:
            return
        rows = marked_rows(self._state, self._classes, self.canvas)
        self._panel.show_boxes(boxes_head(self._state), rows)
        self._panel.show_chosen(self.canvas.chosen)

    def _on_clean_start(self, why: CleanStart | None) -> None:
        self._clean_start = why
        if self._state is not None:
            self._show_around(self._state)

    def _on_classes(self, rows: tuple[ClassRow, ...]) -> None:
        known = {row.label_class.id: row.label_class for row in rows}
        has_changed = known != self._classes
        self._classes = known
        self._toolbar.show_classes(tuple(known.values()))
        self._panel.show_classes(rows, self.class_id)
        self._boxes.show_classes(known)
        if has_changed and self._state is not None:
            self._show_boxes(self._state)

    def _on_film(self, frames: tuple[FilmFrame, ...]) -> None:
        self._frames = frames
        state = self._state
        ids = [frame.sample_id for frame in frames]
        if state is not None and state.sample.id in ids:
            first = state.position - 1 - ids.index(state.sample.id)
            self._film.rows.put(first, frames)
        self._pictures.set_neighbours(frames)

    def _on_proposals(self) -> None:
        """Show what was proposed for the sample at hand, too."""
        self._calls.edit(self._calls.desk.current)
        self._calls.refresh_film()

    def _on_dismissed(self) -> None:
        """Show what is left of the queue."""
        self.canvas.flush()
        self._calls.leave(self._calls.desk.current)
        self._calls.refresh_film()

    def _on_stopped(self) -> None:
        """Show the sample as it was saved last."""
        self.canvas.set_locked(False)
        if self._state is not None:
            self._show_boxes(replace(self._state, touched=""))

    def showEvent(self, event: QShowEvent) -> None:
        """Give the keyboard to the canvas."""
        super().showEvent(event)
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
