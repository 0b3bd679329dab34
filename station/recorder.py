"""The recorder: source -> trigger -> gates -> samples, for window and command line.

Two threads do the work (see `shutter.run`). The caller drains events; none of the
methods but `stop` and `close` waits for anything.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass

from dataset.errors import CameraError
from dataset.project import Project
from dataset.records import Session

from .camera.controls import ControlSetting, Readback
from .camera.motion import MotionView
from .camera.motion_trigger import Area, MotionTrigger
from .camera.reconnect import open_steady_source
from .camera.source import CameraSource, Frame, OnEvent, SourceInfo, retry_of
from .camera.triggers import Trigger, inner_of
from .shutter.drift_trigger import DriftTrigger, DriftView
from .shutter.frame_queue import LIMIT_BYTES, FrameQueue
from .shutter.gate_reading import GateReading
from .shutter.run import (
    RING_S,
    Ended,
    MakeSigner,
    OpenSource,
    RecorderEvent,
    RecordingRequest,
    Run,
)
from .shutter.uncertain_trigger import ModelView, UncertainTrigger

__all__ = [
    "RING_S",
    "Ended",
    "MakeSigner",
    "OpenSource",
    "Recorder",
    "RecorderEvent",
    "RecorderStatus",
    "RecordingRequest",
    "TriggerView",
]

TriggerView = MotionView | DriftView | ModelView


def _steady(address: str, on_event: OnEvent) -> CameraSource:
    return open_steady_source(address, on_event=on_event)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderStatus:
    """How capture stands; a camera is judged by the age of its newest frame.

    `waiting` chosen frames, of `waiting_bytes` in memory, wait for the disk; `dropped`
    ones found no room there and are lost. `is_preparing` says that the trigger gets
    ready, and keeps nothing yet. A camera that is away is tried again in `retry_s`.
    """

    info: SourceInfo | None = None
    age_s: float | None = None
    session: Session | None = None
    kept: int = 0
    known: int = 0
    refused: dict[str, int]
    is_running: bool = False
    waiting: int = 0
    waiting_bytes: int = 0
    dropped: int = 0
    is_preparing: bool = False
    retry_s: float | None = None


class Recorder:
    """One run of capture at a time; `start` again after `stop` for another.

    `make_signer` gives who signs the samples, asked for at each start; without one
    they are stored unsigned.
    """

    def __init__(
        self,
        project: Project,
        open_source: OpenSource = _steady,
        *,
        make_signer: MakeSigner | None = None,
        queue_bytes: int = LIMIT_BYTES,
    ) -> None:
        self._project = project
        self._make_signer = make_signer
        self._open_source = open_source
        self._queue_bytes = queue_bytes
        self._events: queue.SimpleQueue[RecorderEvent] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._run: Run | None = None

    def start(self, request: RecordingRequest, trigger: Trigger) -> None:
        """Begin a run; what goes wrong comes as an `Ended` event."""
        self.stop()
        self._run = run = Run(
            project=self._project,
            request=request,
            trigger=trigger,
            open_source=self._open_source,
            make_signer=self._make_signer,
            tell=self._events.put,
            queue=FrameQueue(self._queue_bytes),
        )
        self._threads = [
            threading.Thread(target=run.read, name="recorder-read"),
            threading.Thread(target=run.write, name="recorder-write"),
        ]
        for thread in self._threads:
            thread.start()

    def set_trigger(self, trigger: Trigger) -> None:
        """Take pictures by another trigger from now on, or once it is ready."""
        if self._run is not None:
            self._run.trigger.put(trigger)

    def shutter(self) -> None:
        """Take the newest frame now, whatever the trigger is."""
        if self._run is not None:
            self._run.press()

    def take(self, frame: Frame) -> bool:
        """Take a frame that was shown before; False where no run can store it."""
        return self._run is not None and self._run.take(frame)

    def set_control(self, name: str, setting: ControlSetting) -> Readback:
        """Set a control of the camera and give what was read back; may wait for it.

        Raises:
            CameraError: no source is open, or the camera gave no answer.
        """
        source = None if self._run is None else self._run.source
        if source is None:
            raise CameraError("No source is open", hint="open one first")
        return source.set_control(name, setting)

    def keep_last(self, seconds: float = RING_S) -> None:
        """Take the sharpest frame of the last seconds, as far as they are held."""
        if self._run is not None:
            self._run.press_back(seconds)

    def newest(self) -> Frame | None:
        """The newest frame, for a preview; None before the first."""
        return self._run.newest if self._run is not None else None

    def gates(self) -> tuple[GateReading, ...]:
        """What the gates say of the newest frame, whether or not it is taken.

        It takes some 10 ms at 1080p, on any thread; () before the first frame.
        """
        return () if self._run is None else self._run.readings()

    def trigger_view(self) -> TriggerView | None:
        """What the trigger sees, from any thread; None where it has nothing to show."""
        current = None if self._run is None else self._run.trigger.current
        inner = None if current is None else inner_of(current)
        if isinstance(inner, MotionTrigger | DriftTrigger | UncertainTrigger):
            return inner.view()
        return None

    def area_of(self, frame: Frame) -> Area | None:
        """What moved in a frame that the motion trigger kept; None where none did."""
        current = None if self._run is None else self._run.trigger.current
        inner = None if current is None else inner_of(current)
        return inner.area_of(frame) if isinstance(inner, MotionTrigger) else None

    def events(self) -> tuple[RecorderEvent, ...]:
        """What happened since the last call, oldest first; never waits."""
        found: list[RecorderEvent] = []
        while True:
            try:
                found.append(self._events.get_nowait())
            except queue.Empty:
                return tuple(found)

    def wait_event(self, timeout_s: float) -> RecorderEvent | None:
        """The next event, or None when none came within the time."""
        try:
            return self._events.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def status(self) -> RecorderStatus:
        """How the run stands."""
        run = self._run
        if run is None:
            return RecorderStatus(refused={})
        recording, source = run.recording, run.source
        is_running = any(thread.is_alive() for thread in self._threads)
        return RecorderStatus(
            info=None if source is None else source.info,
            age_s=None if source is None else source.age_s(),
            session=recording.sessions[-1] if recording.sessions else None,
            kept=recording.kept,
            known=recording.known,
            refused=dict(recording.refused),
            is_running=is_running,
            waiting=run.queue.waiting,
            waiting_bytes=run.queue.waiting_bytes,
            dropped=run.dropped,
            is_preparing=is_running and run.trigger.current is None,
            retry_s=retry_of(source),
        )

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The sessions of the run so far."""
        return () if self._run is None else tuple(self._run.recording.sessions)

    def stop(self) -> None:
        """End the run: what was chosen is still stored, the session ends.

        What a slow disk does not take within some seconds is dropped and counted.
        """
        if self._run is not None:
            self._run.ask_to_end()
        for thread in self._threads:
            # A signal may have come before `start` had started both.
            if thread.ident is not None:
                thread.join()
        self._threads = []

    def close(self) -> None:
        """End the run and give the threads back."""
        self.stop()
