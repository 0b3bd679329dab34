from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import cv2
import pytest

from dataset.errors import CameraError, StorageFull, UsageError
from dataset.project import Project
from station.camera.replay import ReplaySource
from station.camera.source import (
    CameraSource,
    Frame,
    Gap,
    NoPicture,
    OnEvent,
    Refusal,
    SourceInfo,
    SourceKind,
)
from station.camera.triggers import (
    IntervalTrigger,
    ManualTrigger,
    Trigger,
    make_trigger,
)
from station.recorder import (
    Ended,
    Recorder,
    RecorderEvent,
    RecordingRequest,
)
from station.recording import Kept, Refused, SessionForm
from tests.small_projects import BEGAN_US, files_under, jpeg, new_project, pixels
from tests.small_projects import tiny_disk as small_disk

WAIT_S = 20.0
EVERY = "every"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


class ScriptedSource:
    """A live camera whose reads are steps: a frame, an exception, or a call.

    After the last step it waits for `close`, as a camera without pictures does.
    """

    def __init__(
        self, steps: Sequence[object], on_event: OnEvent | None = None
    ) -> None:
        self._steps = list(steps)
        self._on_event = on_event
        self._closed = threading.Event()
        self.frame_at = time.monotonic()

    @property
    def info(self) -> SourceInfo:
        """What the camera is."""
        return SourceInfo(
            address="cam", kind=SourceKind.USB, width=64, height=48, fps=10, live=True
        )

    @property
    def refused(self) -> Mapping[str, int]:
        """Nothing."""
        return {}

    def read(self, timeout_s: float) -> Frame | None:
        """Do the next step."""
        if not self._steps:
            if self._closed.wait(timeout_s):
                return None
            raise NoPicture("no picture: cam")
        step = self._steps.pop(0)
        if isinstance(step, BaseException):
            raise step
        if callable(step):
            step()
            raise NoPicture("no picture: cam")
        if isinstance(step, Refusal | Gap):
            assert self._on_event is not None
            self._on_event(step)
            raise NoPicture("no picture: cam")
        assert isinstance(step, Frame)
        return step

    def age_s(self) -> float:
        """The age of the newest frame."""
        return time.monotonic() - self.frame_at

    def close(self) -> None:
        """End every wait."""
        self._closed.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def frames(count: int, *, fps: float = 10.0, first: int = 0) -> list[Frame]:
    return [
        Frame(
            index=first + n,
            captured_us=BEGAN_US + round((first + n) / fps * 1e6),
            elapsed_s=(first + n) / fps,
            pixels=pixels(first + n),
            encoded=jpeg(first + n),
            suffix="jpg",
        )
        for n in range(count)
    ]


class EveryFrame:
    """A trigger that keeps all it is offered."""

    def offer(self, frame: Frame) -> tuple[Frame, ...]:
        """The frame."""
        return (frame,)


def replay(count: int, *, fps: float = 10.0) -> Callable[[str, OnEvent], CameraSource]:
    pictures = [jpeg(n) for n in range(count)]
    return lambda address, _on_event: ReplaySource(
        pictures, fps=fps, start_us=BEGAN_US, address=address
    )


def record(
    recorder: Recorder,
    trigger: Trigger,
    *,
    form: SessionForm | None = None,
    count: int | None = None,
    for_s: float | None = None,
) -> list[RecorderEvent]:
    """Run to the end, and give every event."""
    recorder.start(
        RecordingRequest(
            source="cam", form=form or SessionForm(), count=count, for_s=for_s
        ),
        trigger,
    )
    try:
        return to_the_end(recorder)
    finally:
        recorder.close()


def to_the_end(recorder: Recorder) -> list[RecorderEvent]:
    events: list[RecorderEvent] = []
    deadline = time.monotonic() + WAIT_S
    while not (events and isinstance(events[-1], Ended)):
        event = recorder.wait_event(max(0.0, deadline - time.monotonic()))
        assert event is not None, events
        events.append(event)
    return events


def wait_for(is_true: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_true():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)


