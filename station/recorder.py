"""The recorder: source -> trigger -> samples, for the window and the command line.

Two threads: one reads the source, keeps the newest frame for the preview and asks the
trigger; the other stores what was chosen. The caller drains events; none of the
methods but `stop` and `close` waits for anything.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2

from dataset.errors import FieldsetError
from dataset.project import Project
from dataset.provenance.signing import StationSigner
from dataset.records import Session

from .camera.reconnect import open_steady_source
from .camera.ring import FrameRing
from .camera.source import (
    CameraEvent,
    CameraSource,
    Frame,
    Gap,
    NoPicture,
    OnEvent,
    Refusal,
    SourceInfo,
)
from .camera.triggers import ManualTrigger, Trigger
from .recording import Kept, Recording, Refused, SessionForm

log = logging.getLogger(__name__)

OpenSource = Callable[[str, OnEvent], CameraSource]
MakeSigner = Callable[[], StationSigner]
RING_S = 6.0
_READ_S = 0.25
_WAITING_FRAMES = 64


def _steady(address: str, on_event: OnEvent) -> CameraSource:
    return open_steady_source(address, on_event=on_event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The run is over; `error` says why, where it was not asked to."""

    error: Exception | None = None


RecorderEvent = Kept | Refused | Gap | Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRequest:
    """What to capture: from where, when, into which session, and until when.

    `count` ends after that many new samples, `for_s` after that many seconds of the
    source's clock, or of the machine's while a live camera is away.
    """

    source: str
    form: SessionForm = field(default_factory=SessionForm)
    count: int | None = None
    for_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderStatus:
    """How capture stands; a camera is judged by the age of its newest frame.

    `waiting` chosen frames wait for the disk, `dropped` ones found no room there.
    """

    info: SourceInfo | None
    age_s: float | None
    session: Session | None
    kept: int
    known: int
    refused: dict[str, int]
    is_running: bool
    waiting: int = 0
    dropped: int = 0


