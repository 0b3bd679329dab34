from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.errors import UsageError
from station.camera.frames import Frame
from station.camera.ring import FrameRing
from station.camera.source import open_source
from station.camera.triggers import (
    BurstTrigger,
    IntervalTrigger,
    ManualTrigger,
    MotionTrigger,
    PreRollTrigger,
    Trigger,
    make_trigger,
)

from .frames_of import PATIENCE_S

GREY = np.full((90, 160, 3), 100, np.uint8)


def frame(index: int, elapsed_s: float, pixels: np.ndarray = GREY) -> Frame:
    return Frame(index=index, captured_us=0, elapsed_s=elapsed_s, pixels=pixels)


def kept(trigger: Trigger, frames: Iterable[Frame]) -> list[int]:
    return [k.index for f in frames for k in trigger.offer(f)]


def at_rate(fps: float, count: int) -> list[Frame]:
    return [frame(index, index / fps) for index in range(count)]


def with_square(index: int, at: int, size: int = 20, level: int = 220) -> Frame:
    pixels = GREY.copy()
    pixels[30 : 30 + size, at : at + size] = level
    return frame(index, index / 10, pixels)


def test_interval_keeps_the_first_frame_and_one_a_slot() -> None:
    assert kept(IntervalTrigger(2.0), at_rate(10, 61)) == [0, 20, 40, 60]


@given(
    fps=st.sampled_from([5.0, 10.0, 25.0, 29.97, 30.0]),
    every_s=st.sampled_from([0.5, 1.0, 2.0, 3.3]),
)
def test_interval_does_not_drift(fps: float, every_s: float) -> None:
    frames = at_rate(fps, 1000)

    indexes = kept(IntervalTrigger(every_s), frames)

    for slot, index in enumerate(indexes):
        assert 0.0 <= index / fps - slot * every_s + 1e-6 <= 1.0 / fps + 1e-5


def test_interval_skips_slots_that_a_gap_swallowed() -> None:
    times = [0.0, 1.0, 7.5, 8.0, 8.5]
    frames = [frame(index, time) for index, time in enumerate(times)]

    assert kept(IntervalTrigger(2.0), frames) == [0, 2, 3]


def test_interval_starts_anew_with_the_next_clip() -> None:
    frames = [frame(0, 100.0), frame(1, 0.0), frame(2, 1.0), frame(3, 2.0)]

    assert kept(IntervalTrigger(2.0), frames) == [0, 1, 3]


def test_burst_takes_its_count_at_its_spacing_and_is_done() -> None:
    trigger = BurstTrigger(3, 0.5)

    assert kept(trigger, at_rate(10, 50)) == [0, 5, 10]
    assert trigger.is_done


def test_burst_without_spacing_takes_frames_in_a_row() -> None:
    assert kept(BurstTrigger(4), at_rate(10, 50)) == [0, 1, 2, 3]


def test_burst_comes_again_when_asked_to() -> None:
    assert kept(BurstTrigger(2, 0.1, every_s=2.0), at_rate(10, 45)) == [
        *(0, 1),
        *(20, 21),
        *(40, 41),
    ]


def test_burst_is_fired_by_hand() -> None:
    trigger = BurstTrigger(2)
    kept(trigger, at_rate(10, 10))

    trigger.fire()

    assert not trigger.is_done
    assert kept(trigger, [frame(n, n / 10) for n in range(10, 20)]) == [10, 11]


def test_shutter_keeps_the_next_frame_each_time() -> None:
    trigger = ManualTrigger()
    assert kept(trigger, at_rate(10, 3)) == []

    trigger.fire()
    trigger.fire()

    assert kept(trigger, at_rate(10, 5)) == [0, 1]


def test_still_scene_never_fires() -> None:
    assert kept(MotionTrigger(1.0), at_rate(10, 100)) == []


def test_noise_does_not_fire() -> None:
    noise = np.random.default_rng(3)
    frames = [
        frame(n, n / 10, noise.normal(100, 8, GREY.shape).clip(0, 255).astype(np.uint8))
        for n in range(100)
    ]

    assert kept(MotionTrigger(), frames) == []


def test_motion_fires_once_a_pause() -> None:
    frames = at_rate(10, 20) + [with_square(n, at=n) for n in range(20, 70)]

    assert kept(MotionTrigger(cool_down_s=2.0), frames) == [20, 40, 60]


def test_motion_waits_until_the_background_is_known() -> None:
    frames = [with_square(n, at=n * 2) for n in range(40)]

    indexes = kept(MotionTrigger(warm_up_s=2.0, cool_down_s=0.0), frames)

    assert indexes
    assert min(indexes) >= 20


