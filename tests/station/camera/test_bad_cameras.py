"""Cameras as they should not be: each costs a picture or a source, not the program."""

from __future__ import annotations

import logging
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from dataset.errors import CameraError, UsageError
from station.camera.address import parse_address
from station.camera.child import ChildSource
from station.camera.feed import Rejected
from station.camera.frames import CameraEvent, Gap, SizeChange
from station.camera.modes import parse_mode
from station.camera.pixels import bgr_of
from station.camera.reconnect import Backoff, ReconnectingSource, open_steady_source
from station.camera.replay import ReplaySource
from station.camera.source import open_source
from station.camera.wishes import Wishes
from tests.servers.mjpeg import MjpegServer

from .frames_of import PATIENCE_S, all_frames, read_until

HEAD = (
    b"HTTP/1.0 200 OK\r\n"
    b"Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"
)


@contextmanager
def _flooding(head: bytes, flood: bytes) -> Iterator[str]:
    """A server that sends `head` and then `flood` again and again."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            try:
                connection, _ = server.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(head)
                    while True:
                        connection.sendall(flood)
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)
    thread.join(PATIENCE_S)


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".jpg", pixels)[1])


def _claiming(jpeg: bytes, side: int) -> bytes:
    """The JPEG with another size in its frame header."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack("!HH", side, side) + jpeg[at + 4 :]


@pytest.mark.parametrize(
    ("head", "flood", "told"),
    [
        (HEAD + b"--frame\r\n\r\n\xff\xd8", bytes(1 << 16), "without end"),
        (HEAD + b"--frame\r\nX-A: ", b"a" * (1 << 16), "headers without end"),
        (HEAD, b"a" * (1 << 16), "not multipart"),
        (b"HTTP/1.0 200 OK\r\nX-A: ", b"a" * (1 << 16), "cannot be reached"),
        (
            HEAD + b"--frame\r\nContent-Length: 99999999999\r\n\r\n",
            bytes(1 << 16),
            "too large a picture",
        ),
    ],
)
def test_stream_without_end_is_left_with_a_sentence(
    head: bytes, flood: bytes, told: str
) -> None:
    with _flooding(head, flood) as url, pytest.raises(CameraError, match=told):
        open_source(url, timeout_s=PATIENCE_S)


def test_picture_that_claims_to_be_huge_is_refused(traffic: tuple[bytes, ...]) -> None:
    bomb = _claiming(traffic[0], 60_000)
    with MjpegServer([bomb, traffic[1]]) as camera, open_source(camera.url) as source:
        frames = read_until(source, lambda frame: frame.index >= 2)

        assert {frame.encoded for frame in frames} == {traffic[1]}
        assert source.refused["damaged JPEG"] >= 1


def test_sizes_from_one_pixel_to_8k_change_in_mid_stream(
    traffic: tuple[bytes, ...],
) -> None:
    tiny = _jpeg(np.full((1, 1, 3), 90, np.uint8))
    huge = _jpeg(np.full((4320, 7680, 3), 90, np.uint8))
    events: list[CameraEvent] = []
    with (
        MjpegServer([traffic[0]], fps=5) as camera,
        # A machine that is busy takes seconds for a picture of 8K.
        ChildSource(
            parse_address(camera.url),
            timeout_s=PATIENCE_S,
            stall_s=PATIENCE_S,
            stale_s=PATIENCE_S,
            on_event=events.append,
        ) as source,
    ):
        read_until(source, lambda frame: frame.width == 320)
        camera.use([huge])
        large = read_until(source, lambda frame: frame.width == 7680)[-1]
        camera.use([tiny])
        small = read_until(source, lambda frame: frame.width == 1)[-1]
        camera.use([traffic[0]])
        read_until(source, lambda frame: frame.width == 320)

    assert large.encoded == huge
    assert large.pixels.shape == (4320, 7680, 3)
    assert small.pixels.tolist() == [[[90, 90, 90]]]
    assert [event.new for event in events if isinstance(event, SizeChange)] == [
        (7680, 4320),
        (1, 1),
        (320, 180),
    ]


def test_grey_jpeg_of_a_camera_has_three_channels() -> None:
    grey = _jpeg(np.full((24, 32), 77, np.uint8))
    with MjpegServer([grey]) as camera, open_source(camera.url) as source:
        frame = source.read(PATIENCE_S)

    assert frame is not None
    assert frame.encoded == grey
    assert frame.pixels.shape == (24, 32, 3)


