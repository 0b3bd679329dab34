"""The one way in which the window does work that takes time.

An `Operation` is a title, a function of a `Progress`, and what to do afterwards. The
`Runner` runs it on a named lane of threads and calls back on the main thread. The
catalog lane has ONE thread: the window's single writer.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from dataset.errors import FieldsetError
from dataset.progress import Cancelled, Progress

T = TypeVar("T")
LOG = logging.getLogger(__name__)
REPORT_EVERY_S = 0.05


class Submitter(Protocol):
    """What pages need of a runner."""

    def submit(self, operation: Operation[Any]) -> Job:
        """Queue `operation` on its lane; call from the main thread."""


class Lane(StrEnum):
    """Which threads run an operation."""

    CATALOG = "catalog"
    ASSIST = "assist"
    CAMERA = "camera"
    LIVE = "live"
    READING = "reading"
    WORK = "work"
    # A push over a slow line takes hours, and must keep nobody waiting.
    HANDOVER = "handover"
    IMAGES = "images"
    THUMBNAILS = "thumbnails"


# What may take its time there leaves the processor to the thread that paints.
PATIENT_LANES = frozenset({Lane.ASSIST, Lane.WORK, Lane.IMAGES, Lane.THUMBNAILS})
_PATIENCE = 5

LANE_THREADS: Mapping[Lane, int] = {
    Lane.CATALOG: 1,
    Lane.ASSIST: 1,
    Lane.CAMERA: 1,
    Lane.LIVE: 1,
    Lane.READING: 1,
    Lane.WORK: 1,
    Lane.HANDOVER: 1,
    Lane.IMAGES: 2,
    Lane.THUMBNAILS: 1,
}


def _nothing(_result: object) -> None:
    """Do nothing with a result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[T]):
    """Work to be done away from the main thread.

    The callbacks run on the main thread. Without `on_error` the runner announces
    `job_failed`. `on_stopped` runs after every end but `on_done`: an error, a bug of
    ours, a wish to stop. `on_step` is told how far it is, a few times a second. A
    `quiet` operation is not shown in the status bar.
    """

    title: str
    function: Callable[[Progress], T]
    on_done: Callable[[T], None] = _nothing
    on_error: Callable[[FieldsetError], None] | None = None
    on_stopped: Callable[[], None] | None = None
    on_step: Callable[[JobState], None] = _nothing
    lane: Lane = Lane.WORK
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """How far a job is; `total` None means unknown."""

    number: int
    title: str
    done: int = 0
    total: int | None = None
    what: str = ""