def error_of(events: Sequence[RecorderEvent]) -> Exception | None:
    last = events[-1]
    assert isinstance(last, Ended)
    return last.error


def indexes(events: Sequence[RecorderEvent]) -> list[int]:
    return [event.frame.index for event in events if isinstance(event, Kept)]


def test_chosen_frames_are_stored_in_order_and_told(project: Project) -> None:
    recorder = Recorder(project, replay(10))

    events = record(recorder, IntervalTrigger(0.3))

    assert indexes(events) == [0, 3, 6, 9]
    assert error_of(events) is None
    stored = list(project.catalog.samples.each())
    assert {s.id for s in stored} == {
        e.sample.id for e in events if isinstance(e, Kept)
    }
    (session,) = project.catalog.sessions.all()
    assert session.ended_us == BEGAN_US + 900_000


def test_status_follows_the_run(project: Project) -> None:
    recorder = Recorder(project, replay(3))
    before = recorder.status()

    record(recorder, EveryFrame(), form=SessionForm(name="n"))
    after = recorder.status()

    assert (before.info, before.session, before.is_running) == (None, None, False)
    assert (after.kept, after.known, after.refused) == (3, 0, {})
    assert after.session is not None
    assert after.session.name == "n"
    assert not after.is_running
    assert recorder.events() == ()
    newest = recorder.newest()
    assert newest is not None
    assert newest.index == 2


def test_count_counts_new_samples_only(project: Project) -> None:
    first = Recorder(project, replay(4))
    record(first, EveryFrame(), count=2)

    events = record(Recorder(project, replay(6)), EveryFrame(), count=2)

    kept = [e for e in events if isinstance(e, Kept)]
    assert [e.known for e in kept] == [True, True, False, False]
    assert project.catalog.samples.count() == 4


def test_time_ends_the_run_by_the_sources_clock(project: Project) -> None:
    events = record(Recorder(project, replay(30)), EveryFrame(), for_s=0.5)

    assert indexes(events) == [0, 1, 2, 3, 4]


def test_time_ends_the_run_while_the_camera_is_away(project: Project) -> None:
    source = ScriptedSource(frames(2))

    events = record(Recorder(project, lambda *_: source), EveryFrame(), for_s=0.4)

    assert indexes(events) == [0, 1]
    assert error_of(events) is None


def test_shutter_takes_the_next_frame_whatever_the_trigger_is(
    project: Project,
) -> None:
    recorder: Recorder
    steps = [*frames(3), lambda: recorder.shutter(), *frames(3, first=3)]
    recorder = Recorder(project, lambda *_: ScriptedSource(steps))
    recorder.start(RecordingRequest(source="cam"), ManualTrigger())

    wait_for(lambda: recorder.status().kept == 1)
    recorder.close()

    assert indexes(recorder.events()) == [3]


def test_pressing_twice_takes_two_frames(project: Project) -> None:
    recorder: Recorder
    steps = [
        *frames(1),
        lambda: recorder.shutter(),
        lambda: recorder.shutter(),
        *frames(4, first=1),
    ]
    recorder = Recorder(project, lambda *_: ScriptedSource(steps))
    recorder.start(RecordingRequest(source="cam"), ManualTrigger())

    wait_for(lambda: recorder.status().kept == 2)
    recorder.close()

    assert indexes(recorder.events()) == [1, 2]


def test_frame_that_trigger_and_shutter_choose_is_stored_once(
    project: Project,
) -> None:
    recorder: Recorder
    steps = [lambda: recorder.shutter(), *frames(2)]
    recorder = Recorder(project, lambda *_: ScriptedSource(steps))
    recorder.start(RecordingRequest(source="cam", count=2), EveryFrame())

    events = to_the_end(recorder)
    recorder.close()

    assert indexes(events) == [0, 1]
    assert not any(e.known for e in events if isinstance(e, Kept))


