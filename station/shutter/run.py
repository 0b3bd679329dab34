"""The two threads of one run of capture: one reads and chooses, one stores.

The reading thread asks the trigger and puts what it chose into a queue that is bounded
by bytes. A live camera is never kept waiting: what finds no room is dropped and
counted. A clip or folder waits instead, so that nothing of it is lost.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from dataset.errors import CameraError, FieldsetError
from dataset.progress import Cancelled
from dataset.project import Project
from dataset.provenance.signing import StationSigner

from ..camera.ring import FrameRing
from ..camera.source import (
    CameraEvent,
    CameraSource,
    Frame,
    Gap,
    NoPicture,
    OnEvent,
    Refusal,
)
from ..camera.triggers import ManualTrigger, Trigger
from ..recording import Kept, Recording, Refused, SessionForm
from .frame_queue import Chosen, FrameQueue, Item
from .gate_reading import GateReading
from .gates import sharpness_at_half
from .trigger_slot import TriggerSlot
from .watch import Watch

log = logging.getLogger(__name__)

OpenSource = Callable[[str, OnEvent], CameraSource]
MakeSigner = Callable[[], StationSigner]
RING_S: Final = 6.0
TOO_SLOW: Final = "the disk is too slow"
NOT_STORED: Final = "capture ended before it was stored"
HERE_ALREADY: Final = "it is here already"
_READ_S: Final = 0.25
_GROUP_FRAMES: Final = 8
_GROUP_BYTES: Final = 64 << 20
# A command that is told to end must be gone in 5 s, also with flushes of 2 s each: what
# is begun must be over then, and the end of the session takes a flush of its own.
_ENDING_S: Final = 3.5
_WRITING_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The run is over; `error` says why, where it was not asked to."""

    error: Exception | None = None


RecorderEvent = Kept | Refused | Gap | Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """When a picture was kept last, and what had been refused until then."""

    since_s: float = 0.0
    refused: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRequest:
    """What to capture: from where, when, into which session, and until when.

    `count` ends after that many new samples, `for_s` after that many seconds of the
    source's clock, or of the machine's while a live camera is away. `back_s` is how
    far back `keep_last` may reach, where that is further than RING_S. A live camera of
    which all pictures were refused for `give_up_s` ends the run with an error; None
    goes on for ever.
    """

    source: str
    form: SessionForm = field(default_factory=SessionForm)
    count: int | None = None
    for_s: float | None = None
    back_s: float = 0.0
    give_up_s: float | None = None


