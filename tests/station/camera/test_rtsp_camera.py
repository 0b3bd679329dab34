"""A real RTSP camera on loopback, read by OpenCV's FFmpeg in the child process."""

from __future__ import annotations

import socket

import numpy as np
import pytest

from dataset.errors import CameraError
from dataset.images import image_file
from station.camera.address import parse_address
from station.camera.child import ChildSource
from station.camera.frames import SourceKind
from station.camera.source import open_source
from tests.servers.rtsp import RtspServer

from .frames_of import PATIENCE_S, read_until


def test_pictures_are_those_that_were_sent(small_traffic: tuple[bytes, ...]) -> None:
    sent = [image_file.decode(data) for data in small_traffic]
    with RtspServer(small_traffic) as camera, open_source(camera.url) as source:
        frames = read_until(source, lambda frame: frame.index >= 8)

        assert source.info.kind is SourceKind.RTSP
        assert (source.info.width, source.info.height) == (320, 176)
    for frame in frames:
        assert any(np.array_equal(frame.pixels, picture) for picture in sent)


def test_rtp_jpeg_is_kept_compressed(small_traffic: tuple[bytes, ...]) -> None:
    with RtspServer(small_traffic) as camera, open_source(camera.url) as source:
        frame = source.read(PATIENCE_S)

    assert frame is not None
    assert frame.suffix == "jpg"
    assert frame.encoded is not None
    decoded = image_file.decode(frame.encoded)
    assert np.array_equal(decoded, frame.pixels)


def test_camera_is_told_when_we_leave(small_traffic: tuple[bytes, ...]) -> None:
    with RtspServer(small_traffic) as camera, open_source(camera.url):
        pass

    assert camera.methods[-1] == "TEARDOWN"


def test_stalled_camera_is_a_loss(small_traffic: tuple[bytes, ...]) -> None:
    with (
        RtspServer(small_traffic) as camera,
        ChildSource(parse_address(camera.url), stall_s=1.0) as source,
    ):
        source.wait_open()
        camera.stall()
        with pytest.raises(CameraError, match="stopped giving pictures"):
            read_until(source, lambda _: False)


def test_dropped_connection_is_a_loss(small_traffic: tuple[bytes, ...]) -> None:
    with RtspServer(small_traffic) as camera, open_source(camera.url) as source:
        camera.go_away()
        with pytest.raises(CameraError):
            read_until(source, lambda _: False)


def test_camera_that_is_not_there_is_an_error_without_its_login() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(CameraError, match="gives no stream") as caught:
        open_source(f"rtsp://anna:canary@127.0.0.1:{port}/live")

    assert "canary" not in str(caught.value)