def test_keep_last_takes_the_sharpest_of_the_last_seconds(project: Project) -> None:
    def blurred(frame: Frame) -> Frame:
        from dataclasses import replace

        soft = cv2.GaussianBlur(frame.pixels, (15, 15), 6)
        data = cv2.imencode(".jpg", soft)[1].tobytes()
        return replace(frame, pixels=soft, encoded=data)

    recorder: Recorder
    taken = frames(6, fps=1.0)
    sharp = 3
    steps: list[object] = [f if f.index == sharp else blurred(f) for f in taken]
    steps += [lambda: recorder.keep_last(4.0), blurred(frames(7, fps=1.0)[6])]
    recorder = Recorder(project, lambda *_: ScriptedSource(steps))
    recorder.start(RecordingRequest(source="cam"), ManualTrigger())

    wait_for(lambda: recorder.status().kept == 1)
    recorder.close()

    assert indexes(recorder.events()) == [sharp]


def test_keep_last_before_anything_was_seen_takes_the_first_frame(
    project: Project,
) -> None:
    recorder: Recorder
    steps = [lambda: recorder.keep_last(), *frames(1)]
    recorder = Recorder(project, lambda *_: ScriptedSource(steps))
    recorder.start(RecordingRequest(source="cam"), ManualTrigger())

    wait_for(lambda: recorder.status().kept == 1)
    recorder.close()

    assert indexes(recorder.events()) == [0]


def test_frames_before_a_trigger_come_first(project: Project) -> None:
    trigger = make_trigger("burst", {"count": 2, "spacing_s": 0.0, "pre_s": 1.0})

    events = record(Recorder(project, replay(5)), trigger)

    assert indexes(events) == [0, 1]


def test_trigger_can_be_changed_while_it_runs(project: Project) -> None:
    recorder: Recorder
    steps = [
        *frames(2),
        lambda: recorder.set_trigger(EveryFrame()),
        *frames(2, first=2),
    ]
    recorder = Recorder(project, lambda *_: ScriptedSource(steps))
    recorder.start(RecordingRequest(source="cam"), ManualTrigger())

    wait_for(lambda: recorder.status().kept == 2)
    recorder.close()

    assert indexes(recorder.events()) == [2, 3]


def test_camera_that_fails_midway_keeps_what_was_chosen(project: Project) -> None:
    steps = [*frames(3), CameraError("The camera is gone: cam")]

    events = record(Recorder(project, lambda *_: ScriptedSource(steps)), EveryFrame())

    assert indexes(events) == [0, 1, 2]
    assert isinstance(error_of(events), CameraError)
    (session,) = project.catalog.sessions.all()
    assert session.ended_us is not None
    assert project.catalog.samples.count() == 3


def test_camera_that_cannot_be_opened_is_told(project: Project) -> None:
    def refuse(_address: str, _on_event: OnEvent) -> CameraSource:
        raise CameraError("No such camera: cam")

    events = record(Recorder(project, refuse), EveryFrame())

    assert isinstance(error_of(events), CameraError)
    assert len(events) == 1
    assert project.catalog.sessions.all() == ()


def test_name_that_is_taken_ends_the_run_before_the_camera_opens(
    project: Project,
) -> None:
    project.begin_session(name="n")

    def never(_address: str, _on_event: OnEvent) -> CameraSource:
        raise AssertionError("opened")

    events = record(Recorder(project, never), EveryFrame(), form=SessionForm(name="n"))

    assert isinstance(error_of(events), UsageError)


def test_bug_in_a_trigger_ends_the_run_and_is_logged(
    project: Project, allow_log: Callable[[str], None]
) -> None:
    allow_log("capture failed")

    class Broken:
        def offer(self, frame: Frame) -> tuple[Frame, ...]:
            raise ZeroDivisionError(frame.index)

    events = record(Recorder(project, replay(3)), Broken())

    assert isinstance(error_of(events), ZeroDivisionError)


def test_refusals_and_gaps_of_the_camera_are_kept_and_told(project: Project) -> None:
    happened = [
        *frames(1),
        Refusal(at_us=BEGAN_US + 5, reason="half a picture"),
        Gap(lost_us=BEGAN_US + 6, back_us=BEGAN_US + 9, reason="unplugged"),
        *frames(1, first=1),
        CameraError("over: cam"),
    ]
    recorder = Recorder(
        project, lambda _address, on_event: ScriptedSource(happened, on_event)
    )

    events = record(recorder, EveryFrame())

    assert [type(e) for e in events] == [Kept, Refused, Gap, Kept, Ended]
    (session,) = project.catalog.sessions.all()
    assert project.catalog.sessions.refusals(session.id) == {"half a picture": 1}
    assert len(project.catalog.sessions.gaps(session.id)) == 1
    assert recorder.status().refused == {"half a picture": 1}