def test_folder_gives_what_can_be_read_and_names_the_rest(
    tmp_path: Path, traffic: tuple[bytes, ...]
) -> None:
    deep = np.full((8, 8), 0xABCD, np.uint16)
    clear = np.full((8, 8, 4), 50, np.uint8)
    for name, data in {
        "1-deep.png": bytes(cv2.imencode(".png", deep)[1]),
        "2-clear.png": bytes(cv2.imencode(".png", clear)[1]),
        "3-empty.jpg": b"",
        "4-half.jpg": traffic[0][:2000],
        "5-text.jpg": b"no picture",
        "7-good.jpg": traffic[0],
    }.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "6-gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    events: list[CameraEvent] = []

    with open_source(str(tmp_path), on_event=events.append) as source:
        frames = all_frames(source)

    assert [frame.name for frame in frames] == [
        "1-deep.png",
        "2-clear.png",
        "7-good.jpg",
    ]
    assert {frame.pixels.dtype.name for frame in frames} == {"uint8"}
    assert frames[0].pixels[0, 0].tolist() == [0xAB] * 3
    told = {event.name for event in events if hasattr(event, "name")}
    assert {"3-empty.jpg", "4-half.jpg", "5-text.jpg"} <= told


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_image_without_the_right_to_read_is_named(
    tmp_path: Path, traffic: tuple[bytes, ...]
) -> None:
    for name in ("1.jpg", "2.jpg"):
        (tmp_path / name).write_bytes(traffic[0])
    (tmp_path / "1.jpg").chmod(0)
    events: list[CameraEvent] = []

    with open_source(str(tmp_path), on_event=events.append) as source:
        frames = all_frames(source)

    assert [frame.name for frame in frames] == ["2.jpg"]
    assert "cannot be read" in str(events)


@given(
    data=arrays.arrays(
        st.sampled_from([np.uint8, np.uint16]),
        st.tuples(st.integers(1, 5), st.integers(1, 5))
        | st.tuples(st.integers(1, 5), st.integers(1, 5), st.sampled_from([1, 3, 4])),
    )
)
def test_pixels_of_every_form_become_one(data: NDArray[np.generic]) -> None:
    pixels = bgr_of(data)

    assert not isinstance(pixels, Rejected)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (*data.shape[:2], 3)


@pytest.mark.parametrize(
    "data",
    [
        np.zeros((2, 2, 2), np.uint8),
        np.zeros((2, 2, 3), np.float32),
        np.zeros(5, np.uint8),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_pixels_of_no_known_form_are_refused(data: NDArray[np.generic]) -> None:
    assert isinstance(bgr_of(data), Rejected)


@pytest.mark.parametrize("address", ["ftp://10.0.0.1/x", "", "http://", "rtsp:///x"])
def test_wrong_address_is_a_usage_error(address: str) -> None:
    with pytest.raises(UsageError):
        open_source(address)


def test_mode_of_a_source_without_modes_is_refused(traffic: tuple[bytes, ...]) -> None:
    with (
        MjpegServer(traffic) as camera,
        pytest.raises(CameraError, match="cannot be set from here"),
    ):
        open_source(camera.url, mode=parse_mode("640x480"))


def test_source_without_controls_says_so_for_each(traffic: tuple[bytes, ...]) -> None:
    with MjpegServer(traffic) as camera, open_source(camera.url) as source:
        readback = source.info.readback

    assert len(readback.controls) == 7
    assert not any(one.supported for one in readback.controls)


def test_password_is_in_no_log_when_a_camera_is_lost(
    traffic: tuple[bytes, ...], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    events: list[CameraEvent] = []
    with (
        MjpegServer(traffic, login=("anna", "canary")) as camera,
        open_steady_source(
            camera.url_with("anna", "canary"), on_event=events.append
        ) as source,
    ):
        read_until(source, lambda frame: frame.index >= 1)
        camera.drop()
        read_until(source, lambda _: bool(events))

    assert isinstance(events[0], Gap)
    assert "canary" not in f"{caplog.text} {events}"


@pytest.mark.parametrize("jump_s", [3600, -3600, -10_000_000_000])
def test_clock_that_jumps_changes_no_span(
    traffic: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch, jump_s: int
) -> None:
    class _Ended(ReplaySource):
        def age_s(self) -> float:
            return 0.5

    real_ns = time.time_ns
    events: list[CameraEvent] = []
    first = _Ended(traffic[:1], live=True)

    def reopen(_wishes: Wishes) -> ReplaySource:
        now_ns = max(0, real_ns() + jump_s * 10**9)
        monkeypatch.setattr(time, "time_ns", lambda: now_ns)
        return ReplaySource(traffic[1:2], live=True, start_us=now_ns // 1000)

    source = ReconnectingSource(
        first,
        reopen,
        backoff=Backoff(first_s=0.001, longest_s=0.002),
        on_event=events.append,
    )
    source.read(PATIENCE_S)
    source.read(PATIENCE_S)

    (gap,) = events
    assert isinstance(gap, Gap)
    assert 0.5 <= gap.away_s < PATIENCE_S
    assert gap.lost_us >= 0
    assert gap.back_us >= 0


def test_one_camera_that_hangs_does_not_hold_up_another(
    traffic: tuple[bytes, ...],
) -> None:
    with (
        MjpegServer(traffic) as well,
        MjpegServer(traffic) as ill,
        open_source(well.url) as source,
        open_source(ill.url) as hung,
    ):
        read_until(hung, lambda frame: frame.index >= 1)
        ill.stall()
        first = read_until(source, lambda _: True)[0]
        frames = read_until(source, lambda frame: frame.index >= first.index + 30)

        assert hung.age_s() > source.age_s()

    assert {frame.encoded for frame in frames} <= set(traffic)
