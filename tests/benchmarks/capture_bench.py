"""What capture costs a frame, and whether a burst at 1080p30 loses one.

Frames are those of the shared clips, brought to the size in the name. The burst comes
from an HTTP MJPEG camera on loopback in a process of its own; every picture has other
bytes. Processor time is of this process alone (`process_time`): decoding is done by the
camera's process.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from dataset.capture_settings import GateSettings
from station.camera.frames import Frame, SourceKind
from station.camera.reconnect import open_steady_source
from station.camera.source import CameraSource, OnEvent, SourceInfo, open_source
from station.camera.triggers import BurstTrigger, MotionTrigger
from station.recorder import (
    Ended,
    OpenSource,
    Recorder,
    RecorderStatus,
    RecordingRequest,
)
from station.recording import Kept
from station.shutter.gates import Recent, Sight, judge, thumb_of
from station.shutter.preview import exposure_level, focus_peaks, luma_histogram
from station.shutter.torn_rows import row_steps
from station.shutter.watch import Watch
from tests.small_projects import new_project

pytestmark = pytest.mark.bench

CLIPS = {
    "vtest": "video-vtest/vtest.avi",
    "traffic": "video-traffic-camera/traffic_camera.mp4",
}
HD, FULL_HD = (1280, 720), (1920, 1080)
BURST = 300
Pixels = NDArray[np.uint8]


def open_steady(address: str, on_event: OnEvent) -> CameraSource:
    return open_steady_source(address, on_event=on_event)


SERVER = """
import sys, threading
from pathlib import Path
from tests.servers.mjpeg import MjpegServer
pictures = [path.read_bytes() for path in sorted(Path(sys.argv[1]).iterdir())]
with MjpegServer(pictures, fps=30.0) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


def frames_of(clip: Path, size: tuple[int, int], most: int) -> list[Frame]:
    frames = []
    with open_source(str(clip)) as source:
        while (frame := source.read(60.0)) is not None and len(frames) < most:
            pixels = cv2.resize(frame.pixels, size, interpolation=cv2.INTER_LINEAR)
            frames.append(
                Frame(
                    index=frame.index,
                    captured_us=frame.captured_us,
                    elapsed_s=frame.elapsed_s,
                    pixels=np.asarray(pixels, np.uint8),
                )
            )
    return frames


def tell(text: str) -> None:
    """Print a figure; the benchmarks run without capturing."""
    sys.stdout.write(f"\n{text}\n")


def tell_cost(what: str, frames: list[Frame], work: Callable[[Frame], object]) -> None:
    """Print wall and processor milliseconds a frame."""
    began_s, used_s = time.perf_counter(), time.process_time()
    for frame in frames:
        work(frame)
    wall_ms = (time.perf_counter() - began_s) / len(frames) * 1e3
    used_ms = (time.process_time() - used_s) / len(frames) * 1e3
    tell(f"{what}: {used_ms:.2f} ms processor, {wall_ms:.2f} ms wall a frame")


@pytest.mark.parametrize("clip", CLIPS)
def test_motion_trigger_720p(clip: str, shared_data: Path) -> None:
    frames = frames_of(shared_data / CLIPS[clip], HD, 200)
    trigger = MotionTrigger()

    tell_cost(f"motion, {clip} at 720p", frames, trigger.offer)

    assert trigger.view() is not None


@pytest.mark.parametrize("size", [HD, FULL_HD], ids=["720p", "1080p"])
def test_watching_every_frame(size: tuple[int, int], shared_data: Path) -> None:
    frames = frames_of(shared_data / CLIPS["traffic"], size, 60)
    watch = Watch(SourceKind.USB)

    tell_cost(f"watch for frozen and torn, {size[1]}p", frames, watch.see)

    assert watch.sight(frames[-1]).steps_before is not None


