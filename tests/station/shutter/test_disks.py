"""The recorder on disks that are slow, or full, or shared."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.errors import StorageFull
from dataset.project import Project
from station.camera.frames import Frame
from station.camera.replay import ReplaySource
from station.camera.triggers import BurstTrigger
from station.recorder import Ended, Recorder, RecordingRequest
from station.recording import Kept, Refused, SessionForm
from station.shutter.run import NOT_STORED, TOO_SLOW
from tests.small_projects import BEGAN_US, files_under, jpeg, new_project, pixels
from tests.small_projects import tiny_disk as small_disk

from .scripted import WAIT_S, EveryFrame, LiveFrames, frame, to_the_end, wait_for

ONE_BYTES = frame(0).pixels.nbytes + len(jpeg(0))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


class SlowDisk:
    """Flushes wait until they are let through."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._real = os.fsync
        self.may_flush = threading.Event()
        self.is_flushing = threading.Event()
        patch.setattr(os, "fsync", self._flush)

    def _flush(self, handle: int) -> None:
        self.is_flushing.set()
        self.may_flush.wait(WAIT_S)
        self._real(handle)


def with_bytes(count: int) -> list[Frame]:
    return [frame(n, has_bytes=True) for n in range(count)]


def kept_indexes(events: list[object]) -> list[int]:
    return [one.frame.index for one in events if isinstance(one, Kept)]