class Run:
    """What the two threads of one run share; `read` and `write` are their bodies.

    Attributes:
        recording: counts what was kept and refused.
        queue: what waits for the disk.
        trigger: the slot of the trigger.
        watch: knows what was around each frame; None until the source is open.
        newest: the newest frame.
        source: the open source, None until it is.
        dropped: how many chosen frames found no room, or were never stored.
    """

    def __init__(
        self,
        *,
        project: Project,
        request: RecordingRequest,
        trigger: Trigger,
        open_source: OpenSource,
        make_signer: MakeSigner | None,
        tell: Callable[[RecorderEvent], None],
        queue: FrameQueue,
    ) -> None:
        self.recording = Recording(project, request.form, request.source)
        self.queue = queue
        self.trigger = TriggerSlot(trigger)
        self.watch: Watch | None = None
        self.newest: Frame | None = None
        self.source: CameraSource | None = None
        self.dropped = 0
        self._request = request
        self._open_source = open_source
        self._project = project
        self._make_signer = make_signer
        self._tell = tell
        self._stop = threading.Event()
        self._asked_s: float | None = None
        self._hand = ManualTrigger()
        self._ring = FrameRing(max(RING_S, request.back_s))
        self._back_s = 0.0
        self._untold = self._lost = 0
        self._storing_s = 0.0
        self._use = _Use()
        self.recording.gives_up = self._is_past_writing
        self._error: Exception | None = None

    def press(self) -> None:
        """The shutter was pressed."""
        self._hand.fire()

    def take(self, frame: Frame) -> bool:
        """Keep one frame that was shown before; False where it found no room."""
        watch = self.watch
        if watch is None or self._stop.is_set():
            return False
        chosen = Chosen(frame=frame, sight=watch.sight(frame), by_hand=True)
        return self.queue.put(chosen)

    def press_back(self, seconds: float) -> None:
        """The sharpest of the last seconds was asked for."""
        self._back_s = seconds

    def readings(self) -> tuple[GateReading, ...]:
        """What the gates say of the newest frame; () before the first."""
        frame, watch = self.newest, self.watch
        if frame is None or watch is None:
            return ()
        return self.recording.readings(Chosen(frame=frame, sight=watch.sight(frame)))

    def ask_to_end(self) -> None:
        """End soon: what was chosen is stored as far as the disk makes it in time."""
        if self._asked_s is None:
            self._asked_s = time.monotonic()
        self._stop.set()
        self.trigger.close()

    def read(self) -> None:
        """The reading thread."""
        try:
            self.recording.check_name()
            if self._make_signer is not None:
                self._project.signer = self._make_signer()
            with self._open_source(self._request.source, self._on_event) as source:
                self.source = source
                self.watch = Watch(source.info.kind)
                self.recording.source = source.info.address
                self.recording.camera = source
                self._use = _Use(since_s=time.monotonic())
                self._read_all(source, self.watch)
        except Exception as error:  # noqa: BLE001  (told to the caller as `Ended`)
            self._fail(error)
        finally:
            self.trigger.close()
            self.queue.close()

    def write(self) -> None:
        """The writing thread."""
        try:
            while items := self.queue.take(self._room(), _GROUP_BYTES):
                self._store(items)
        except Exception as error:  # noqa: BLE001  (told to the caller as `Ended`)
            self._fail(error)
            self._drop_rest()
        finally:
            self._end()

    def _read_all(self, source: CameraSource, watch: Watch) -> None:
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
            watch.see(frame)
            self.newest = frame
            self._ring.add(frame)
            for chosen in self._choose(frame, source, watch):
                self._put(chosen, waits=not source.info.live)
            if source.info.live:
                self._require_use()

    def _choose(
        self, frame: Frame, source: CameraSource, watch: Watch
    ) -> tuple[Chosen, ...]:
        """The frames to keep now, each once, in the order they were taken."""
        by_trigger = self.trigger.offer(frame, source.info)
        by_hand = list(self._hand.offer(frame))
        if self._back_s > 0:
            recent = self._ring.take(frame.elapsed_s, self._back_s) or (frame,)
            by_hand.append(max(recent, key=lambda one: sharpness_at_half(one.pixels)))
            self._back_s = 0.0
        pressed = {id(one) for one in by_hand}
        each = {id(one): one for one in (*by_trigger, *by_hand)}
        return tuple(
            Chosen(
                frame=one,
                sight=watch.sight(one),
                by_hand=id(one) in pressed,
                is_burst=self.trigger.is_burst,
            )
            for one in sorted(each.values(), key=lambda one: one.index)
        )

    def _put(self, chosen: Chosen, *, waits: bool) -> None:
        while not self.queue.put(chosen, wait_s=_READ_S if waits else 0.0):
            if not waits or self._stop.is_set():
                self.dropped += 1
                self._untold += 1
                return

    def _is_over(self, elapsed_s: float) -> bool:
        limit = self._request.for_s
        return limit is not None and elapsed_s >= limit

    def _require_use(self) -> None:
        """Pass unless a live camera gave nothing but what is refused, for too long."""
        limit_s, use = self._request.give_up_s, self._use
        if limit_s is None or time.monotonic() - use.since_s < limit_s:
            return
        refused = self._refused() - Counter(use.refused)
        if refused:
            ((reason, _),) = refused.most_common(1)
            raise CameraError(
                f"No picture could be kept for {limit_s:g} s, "
                f"{refused.total()} were refused: {reason}",
                hint="look at the camera; [capture.gates] in fieldset.toml has the "
                "limits, `--give-up` says how long is waited",
            )

    def _is_full(self) -> bool:
        count = self._request.count
        return count is not None and self.recording.kept >= count

    def _room(self) -> int:
        """How many frames may be stored with one commit."""
        count = self._request.count
        if count is None:
            return _GROUP_FRAMES
        return max(1, min(_GROUP_FRAMES, count - self.recording.kept))

    def _is_late(self) -> bool:
        """Whether what is begun now would end too late, as long as it took last."""
        asked_s = self._asked_s
        ends_s = time.monotonic() + self._storing_s
        return asked_s is not None and ends_s - asked_s > _ENDING_S

    def _is_past_writing(self) -> bool:
        """Whether no file is waited for any more that is being written."""
        asked_s = self._asked_s
        return asked_s is not None and time.monotonic() - asked_s > _WRITING_S

    def _store(self, items: tuple[Item, ...]) -> None:
        if self._asked_s is None:
            self._tell_dropped(TOO_SLOW)
        chosen: list[Chosen] = []
        for item in items:
            if isinstance(item, Chosen):
                chosen.append(item)
                continue
            self._store_frames(chosen)
            chosen = []
            if isinstance(item, Gap):
                self.recording.note_gap(item)
                self._tell(item)
            else:
                refused = self.recording.refuse(
                    item.reason, name=item.name, at_us=item.at_us
                )
                self._tell(refused)
        self._store_frames(chosen)

    def _store_frames(self, chosen: list[Chosen]) -> None:
        if not chosen or self._is_full():
            return
        told = 0 if self._is_late() else self._keep(chosen)
        self._lost += len(chosen) - told
        self.dropped += len(chosen) - told
        if self._is_full():
            self._stop.set()

    def _keep(self, chosen: Sequence[Chosen]) -> int:
        """How many of the frames became what is told of them before it was too late."""
        told = 0
        began_s = time.monotonic()
        with suppress(Cancelled):
            for event in self.recording.keep_all(chosen):
                told += 1
                self._note_use(event)
                self._tell(event)
        self._storing_s = time.monotonic() - began_s
        return told

    def _note_use(self, event: RecorderEvent) -> None:
        if isinstance(event, Kept) and not event.known:
            self._use = _Use(since_s=time.monotonic(), refused=self._refused())

    def _refused(self) -> Counter[str]:
        """What was not kept as a new sample, by reason; from both threads."""
        recording = self.recording
        return Counter({**recording.refused, HERE_ALREADY: recording.known})

    def _tell_dropped(self, reason: str) -> None:
        """Count what the reading thread dropped; it never waits for the catalog."""
        count, self._untold = self._untold, 0
        if count:
            self._tell(self.recording.refuse(reason, count=count))

    def _drop_rest(self) -> None:
        """Nothing can be stored any more: the reading thread must not wait for us."""
        while self.queue.take(1, _GROUP_BYTES):
            self.dropped += 1

    def _on_event(self, event: CameraEvent) -> None:
        if isinstance(event, Gap | Refusal):
            self.queue.tell(event)

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, FieldsetError):
            log.error("capture failed", exc_info=error)
        self._error = self._error or error
        self._stop.set()

    def _end(self) -> None:
        try:
            if self._untold or self._lost or self.recording.sessions:
                # With one flush of the disk: it may be why the end is late.
                with self._project.catalog.writing():
                    self._note_end()
        except Exception as error:  # noqa: BLE001  (told to the caller as `Ended`)
            self._fail(error)
        self._tell(Ended(error=self._error))

    def _note_end(self) -> None:
        if self._error is None:
            self._tell_dropped(TOO_SLOW)
            if self._lost:
                self._tell(self.recording.refuse(NOT_STORED, count=self._lost))
        self.recording.end()
