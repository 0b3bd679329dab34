"""One camera of the Capture page over its recorder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from dataset.errors import FieldsetError
from dataset.health.live_health import live_health
from dataset.health.portrait import Portrait
from dataset.project import Project

from .. import recording
from ..camera.controls import ControlSetting
from ..camera.modes import Mode, parse_mode
from ..camera.motion import MotionView
from ..camera.pace import PacedSource
from ..camera.reconnect import open_steady_source
from ..camera.source import CameraSource, Frame, OnEvent
from ..camera.triggers import Trigger, make_trigger
from ..drift_watching import log_verdict, watch_of
from ..language import tr
from ..live_picture import mark_clipped, mark_focus, mark_motion, shrunk_into
from ..recorder import (
    RING_S,
    Ended,
    Recorder,
    RecorderEvent,
    RecorderStatus,
    RecordingRequest,
)
from ..shutter.stream_watch import StreamWatch
from ..shutter.trigger_choice import choose_trigger
from ..signer import station_signer
from ..views.capture.capture_contract import (
    CaptureEvent,
    CaptureStatus,
    ControlRow,
    DriftGauge,
    EventKind,
    HealthRow,
    LiveFrame,
    Marks,
    Pixels,
    Readings,
    SessionForm,
    TriggerChoice,
)
from ..views.capture.capture_words import Toned
from .control_rows import control_row, control_rows, mode_words, unmet_words
from .drift_speech import NO_GAUGE, gauge_of
from .health_speech import health_row
from .readings import readings_of
from .trigger_speech import trigger_words

BURST_SPACING_S = 0.2
RECONNECTING_AFTER_S = 2.0


class RecorderDesk:
    """Captures into one project with one recorder."""

    def __init__(
        self,
        project: Project,
        station: str,
        open_source: Callable[[str, OnEvent], CameraSource] | None = None,
    ) -> None:
        self._project = project
        self._station = station
        self._recorder = Recorder(
            project,
            open_source or self._open,
            make_signer=partial(station_signer, os.environ, station),
        )
        self._watch: StreamWatch | None = None
        self._portraits: dict[str, Portrait] = {}
        self._mode: Mode | None = None
        self._choice = TriggerChoice()
        self._frozen: Frame | None = None

    def start(self, form: SessionForm, trigger: TriggerChoice) -> None:
        """Open the source and begin a session with the first picture kept.

        Raises:
            FieldsetError: the trigger cannot be had, or no camera has such a mode.
        """
        standing = self._standing(trigger)
        self._mode = parse_mode(form.mode) if form.mode else None
        self._choice = trigger
        request = RecordingRequest(
            source=form.source,
            form=recording.SessionForm(
                name=form.name,
                station=self._station,
                operator=form.operator,
                place=form.place,
                conditions=form.conditions,
            ),
        )
        self._recorder.start(request, standing)
        self._begin_watch()

    def set_trigger(self, trigger: TriggerChoice) -> None:
        """Take pictures by another trigger from now on.

        Raises:
            FieldsetError: it cannot be had; the one before goes on.
        """
        standing = self._standing(trigger)
        self._choice = trigger
        self._recorder.set_trigger(standing)

    def shutter(self) -> None:
        """Take the newest picture, or begin a burst."""
        if self._choice.name == "burst":
            options = {"count": self._choice.count, "spacing_s": BURST_SPACING_S}
            self._recorder.set_trigger(make_trigger("burst", options))
        else:
            self._recorder.shutter()

    def keep_last(self, seconds: float) -> None:
        """Keep the sharpest picture of the last seconds."""
        self._recorder.keep_last(seconds)

    def stop(self) -> None:
        """End the session."""
        self._recorder.stop()
        self._end_watch()

    def close(self) -> None:
        """End the session and give the threads back."""
        self._recorder.close()
        self._end_watch()

    def newest(self) -> LiveFrame | None:
        """Give the newest picture."""
        frame = self._recorder.newest()
        return None if frame is None else _live(frame)

    def freeze(self) -> LiveFrame | None:
        """Hold the newest picture still and give it."""
        self._frozen = self._recorder.newest()
        return None if self._frozen is None else _live(self._frozen)

    def keep_frozen(self) -> bool:
        """Store the picture that is held still; False where no session is open."""
        return self._frozen is not None and self._recorder.take(self._frozen)

    def unfreeze(self) -> None:
        """Let go of it."""
        self._frozen = None

    def events(self) -> tuple[CaptureEvent, ...]:
        """Give what happened since the last call."""
        return tuple(self._told(event) for event in self._recorder.events())

    def status(self) -> CaptureStatus:
        """Give how capture stands."""
        return _status(self._recorder.status())

    def drift(self) -> DriftGauge:
        """Give how the stream stands against the baseline, in words."""
        watch = self._watch
        return NO_GAUGE if watch is None else gauge_of(watch.view, watch.problem)

    def health(self) -> HealthRow:
        """Look at what the camera captured, over a connection of its own."""
        info = self._recorder.status().info
        if info is None:
            return HealthRow()
        with Project.open(self._project.root, read_only=True) as mine:
            line = live_health(mine, info.address, kept=self._portraits)
        return health_row(line)

    def trigger_words(self) -> Toned:
        """Give what the trigger sees, with its figures, and a tone."""
        is_preparing = self._recorder.status().is_preparing
        return trigger_words(self._recorder.trigger_view(), is_preparing=is_preparing)

    def picture(self, pixels: Pixels, room: tuple[int, int], marks: Marks) -> Pixels:
        """Shrink a picture and paint the marks."""
        small = shrunk_into(pixels, room)
        if marks.clipped:
            mark_clipped(small)
        if marks.focus:
            mark_focus(small, pixels)
        if marks.motion and (view := self.motion()) is not None:
            mark_motion(small, view.moving)
        return small

    def motion(self) -> MotionView | None:
        """Give what the motion trigger sees; None where another one is chosen."""
        view = self._recorder.trigger_view()
        return view if isinstance(view, MotionView) else None

    def readings(self, pixels: Pixels) -> Readings:
        """Measure one picture."""
        return readings_of(pixels, self._recorder.gates())

    def set_control(
        self, name: str, value: float | None, *, is_auto: bool
    ) -> ControlRow:
        """Set a control and give what was read back.

        Raises:
            CameraError: the camera is away, or gave no answer.
        """
        granted = self._recorder.set_control(
            name, ControlSetting(value=value, is_auto=is_auto)
        )
        return control_row(granted.reading, asked=unmet_words(granted))

    def _open(self, address: str, on_event: OnEvent) -> CameraSource:
        return open_paced(address, on_event, self._mode)

    def _begin_watch(self) -> None:
        self._end_watch()
        self._watch = StreamWatch(
            lambda camera, progress: watch_of(self._project, camera, progress=progress),
            newest=self._recorder.newest,
            info=lambda: self._recorder.status().info,
            on_verdict=partial(log_verdict, self._project),
        )
        self._watch.start()

    def _end_watch(self) -> None:
        if self._watch is not None:
            self._watch.close()

    def _told(self, event: RecorderEvent) -> CaptureEvent:
        told = _event(event, self._frozen)
        if isinstance(event, Ended) and self._watch is not None:
            self._watch.end()
        if isinstance(event, recording.Kept):
            return replace(told, area=self._recorder.area_of(event.frame))
        return told

    def _standing(self, choice: TriggerChoice) -> Trigger:
        """The trigger that watches by itself; by hand nothing does."""
        if choice.name == "interval":
            return choose_trigger(
                self._project, "interval", {"every_s": choice.every_s}
            )
        if choice.name == "motion":
            options = {
                "sensitivity": choice.sensitivity,
                "zones": choice.zones if choice.has_own_zones else None,
            }
            return choose_trigger(self._project, "motion", options)
        if choice.name in ("uncertain", "drift"):
            return choose_trigger(self._project, choice.name)
        # A burst begins when the shutter is pressed, not when it is chosen.
        return make_trigger("manual")


def open_paced(
    address: str, on_event: OnEvent, mode: Mode | None = None
) -> CameraSource:
    """Open a source for a person to look at: clips and folders at their own speed."""
    return PacedSource(open_steady_source(address, on_event=on_event, mode=mode))


def _live(frame: Frame) -> LiveFrame:
    return LiveFrame(
        pixels=frame.pixels, captured_us=frame.captured_us, number=frame.index
    )


def _status(found: RecorderStatus) -> CaptureStatus:
    info, age_s = found.info, found.age_s
    if info is None:
        return CaptureStatus(is_running=found.is_running)
    is_late = info.live and age_s is not None and age_s > RECONNECTING_AFTER_S
    is_away = found.retry_s is not None or is_late
    return CaptureStatus(
        source=info.address,
        width=info.width,
        height=info.height,
        fps=info.fps,
        newest_age_ms=None if age_s is None else age_s * 1000.0,
        session=found.session,
        kept=found.kept,
        known=found.known,
        refused=found.refused,
        waiting=found.waiting,
        dropped=found.dropped,
        is_running=found.is_running,
        is_reconnecting=found.is_running and is_away,
        retry_s=found.retry_s,
        ring_s=RING_S,
        mode=mode_words(info.readback),
        controls=control_rows(info.readback),
    )


def _event(event: RecorderEvent, frozen: Frame | None) -> CaptureEvent:
    now_us = time.time_ns() // 1000
    if isinstance(event, Ended):
        return _ended(event.error, now_us)
    if isinstance(event, recording.Kept):
        warnings = " · ".join(one.reason for one in event.warnings)
        return CaptureEvent(
            kind=EventKind.REFUSED if event.known else EventKind.KEPT,
            at_us=event.frame.captured_us,
            reason=tr("is here already") if event.known else warnings,
            pixels=event.frame.pixels,
            sample_id=event.sample.id,
            number=event.frame.index,
            is_frozen=event.frame is frozen,
        )
    if isinstance(event, recording.Refused):
        return CaptureEvent(
            kind=EventKind.REFUSED,
            at_us=event.at_us,
            reason=event.reason,
            pixels=None if event.frame is None else event.frame.pixels,
            number=-1 if event.frame is None else event.frame.index,
            is_frozen=event.frame is not None and event.frame is frozen,
        )
    lost_s = (event.back_us - event.lost_us) / 1e6
    words = tr("the camera was away for {seconds} s").format(seconds=f"{lost_s:.1f}")
    return CaptureEvent(kind=EventKind.FAULT, at_us=event.back_us, reason=words)


def _ended(error: Exception | None, now_us: int) -> CaptureEvent:
    if error is None:
        return CaptureEvent(kind=EventKind.ENDED, at_us=now_us)
    if isinstance(error, FieldsetError):
        return CaptureEvent(
            kind=EventKind.ENDED, at_us=now_us, reason=error.message, error=error
        )
    words = tr("Capture ended because of a bug in fieldset; what was kept is safe")
    return CaptureEvent(
        kind=EventKind.ENDED,
        at_us=now_us,
        reason=words,
        error=FieldsetError(words, hint=tr("see the log and start again")),
    )