def test_slow_disk_drops_and_counts_but_never_stops_the_reader(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SlowDisk(monkeypatch)
    source = LiveFrames(with_bytes(60))
    recorder = Recorder(project, lambda *_: source, queue_bytes=10 * ONE_BYTES)
    recorder.start(RecordingRequest(source="cam"), EveryFrame())

    assert source.is_over.wait(WAIT_S)
    stalled = recorder.status()
    newest = recorder.newest()
    disk.may_flush.set()
    wait_for(lambda: recorder.status().waiting == 0)
    recorder.close()

    assert newest is not None
    assert newest.index == 59
    assert stalled.kept == 0
    assert stalled.waiting_bytes <= 10 * ONE_BYTES
    assert stalled.dropped >= 60 - 10 - 8
    events = list(recorder.events())
    after = recorder.status()
    kept = kept_indexes(events)
    assert kept == sorted(kept)
    assert len(kept) + after.dropped == 60
    assert after.refused == {TOO_SLOW: after.dropped}
    told = sum(one.count for one in events if isinstance(one, Refused))
    assert told == after.dropped
    (session,) = project.catalog.sessions.all()
    assert project.catalog.sessions.refusals(session.id) == after.refused


def test_clip_waits_for_a_slow_disk_and_loses_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SlowDisk(monkeypatch)
    clip = ReplaySource([jpeg(n) for n in range(40)])
    recorder = Recorder(project, lambda *_: clip, queue_bytes=3 * ONE_BYTES)
    recorder.start(RecordingRequest(source="clip"), EveryFrame())
    wait_for(lambda: recorder.status().waiting == 3)

    disk.may_flush.set()
    events = to_the_end(recorder)
    recorder.close()

    assert kept_indexes(list(events)) == list(range(40))
    assert recorder.status().dropped == 0


def test_end_does_not_wait_for_all_that_a_slow_disk_has_left(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SlowDisk(monkeypatch)
    monkeypatch.setattr("station.shutter.run._ENDING_S", 0.0)
    source = LiveFrames(with_bytes(30))
    recorder = Recorder(project, lambda *_: source)
    recorder.start(RecordingRequest(source="cam"), EveryFrame())
    assert source.is_over.wait(WAIT_S)
    assert disk.is_flushing.wait(WAIT_S)
    threading.Timer(0.2, disk.may_flush.set).start()

    recorder.close()

    events = list(recorder.events())
    kept, status = kept_indexes(events), recorder.status()
    assert isinstance(events[-1], Ended)
    assert events[-1].error is None
    assert 1 <= len(kept) < 30
    assert len(kept) + status.dropped == 30
    assert status.refused == {NOT_STORED: status.dropped}
    assert project.catalog.samples.count() == len(kept)


def test_end_does_not_wait_for_a_disk_that_does_not_answer(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SlowDisk(monkeypatch)
    monkeypatch.setattr("station.shutter.run._WRITING_S", 0.0)
    source = LiveFrames(with_bytes(30))
    recorder = Recorder(project, lambda *_: source)
    recorder.start(RecordingRequest(source="cam"), EveryFrame())
    assert source.is_over.wait(WAIT_S)
    assert disk.is_flushing.wait(WAIT_S)

    recorder.close()

    events, status = list(recorder.events()), recorder.status()
    (session,) = project.catalog.sessions.all()
    disk.may_flush.set()
    assert isinstance(events[-1], Ended)
    assert events[-1].error is None
    assert (status.kept, status.dropped) == (0, 30)
    assert status.refused == {NOT_STORED: 30}
    assert project.catalog.sessions.refusals(session.id) == status.refused
    assert session.ended_us is not None
    assert project.catalog.samples.count() == 0


def test_disk_that_fills_up_in_a_burst_keeps_what_it_acknowledged(
    tmp_path: Path,
) -> None:
    def large(number: int) -> Frame:
        noise = np.random.default_rng(number).integers(0, 256, (300, 400, 3), np.uint8)
        return frame(number, picture=noise)

    with small_disk(tmp_path / "disk") as disk, new_project(disk / "p") as project:
        source = LiveFrames(large(n) for n in range(40))
        recorder = Recorder(project, lambda *_: source)
        recorder.start(RecordingRequest(source="cam"), BurstTrigger(40))
        events = to_the_end(recorder)
        recorder.close()

        kept = {one.sample.id for one in events if isinstance(one, Kept)}
        assert isinstance(events[-1], Ended)
        assert isinstance(events[-1].error, StorageFull)
        assert 0 < len(kept) < 40
        assert recorder.status().dropped > 0
        assert {one.id for one in project.catalog.samples.each()} == kept
        assert len(list(project.images.files())) == len(kept)
        assert not [name for name in files_under(disk) if ".tmp-" in name]
        for sample in project.catalog.samples.each():
            project.images.verify(sample.id, sample.suffix)


def test_two_recorders_capture_into_one_project_at_once(project: Project) -> None:
    def half(first: int) -> list[Frame]:
        return [frame(n, has_bytes=True) for n in range(first, first + 40)]

    sources = [LiveFrames(half(0)), LiveFrames(half(100))]
    recorders = [Recorder(project, lambda *_, one=one: one) for one in sources]
    for number, recorder in enumerate(recorders):
        form = SessionForm(name=f"camera {number}")
        recorder.start(
            RecordingRequest(source=f"cam{number}", form=form, count=40), EveryFrame()
        )

    events = [to_the_end(recorder) for recorder in recorders]
    for recorder in recorders:
        recorder.close()

    assert kept_indexes(list(events[0])) == list(range(40))
    assert kept_indexes(list(events[1])) == list(range(100, 140))
    sessions = {one.name: one for one in project.catalog.sessions.all()}
    for number in range(2):
        session = sessions[f"camera {number}"]
        samples = project.catalog.samples.of_session(session.id)
        assert [one.sequence for one in samples] == list(range(1, 41))


def test_clock_jumps_do_not_disturb_the_order(project: Project) -> None:
    from dataclasses import replace

    jumps_us = [BEGAN_US, 0, BEGAN_US + 3_600_000_000, BEGAN_US - 3_600_000_000]
    shown = [
        replace(one, captured_us=at_us)
        for one, at_us in zip(with_bytes(4), jumps_us, strict=True)
    ]
    recorder = Recorder(project, lambda *_: LiveFrames(shown))
    recorder.start(RecordingRequest(source="cam", count=4), EveryFrame())

    to_the_end(recorder)
    recorder.close()

    (session,) = project.catalog.sessions.all()
    samples = project.catalog.samples.of_session(session.id)
    assert [one.captured_us for one in samples] == jumps_us
    assert [one.sequence for one in samples] == [1, 2, 3, 4]
    assert session.ended_us == max(jumps_us)


def test_burst_keeps_pictures_that_look_alike_and_an_interval_refuses_them(
    project: Project,
) -> None:
    ground = pixels(3, 320, 240)
    noise = np.random.default_rng(4)

    def still(number: int) -> Frame:
        picture = (ground + noise.normal(0, 2, ground.shape)).clip(0, 255)
        data = cv2.imencode(".jpg", picture.astype(np.uint8))[1].tobytes()
        return Frame(
            index=number,
            captured_us=number,
            elapsed_s=number / 10,
            pixels=picture.astype(np.uint8),
            encoded=data,
            suffix="jpg",
        )

    counts = []
    for trigger in (BurstTrigger(5), EveryFrame()):
        source = LiveFrames([still(n) for n in range(5)])
        recorder = Recorder(project, lambda *_, one=source: one)
        recorder.start(RecordingRequest(source="cam"), trigger)
        source.is_over.wait(WAIT_S)
        recorder.close()
        counts.append((recorder.status().kept, recorder.status().refused))

    assert counts == [(5, {}), (1, {"too alike to a recent sample": 4})]
