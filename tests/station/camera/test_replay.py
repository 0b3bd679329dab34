from __future__ import annotations

import numpy as np
import pytest

from dataset.errors import BadImage
from station.camera.frames import NoPicture
from station.camera.pace import PacedSource
from station.camera.replay import ReplaySource

from .frames_of import PATIENCE_S, all_frames


def test_replay_gives_the_pictures_on_its_own_clock(
    traffic: tuple[bytes, ...],
) -> None:
    drawn = np.zeros((20, 30, 3), np.uint8)
    with ReplaySource([traffic[0], drawn], fps=4.0, start_us=1_000_000) as source:
        frames = all_frames(source)

    assert [frame.captured_us for frame in frames] == [1_000_000, 1_250_000]
    assert [frame.elapsed_s for frame in frames] == [0.0, 0.25]
    assert [frame.encoded for frame in frames] == [traffic[0], None]
    assert [frame.suffix for frame in frames] == ["jpg", ""]
    assert (source.info.width, source.info.height) == (320, 180)
    assert (frames[1].width, frames[1].height) == (30, 20)
    assert source.refused == {}
    assert source.age_s() == 0.0


def test_replay_owns_its_pixels() -> None:
    drawn = np.zeros((20, 30, 3), np.uint8)
    source = ReplaySource([drawn])

    frame = source.read(0.0)
    drawn[:] = 255

    assert frame is not None
    assert not frame.pixels.any()
    assert not frame.pixels.flags.writeable


def test_closed_replay_is_over(traffic: tuple[bytes, ...]) -> None:
    source = ReplaySource(traffic)
    source.close()

    assert source.read(0.0) is None


def test_replay_needs_pictures() -> None:
    with pytest.raises(ValueError, match="picture"):
        ReplaySource([])
    with pytest.raises(BadImage):
        ReplaySource([b"no image"])


def test_paced_clip_waits_for_its_media_time(traffic: tuple[bytes, ...]) -> None:
    with PacedSource(ReplaySource(traffic[:2], fps=0.01)) as source:
        first = source.read(PATIENCE_S)
        with pytest.raises(NoPicture, match="not due"):
            source.read(0.01)

    assert first is not None
    assert first.index == 0


def test_paced_clip_loses_nothing(traffic: tuple[bytes, ...]) -> None:
    with PacedSource(ReplaySource(traffic, fps=10.0), speed=10.0) as source:
        frames = all_frames(source)

    assert [frame.index for frame in frames] == list(range(6))


def test_live_source_is_not_paced(traffic: tuple[bytes, ...]) -> None:
    with PacedSource(ReplaySource(traffic, fps=0.01, live=True)) as source:
        frames = all_frames(source)

    assert len(frames) == 6