class Job:
    """One submitted operation; also the `Progress` its function is given."""

    def __init__(
        self,
        number: int,
        operation: Operation[Any],
        report: Callable[[JobState], None],
    ) -> None:
        self.number = number
        self.operation = operation
        self._report = report
        self._stop = threading.Event()
        self._reported_at = 0.0

    def cancel(self) -> None:
        """Ask the work to stop at its next step; work not begun is never begun."""
        self._stop.set()

    @property
    def is_cancelled(self) -> bool:
        """True once `cancel` was called."""
        return self._stop.is_set()

    def step(self, done: int, total: int | None, what: str) -> None:
        """Tell the main thread, at most every 50 ms, and hear a wish to stop."""
        if self._stop.is_set():
            raise Cancelled
        now = time.monotonic()
        if now - self._reported_at < REPORT_EVERY_S and done != total:
            return
        self._reported_at = now
        title = self.operation.title
        self._report(
            JobState(number=self.number, title=title, done=done, total=total, what=what)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What an ended job wants to be done on the main thread."""

    job: Job
    run: Callable[[], None]


class Runner(QObject):
    """Runs operations and announces what became of them, on the main thread.

    Signals:
        job_started: a `JobState`; not for quiet operations.
        job_progressed: a `JobState`.
        job_ended: the job's number, whatever became of it.
        job_failed: title and `FieldsetError` of an operation without `on_error`.
        job_crashed: title and the exception that was a bug of ours.
        became_idle: nothing runs and nothing waits.
    """

    job_started = Signal(object)
    job_progressed = Signal(object)
    job_ended = Signal(int)
    job_failed = Signal(str, object)
    job_crashed = Signal(str, object)
    became_idle = Signal()
    _delivered = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes: dict[Lane, _LaneThreads] = {}
        self._jobs: dict[int, Job] = {}
        self._count = 0
        self._is_closed = False
        self._delivered.connect(self._on_delivered, Qt.ConnectionType.QueuedConnection)

    def submit(self, operation: Operation[Any]) -> Job:
        """Queue `operation` on its lane; call from the main thread.

        A closed runner runs nothing any more: a timer may still fire while the window
        goes away.
        """
        self._count += 1
        job = Job(self._count, operation, self._post_progress)
        if self._is_closed:
            job.cancel()
            return job
        self._jobs[job.number] = job
        if not operation.quiet:
            self.job_started.emit(JobState(number=job.number, title=operation.title))
        self._lane(operation.lane).put(lambda: self._run(job))
        return job

    @property
    def is_idle(self) -> bool:
        """True when nothing runs and nothing waits."""
        return not self._jobs

    def running(self, lane: Lane | None = None) -> tuple[Job, ...]:
        """Give the jobs not yet ended, oldest first."""
        return tuple(
            job
            for job in self._jobs.values()
            if lane is None or job.operation.lane is lane
        )

    def cancel_all(self) -> None:
        """Ask everything that is shown as a job to stop."""
        for job in self.running():
            if not job.operation.quiet:
                job.cancel()

    def close(self, last: Callable[[], None] | None = None) -> None:
        """End all threads: saves already asked for are finished, the rest cancelled.

        `last` runs at the very end on the catalog's own thread (closing the project).
        """
        if self._is_closed:
            return
        self._is_closed = True
        for job in self.running():
            if job.operation.lane is not Lane.CATALOG or not job.operation.quiet:
                job.cancel()
        if last is not None:
            self._lane(Lane.CATALOG).put(lambda: _run_last(last))
        for lane in self._lanes.values():
            lane.close()
        for lane in self._lanes.values():
            lane.join()
        self._jobs.clear()

    def _lane(self, lane: Lane) -> _LaneThreads:
        if lane not in self._lanes:
            self._lanes[lane] = _started(lane)
        return self._lanes[lane]

    def _run(self, job: Job) -> None:
        """Run one job on its lane's thread and deliver what came of it."""
        operation = job.operation
        outcome: Callable[[], None]
        try:
            if job.is_cancelled:
                raise Cancelled  # noqa: TRY301  (one way out for both kinds)
            result = operation.function(job)
        except Cancelled:
            outcome = lambda: _stopped(operation)  # noqa: E731
        except FieldsetError as error:
            failure = error
            outcome = lambda: self._fail(operation, failure)  # noqa: E731
        except Exception as error:
            bug = error
            LOG.exception("a job failed: %s", operation.title)
            outcome = lambda: self._crash(operation, bug)  # noqa: E731
        else:
            outcome = lambda: operation.on_done(result)  # noqa: E731
        self._delivered.emit(_Outcome(job=job, run=outcome))

    def _fail(self, operation: Operation[Any], error: FieldsetError) -> None:
        if operation.on_error is not None:
            operation.on_error(error)
        else:
            self.job_failed.emit(operation.title, error)
        _stopped(operation)

    def _crash(self, operation: Operation[Any], bug: Exception) -> None:
        self.job_crashed.emit(operation.title, bug)
        _stopped(operation)

    def _post_progress(self, state: JobState) -> None:
        self._delivered.emit(state)

    @Slot(object)
    def _on_delivered(self, message: object) -> None:
        if self._is_closed:
            return
        if isinstance(message, JobState):
            known = self._jobs.get(message.number)
            if known is None:
                return
            known.operation.on_step(message)
            if not known.operation.quiet:
                self.job_progressed.emit(message)
            return
        if isinstance(message, _Outcome):
            self._take(message.job, message.run)

    def _take(self, job: Job, run: Callable[[], None]) -> None:
        """Run what is to happen on the main thread after a job."""
        del self._jobs[job.number]
        try:
            run()
        finally:
            if not job.operation.quiet:
                self.job_ended.emit(job.number)
            if not self._jobs:
                self.became_idle.emit()


class Scope:
    """What submits the work of one project: ended with it, it answers nobody.

    Edits that were asked for before are still saved.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._is_ended = False

    def submit(self, operation: Operation[Any]) -> Job:
        """Queue `operation`; call from the main thread."""
        if self._is_ended:
            job = Job(0, operation, lambda _state: None)
            job.cancel()
            return job
        return self._runner.submit(
            replace(
                operation,
                on_done=self._while_alive(operation.on_done),
                on_error=self._while_alive(
                    operation.on_error or partial(self._announce, operation.title)
                ),
                on_stopped=self._while_alive(operation.on_stopped or _idle),
                on_step=self._while_alive(operation.on_step),
            )
        )

    def end(self) -> None:
        """Give no answer any more, and give up what does not save anything."""
        self._is_ended = True
        for job in self._runner.running():
            if job.operation.lane is not Lane.CATALOG or not job.operation.quiet:
                job.cancel()

    def _announce(self, title: str, error: FieldsetError) -> None:
        self._runner.job_failed.emit(title, error)

    def _while_alive(self, callback: Callable[..., None]) -> Callable[..., None]:
        def call(*values: object) -> None:
            if not self._is_ended:
                callback(*values)

        return call


def _idle() -> None:
    """Do nothing."""


def _stopped(operation: Operation[Any]) -> None:
    """Tell that the work ended without a result."""
    if operation.on_stopped is not None:
        operation.on_stopped()


def _run_last(last: Callable[[], None]) -> None:
    """Run what closes the project; a failure is logged, the threads still end."""
    try:
        last()
    except Exception:  # (border: the job runner)
        LOG.exception("closing the project failed")


def _started(lane: Lane) -> _LaneThreads:
    return _LaneThreads(
        lane.value, LANE_THREADS[lane], is_patient=lane in PATIENT_LANES
    )


class _LaneThreads:
    """Named threads that take work from one queue, first come first served."""

    def __init__(self, name: str, threads: int, *, is_patient: bool = False) -> None:
        self._is_patient = is_patient
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(
                target=self._work, name=f"fieldset-{name}-{index}", daemon=True
            )
            for index in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, work: Callable[[], None]) -> None:
        self._queue.put(work)

    def close(self) -> None:
        for _thread in self._threads:
            self._queue.put(None)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        if self._is_patient and sys.platform == "linux":
            # There a thread has a priority of its own; elsewhere all are alike.
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _PATIENCE)
        while (work := self._queue.get()) is not None:
            work()
            # Held across the blocking get, the last result would live on.
            del work
