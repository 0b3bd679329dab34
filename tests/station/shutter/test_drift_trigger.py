from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from dataset.drift_statistics.drift_tables import SampleTable, table_from_rows
from dataset.drift_statistics.practical_limits import Limit
from dataset.errors import UsageError
from dataset.measures import IMAGE_METRICS, measure_image
from dataset.progress import Progress
from station.camera.frames import Frame
from station.camera.source import open_source
from station.shutter.drift_trigger import DriftTrigger

from .scripted import CLIP, frame

ROAD = np.random.default_rng(5).integers(60, 140, (48, 64, 3), np.uint8)


def usual(_progress: Progress) -> SampleTable:
    return table_from_rows(
        (str(n), "s", "cam", measure_image(ROAD + np.uint8(n))) for n in range(8)
    )


def ready(**options: float) -> DriftTrigger:
    trigger = DriftTrigger(usual, **{"for_s": 2.0, "cool_down_s": 5.0, **options})
    trigger.prepare(CLIP)
    return trigger


def shown(seconds: Iterable[int], *, first: int = 0) -> list[Frame]:
    """Ten frames a second; in these seconds the picture is much brighter."""
    bright = set(seconds)
    return [
        frame(n, n / 10, ROAD + np.uint8(100) if n // 10 in bright else ROAD)
        for n in range(first, 200)
    ]


def kept_s(trigger: DriftTrigger, frames: Iterable[Frame]) -> list[float]:
    return [kept.elapsed_s for one in frames for kept in trigger.offer(one)]


def test_picture_as_ever_is_never_kept() -> None:
    assert kept_s(ready(), shown([])) == []


def test_picture_that_stays_away_is_kept_once_a_pause() -> None:
    assert kept_s(ready(), shown(range(5, 20))) == [7.0, 12.0, 17.0]


def test_what_the_project_says_does_not_matter_keeps_nothing() -> None:
    wide = {metric.name: Limit(step=1e3) for metric in IMAGE_METRICS}
    trigger = DriftTrigger(usual, limits=wide, for_s=2.0)
    trigger.prepare(CLIP)

    assert kept_s(trigger, shown(range(5, 20))) == []


def test_flash_is_no_drift() -> None:
    trigger = ready()

    assert kept_s(trigger, shown([5, 9, 13])) == []


def test_departure_is_shown_with_its_measure() -> None:
    trigger = ready()
    assert trigger.view() is None

    kept_s(trigger, shown(range(20)))

    view = trigger.view()
    assert view is not None
    assert abs(view.departures[0].deviations) > view.limit
    assert view.away_s > view.for_s
    brightness = next(one for one in view.departures if one.metric == "brightness")
    assert brightness.value > brightness.mean


def test_clock_that_runs_backwards_begins_anew() -> None:
    trigger = ready()
    before = kept_s(trigger, shown(range(5, 20)))

    again = kept_s(trigger, shown(range(5, 20)))

    assert again == before


def test_few_samples_are_refused_with_a_sentence() -> None:
    few = table_from_rows([("1", "s", "cam", measure_image(ROAD))])
    trigger = DriftTrigger(lambda _progress: few)

    with pytest.raises(UsageError, match="5 samples or more: 1"):
        trigger.prepare(CLIP)


def test_closing_ends_the_measuring_of_a_baseline() -> None:
    begun = threading.Event()

    def endless(progress: Progress) -> SampleTable:
        while True:
            begun.set()
            progress.step(0, None, "measuring")

    trigger = DriftTrigger(endless)
    thread = threading.Thread(target=trigger.prepare, args=(CLIP,))
    thread.start()
    begun.wait()

    trigger.close()
    thread.join()

    assert trigger.offer(frame(0)) == ()


def test_real_clip_has_not_left_its_own_look_and_its_night_has(
    shared_data: Path,
) -> None:
    clip = shared_data / "video-traffic-camera" / "traffic_camera.mp4"
    frames: list[Frame] = []
    with open_source(str(clip)) as source:
        while (one := source.read(30.0)) is not None and one.index < 400:
            frames += [one] if one.index % 10 == 0 else []
    measured = table_from_rows(
        (str(one.index), "day", "cam", measure_image(one.pixels)) for one in frames[:20]
    )
    night = [frame(one.index, one.elapsed_s, one.pixels // 4) for one in frames[20:]]

    def kept(shown: list[Frame]) -> int:
        trigger = DriftTrigger(lambda _progress: measured, for_s=2.0)
        trigger.prepare(CLIP)
        return len(kept_s(trigger, shown))

    assert kept(frames[20:]) == 0
    assert kept(night) == 1
