"""The Capture page's desk over the recorder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial

from dataset.errors import FieldsetError
from dataset.project import Project
from dataset.status import balance_of

from .. import recording
from ..camera.discovery import list_cameras
from ..camera.pace import PacedSource
from ..camera.reconnect import open_steady_source
from ..camera.source import CameraSource, Frame, OnEvent
from ..camera.triggers import Trigger, make_trigger
from ..language import tr
from ..recorder import Ended, Recorder, RecorderEvent, RecordingRequest
from ..signer import station_signer
from ..views.capture.capture_contract import (
    CaptureEvent,
    CaptureStatus,
    EventKind,
    FoundCamera,
    LiveFrame,
    Pixels,
    Readings,
    SessionForm,
    TriggerChoice,
)
from ..views.contracts import ClassRow
from .class_rows import class_rows
from .readings import readings_of

BURST_SPACING_S = 0.2
RECONNECTING_AFTER_S = 2.0
RING_S = 6.0


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
            open_source or open_paced,
            partial(station_signer, os.environ, station),
        )
        self._choice = TriggerChoice()

    def cameras(self) -> tuple[FoundCamera, ...]:
        """Look for cameras."""
        return tuple(
            FoundCamera(address=found.address, name=found.name)
            for found in list_cameras()
        )

    def start(self, form: SessionForm, trigger: TriggerChoice) -> None:
        """Open the source and begin a session with the first picture kept."""
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
        self._recorder.start(request, _standing_trigger(trigger))

    def set_trigger(self, trigger: TriggerChoice) -> None:
        """Take pictures by another trigger from now on."""
        self._choice = trigger
        self._recorder.set_trigger(_standing_trigger(trigger))

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

    def close(self) -> None:
        """End the session and give the threads back."""
        self._recorder.close()

    def newest(self) -> LiveFrame | None:
        """Give the newest picture."""
        frame = self._recorder.newest()
        if frame is None:
            return None
        return LiveFrame(
            pixels=frame.pixels, captured_us=frame.captured_us, number=frame.index
        )

    def events(self) -> tuple[CaptureEvent, ...]:
        """Give what happened since the last call."""
        return tuple(_event(event) for event in self._recorder.events())

    def status(self) -> CaptureStatus:
        """Give how capture stands."""
        found = self._recorder.status()
        info, age_s = found.info, found.age_s
        is_late = age_s is not None and age_s > RECONNECTING_AFTER_S
        is_live = info is not None and info.live
        controls = () if info is None else tuple(info.controls.items())
        return CaptureStatus(
            source="" if info is None else info.address,
            width=0 if info is None else info.width,
            height=0 if info is None else info.height,
            fps=0.0 if info is None else info.fps,
            newest_age_ms=None if age_s is None else age_s * 1000.0,
            session=found.session,
            kept=found.kept,
            known=found.known,
            refused=found.refused,
            is_running=found.is_running,
            is_reconnecting=found.is_running and is_live and is_late,
            ring_s=RING_S,
            controls=tuple((name, f"{value:g}") for name, value in controls),
        )

    def readings(self, pixels: Pixels) -> Readings:
        """Measure one picture."""
        return readings_of(pixels)

    def counts(self) -> tuple[ClassRow, ...]:
        """Give the classes with their boxes and targets."""
        return class_rows(self._project)

    def next_wanted(self) -> tuple[str, ...]:
        """Give sentences on what to capture next."""
        return balance_of(self._project).next


def open_paced(address: str, on_event: OnEvent) -> CameraSource:
    """Open a source for a person to look at: clips and folders at their own speed."""
    return PacedSource(open_steady_source(address, on_event=on_event))


def _standing_trigger(choice: TriggerChoice) -> Trigger:
    if choice.name == "interval":
        return make_trigger("interval", {"every_s": choice.every_s})
    if choice.name == "motion":
        return make_trigger("motion", {})
    # A burst begins when the shutter is pressed, not when it is chosen.
    return make_trigger("manual")


def _event(event: RecorderEvent) -> CaptureEvent:
    now_us = time.time_ns() // 1000
    if isinstance(event, Ended):
        return _ended(event.error, now_us)
    if isinstance(event, recording.Kept):
        reason = tr("is here already") if event.known else ""
        kind = EventKind.REFUSED if event.known else EventKind.KEPT
        at_us = event.frame.captured_us
        return CaptureEvent(
            kind=kind, at_us=at_us, reason=reason, pixels=event.frame.pixels
        )
    if isinstance(event, recording.Refused):
        return CaptureEvent(
            kind=EventKind.REFUSED,
            at_us=event.at_us,
            reason=event.reason,
            pixels=_pixels(event.frame),
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


def _pixels(frame: Frame | None) -> Pixels | None:
    return None if frame is None else frame.pixels
