"""One camera on the Capture page: its live picture, its session, its frozen picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from dataset.errors import FieldsetError
from dataset.records import LabelClass
from labeling.intended import Intent

from ...jobs import Lane, Operation, Submitter
from ...language import tr
from ...pictures import image_of
from ...theme import Theme
from .capture_contract import (
    CaptureEvent,
    CaptureStatus,
    DriftGauge,
    EventKind,
    LiveFrame,
    Marks,
    Readings,
    SessionForm,
    TriggerChoice,
    Zone,
)
from .capture_protocols import CameraDesk, CaptureDesk
from .capture_words import away_words, badge_words, chip_words, ended_words, with_drift
from .freeze_view import FreezeView
from .freezing import Freezing
from .live_view import LiveView

READINGS_EVERY = 8
REMEMBERED_CLASSES = 32
TOLD_MS = 2500
LEAST_PX = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrunk:
    """A live picture ready to be painted."""

    number: int
    image: QImage


class CameraSlot(QWidget):
    """Polls one desk and paints what is new; polling never waits.

    A live picture is shrunk and marked in a worker, the newest only, and measured in
    another now and then.

    Signals:
        status_changed: the `CaptureStatus` before and the one of now.
        events_came: a tuple of `CaptureEvent`.
        intents_came: a tuple of `Intent`: samples, and what they were captured for.
        opening_changed: the source is being opened, or was.
        frozen_changed: a picture is held still, or was let go.
        pressed: the person chose this camera.
        choice_changed: the trigger or its zones are others than were asked for last.
        form_used: the `SessionForm` that was opened.
        notice_came: a sentence and its tone.
        error_came: a `FieldsetError` to show.
    """

    status_changed = Signal(object, object)
    events_came = Signal(object)
    intents_came = Signal(object)
    opening_changed = Signal(bool)
    frozen_changed = Signal(bool)
    pressed = Signal()
    choice_changed = Signal()
    form_used = Signal(object)
    notice_came = Signal(str, str)
    error_came = Signal(object)

    def __init__(
        self,
        desk: CameraDesk,
        project: CaptureDesk,
        runner: Submitter,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.desk = desk
        self._runner = runner
        self.status = CaptureStatus()
        self.choice = TriggerChoice()
        self.marks = Marks()
        self.is_opening = self._is_stopping = False
        self.conditions: tuple[tuple[str, str], ...] = ()
        self._shown = -1
        self._is_shrinking = self._is_measuring = False
        self._choosing = self._takes = 0
        self._place = (1, 1)
        self._classes: list[tuple[int, int | None]] = [(-1, None)]
        self._saved_words = ""
        self._told = QTimer(self, singleShot=True, interval=TOLD_MS)
        self.live = LiveView(theme, self)
        self.freeze_view = FreezeView(runner, theme, self)
        # Not shown yet, it must not make the page wider.
        self.freeze_view.setMinimumSize(LEAST_PX, LEAST_PX)
        self.freezing = Freezing(desk, project, runner, self.freeze_view, self)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.live)
        self._stack.addWidget(self.freeze_view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        self._connect()
        self._show_note()

    def _connect(self) -> None:
        self.live.pressed.connect(self.pressed)
        self.live.zone_drawn.connect(self._add_zone)
        self.freeze_view.notice_came.connect(self.notice_came)
        self.freezing.notice_came.connect(self.notice_came)
        self.freezing.error_came.connect(self.error_came)
        self.freezing.frozen_changed.connect(self._on_frozen)
        self.freezing.picture_saved.connect(self._tell)
        self._told.timeout.connect(self._on_told)

    # What a person asks for

    def start(self, form: SessionForm) -> None:
        """Open a source; a wrong address comes back as an error."""
        if self.is_opening:
            return
        self._set_opening(True)
        self._is_stopping = False
        self.conditions = form.conditions
        self._shown = -1
        self._classes = [(-1, self._classes[-1][1])]
        self.freezing.forget()
        choice = self.choice
        self._ask(
            tr("Open the source"),
            lambda: self.desk.start(form, choice),
            lambda _none: self.form_used.emit(form),
        )

    def stop(self) -> None:
        """End the session; what was chosen is still stored."""
        self._is_stopping = True
        self._ask(tr("End the session"), self.desk.stop, lambda _none: None)

    def choose_trigger(self, choice: TriggerChoice) -> None:
        """Take pictures by this trigger from now on."""
        before = self.choice
        self.show_choice(choice)
        if self.is_busy:
            self._choosing += 1
            self._runner.submit(
                Operation(
                    title=tr("Choose the trigger"),
                    function=lambda _progress: self.desk.set_trigger(choice),
                    on_done=lambda _none: self._on_chosen(),
                    on_error=lambda error: self._on_not_chosen(before, error),
                    on_stopped=self._on_chosen,
                    lane=Lane.CAMERA,
                    quiet=True,
                )
            )

    def take(self) -> None:
        """Take the newest picture now, or as soon as the trigger is the chosen one."""
        if self._choosing:
            self._takes += 1
        elif self.status.is_running:
            self.desk.shutter()

    def show_choice(self, choice: TriggerChoice) -> None:
        """Show a trigger and its zones, without asking the camera for them."""
        self.choice = choice
        self.live.show_zones(choice.zones if choice.name == "motion" else ())

    def _on_not_chosen(self, before: TriggerChoice, error: FieldsetError) -> None:
        """The trigger before goes on; say so and show it."""
        self._takes = 0
        self.show_choice(before)
        self.choice_changed.emit()
        self.error_came.emit(error)

    def _on_chosen(self) -> None:
        self._choosing -= 1
        while self._takes and not self._choosing:
            self._takes -= 1
            self.take()

    def keep_last(self, seconds: float) -> None:
        """Keep the sharpest picture of the last seconds."""
        if self.status.is_running:
            self.desk.keep_last(seconds)

    def choose_class(self, class_id: int | None) -> None:
        """What is captured from the next frame on is meant for this class."""
        self._classes = [
            *self._classes[-REMEMBERED_CLASSES:],
            (self._shown, class_id),
        ]
        self.freeze_view.choose_class(class_id)

    def show_classes(self, classes: Mapping[int, LabelClass]) -> None:
        """Take the classes of the project."""
        self.freeze_view.show_classes(classes)

    def set_zones(self, zones: tuple[Zone, ...]) -> None:
        """Look for motion in these zones only; () looks everywhere."""
        self.choose_trigger(replace(self.choice, zones=zones, has_own_zones=True))

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self.live.set_theme(theme)
        self.freeze_view.set_theme(theme)

    @property
    def drift(self) -> DriftGauge:
        """How the stream stands against the baseline; empty while none is open."""
        return self.desk.drift() if self.status.is_running else DriftGauge()

    @property
    def is_busy(self) -> bool:
        """Whether something may come from the camera."""
        return self.status.is_running or self.is_opening

    # What comes from the desk

    def poll(self, *, with_status: bool, place: tuple[int, int]) -> None:
        """Take over what is new; `place` is its number among how many cameras."""
        self._place = place
        self._take_events(self.desk.events())
        if self.live.isVisible():
            self._take_frame(self.desk.newest())
        if with_status or not self.status.is_running:
            self._take_status(self.desk.status())

    def _take_events(self, events: tuple[CaptureEvent, ...]) -> None:
        if not events:
            return
        for event in events:
            self.freezing.take(event)
            if event.kind is EventKind.ENDED:
                self._set_opening(False)
                if event.error is not None:
                    self.error_came.emit(event.error)
                elif not self._is_stopping:
                    self.notice_came.emit(ended_words(self.desk.status()), "warn")
        self._tell_intents(events)
        self._take_status(self.desk.status())
        self.events_came.emit(events)

    def _tell_intents(self, events: tuple[CaptureEvent, ...]) -> None:
        """Say for which class samples were captured: that chosen at their frame."""
        kept = [e for e in events if e.kind is EventKind.KEPT and not e.is_frozen]
        meant = tuple(
            Intent(sample_id=event.sample_id, class_id=class_id, area=event.area)
            for event in kept
            if (class_id := self._class_at(event.number)) is not None
        )
        if meant:
            self.intents_came.emit(meant)

    def _class_at(self, number: int) -> int | None:
        earlier = [one for after, one in self._classes if after < number]
        return earlier[-1] if earlier else None

    def _take_frame(self, frame: LiveFrame | None) -> None:
        if frame is None or frame.number == self._shown or self._is_shrinking:
            return
        self._shown = frame.number
        self._is_shrinking = True
        self._set_opening(False)
        size, marks = self.live.room(), self.marks
        room = (size.width(), size.height())

        def shrink() -> Shrunk:
            small = self.desk.picture(frame.pixels, room, marks)
            return Shrunk(number=frame.number, image=image_of(small))

        self._runner.submit(
            Operation(
                title=tr("Shrink the live picture"),
                function=lambda _progress: shrink(),
                on_done=self._show_live,
                on_error=self.error_came.emit,
                on_stopped=self._on_shrink_stopped,
                lane=Lane.LIVE,
                quiet=True,
            )
        )
        if frame.number % READINGS_EVERY == 0:
            self._measure(frame)

    def _measure(self, frame: LiveFrame) -> None:
        if self._is_measuring:
            return
        self._is_measuring = True
        self._runner.submit(
            Operation(
                title=tr("Measure the live picture"),
                function=lambda _progress: self.desk.readings(frame.pixels),
                on_done=self._show_readings,
                on_error=self.error_came.emit,
                on_stopped=self._on_measure_stopped,
                lane=Lane.ASSIST,
                quiet=True,
            )
        )

    def _show_live(self, shrunk: Shrunk) -> None:
        self._is_shrinking = False
        if self.is_busy:
            self.live.show_image(shrunk.image)

    def _show_readings(self, readings: Readings) -> None:
        self._is_measuring = False
        if self.is_busy:
            self.live.show_readings(with_drift(readings, self.drift))

    def _on_shrink_stopped(self) -> None:
        self._is_shrinking = False

    def _on_measure_stopped(self) -> None:
        self._is_measuring = False

    def _take_status(self, status: CaptureStatus) -> None:
        self._show_chips(status)
        if status == self.status:
            return
        before, self.status = self.status, status
        if before.is_running and not status.is_running:
            self.live.show_image(None)
            self._show_note()
        self.status_changed.emit(before, status)

    def _show_chips(self, status: CaptureStatus) -> None:
        self.live.show_camera(*chip_words(status, *self._place))
        self.live.show_away(away_words(status))
        if self._saved_words:
            self.live.show_badge(self._saved_words, "ok")
            return
        seen = self.desk.trigger_words() if status.source else ("", "muted")
        self.live.show_badge(*badge_words(status, self.choice.name, seen))

    def _tell(self, words: str) -> None:
        """Say for a moment what was saved."""
        self._saved_words = words
        self._show_chips(self.status)
        self._told.start()

    def _on_told(self) -> None:
        self._saved_words = ""
        self._show_chips(self.status)

    def _set_opening(self, is_opening: bool) -> None:
        if is_opening != self.is_opening:
            self.is_opening = is_opening
            self._show_note()
            self.opening_changed.emit(is_opening)

    def _show_note(self) -> None:
        words = tr("No camera is open.\nChoose a source on the right and open it.")
        self.live.show_note(tr("Opening the source…") if self.is_opening else words)

    def _on_frozen(self, is_frozen: bool) -> None:
        self._stack.setCurrentIndex(1 if is_frozen else 0)
        if is_frozen:
            self.freeze_view.canvas.setFocus()
        self.frozen_changed.emit(is_frozen)

    def _add_zone(self, zone: Zone) -> None:
        self.set_zones((*self.choice.zones, zone))
        self.choice_changed.emit()

    def _ask(
        self,
        title: str,
        function: Callable[[], object],
        done: Callable[..., None],
    ) -> None:
        self._runner.submit(
            Operation(
                title=title,
                function=lambda _progress: function(),
                on_done=done,
                on_error=self.error_came.emit,
                on_stopped=lambda: self._set_opening(False),
                lane=Lane.CAMERA,
                quiet=True,
            )
        )
