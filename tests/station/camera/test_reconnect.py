from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.errors import CameraError
from station.camera.address import parse_address
from station.camera.child import ChildSource
from station.camera.controls import ControlSetting, Readback
from station.camera.frames import (
    ANSWER_S,
    AccessRefused,
    CameraEvent,
    CameraSource,
    Frame,
    Gap,
    NoAnswer,
    NoPicture,
    SizeChange,
    SourceInfo,
    no_control,
)
from station.camera.reconnect import (
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    Backoff,
    ReconnectingSource,
    open_steady_source,
)
from station.camera.replay import ReplaySource
from station.camera.wishes import Wishes
from tests.servers.mjpeg import MjpegServer

from .clips import mjpeg_clip
from .frames_of import PATIENCE_S, read_until, read_until_none_comes


@given(seed=st.integers(0, 2**32), count=st.integers(1, 40))
def test_pauses_double_up_to_the_longest(seed: int, count: int) -> None:
    backoff = Backoff(seed)

    pauses = [backoff.next_s() for _ in range(count)]

    for attempt, pause_s in enumerate(pauses):
        plain_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**attempt)
        assert 0.75 * plain_s <= pause_s <= 1.25 * plain_s


def test_pauses_are_the_same_for_the_same_seed() -> None:
    one, same, other = Backoff(7), Backoff(7), Backoff(8)

    pauses = [one.next_s() for _ in range(9)]

    assert pauses == [same.next_s() for _ in range(9)]
    assert pauses != [other.next_s() for _ in range(9)]


def test_reset_begins_with_the_shortest_pause() -> None:
    backoff = Backoff(1)
    for _ in range(6):
        backoff.next_s()

    backoff.reset()

    assert backoff.next_s() <= 1.25 * FIRST_PAUSE_S


class _Broken:
    """A live source that is lost at its first read."""

    def __init__(self, info: SourceInfo) -> None:
        self.info = info
        self.refused: Mapping[str, int] = {"half a JPEG": 1}
        self.is_closed = False

    def read(self, timeout_s: float) -> Frame | None:
        assert timeout_s >= 0.0
        raise CameraError("The camera was lost: replay")

    def age_s(self) -> float:
        return 1.0

    def set_control(
        self, name: str, setting: ControlSetting, *, timeout_s: float = ANSWER_S
    ) -> Readback:
        assert timeout_s > 0.0
        return no_control(name, setting)

    def close(self) -> None:
        self.is_closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _quick() -> Backoff:
    return Backoff(first_s=0.001, longest_s=0.002)


def test_frames_are_numbered_on_and_the_gap_is_told(
    traffic: tuple[bytes, ...],
) -> None:
    first = ReplaySource(traffic[:2], live=True)
    broken = _Broken(first.info)
    again: list[CameraSource] = [
        broken,
        ReplaySource(traffic[2:4], live=True, start_us=5),
    ]
    events: list[CameraEvent] = []
    source = ReconnectingSource(
        first, lambda _wishes: again.pop(0), backoff=_quick(), on_event=events.append
    )

    frames = [source.read(PATIENCE_S) for _ in range(4)]

    assert [frame.index for frame in frames if frame] == [0, 1, 2, 3]
    assert [frame.encoded for frame in frames if frame] == list(traffic[:4])
    (gap,) = events
    assert isinstance(gap, Gap)
    assert gap.reason == "The camera ended the stream"
    assert gap.back_us == 5
    assert broken.is_closed
    assert source.refused == {"half a JPEG": 1}


def test_read_returns_in_time_while_the_camera_is_away(
    traffic: tuple[bytes, ...],
) -> None:
    first = ReplaySource(traffic[:1], live=True)
    source = ReconnectingSource(
        first,
        lambda _wishes: _Broken(first.info),
        backoff=Backoff(first_s=60, longest_s=60),
    )
    source.read(PATIENCE_S)

    with pytest.raises(NoPicture, match="away"):
        source.read(0.05)

    assert source.is_lost
    assert source.age_s() >= 0.0


def test_controls_set_live_are_set_again_when_the_camera_is_back(
    traffic: tuple[bytes, ...],
) -> None:
    asked: list[Wishes] = []
    first = ReplaySource(traffic[:1], live=True)

    def reopen(wishes: Wishes) -> ReplaySource:
        asked.append(wishes)
        return ReplaySource(traffic[1:2], live=True)

    source = ReconnectingSource(
        first,
        reopen,
        backoff=_quick(),
        wishes=Wishes().with_control("focus", ControlSetting()),
    )
    source.read(PATIENCE_S)
    source.set_control("gain", ControlSetting(value=7.0))
    source.read(PATIENCE_S)

    (wishes,) = asked
    assert wishes.controls == {
        "focus": ControlSetting(),
        "gain": ControlSetting(value=7.0),
    }


