"""What happens around the child process: hangs, deaths, and nothing left behind."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from dataset.errors import CameraError
from station.camera.address import parse_address
from station.camera.child import ChildSource
from station.camera.source import open_source
from tests.servers.mjpeg import MjpegServer

from .clips import mjpeg_clip, raw_clip
from .frames_of import PATIENCE_S, all_frames, is_running, read_until, wait_for

ROOT = Path(__file__).resolve().parents[3]
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def long_clip(tmp_path: Path) -> Path:
    """More frames than the pipe and the mailbox hold."""
    path = tmp_path / "long.avi"
    path.write_bytes(raw_clip(320, 240, 60))
    return path


@linux
def test_child_that_aborts_half_way_ends_in_one_sentence(long_clip: Path) -> None:
    with ChildSource(parse_address(str(long_clip))) as source:
        source.wait_open()
        source.read(PATIENCE_S)
        os.kill(source.pid, signal.SIGABRT)
        with pytest.raises(CameraError, match=r"killed by SIGABRT after \d+ pictures"):
            all_frames(source)

        assert not is_running(source.pid)


@linux
def test_child_that_hangs_is_killed(long_clip: Path) -> None:
    with ChildSource(parse_address(str(long_clip)), stall_s=0.5) as source:
        source.wait_open()
        os.kill(source.pid, signal.SIGSTOP)
        with pytest.raises(CameraError, match="stopped giving pictures"):
            all_frames(source)

        wait_for(lambda: not is_running(source.pid))


@linux
def test_close_does_not_wait_for_a_child_that_hangs(long_clip: Path) -> None:
    source = ChildSource(parse_address(str(long_clip)))
    source.wait_open()
    os.kill(source.pid, signal.SIGSTOP)

    source.close()

    assert not is_running(source.pid)
    assert source.read(0.0) is None


@linux
def test_close_half_way_leaves_nothing(long_clip: Path) -> None:
    with open_source(str(long_clip)) as source:
        source.read(PATIENCE_S)
    gc.collect()
    files = set(Path("/proc/self/fd").iterdir())
    threads = threading.active_count()

    for _ in range(3):
        with open_source(str(long_clip)) as source:
            source.read(PATIENCE_S)

    assert set(Path("/proc/self/fd").iterdir()) == files
    assert threading.active_count() == threads


def test_close_wakes_a_thread_that_reads(traffic: tuple[bytes, ...]) -> None:
    read: list[object] = []
    with MjpegServer(traffic) as camera:
        source = ChildSource(parse_address(camera.url), stall_s=PATIENCE_S)
        source.wait_open()
        camera.stall()

        def take() -> None:
            while (frame := source.read(PATIENCE_S)) is not None:
                read.append(frame)

        reader = threading.Thread(target=take)
        reader.start()
        source.close()
        reader.join(PATIENCE_S)

    assert not reader.is_alive()


def test_source_that_was_forgotten_is_closed(long_clip: Path) -> None:
    source = ChildSource(parse_address(str(long_clip)))
    source.wait_open()
    pid = source.pid

    del source
    gc.collect()

    wait_for(lambda: not is_running(pid))


@linux
def test_child_ends_when_the_program_is_killed(tmp_path: Path) -> None:
    clip = tmp_path / "long.avi"
    clip.write_bytes(raw_clip(320, 240, 60))
    program = (
        "import sys, time\n"
        "from station.camera.address import parse_address\n"
        "from station.camera.child import ChildSource\n"
        "source = ChildSource(parse_address(sys.argv[1]))\n"
        "source.wait_open()\n"
        "print(source.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [sys.executable, "-c", program, str(clip)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": paths},
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()

    wait_for(lambda: not is_running(pid))


def test_current_folder_cannot_replace_a_library(
    tmp_path: Path, traffic: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    mjpeg_clip(tmp_path / "clip.avi", traffic)
    (tmp_path / "cv2.py").write_text("raise SystemExit('imported from here')")
    monkeypatch.chdir(tmp_path)

    with open_source("clip.avi") as source:
        frames = all_frames(source)

    assert len(frames) == 6


def test_camera_knows_no_qt() -> None:
    program = (
        "import sys\n"
        "import station.camera.discovery, station.camera.reconnect\n"
        "import station.camera.triggers, station.camera.reader, station.camera.replay\n"
        "print([name for name in sys.modules if 'PySide' in name])\n"
    )

    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout.strip() == "[]"


def test_live_source_is_read_while_another_is_open(traffic: tuple[bytes, ...]) -> None:
    with (
        MjpegServer(traffic) as camera,
        open_source(camera.url) as one,
        open_source(camera.url) as other,
    ):
        first = read_until(one, lambda frame: frame.index >= 2)
        second = read_until(other, lambda frame: frame.index >= 2)

    assert first
    assert second


def test_pixels_go_through_the_pipe_where_memory_cannot_be_shared(
    tmp_path: Path, traffic: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    mjpeg_clip(tmp_path / "clip.avi", traffic)
    with open_source(str(tmp_path / "clip.avi")) as source:
        shared = all_frames(source)
    monkeypatch.setattr(
        "station.camera.reader_process.make_memory", lambda _limit: None
    )

    with open_source(str(tmp_path / "clip.avi")) as source:
        piped = all_frames(source)

    assert len(shared) == len(piped) == 6
    assert all(
        np.array_equal(one.pixels, other.pixels)
        for one, other in zip(shared, piped, strict=True)
    )


def test_clip_loses_no_frame_to_a_slow_reader(long_clip: Path) -> None:
    with open_source(str(long_clip)) as source:
        first = source.read(PATIENCE_S)
        time.sleep(0.3)  # the child could write all slots over meanwhile
        frames = all_frames(source)

    assert first is not None
    assert [frame.index for frame in (first, *frames)] == list(range(60))
