"""A real HTTP camera on loopback, read through the child process."""

from __future__ import annotations

import logging
import socket
from pathlib import Path

import numpy as np
import pytest

from dataset.errors import CameraError
from dataset.images import image_file
from station.camera.address import parse_address
from station.camera.child import ChildSource
from station.camera.frames import CameraEvent, NoPicture, Refusal, SizeChange
from station.camera.source import open_source
from tests.servers.mjpeg import MjpegServer

from .frames_of import PATIENCE_S, read_until, read_until_none_comes, wait_for


@pytest.mark.parametrize(
    ("has_length", "announced"), [(True, None), (False, None), (True, '"--frame"')]
)
def test_bytes_are_kept_as_the_camera_sent_them(
    traffic: tuple[bytes, ...], has_length: bool, announced: str | None
) -> None:
    camera = MjpegServer(traffic, has_length=has_length, announced=announced)
    with camera, open_source(camera.url) as source:
        frames = read_until(source, lambda frame: frame.index >= 8)

        assert {frame.encoded for frame in frames} <= set(traffic)
        assert {frame.suffix for frame in frames} == {"jpg"}
        assert source.info.live
        assert (source.info.width, source.info.height) == (320, 180)
        assert not source.refused


def test_pixels_are_those_of_the_bytes(traffic: tuple[bytes, ...]) -> None:
    with MjpegServer(traffic) as camera, open_source(camera.url) as source:
        frame = source.read(PATIENCE_S)

    assert frame is not None
    assert frame.encoded is not None
    expected = image_file.decode(frame.encoded)
    assert np.array_equal(frame.pixels, expected)
    assert not frame.pixels.flags.writeable


def test_times_run_forward(traffic: tuple[bytes, ...]) -> None:
    with MjpegServer(traffic) as camera, open_source(camera.url) as source:
        frames = read_until(source, lambda frame: frame.index >= 5)

    elapsed = [frame.elapsed_s for frame in frames]
    assert elapsed == sorted(elapsed)
    assert [f.captured_us for f in frames] == sorted(f.captured_us for f in frames)


def test_slow_reader_gets_the_newest_frame(traffic: tuple[bytes, ...]) -> None:
    with (
        MjpegServer(traffic, fps=60) as camera,
        ChildSource(parse_address(camera.url)) as source,
    ):
        source.wait_open()
        first = source.read(PATIENCE_S)
        wait_for(lambda: source.dropped >= 10)
        second = source.read(PATIENCE_S)

    assert first is not None
    assert second is not None
    assert second.index >= first.index + 10


def test_half_a_jpeg_is_refused_and_counted(traffic: tuple[bytes, ...]) -> None:
    events: list[CameraEvent] = []
    with (
        MjpegServer(traffic) as camera,
        open_source(camera.url, on_event=events.append) as source,
    ):
        camera.send_half(3)
        frames = read_until(source, lambda _: source.refused.get("half a JPEG") == 3)
        frames += read_until(source, lambda _: len(events) == 3)

    assert {frame.encoded for frame in frames} <= set(traffic)
    assert all(isinstance(e, Refusal) and e.reason == "half a JPEG" for e in events)


