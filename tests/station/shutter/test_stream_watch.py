from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from dataset.drift import DriftVerdict
from dataset.drift_statistics.drift_tables import table_from_rows
from dataset.drift_statistics.live_drift import DriftWatch, LiveDrift
from dataset.errors import NotFound, StorageFull
from dataset.measures import measure_image
from dataset.progress import Progress
from station.camera.frames import Frame, SourceInfo
from station.shutter.stream_watch import StreamWatch

from .scripted import CAMERA, WAIT_S, frame, wait_for

ROAD = np.random.default_rng(5).integers(60, 140, (48, 64, 3), np.uint8)


def usual(camera: str, _progress: Progress) -> DriftWatch:
    """A baseline of one road, and twelve sessions since that were much brighter."""

    def table(name: str, light: int) -> list[tuple[str, str, str, dict[str, float]]]:
        return [
            (f"{name} {n} {k}", f"{name} {n}", camera, measure_image(shown))
            for n in range(12)
            for k in range(2)
            for shown in (ROAD + np.uint8(light + n % 3 + k),)
        ]

    return DriftWatch(
        table_from_rows(table("old", 0)),
        name="v1",
        stream="live",
        camera=camera,
        earlier=table_from_rows(table("new", 90)),
    )


class Stream:
    """Shows the next picture at each look."""

    def __init__(self) -> None:
        self._frames: Iterator[Frame] = (frame(n, picture=ROAD) for n in range(10_000))
        self.info: SourceInfo | None = CAMERA

    def newest(self) -> Frame | None:
        return next(self._frames)


def test_a_stream_is_watched_beside_the_capture_and_its_verdict_told() -> None:
    stream = Stream()
    told: list[tuple[str, LiveDrift, LiveDrift]] = []
    watch = StreamWatch(
        usual,
        newest=stream.newest,
        info=lambda: stream.info,
        on_verdict=lambda *change: told.append(change),
        every_s=0.01,
    )

    watch.start()
    wait_for(lambda: told)
    watch.close()

    ((camera, before, now),) = told
    assert camera == CAMERA.address
    assert (before.verdict, now.verdict) == (
        DriftVerdict.NOT_ENOUGH,
        DriftVerdict.DRIFT,
    )
    assert watch.view is not None
    assert watch.problem is None


def test_a_verdict_that_cannot_be_noted_ends_no_watch() -> None:
    def refuse(*_: object) -> None:
        raise StorageFull("The disk is full, nothing was stored: log.jsonl")

    stream = Stream()
    watch = StreamWatch(
        usual,
        newest=stream.newest,
        info=lambda: stream.info,
        on_verdict=refuse,
        every_s=0.01,
    )

    watch.start()
    wait_for(lambda: watch.view and watch.view.verdict is DriftVerdict.DRIFT)
    watch.close()

    assert watch.problem is None


def test_what_cannot_be_watched_is_a_problem_and_no_crash() -> None:
    def missing(_camera: str, _progress: Progress) -> DriftWatch:
        raise NotFound("There is no such version: latest")

    stream = Stream()
    watch = StreamWatch(
        missing,
        newest=stream.newest,
        info=lambda: stream.info,
        on_verdict=lambda *_: None,
        every_s=0.01,
    )

    watch.start()
    wait_for(lambda: watch.problem)
    watch.close()

    assert watch.view is None


@pytest.mark.parametrize("has_source", [False, True])
def test_it_ends_while_it_waits_for_the_source_or_the_baseline(
    has_source: bool,
) -> None:
    is_measuring = threading.Event()

    def endless(_camera: str, progress: Progress) -> DriftWatch:
        while True:
            is_measuring.set()
            progress.step(0, None, "measuring")

    watch = StreamWatch(
        endless,
        newest=lambda: None,
        info=lambda: CAMERA if has_source else None,
        on_verdict=lambda *_: None,
        every_s=0.01,
    )
    watch.start()
    if has_source:
        assert is_measuring.wait(WAIT_S)

    watch.close()

    assert watch.view is None
    assert watch.problem is None
