"""Network cameras that are real servers on loopback, through `fieldset capture`."""

from __future__ import annotations

import hashlib
import socket
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.servers.mjpeg import MjpegServer
from tests.servers.rtsp import RtspServer

from . import pictures
from .commands import Running, fieldset, running, wait_until
from .stored import stored

AWAY = "the camera was away"


def _capture(project: Path, source: str, *more: str) -> tuple[str | Path, ...]:
    return ("--project", project, "capture", "--source", source, "--json", *more)


def test_camera_that_stalls_drops_and_comes_back_loses_nothing(
    project: Path, tmp_path: Path
) -> None:
    frames = pictures.many(60, "live")
    small = pictures.resized(frames[:6], 160, 96)
    with MjpegServer(frames, fps=20) as camera:
        command = _capture(project, camera.url, "--every", "50ms")
        with running(tmp_path, *command) as run:
            _stall_and_drop(run, camera)
            camera.send_half(2)
            run.wait_talk("refused: half a JPEG", 2)
            camera.use(small)
            _wait_for_one_of(run, small)

            end = run.terminate()

    kept = stored(project)
    assert set(end.samples) == set(kept.images)
    assert set(kept.images.values()) <= {*frames, *small}
    assert kept.sizes == {(320, 180), (160, 96)}
    assert kept.refused == {"half a JPEG": 2}
    assert len(kept.gaps) == 2
    assert all(lost_us < back_us for lost_us, back_us, _ in kept.gaps)
    assert kept.is_ended
    assert end.lines[-1]["kept"] == len(kept.images)
    assert end.lines[-1]["refused"] == {"half a JPEG": 2}


def _stall_and_drop(run: Running, camera: MjpegServer) -> None:
    run.wait_more_lines(5)
    # Longer than a camera may be silent: it is let go of and opened anew.
    connections = camera.connections
    camera.stall()
    wait_until(lambda: camera.connections > connections)
    camera.resume()
    run.wait_talk(AWAY, 1)
    run.wait_more_lines(5)
    camera.go_away()
    camera.come_back()
    run.wait_talk(AWAY, 2)
    run.wait_more_lines(5)


def _wait_for_one_of(run: Running, jpegs: tuple[bytes, ...]) -> None:
    """Wait until one of these very pictures was acknowledged."""
    ids = {hashlib.sha256(data).hexdigest() for data in jpegs}
    wait_until(
        lambda: run.is_over or any(line["sample"] in ids for line in run.lines())
    )
    assert not run.is_over, run.talk()


def test_rtsp_camera_is_captured(project: Path) -> None:
    frames = pictures.resized(pictures.traffic(), 320, 176)
    sent = [cv2.imdecode(np.frombuffer(f, np.uint8), cv2.IMREAD_COLOR) for f in frames]
    with RtspServer(frames) as camera:
        command = _capture(project, camera.url, "--every", "40ms", "--count", "4")
        end = fieldset(*command)

    kept = stored(project)
    assert end.code == 0, end.talk
    assert set(end.samples) == set(kept.images)
    assert len(kept.images) == 4
    for data in kept.images.values():
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert any(np.array_equal(pixels, picture) for picture in sent)


def test_cameras_that_are_not_there_or_never_answer_are_said_so(
    project: Path, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with socket.create_server(("127.0.0.1", 0)) as silent, ExitStack() as stack:
        addresses = (
            f"http://anna:canary@127.0.0.1:{port}/stream",
            f"rtsp://anna:canary@127.0.0.1:{port}/live",
            "/dev/video99",
            f"http://127.0.0.1:{silent.getsockname()[1]}/stream",
        )
        runs = [
            stack.enter_context(running(tmp_path, *_capture(project, address)))
            for address in addresses
        ]

        ends = [run.wait() for run in runs]

    for end in ends:
        assert end.code == 5, end.talk
        assert end.talk.startswith("error: ")
        assert "Traceback" not in end.talk
        assert "canary" not in end.talk + end.out
        assert end.lines[-1]["kept"] == 0


def test_capture_for_a_time_ends_though_the_camera_went_away(
    project: Path, tmp_path: Path
) -> None:
    with MjpegServer(pictures.many(60, "live"), fps=20) as camera:
        command = _capture(project, camera.url, "--every", "50ms", "--for", "2s")
        with running(tmp_path, *command) as run:
            run.wait_more_lines(3)
            camera.go_away()

            end = run.wait()

    assert end.code == 0, end.talk
    assert set(end.samples) == set(stored(project).images)


def test_terminated_capture_ends_its_session_and_sums_up(
    project: Path, tmp_path: Path
) -> None:
    with MjpegServer(pictures.many(60, "live"), fps=20) as camera:
        command = _capture(project, camera.url, "--every", "50ms")
        with running(tmp_path, *command) as run:
            run.wait_more_lines(5)

            end = run.terminate()

    kept = stored(project)
    assert end.code == 130
    assert end.talk == "cancelled\n"
    assert end.lines[-1]["kept"] == len(kept.images)
    assert set(end.samples) == set(kept.images)
    assert kept.is_ended


def test_terminated_while_the_camera_is_away(project: Path, tmp_path: Path) -> None:
    with MjpegServer(pictures.many(60, "live"), fps=20) as camera:
        command = _capture(project, camera.url, "--every", "50ms")
        with running(tmp_path, *command) as run:
            run.wait_more_lines(3)
            camera.go_away()

            end = run.terminate()

    assert end.code == 130
    assert "session" in end.lines[-1]
    assert stored(project).is_ended


@pytest.mark.parametrize("path", ["folder", "clip"])
def test_capture_of_files_is_terminated_cleanly(
    project: Path, tmp_path: Path, path: str
) -> None:
    if path == "clip":
        source = pictures.write_clip(tmp_path / "clip.avi", 600, "clip")
    else:
        source = pictures.write_folder(
            tmp_path / "folder", pictures.many(400, "folder")
        )
    command = _capture(project, str(source), "--every", "50ms")
    with running(tmp_path, *command) as run:
        run.wait_more_lines(5)

        end = run.terminate()

    kept = stored(project)
    assert end.code == 130
    assert set(end.samples) == set(kept.images)
    assert end.lines[-1]["kept"] == len(kept.images) < 400