def test_damaged_jpeg_is_refused(traffic: tuple[bytes, ...]) -> None:
    cut = traffic[0][: len(traffic[0]) // 2].rstrip(b"\xff") + b"\xff\xd9"
    with MjpegServer([traffic[1], cut]) as camera, open_source(camera.url) as source:
        frames = read_until(source, lambda frame: frame.index >= 4)

        assert {frame.encoded for frame in frames} == {traffic[1]}
        assert source.refused["damaged JPEG"] >= 3


def test_change_of_size_is_told_before_its_first_frame(
    traffic: tuple[bytes, ...], small_traffic: tuple[bytes, ...]
) -> None:
    events: list[CameraEvent] = []
    with (
        MjpegServer(traffic) as camera,
        open_source(camera.url, on_event=events.append) as source,
    ):
        camera.use(small_traffic)
        frames = read_until(source, lambda frame: frame.height == 176)

    (change,) = events
    assert isinstance(change, SizeChange)
    assert (change.old, change.new) == ((320, 180), (320, 176))
    assert {frame.height for frame in frames[:-1]} <= {180}


def test_stalled_camera_is_known_by_its_age(traffic: tuple[bytes, ...]) -> None:
    with (
        MjpegServer(traffic) as camera,
        ChildSource(parse_address(camera.url), stall_s=1.0) as source,
    ):
        source.wait_open()
        camera.stall()
        with pytest.raises(CameraError, match="stopped giving pictures"):
            read_until(source, lambda _: False)

        assert source.age_s() >= 1.0
        with pytest.raises(CameraError, match="stopped giving pictures"):
            source.read(0.0)


def test_read_gives_up_in_time_and_may_be_tried_again(
    traffic: tuple[bytes, ...],
) -> None:
    with MjpegServer(traffic) as camera, open_source(camera.url) as source:
        camera.stall()
        read_until_none_comes(source)
        with pytest.raises(NoPicture, match="No picture came within"):
            source.read(0.0)
        camera.resume()
        frame = source.read(PATIENCE_S)

    assert frame is not None


def test_backlog_after_a_stall_is_not_given_out(traffic: tuple[bytes, ...]) -> None:
    with (
        MjpegServer(traffic, fps=10) as camera,
        ChildSource(parse_address(camera.url), stall_s=PATIENCE_S) as source,
    ):
        read_until(source, lambda frame: frame.index >= 5)
        camera.stall()
        wait_for(lambda: source.age_s() > 1.5)
        camera.resume(backlog=30)
        read_until(source, lambda _: True)

        assert source.refused["a picture from before"] >= 1


def test_end_of_the_stream_is_a_loss(traffic: tuple[bytes, ...]) -> None:
    with MjpegServer(traffic) as camera, open_source(camera.url) as source:
        camera.drop()
        with pytest.raises(CameraError, match=r"ended the stream|broke off"):
            read_until(source, lambda _: False)


def test_login_is_used_and_never_shown(
    traffic: tuple[bytes, ...], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    camera = MjpegServer(traffic, login=("anna", "canary@secret"))
    with (
        camera,
        ChildSource(
            parse_address(camera.url_with("anna", "canary%40secret"))
        ) as source,
    ):
        info = source.wait_open()
        arguments = Path(f"/proc/{source.pid}/cmdline").read_bytes()
        environment = Path(f"/proc/{source.pid}/environ").read_bytes()

    seen = f"{info!r} {caplog.text} {source!r}"
    assert "canary" not in seen
    assert b"canary" not in arguments + environment


def test_wrong_login_is_refused_without_showing_it(traffic: tuple[bytes, ...]) -> None:
    with (
        MjpegServer(traffic, login=("anna", "right")) as camera,
        pytest.raises(CameraError, match="refuses the name or password") as caught,
    ):
        open_source(camera.url_with("anna", "canary"))

    assert "canary" not in f"{caught.value.message} {caught.value.hint}"


def test_camera_that_is_not_there_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(CameraError, match="Nothing listens") as caught:
        open_source(f"http://127.0.0.1:{port}/stream")

    assert "port" in caught.value.hint


def test_camera_that_never_answers_runs_into_the_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(CameraError, match=r"did not open within|not answer"):
            open_source(f"http://127.0.0.1:{port}/stream", timeout_s=1.5)


def test_page_instead_of_pictures_is_named(traffic: tuple[bytes, ...]) -> None:
    page = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html></html>"
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        source = ChildSource(parse_address(url))
        connection, _ = server.accept()
        with source, connection:
            connection.recv(4096)
            connection.sendall(page)
            connection.shutdown(socket.SHUT_WR)
            with pytest.raises(CameraError, match="text/html"):
                source.wait_open()


def test_only_damaged_pictures_are_counted_in_the_hint(
    traffic: tuple[bytes, ...],
) -> None:
    cut = traffic[0][: len(traffic[0]) // 2].rstrip(b"\xff") + b"\xff\xd9"
    with MjpegServer([cut]) as camera, pytest.raises(CameraError) as caught:
        open_source(camera.url, timeout_s=2.0)

    assert "refused: damaged JPEG" in caught.value.hint