@pytest.mark.parametrize("size", [HD, FULL_HD], ids=["720p", "1080p"])
def test_all_gates(size: tuple[int, int], shared_data: Path) -> None:
    frames = frames_of(shared_data / CLIPS["traffic"], size, 40)
    recent = Recent(thumbs=tuple(thumb_of(f.pixels) for f in frames[:6]))
    sight = Sight(frozen_s=0.0, steps_before=row_steps(frames[0].pixels))
    settings = GateSettings()

    tell_cost(
        f"all gates, {size[1]}p",
        frames,
        lambda frame: judge(frame.pixels, settings, sight=sight, recent=recent),
    )

    assert frames


def test_figures_of_the_preview_720p(
    benchmark: BenchmarkFixture, shared_data: Path
) -> None:
    (frame,) = frames_of(shared_data / CLIPS["traffic"], HD, 1)

    def figures(pixels: Pixels) -> object:
        return focus_peaks(pixels), luma_histogram(pixels), exposure_level(pixels)

    tell_cost(
        "peaks, histogram and level, 720p", [frame] * 40, lambda f: figures(f.pixels)
    )

    assert benchmark(figures, frame.pixels)


@pytest.mark.parametrize("clip", CLIPS)
def test_seconds_with_motion_that_the_trigger_finds(
    clip: str, shared_data: Path
) -> None:
    """Beside the trigger each second is judged by plain differences at full size.

    There is no truth for these clips: a second has motion where over 0.5 % of the
    pixels differ by over 30 grey levels between two frames 0.4 s apart.
    """
    frames = frames_of(shared_data / CLIPS[clip], HD, 10_000)
    trigger = MotionTrigger(cool_down_s=0.0)
    fired = {int(f.elapsed_s) for f in frames if trigger.offer(f)}
    moving = seconds_with_differences(frames)
    known = {second for second in moving | fired if second >= 2}

    found, missed = known & moving & fired, (known & moving) - fired
    tell(
        f"motion, {clip}: of {len(known & moving)} seconds with motion {len(found)} "
        f"found, {len(missed)} missed {sorted(missed)}; {len(known & fired - moving)} "
        "more seconds fired"
    )
    assert found


def seconds_with_differences(frames: list[Frame]) -> set[int]:
    grey = [
        (int(f.elapsed_s), f.elapsed_s, cv2.cvtColor(f.pixels, cv2.COLOR_BGR2GRAY))
        for f in frames
    ]
    gap = max(1, round(0.4 / max(1e-3, grey[1][1] - grey[0][1])))
    return {
        second
        for (_, _, before), (second, _, after) in zip(grey, grey[gap:], strict=False)
        if np.mean(cv2.absdiff(before, after) > 30) > 0.005
    }


@pytest.fixture
def shown_1080p(shared_data: Path) -> list[Frame]:
    """Six hundred frames of a road with the bytes of their JPEGs, all others."""
    frames = frames_of(shared_data / CLIPS["traffic"], FULL_HD, 60)
    coded = [cv2.imencode(".jpg", f.pixels)[1].tobytes() for f in frames]
    return [
        Frame(
            index=number,
            captured_us=number,
            elapsed_s=number / 30,
            pixels=frames[number % 60].pixels,
            encoded=with_comment(coded[number % 60], number),
            suffix="jpg",
        )
        for number in range(600)
    ]


def with_comment(data: bytes, number: int) -> bytes:
    return data[:2] + b"\xff\xfe\x00\x06" + number.to_bytes(4, "big") + data[2:]


