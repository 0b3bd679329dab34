"""The Capture page: live pictures, the shutter, and what became of each picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from dataset.records import LabelClass

from ...jobs import Submitter
from ...keys import CLASS_KEYS
from ...language import tr
from ...session_words import session_words
from ...theme import Theme
from ..contracts import ClassRow, Commands
from ..rows import dress
from .camera_slot import CameraSlot
from .camera_tuning import CameraTuning
from .camera_wall import CameraWall
from .capture_contract import (
    CaptureEvent,
    CaptureStatus,
    DriftGauge,
    EventKind,
    PageSettings,
    SessionForm,
    TriggerChoice,
)
from .capture_panel import LAST_S, CapturePanel
from .capture_protocols import CaptureDesk
from .capture_reads import CaptureReads
from .capture_words import camera_words, drift_notice
from .event_strip import EventStrip
from .freeze_view import FREEZE_ACTS
from .health_round import HealthRound
from .live_view import LiveView
from .preview_bar import MARKS, PreviewBar
from .trigger_bar import TRIGGERS

POLL_MS = 8
IDLE_MS = 200
STATUS_EVERY = 24


class CapturePage(QWidget):
    """Polls its cameras and asks them for pictures; panel and keys act on one of them.

    Signals:
        error_came: a `FieldsetError` to show.
        notice_came: a sentence and its tone.
        camera_changed: words and tone for the status bar.
        session_came: the words for the session chip.
        sample_kept: at least one picture was stored, or its boxes were.
        form_used: the `SessionForm` that was opened.
    """

    error_came = Signal(object)
    notice_came = Signal(str, str)
    camera_changed = Signal(str, str)
    session_came = Signal(str)
    sample_kept = Signal()
    form_used = Signal(object)

    def __init__(
        self,
        desk: CaptureDesk,
        runner: Submitter,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        dress(self, "page")
        self._desk = desk
        self._runner = runner
        self._theme = theme
        self._classes: dict[int, LabelClass] = {}
        self._class_id: int | None = None
        self._carry_gap_s = 0.0
        self._ticks = 0
        self._gauges: dict[CameraSlot, DriftGauge] = {}
        self.bar = PreviewBar(self)
        self.wall = CameraWall(self._make_slot, self)
        self.strip = EventStrip(theme, runner, self)
        self.panel = CapturePanel(theme, self)
        self.tuning = CameraTuning(self.wall, self.panel, runner, self)
        self.health = HealthRound(self.wall, runner, self)
        self._reads = CaptureReads(desk, self.panel.form, runner, self)
        self._lay_out()
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self._poll)
        self._connect()
        self.wall.add()

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self.bar)
        left.addWidget(self.wall, 1)
        left.addWidget(self.strip)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        row.addWidget(self.panel)

    def _connect(self) -> None:
        panel = self.panel
        self._reads.counts_came.connect(self._on_counts)
        self._reads.advice_came.connect(panel.show_advice)
        self._reads.settings_came.connect(self._on_settings)
        self._reads.error_came.connect(self.error_came)
        self.health.row_came.connect(lambda _slot: self._show_slot())
        self.wall.slot_chosen.connect(self._on_slot_chosen)
        panel.form_given.connect(self.start)
        panel.stop_requested.connect(self.stop)
        panel.cameras_requested.connect(self.find_cameras)
        panel.triggers.trigger_chosen.connect(self._on_trigger)
        panel.triggers.shutter_pressed.connect(self.take)
        panel.triggers.last_requested.connect(self.keep_last)
        panel.classes.class_pressed.connect(self.choose_class)
        self.tuning.notice_came.connect(self.notice_came)
        self.tuning.error_came.connect(self.error_came)
        self.tuning.zones_changed.connect(self._show_slot)
        self.bar.freeze_requested.connect(self.freeze)
        self.bar.marks_changed.connect(self.wall.show_marks)
        self.bar.all_requested.connect(self.take_with_all)
        self.bar.add_requested.connect(self.add_camera)
        self.bar.remove_requested.connect(lambda: self.wall.remove(self.slot))

    def _make_slot(self) -> CameraSlot:
        slot = CameraSlot(
            self._desk.new_camera(), self._desk, self._runner, self._theme, self.wall
        )
        slot.choose_trigger(TriggerChoice(zones=self.tuning.zones))
        slot.marks = self.bar.marks
        slot.show_classes(self._classes)
        slot.choose_class(self._class_id)
        slot.events_came.connect(self._on_events)
        slot.status_changed.connect(partial(self._on_status, slot))
        slot.opening_changed.connect(lambda _is: self._show_slot())
        slot.frozen_changed.connect(lambda _is: self._show_slot())
        slot.freezing.picture_saved.connect(self._on_picture_saved)
        slot.intents_came.connect(self._reads.note_intents)
        slot.choice_changed.connect(self._show_slot)
        slot.form_used.connect(self.form_used)
        slot.notice_came.connect(self.notice_came)
        slot.error_came.connect(self.error_came)
        return slot

    def commands(self) -> Commands:
        """Give what each action of this page does, by the action's id."""
        made: dict[str, Callable[[], object]] = {
            "capture.shutter": self.take,
            "capture.all": self.take_with_all,
            "capture.last": self.keep_last,
            "capture.start": self._start_or_stop,
            "capture.find": self.find_cameras,
            "capture.add": self.add_camera,
            "capture.next": self._next,
            "freeze.toggle": self.freeze,
            "freeze.discard": self._cancel,
        }
        for act in FREEZE_ACTS:
            made[f"freeze.{act}"] = partial(self._on_frozen_act, act)
        for name in TRIGGERS:
            made[f"trigger.{name}"] = partial(self.panel.triggers.choose, name)
        for name in MARKS:
            made[f"preview.{name}"] = partial(self.bar.toggle, name)
        for key in CLASS_KEYS:
            made[f"capture.class.{key}"] = partial(self._choose_key, key)
        return made

    # What a person asks for

    def open(self) -> None:
        """Count what is there and what is wanted; call when the page is shown."""
        self._timer.start()
        self.health.begin()
        self.refresh()

    def refresh(self) -> None:
        """Count the classes again and read what is wanted next."""
        self._reads.refresh()

    def find_cameras(self) -> None:
        """Look for cameras in a worker."""
        self._reads.find_cameras()

    def start(self, form: SessionForm) -> None:
        """Open a source in the chosen place."""
        self._timer.setInterval(POLL_MS)
        self.slot.start(form)

    def stop(self) -> None:
        """End the session of the chosen camera; what was chosen is still stored."""
        self.slot.stop()

    def take(self) -> None:
        """Take the newest picture of the chosen camera, or save the frozen one."""
        if self.slot.freezing.is_frozen:
            self.slot.freezing.keep()
        else:
            self.slot.take()

    def take_with_all(self) -> None:
        """Take the newest picture of every camera."""
        for slot in self.wall.slots:
            slot.take()

    def keep_last(self) -> None:
        """Keep the sharpest picture of the last seconds."""
        self.slot.keep_last(LAST_S)

    def freeze(self) -> None:
        """Hold the picture still, or save what was drawn on it and go on."""
        if self.slot.freezing.is_frozen:
            self.slot.freezing.keep()
        elif self.slot.status.is_running:
            self.slot.freezing.begin(self._carry_gap_s)

    def choose_class(self, class_id: int) -> None:
        """Capture for a class; the same once more captures for none."""
        is_frozen = self.slot.freezing.is_frozen
        is_same = class_id == self._class_id and not is_frozen
        self._class_id = None if is_same else class_id
        for slot in self.wall.slots:
            slot.choose_class(self._class_id)
        self.panel.show_class(self._class_id)

    def add_camera(self) -> None:
        """Show one camera more."""
        if self.wall.can_add:
            self.wall.add()

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self._theme = theme
        for slot in self.wall.slots:
            slot.set_theme(theme)
        self.strip.set_theme(theme)
        self.panel.set_theme(theme)

    @property
    def slot(self) -> CameraSlot:
        """The chosen camera."""
        return self.wall.chosen

    @property
    def live(self) -> LiveView:
        """The live picture of the chosen camera."""
        return self.slot.live

    @property
    def status(self) -> CaptureStatus:
        """How capture with the chosen camera stands, as last polled."""
        return self.slot.status

    @property
    def class_id(self) -> int | None:
        """The class that is captured for."""
        return self._class_id

    def halt(self) -> None:
        """Poll no more: the project is about to be closed."""
        self._timer.stop()
        self.health.halt()

    def _start_or_stop(self) -> None:
        if self.slot.status.is_running:
            self.stop()
        else:
            self.panel.form.submit()

    def _next(self) -> None:
        focused = QApplication.focusWidget()
        if focused is not None and self.panel.isAncestorOf(focused):
            self.focusNextChild()
        elif self.slot.freezing.is_frozen:
            self.slot.freeze_view.canvas.select_next(1)
        else:
            self.wall.choose_next()

    def _cancel(self) -> None:
        """Stop drawing zones, let go of the frozen picture: the nearest of them."""
        self.panel.motion.stop_drawing()
        self.slot.freezing.discard()

    def _on_frozen_act(self, act: str) -> None:
        self.slot.freeze_view.do(act)

    def _choose_key(self, key: str) -> None:
        for known in self._classes.values():
            if known.key is not None and str(known.key) == key:
                self.choose_class(known.id)
                return
        words = tr("No class is on key {key} yet.").format(key=key)
        self.notice_came.emit(words, "warn")

    def _on_trigger(self, choice: TriggerChoice) -> None:
        is_motion = choice.name == "motion"
        sensitivity = self.panel.motion.sensitivity if is_motion else None
        self.slot.choose_trigger(replace(choice, sensitivity=sensitivity))
        self._show_slot()

    # What came back

    def _poll(self) -> None:
        """Take over what is new; nothing here waits."""
        self._ticks += 1
        slots = self.wall.slots
        for number, slot in enumerate(slots, 1):
            slot.poll(
                with_status=self._ticks % STATUS_EVERY == 0, place=(number, len(slots))
            )
        is_busy = any(slot.is_busy for slot in slots)
        self._timer.setInterval(POLL_MS if is_busy else IDLE_MS)

    def _on_events(self, events: tuple[CaptureEvent, ...]) -> None:
        self.strip.add(events)
        if any(event.kind is EventKind.KEPT for event in events):
            self.sample_kept.emit()

    def _on_status(
        self, slot: CameraSlot, before: CaptureStatus, status: CaptureStatus
    ) -> None:
        if before.is_running and not status.is_running:
            self.refresh()
            self.health.ask(slot)
        was, gauge = self._gauges.get(slot, DriftGauge()), slot.drift
        self._gauges[slot] = gauge
        words, tone = drift_notice(was, gauge)
        if words:
            self.notice_came.emit(words, tone)
        if slot is self.slot:
            self._show_slot()

    def _on_slot_chosen(self, slot: CameraSlot) -> None:
        self.panel.motion.stop_drawing()
        self.panel.show_choice(slot.choice)
        self._show_slot()

    def _show_slot(self) -> None:
        """Show in panel and bars how the chosen camera stands."""
        slot = self.slot
        status, slots = slot.status, self.wall.slots
        self.panel.form.set_opening(slot.is_opening)
        self.panel.show_status(status)
        self.panel.drift.show_gauge(slot.drift)
        self.panel.health.show_row(self.health.row(slot))
        self.panel.show_conditions(slot.conditions if slot.is_busy else ())
        self.panel.show_choice(slot.choice)
        self.bar.show_frozen(slot.freezing.is_frozen)
        self.bar.show_cameras(
            len(slots),
            is_running=status.is_running,
            can_add=self.wall.can_add,
            can_remove=not slot.is_busy and not slot.freezing.is_frozen,
        )
        self.camera_changed.emit(*camera_words(status))
        session = status.session if status.is_running else None
        self.session_came.emit("" if session is None else session_words(session))

    def _on_counts(self, rows: tuple[ClassRow, ...]) -> None:
        self._classes = {row.label_class.id: row.label_class for row in rows}
        self.panel.show_counts(rows)
        for slot in self.wall.slots:
            slot.show_classes(self._classes)

    def _on_settings(self, settings: PageSettings) -> None:
        self._carry_gap_s = settings.carry_gap_s
        self.tuning.begin_with(settings.zones)

    def _on_picture_saved(self, _words: str) -> None:
        self.sample_kept.emit()
        self.refresh()