def test_full_disk_ends_the_run_and_earlier_samples_stay(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, one_at_a_time = project.images.put, threading.Lock()

    def put(data: bytes, suffix: str) -> str:
        with one_at_a_time:
            place = project.images.path(hashlib.sha256(data).hexdigest(), suffix)
            if not place.exists() and len(list(project.images.files())) >= 3:
                raise StorageFull("The disk is full, nothing was stored: x")
            return real(data, suffix)

    monkeypatch.setattr(project.images, "put", put)
    events = record(Recorder(project, replay(200)), EveryFrame())

    assert indexes(events) == [0, 1, 2]
    assert isinstance(error_of(events), StorageFull)
    assert project.catalog.samples.count() == 3
    (session,) = project.catalog.sessions.all()
    assert session.ended_us is not None


def test_really_full_disk_ends_the_run(tmp_path: Path) -> None:
    pictures = [
        cv2.imencode(".png", pixels(n, 400, 300))[1].tobytes() for n in range(40)
    ]
    with small_disk(tmp_path / "disk") as disk, new_project(disk / "p") as project:
        events = record(
            Recorder(project, lambda *_: ReplaySource(pictures)), EveryFrame()
        )

        kept = {e.sample.id for e in events if isinstance(e, Kept)}
        assert isinstance(error_of(events), StorageFull)
        assert 0 < len(kept) < 40
        assert {s.id for s in project.catalog.samples.each()} == kept
        assert not [name for name in files_under(disk) if ".tmp-" in name]
        for sample in project.catalog.samples.each():
            project.images.verify(sample.id, sample.suffix)


def test_stopping_stores_what_was_chosen(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames that wait for the disk when the person presses stop are not lost."""
    chosen = frames(20)
    is_open = threading.Event()
    real = project.images.put

    def slow(data: bytes, suffix: str) -> str:
        is_open.wait(WAIT_S)
        return real(data, suffix)

    monkeypatch.setattr(project.images, "put", slow)
    source = ScriptedSource(chosen)
    recorder = Recorder(project, lambda *_: source)
    recorder.start(RecordingRequest(source="cam"), EveryFrame())
    wait_for(lambda: (recorder.newest() or chosen[0]).index == chosen[-1].index)
    threading.Timer(0.05, is_open.set).start()

    recorder.stop()

    events = recorder.events()
    assert len(indexes(events)) == len(chosen)
    assert error_of(events) is None
    assert project.catalog.samples.count() == len(chosen)


def test_recorder_runs_again_after_a_stop(project: Project) -> None:
    recorder = Recorder(project, replay(3))

    first = record(recorder, EveryFrame(), form=SessionForm(name="a"))
    second = record(recorder, EveryFrame(), form=SessionForm(name="b"))

    assert [e.known for e in first if isinstance(e, Kept)] == [False] * 3
    assert [e.known for e in second if isinstance(e, Kept)] == [True] * 3
    assert [s.name for s in project.catalog.sessions.all()] == ["a", "b"]


def test_closing_what_never_ran_is_free(project: Project) -> None:
    recorder = Recorder(project)

    recorder.shutter()
    recorder.keep_last()
    recorder.set_trigger(ManualTrigger())
    recorder.close()
    recorder.close()

    assert recorder.wait_event(0.0) is None
    assert recorder.sessions == ()
    assert recorder.newest() is None


def test_bug_while_the_session_ends_is_told_too(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    allow_log: Callable[[str], None],
) -> None:
    allow_log("capture failed")

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(project.catalog.sessions, "end", fail)

    events = record(Recorder(project, replay(1)), EveryFrame())

    assert isinstance(error_of(events), ZeroDivisionError)