@pytest.fixture
def camera_1080p30(tmp_path: Path, shown_1080p: list[Frame]) -> Iterator[str]:
    """The address of a camera that shows them, thirty a second."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for frame in shown_1080p:
        (folder / f"{frame.index:04}.jpg").write_bytes(frame.encoded or b"")
    with served(folder) as address:
        yield address


@contextmanager
def served(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-c", SERVER, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.kill()


class Paced:
    """A live camera without a process: its frames are due thirty a second.

    A frame that is asked for too late is passed over, as by a real one.
    """

    def __init__(self, frames: list[Frame]) -> None:
        self._frames = frames
        self._next = 0
        self._began_s: float | None = None
        self.passed_over = 0

    @property
    def info(self) -> SourceInfo:
        """What the camera is."""
        return SourceInfo(
            address="cam",
            kind=SourceKind.USB,
            width=FULL_HD[0],
            height=FULL_HD[1],
            fps=30.0,
            live=True,
        )

    @property
    def refused(self) -> Mapping[str, int]:
        """Nothing."""
        return {}

    def read(self, timeout_s: float) -> Frame | None:  # noqa: ARG002  (it is soon due)
        """The newest frame."""
        now_s = time.monotonic()
        self._began_s = now_s if self._began_s is None else self._began_s
        due = int((now_s - self._began_s) * 30)
        self.passed_over += max(0, due - self._next)
        index = max(due, self._next)
        if index >= len(self._frames):
            return None
        time.sleep(max(0.0, self._began_s + index / 30 - now_s))
        self._next = index + 1
        return self._frames[index]

    def age_s(self) -> float:
        """Always new."""
        return 0.0

    def close(self) -> None:
        """Nothing to let go of."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def test_burst_of_the_recorder_alone_1080p30(
    tmp_path: Path, shown_1080p: list[Frame]
) -> None:
    camera = Paced(shown_1080p[:BURST])

    kept, status = burst(tmp_path, "cam", lambda *_: camera)

    tell(f"of these the reader passed over {camera.passed_over}")
    assert status.dropped == 0
    assert kept


def test_burst_from_http_1080p30(tmp_path: Path, camera_1080p30: str) -> None:
    kept, status = burst(tmp_path, camera_1080p30)

    assert status.dropped == 0
    assert kept


def burst(
    folder: Path, address: str, open_one: OpenSource = open_steady
) -> tuple[list[Kept], RecorderStatus]:
    """Keep every frame for 10 s, and print what became of them."""
    with new_project(folder / "p") as project:
        recorder = Recorder(project, open_one)
        used_s = time.process_time()
        request = RecordingRequest(source=address, for_s=10.0)
        recorder.start(request, BurstTrigger(BURST * 2))
        kept, most, took_s = follow(recorder)
        used_s = time.process_time() - used_s
        status = recorder.status()
        recorder.close()
        size = sum(s.size_bytes for s in project.catalog.samples.each())
    tell(
        f"burst at 1080p: {len(kept)} kept in 10 s of media time, {status.dropped} "
        f"dropped, refused {status.refused}; the last durable {took_s:.1f} s after the "
        f"start; at most {most / 2**20:.0f} MB waited; {size / len(kept) / 1e3:.0f} kB "
        f"and {used_s / len(kept) * 1e3:.1f} ms processor a sample"
    )
    return kept, status


def follow(recorder: Recorder) -> tuple[list[Kept], int, float]:
    """What was kept, the most bytes that waited, and the seconds to the end."""
    kept: list[Kept] = []
    most, began_s = 0, time.monotonic()
    while not isinstance(event := recorder.wait_event(0.02), Ended):
        most = max(most, recorder.status().waiting_bytes)
        if isinstance(event, Kept):
            kept.append(event)
    return kept, most, time.monotonic() - began_s


def test_two_recorders_1080p30_into_one_project(
    tmp_path: Path, camera_1080p30: str, shared_data: Path
) -> None:
    with new_project(tmp_path / "p") as project:
        found: dict[int, tuple[list[Kept], int, float]] = {}

        def capture(number: int) -> None:
            recorder = Recorder(project)
            request = RecordingRequest(source=camera_1080p30, for_s=10.0)
            recorder.start(request, BurstTrigger(10_000, 0.2))
            found[number] = follow(recorder)
            recorder.close()

        threads = [threading.Thread(target=capture, args=(n,)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        count = project.catalog.samples.count()

    told = [len(kept) for kept, _, _ in found.values()]
    tell(f"two cameras at 1080p30, five a second each, 10 s: {told} told, {count} new")
    assert min(told) > 0