def test_light_that_changes_everywhere_is_no_motion() -> None:
    brighter = np.full_like(GREY, 160)
    frames = at_rate(10, 20) + [frame(n, n / 10, brighter) for n in range(20, 60)]

    assert kept(MotionTrigger(), frames) == []


def test_what_stays_becomes_background() -> None:
    frames = at_rate(10, 20) + [with_square(n, at=50) for n in range(20, 1500)]

    indexes = kept(MotionTrigger(cool_down_s=1.0), frames)

    assert indexes
    assert max(indexes) < 1000


def test_motion_outside_the_zone_does_not_count() -> None:
    frames = at_rate(10, 20) + [with_square(n, at=n) for n in range(20, 60)]
    right = [(0.6, 0.0), (1.0, 0.0), (1.0, 1.0), (0.6, 1.0)]
    left = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]

    assert kept(MotionTrigger(zones=[right]), frames) == []
    assert kept(MotionTrigger(zones=[left]), frames)


def test_sensitivity_decides_about_small_things() -> None:
    frames = at_rate(10, 20) + [with_square(n, at=n, size=8) for n in range(20, 40)]

    assert kept(MotionTrigger(0.0), frames) == []
    assert kept(MotionTrigger(1.0), frames)


def test_change_of_size_starts_the_background_anew() -> None:
    larger = np.full((120, 160, 3), 30, np.uint8)
    frames = at_rate(10, 20) + [frame(n, n / 10, larger) for n in range(20, 40)]

    assert kept(MotionTrigger(1.0), frames) == []


def test_frames_before_the_event_are_given_once() -> None:
    trigger = PreRollTrigger(IntervalTrigger(4.0), pre_s=1.0, spacing_s=0.5)

    assert kept(trigger, at_rate(10, 41)) == [0, 31, 36, 40]


def test_names_make_triggers() -> None:
    assert isinstance(make_trigger("interval", {"every_s": 1.0}), IntervalTrigger)
    assert isinstance(make_trigger("burst", {"count": 3}), BurstTrigger)
    assert isinstance(make_trigger("motion"), MotionTrigger)
    assert isinstance(make_trigger("manual", {"pre_s": None}), ManualTrigger)
    assert isinstance(make_trigger("motion", {"pre_s": 6.0}), PreRollTrigger)


@pytest.mark.parametrize("name", ["uncertain", "drift", "", "Motion"])
def test_unknown_trigger_names_those_that_exist(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_trigger(name)

    assert "interval, burst, motion" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("interval", {"every_s": 0.0}),
        ("interval", {"every_s": float("nan")}),
        ("interval", {"count": 3}),
        ("burst", {"count": 0}),
        ("burst", {"spacing_s": -1.0}),
        ("motion", {"sensitivity": 1.5}),
        ("motion", {"cool_down_s": -1.0}),
        ("motion", {"zones": [[(0.0, 0.0), (1.0, 1.0)]]}),
        ("motion", {"zones": [[(0.0, 0.0), (2.0, 0.0), (1.0, 1.0)]]}),
        ("motion", {"pre_s": -6.0}),
    ],
)
def test_options_that_do_not_fit_are_wrong_usage(
    name: str, options: dict[str, object]
) -> None:
    with pytest.raises(UsageError):
        make_trigger(name, options)


def test_cars_of_a_real_clip_fire(shared_data: Path) -> None:
    clip = shared_data / "video-traffic-camera" / "traffic_camera.mp4"
    trigger = MotionTrigger(cool_down_s=1.0)
    times: list[float] = []

    with open_source(str(clip)) as source:
        while (frame := source.read(PATIENCE_S)) is not None and frame.index < 200:
            times += [one.elapsed_s for one in trigger.offer(frame)]

    assert 3 <= len(times) <= 8
    assert all(after - before >= 1.0 for before, after in pairwise(times))


def test_ring_of_a_minute_holds_no_more_frames_than_one_of_seconds() -> None:
    ring = FrameRing(60.0)
    for one in at_rate(10, 700):
        ring.add(one)

    taken = ring.take(69.9)

    assert 20 <= len(taken) <= 25
    assert taken[-1].elapsed_s - taken[0].elapsed_s > 50.0


def test_rectangle_is_a_zone() -> None:
    frames = at_rate(10, 20) + [with_square(n, at=n) for n in range(20, 60)]

    assert kept(MotionTrigger(zones=[(0.6, 0.0, 1.0, 1.0)]), frames) == []
    assert kept(MotionTrigger(zones=[(0.0, 0.0, 0.5, 1.0)]), frames)
    both = [(0.6, 0.0, 1.0, 1.0), (0.0, 0.0, 0.5, 1.0)]
    assert kept(MotionTrigger(zones=both), frames)