def test_control_of_a_camera_that_is_away_has_no_answer(
    traffic: tuple[bytes, ...],
) -> None:
    first = ReplaySource(traffic[:1], live=True)
    source = ReconnectingSource(
        first, lambda _wishes: _Broken(first.info), backoff=Backoff(first_s=60)
    )
    source.read(PATIENCE_S)
    with pytest.raises(NoPicture):
        source.read(0.0)

    with pytest.raises(NoAnswer, match="away"):
        source.set_control("gain", ControlSetting(value=7.0))


def test_camera_that_refuses_the_password_is_not_asked_again_at_once(
    traffic: tuple[bytes, ...],
) -> None:
    class Locked(_Broken):
        def read(self, timeout_s: float) -> Frame | None:
            raise AccessRefused(f"The camera refuses the password: {timeout_s}")

    attempts: list[Wishes] = []
    first = ReplaySource(traffic[:1], live=True)

    def reopen(wishes: Wishes) -> Locked:
        attempts.append(wishes)
        return Locked(first.info)

    source = ReconnectingSource(first, reopen, backoff=_quick())
    source.read(PATIENCE_S)
    for _ in range(3):
        with pytest.raises(NoPicture):
            source.read(0.05)

    assert len(attempts) == 1


def test_closed_source_gives_nothing_more(traffic: tuple[bytes, ...]) -> None:
    def never(_wishes: Wishes) -> ReplaySource:
        raise AssertionError("opened after close")

    with ReconnectingSource(ReplaySource(traffic[:1], live=True), never) as source:
        source.read(PATIENCE_S)

    assert source.read(PATIENCE_S) is None


def _steady(
    camera: MjpegServer, on_event: Callable[[CameraEvent], None]
) -> ReconnectingSource:
    """A real source that reconnects quickly."""

    def start(_wishes: Wishes) -> ChildSource:
        return ChildSource(parse_address(camera.url), stall_s=1.0, on_event=on_event)

    first = start(Wishes())
    first.wait_open()
    backoff = Backoff(first_s=0.05, longest_s=0.2)
    return ReconnectingSource(first, start, backoff=backoff, on_event=on_event)


def test_camera_that_goes_away_and_comes_back_is_read_on(
    traffic: tuple[bytes, ...], small_traffic: tuple[bytes, ...]
) -> None:
    events: list[CameraEvent] = []
    with MjpegServer(traffic) as camera, _steady(camera, events.append) as source:
        before = read_until(source, lambda frame: frame.index >= 3)
        camera.go_away()
        read_until_none_comes(source)
        camera.use(small_traffic)
        camera.come_back()
        after = read_until(source, lambda frame: frame.height == 176)

    gaps = [event for event in events if isinstance(event, Gap)]
    assert len(gaps) == 1
    assert gaps[0].lost_us < gaps[0].back_us
    assert after[-1].index > before[-1].index
    assert after[-1].elapsed_s > before[-1].elapsed_s
    assert source.info.height == 176
    assert not any(isinstance(event, SizeChange) for event in events)


def test_camera_that_stalls_is_opened_anew(traffic: tuple[bytes, ...]) -> None:
    events: list[CameraEvent] = []
    with MjpegServer(traffic) as camera, _steady(camera, events.append) as source:
        read_until(source, lambda frame: frame.index >= 2)
        camera.stall()
        while not source.is_lost:
            read_until_none_comes(source)
        camera.resume()
        read_until(source, lambda _: bool(events))

    (gap,) = [event for event in events if isinstance(event, Gap)]
    assert "stopped giving pictures" in gap.reason


def test_five_losses_leave_no_frame_wrong(traffic: tuple[bytes, ...]) -> None:
    events: list[CameraEvent] = []
    frames: list[Frame] = []
    with MjpegServer(traffic) as camera, _steady(camera, events.append) as source:
        for _ in range(5):
            events.clear()
            camera.drop()
            frames += read_until(source, lambda _: bool(events))

    assert {frame.encoded for frame in frames} <= set(traffic)
    assert [f.index for f in frames] == sorted({f.index for f in frames})
    assert camera.connections >= 6


def test_only_a_live_source_is_brought_back(
    traffic: tuple[bytes, ...], tmp_path: Path
) -> None:
    mjpeg_clip(tmp_path / "clip.avi", traffic)

    with MjpegServer(traffic) as camera, open_steady_source(camera.url) as live:
        assert isinstance(live, ReconnectingSource)
        assert live.read(PATIENCE_S) is not None
    with open_steady_source(str(tmp_path / "clip.avi")) as clip:
        assert isinstance(clip, ChildSource)


def test_first_opening_must_succeed(traffic: tuple[bytes, ...]) -> None:
    with MjpegServer(traffic) as camera:
        url = camera.url

    with pytest.raises(CameraError):
        open_steady_source(url)
