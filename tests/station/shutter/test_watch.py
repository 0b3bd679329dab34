from __future__ import annotations

from dataclasses import replace

import numpy as np

from station.camera.frames import SourceKind
from station.shutter.gates import NOTHING_SEEN
from station.shutter.torn_rows import row_steps
from station.shutter.watch import Watch

from .scripted import frame


def test_time_without_any_change_is_counted() -> None:
    watch = Watch(SourceKind.USB)
    still = frame(0).pixels
    shown = [frame(n, n * 1.0, still if n < 4 else None) for n in range(6)]

    for one in shown:
        watch.see(one)

    assert [watch.sight(one).frozen_s for one in shown] == [0, 1, 2, 3, 0, 0]


def test_one_changed_pixel_is_a_change() -> None:
    watch = Watch(SourceKind.USB)
    noisy = frame(0).pixels.copy()
    noisy[20, 8, 1] ^= 1

    watch.see(frame(0))
    watch.see(frame(1, 9.0, noisy))

    assert watch.sight(frame(1)).frozen_s == 0.0


def test_clock_that_runs_backwards_freezes_nothing() -> None:
    watch = Watch(SourceKind.VIDEO)
    still = frame(0).pixels

    watch.see(frame(0, 100.0, still))
    watch.see(frame(1, 0.0, still))
    watch.see(frame(2, 1.0, still))

    assert watch.sight(frame(1)).frozen_s == 0.0
    assert watch.sight(frame(2)).frozen_s == 1.0


def test_steps_of_the_picture_before_are_remembered() -> None:
    watch = Watch(SourceKind.USB)

    watch.see(frame(0))
    watch.see(frame(1))

    before = watch.sight(frame(1)).steps_before
    assert before is not None
    assert np.array_equal(before, row_steps(frame(0).pixels))
    assert watch.sight(frame(0)).steps_before is None


def test_of_old_frames_and_of_folders_nothing_is_known() -> None:
    watch, folder = Watch(SourceKind.USB), Watch(SourceKind.FOLDER)

    for number in range(300):
        watch.see(replace(frame(0), index=number))
        folder.see(replace(frame(0), index=number))

    assert watch.sight(frame(0)) is NOTHING_SEEN
    assert watch.sight(frame(299)) is not NOTHING_SEEN
    assert folder.sight(frame(299)) is NOTHING_SEEN
