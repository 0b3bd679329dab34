"""Clips through the child process: whole, in order, and with deadly ones survived."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from dataset.errors import CameraError
from dataset.images import image_file
from station.camera.frames import CameraEvent, Refusal
from station.camera.source import open_source

from .clips import deadly_clip, mjpeg_clip, raw_clip
from .frames_of import PATIENCE_S, all_frames


@pytest.fixture
def clip(tmp_path: Path, traffic: tuple[bytes, ...]) -> Path:
    """Thirty frames at 10 a second."""
    path = tmp_path / "clip.avi"
    mjpeg_clip(path, traffic * 5)
    return path


def test_no_frame_of_a_clip_is_lost_by_a_slow_reader(clip: Path) -> None:
    with open_source(str(clip)) as source:
        first = source.read(PATIENCE_S)
        os.sched_yield()
        frames = all_frames(source)

    assert first is not None
    assert [frame.index for frame in [first, *frames]] == list(range(30))


def test_clip_has_its_own_time(clip: Path) -> None:
    os.utime(clip, (1_700_000_000, 1_700_000_000))

    with open_source(str(clip)) as source:
        frames = all_frames(source)

    assert [round(frame.elapsed_s, 6) for frame in frames[:3]] == [0.0, 0.1, 0.2]
    assert frames[0].captured_us == 1_700_000_000_000_000
    assert frames[1].captured_us == 1_700_000_000_100_000
    assert source.info.fps == 10.0
    assert not source.info.live


def test_jpegs_of_a_clip_are_not_compressed_again(clip: Path) -> None:
    data = clip.read_bytes()

    with open_source(str(clip)) as source:
        frames = all_frames(source)

    for frame in frames:
        assert frame.encoded is not None
        assert frame.encoded in data
        decoded = image_file.decode(frame.encoded)
        assert np.array_equal(decoded, frame.pixels)


def test_two_readings_of_a_clip_are_equal(tmp_path: Path) -> None:
    path = tmp_path / "raw.avi"
    path.write_bytes(raw_clip(64, 48, 5))

    with open_source(str(path)) as source:
        first = all_frames(source)
    with open_source(str(path)) as source:
        second = all_frames(source)

    assert len(first) == 5
    assert all(frame.encoded is None for frame in first)
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one.pixels, other.pixels)
        assert one.elapsed_s == other.elapsed_s


def test_end_is_told_again_and_again(clip: Path) -> None:
    with open_source(str(clip)) as source:
        all_frames(source)

        assert source.read(PATIENCE_S) is None
        assert source.read(0.0) is None


def test_clip_that_kills_its_decoder_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "deadly.avi"
    path.write_bytes(deadly_clip())

    with (
        pytest.raises(CameraError, match=r"decoder was killed by SIG.*deadly\.avi"),
        open_source(str(path)) as source,
    ):
        all_frames(source)


def test_clip_that_was_cut_says_that_it_ends_early(clip: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.avi"
    cut.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    events: list[CameraEvent] = []

    with open_source(str(cut), on_event=events.append) as source:
        frames = all_frames(source)

    assert 5 < len(frames) < 25
    event = events[-1]
    assert isinstance(event, Refusal)
    assert (event.reason, event.name) == ("the clip ends early", "cut.avi")


@pytest.mark.parametrize("content", [b"", b"no clip at all", b"RIFF\0\0\0\0AVI "])
def test_file_that_is_no_clip_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.mp4"
    path.write_bytes(content)

    with pytest.raises(CameraError, match=r"notes\.mp4"):
        open_source(str(path))


def test_playlist_does_not_reach_the_network(tmp_path: Path) -> None:
    path = tmp_path / "list.m3u8"
    path.write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")

    with pytest.raises(CameraError):
        open_source(str(path))


def test_real_clip_is_read_whole(shared_data: Path) -> None:
    path = shared_data / "video-vtest" / "vtest.avi"

    with open_source(str(path)) as source:
        frames = all_frames(source)

    assert len(frames) == 795
    assert frames[-1].elapsed_s == pytest.approx(79.4, abs=0.2)
