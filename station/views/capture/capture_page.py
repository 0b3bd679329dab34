"""The Capture page: the live picture, the shutter, and what became of each picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ...jobs import Lane, Operation, Submitter
from ...language import TIMES, tr
from ...pictures import shrunk_image
from ...session_words import session_words
from ...theme import Theme
from ..contracts import Commands
from ..rows import dress
from .capture_contract import (
    CaptureDesk,
    CaptureEvent,
    CaptureStatus,
    EventKind,
    LiveFrame,
    Readings,
    SessionForm,
    TriggerChoice,
    short_source,
)
from .capture_panel import LAST_S, CapturePanel
from .event_strip import EventStrip
from .live_view import LiveView

POLL_MS = 15
IDLE_MS = 200
READINGS_EVERY = 8
STATUS_EVERY = 12
LATE_MS = 2000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrunk:
    """A live picture ready to be painted, measured now and then."""

    number: int
    image: QImage
    readings: Readings | None


class CapturePage(QWidget):
    """Polls its desk, paints what is new, and asks it for pictures.

    Polling never waits; a live picture is shrunk in a worker, the newest only.

    Signals:
        error_came: a `FieldsetError` to show.
        camera_changed: words and tone for the status bar.
        session_came: the words for the session chip.
        sample_kept: at least one picture was stored.
        form_used: the `SessionForm` that was opened.
    """

    error_came = Signal(object)
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
        self._status = CaptureStatus()
        self._shown = -1
        self._is_shrinking = False
        self._is_opening = False
        self._ticks = 0
        self.live = LiveView(theme, self)
        self.strip = EventStrip(theme, runner, self)
        self.panel = CapturePanel(theme, self)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self.live, 1)
        left.addWidget(self.strip)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        row.addWidget(self.panel)
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self._poll)
        self._connect()
        self._show_note()

    def _connect(self) -> None:
        self.panel.form_given.connect(self.start)
        self.panel.stop_requested.connect(self.stop)
        self.panel.cameras_requested.connect(self.find_cameras)
        self.panel.triggers.trigger_chosen.connect(self._set_trigger)
        self.panel.triggers.shutter_pressed.connect(self.take)
        self.panel.triggers.last_requested.connect(self.keep_last)

    def commands(self) -> Commands:
        """Give what each action of this page does, by the action's id."""
        made: dict[str, Callable[[], object]] = {
            "capture.shutter": self.take,
            "capture.last": self.keep_last,
            "capture.start": self._start_or_stop,
            "capture.find": self.find_cameras,
        }
        for name in ("shutter", "burst", "interval", "motion"):
            made[f"trigger.{name}"] = partial(self.panel.triggers.choose, name)
        return made

    def open(self) -> None:
        """Count what is there and what is wanted; call when the page is shown."""
        self._timer.start()
        self.refresh()

    def refresh(self) -> None:
        """Count the classes again and read what is wanted next."""
        self._on_catalog(tr("Count"), self._desk.counts, self.panel.show_counts)
        self._on_catalog(
            tr("Read what is wanted"), self._desk.next_wanted, self.panel.show_wanted
        )

    def find_cameras(self) -> None:
        """Look for cameras in a worker."""
        self._on_camera(
            tr("Look for cameras"), self._desk.cameras, self.panel.form.show_cameras
        )

    def start(self, form: SessionForm) -> None:
        """Open a source; a wrong address comes back as an error."""
        if self._is_opening:
            return
        self._is_opening = True
        self._timer.setInterval(POLL_MS)
        self.panel.form.set_opening(True)
        self._shown = -1
        trigger = self.panel.triggers.choice
        self._on_camera(
            tr("Open the source"),
            lambda: self._desk.start(form, trigger),
            lambda _none: self._on_started(form),
        )

    def stop(self) -> None:
        """End the session; what was chosen is still stored."""
        self._on_camera(tr("End the session"), self._desk.stop, lambda _none: None)

    def take(self) -> None:
        """Take the newest picture now."""
        if self._status.is_running:
            self._desk.shutter()

    def keep_last(self) -> None:
        """Keep the sharpest picture of the last seconds."""
        if self._status.is_running:
            self._desk.keep_last(LAST_S)

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another look."""
        self.live.set_theme(theme)
        self.strip.set_theme(theme)
        self.panel.set_theme(theme)

    @property
    def status(self) -> CaptureStatus:
        """How capture stands, as last polled."""
        return self._status

    def halt(self) -> None:
        """Poll no more: the project is about to be closed."""
        self._timer.stop()

    def _start_or_stop(self) -> None:
        if self._status.is_running:
            self.stop()
        else:
            self.panel.form.submit()

    def _set_trigger(self, choice: TriggerChoice) -> None:
        if self._status.is_running:
            self._desk.set_trigger(choice)

    def _on_started(self, form: SessionForm) -> None:
        self.form_used.emit(form)

    def _poll(self) -> None:
        """Take over what is new; nothing here waits."""
        self._ticks += 1
        self._take_events(self._desk.events())
        if self.isVisible():
            self._take_frame(self._desk.newest())
        is_busy = self._status.is_running or self._is_opening
        if self._ticks % STATUS_EVERY == 0 or not self._status.is_running:
            self._take_status(self._desk.status())
        self._timer.setInterval(POLL_MS if is_busy else IDLE_MS)

    def _take_events(self, events: tuple[CaptureEvent, ...]) -> None:
        if not events:
            return
        self.strip.add(events)
        if any(event.kind is EventKind.KEPT for event in events):
            self.sample_kept.emit()
        for event in events:
            if event.kind is EventKind.ENDED:
                self._set_opened()
                if event.error is not None:
                    self.error_came.emit(event.error)
        self._take_status(self._desk.status())

    def _take_frame(self, frame: LiveFrame | None) -> None:
        if frame is None or frame.number == self._shown or self._is_shrinking:
            return
        self._shown = frame.number
        self._is_shrinking = True
        if self._is_opening:
            self._set_opened()
        room = self.live.room()
        is_measured = frame.number % READINGS_EVERY == 0

        def shrink() -> Shrunk:
            readings = self._desk.readings(frame.pixels) if is_measured else None
            image = shrunk_image(frame.pixels, room)
            return Shrunk(number=frame.number, image=image, readings=readings)

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

    def _show_live(self, shrunk: Shrunk) -> None:
        self._is_shrinking = False
        if not self._status.is_running and not self._is_opening:
            return
        self.live.show_image(shrunk.image)
        if shrunk.readings is not None:
            self.live.show_readings(shrunk.readings)

    def _on_shrink_stopped(self) -> None:
        self._is_shrinking = False

    def _take_status(self, status: CaptureStatus) -> None:
        if status == self._status:
            return
        before, self._status = self._status, status
        self.panel.show_status(status)
        self.camera_changed.emit(*camera_words(status))
        self.live.show_badge(self._badge_words(status))
        if before.is_running and not status.is_running:
            self.live.show_image(None)
            self.session_came.emit("")
            self._show_note()
            self.refresh()
        if status.session is not None and status.session != before.session:
            self.session_came.emit(session_words(status.session))

    def _set_opened(self) -> None:
        self._is_opening = False
        self.panel.form.set_opening(False)
        self._show_note()

    def _show_note(self) -> None:
        words = tr("No camera is open.\nChoose a source on the right and open it.")
        self.live.show_note(words)

    def _badge_words(self, status: CaptureStatus) -> str:
        if status.is_reconnecting:
            return tr("no picture comes, trying again")
        if not status.is_running:
            return ""
        seconds = f"{status.ring_s:.1f}"
        name = self.panel.triggers.choice.name
        words = (
            tr("recording triggers · ring holds {seconds} s")
            if name in ("interval", "motion")
            else tr("ready · ring holds {seconds} s")
        )
        return words.format(seconds=seconds)

    def _on_catalog(
        self, title: str, function: Callable[[], object], done: Callable[..., None]
    ) -> None:
        self._ask(title, function, done, Lane.CATALOG)

    def _on_camera(
        self, title: str, function: Callable[[], object], done: Callable[..., None]
    ) -> None:
        self._ask(title, function, done, Lane.CAMERA)

    def _ask(
        self,
        title: str,
        function: Callable[[], object],
        done: Callable[..., None],
        lane: Lane,
    ) -> None:
        self._runner.submit(
            Operation(
                title=title,
                function=lambda _progress: function(),
                on_done=done,
                on_error=self.error_came.emit,
                on_stopped=self._set_opened,
                lane=lane,
                quiet=True,
            )
        )


def camera_words(status: CaptureStatus) -> tuple[str, str]:
    """Give the words and the tone of the camera in the status bar."""
    if not status.is_running:
        return tr("no camera open"), "muted"
    if status.newest_age_ms is None:
        return tr("opening the source…"), "warn"
    parts = [short_source(status.source), f"{status.width}{TIMES}{status.height}"]
    if status.fps:
        parts.append(f"{status.fps:.0f} fps")
    age = status.newest_age_ms
    if age < LATE_MS:
        parts.append(tr("newest frame {age} ms").format(age=f"{age:.0f}"))
        return " · ".join(parts), "ok"
    seconds = f"{age / 1000:.0f}"
    parts.append(tr("no picture for {seconds} s").format(seconds=seconds))
    return " · ".join(parts), "bad"