class Recorder:
    """One run of capture at a time; `start` again after `stop` for another.

    `make_signer` gives who signs the samples, asked for at each start; without one
    they are stored unsigned.
    """

    def __init__(
        self,
        project: Project,
        open_source: OpenSource = _steady,
        make_signer: MakeSigner | None = None,
    ) -> None:
        self._project = project
        self._make_signer = make_signer
        self._open_source = open_source
        self._events: queue.SimpleQueue[RecorderEvent] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._run: _Run | None = None

    def start(self, request: RecordingRequest, trigger: Trigger) -> None:
        """Begin a run; what goes wrong comes as an `Ended` event."""
        self.stop()
        self._stop = threading.Event()
        self._run = run = _Run(
            project=self._project,
            request=request,
            trigger=trigger,
            open_source=self._open_source,
            make_signer=self._make_signer,
            tell=self._events.put,
            stop=self._stop,
        )
        self._threads = [
            threading.Thread(target=run.read, name="recorder-read"),
            threading.Thread(target=run.write, name="recorder-write"),
        ]
        for thread in self._threads:
            thread.start()

    def set_trigger(self, trigger: Trigger) -> None:
        """Take pictures by another trigger from now on."""
        if self._run is not None:
            self._run.trigger = trigger

    def shutter(self) -> None:
        """Take the newest frame now, whatever the trigger is."""
        if self._run is not None:
            self._run.press()

    def keep_last(self, seconds: float = RING_S) -> None:
        """Take the sharpest frame of the last seconds, at most RING_S."""
        if self._run is not None:
            self._run.press_back(seconds)

    def newest(self) -> Frame | None:
        """The newest frame, for a preview; None before the first."""
        return self._run.newest if self._run is not None else None

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
            return RecorderStatus(
                info=None,
                age_s=None,
                session=None,
                kept=0,
                known=0,
                refused={},
                is_running=False,
            )
        recording, source = run.recording, run.source
        return RecorderStatus(
            info=None if source is None else source.info,
            age_s=None if source is None else source.age_s(),
            session=recording.sessions[-1] if recording.sessions else None,
            kept=recording.kept,
            known=recording.known,
            refused=dict(recording.refused),
            is_running=any(thread.is_alive() for thread in self._threads),
            waiting=run.waiting,
        )

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The sessions of the run so far."""
        return () if self._run is None else tuple(self._run.recording.sessions)

    def stop(self) -> None:
        """End the run: what was chosen is still stored, the session ends."""
        self._stop.set()
        for thread in self._threads:
            # A signal may have come before `start` had started both.
            if thread.ident is not None:
                thread.join()
        self._threads = []

    def close(self) -> None:
        """End the run and give the threads back."""
        self.stop()


class _Run:
    """The two threads' shared state of one run."""

    def __init__(
        self,
        *,
        project: Project,
        request: RecordingRequest,
        trigger: Trigger,
        open_source: OpenSource,
        make_signer: MakeSigner | None,
        tell: Callable[[RecorderEvent], None],
        stop: threading.Event,
    ) -> None:
        self.recording = Recording(project, request.form, request.source)
        self.trigger = trigger
        self.newest: Frame | None = None
        self.source: CameraSource | None = None
        self._request = request
        self._open_source = open_source
        self._project = project
        self._make_signer = make_signer
        self._tell = tell
        self._stop = stop
        self._hand = ManualTrigger()
        self._ring = FrameRing(RING_S)
        self._back_s = 0.0
        self._chosen: queue.Queue[Frame | Gap | Refusal | None] = queue.Queue(
            _WAITING_FRAMES
        )
        self._error: Exception | None = None

    @property
    def waiting(self) -> int:
        """How many chosen frames and events are not dealt with yet."""
        return self._chosen.qsize()

    def press(self) -> None:
        """The shutter was pressed."""
        self._hand.fire()

    def press_back(self, seconds: float) -> None:
        """The sharpest of the last seconds was asked for."""
        self._back_s = seconds

    def read(self) -> None:
        """The reading thread."""
        try:
            self.recording.check_name()
            if self._make_signer is not None:
                self._project.signer = self._make_signer()
            with self._open_source(self._request.source, self._on_event) as source:
                self.source = source
                self.recording.source = source.info.address
                self.recording.camera = source
                self._read_all(source)
        except Exception as error:  # noqa: BLE001  (told to the caller as `Ended`)
            self._fail(error)
        finally:
            self._chosen.put(None)

    def write(self) -> None:
        """The writing thread."""
        try:
            while (item := self._chosen.get()) is not None:
                if not self._is_full():
                    self._store(item)
        except Exception as error:  # noqa: BLE001  (told to the caller as `Ended`)
            self._fail(error)
            while self._chosen.get() is not None:
                pass
        finally:
            self._end()

    def _read_all(self, source: CameraSource) -> None:
        began: float | None = None
        awake_s = time.monotonic()
        while not self._stop.is_set():
            try:
                frame = source.read(_READ_S)
            except NoPicture:
                # A camera that is away does not make the run longer.
                if source.info.live and self._is_over(time.monotonic() - awake_s):
                    return
                continue
            if frame is None:
                return
            # Before preview, trigger and ring: none of them may keep what is hidden.
            frame = self.recording.masked(frame)
            began = frame.elapsed_s if began is None else began
            if self._is_over(frame.elapsed_s - began):
                return
            self.newest = frame
            self._ring.add(frame)
            for chosen in self._choose(frame):
                self._chosen.put(chosen)

    def _choose(self, frame: Frame) -> tuple[Frame, ...]:
        """The frames to keep now, each once, in the order they were taken."""
        chosen = [*self.trigger.offer(frame), *self._hand.offer(frame)]
        if self._back_s > 0:
            recent = self._ring.take(frame.elapsed_s, self._back_s) or (frame,)
            chosen.append(max(recent, key=_sharpness))
            self._back_s = 0.0
        each = {id(one): one for one in chosen}
        return tuple(sorted(each.values(), key=lambda one: one.index))

    def _is_over(self, elapsed_s: float) -> bool:
        limit = self._request.for_s
        return limit is not None and elapsed_s >= limit

    def _is_full(self) -> bool:
        count = self._request.count
        return count is not None and self.recording.kept >= count

    def _store(self, item: Frame | Gap | Refusal) -> None:
        if isinstance(item, Frame):
            self._tell(self.recording.keep(item))
            if self._is_full():
                self._stop.set()
            return
        if isinstance(item, Gap):
            self.recording.note_gap(item)
            self._tell(item)
        else:
            self._tell(self.recording.refuse(item.reason, at_us=item.at_us))

    def _on_event(self, event: CameraEvent) -> None:
        if isinstance(event, Gap | Refusal):
            self._chosen.put(event)

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, FieldsetError):
            log.error("capture failed", exc_info=error)
        self._error = self._error or error
        self._stop.set()

    def _end(self) -> None:
        try:
            self.recording.end()
        except Exception as error:  # noqa: BLE001  (told to the caller as `Ended`)
            self._fail(error)
        self._tell(Ended(error=self._error))


def _sharpness(frame: Frame) -> float:
    """The variance of the Laplacian of the picture at a quarter of its area."""
    small = cv2.resize(frame.pixels, None, fx=0.5, fy=0.5)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())
