"""A 1080p30 network camera on loopback: every frame, their age, memory, and losses.

The camera is a process of its own and stamps each JPEG with its number and the time
of sending, so the age is that from the camera's socket to the hands of the reader,
decoded. A frame is wrong when its bytes or its pixels are not those that were sent, or
when it is older than a second. `make bench` runs a minute and 20 losses; the long forms
are

    python -m tests.benchmarks.camera_bench --seconds 600 --losses 500
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dataset.images import image_file
from station.camera.frames import CameraSource, Frame, NoPicture
from station.camera.reconnect import open_steady_source
from tests.servers.mjpeg_process import MjpegProcess
from tests.servers.stamps import unstamped

pytestmark = pytest.mark.bench

WIDTH, HEIGHT, FPS = 1920, 1080, 30.0
TRAFFIC = Path(__file__).resolve().parents[1] / "data" / "traffic"
WARM_S = 60.0
STALE_S = 1.0
FAULTS = ("drop", "stall", "away")
MEGABYTE = 1 << 20


def picture_files(folder: Path) -> list[Path]:
    """Six pictures of a road at 1080p with a sensor's noise, about 0.6 MB each."""
    random_numbers = np.random.default_rng(11)
    files = []
    for path in sorted(TRAFFIC.glob("*.jpg")):
        small = image_file.decode(path.read_bytes())
        large = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        noise = random_numbers.normal(0, 4, large.shape)
        noisy = np.clip(large + noise, 0, 255).astype(np.uint8)
        files.append(folder / path.name)
        cv2.imwrite(str(files[-1]), noisy, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return files


class Originals:
    """What the camera sends, to compare with what arrives."""

    def __init__(self, files: Sequence[Path]) -> None:
        data = [path.read_bytes() for path in files]
        self._sparse = {one: _sparse(image_file.decode(one)) for one in data}

    def is_right(self, jpeg: bytes, frame: Frame) -> bool:
        """Whether bytes and pixels are those of one picture that was sent."""
        expected = self._sparse.get(jpeg)
        return expected is not None and np.array_equal(_sparse(frame.pixels), expected)


def _sparse(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return pixels[::9, ::9].copy()


@dataclass(slots=True, kw_only=True)
class Seen:
    """What a reader saw of one camera."""

    frames: int = 0
    missed: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    ages_ms: list[float] = field(default_factory=list)
    last: tuple[int, int] = (0, -1)
    sent_s: float = 0.0

    def add(self, frame: Frame, originals: Originals) -> None:
        """Judge one frame."""
        assert frame.encoded is not None
        stamp, jpeg = unstamped(frame.encoded)
        age_s = time.monotonic() - stamp.sent_s
        connection, number = self.last
        if connection == stamp.connection:
            self.missed += max(0, stamp.number - number - 1)
        if (stamp.connection, stamp.number) <= self.last:
            self.wrong["twice or backwards"] += 1
        if age_s > STALE_S:
            self.wrong["older than a second"] += 1
        if not originals.is_right(jpeg, frame):
            self.wrong["other bytes or pixels"] += 1
        self.last = (stamp.connection, stamp.number)
        self.sent_s = stamp.sent_s
        self.frames += 1
        self.ages_ms.append(age_s * 1000.0)

    def percentile_ms(self, percent: float) -> float:
        """The age that so many percent of the frames stayed under."""
        return round(float(np.percentile(self.ages_ms, percent)), 1)


@contextmanager
def camera_with_originals() -> Iterator[tuple[MjpegProcess, Originals]]:
    """A camera that plays, and what it plays."""
    with tempfile.TemporaryDirectory() as folder:
        files = picture_files(Path(folder))
        with MjpegProcess(files, FPS) as camera:
            yield camera, Originals(files)


def watch(seconds: float, cameras: int = 1) -> dict[str, Any]:
    """Read `cameras` cameras at once for so long; figures of each, and of memory."""
    with tempfile.TemporaryDirectory() as folder:
        files = picture_files(Path(folder))
        originals = Originals(files)
        seen = [Seen() for _ in range(cameras)]
        memory: list[tuple[float, int, int]] = []
        began = _spent()
        threads = [
            threading.Thread(target=_watch_one, args=(files, originals, one, seconds))
            for one in seen
        ]
        for thread in threads:
            thread.start()
        started_s = time.monotonic()
        while any(thread.is_alive() for thread in threads):
            at_s = time.monotonic() - started_s
            memory.append((at_s, _resident_bytes("self"), _readers_bytes()))
            time.sleep(0.5)
        spent = _spent()
    warm_s = min(WARM_S, seconds / 2)
    # The last looks may find a reader that is just ending.
    warm = [one for one in memory if warm_s <= one[0] <= seconds - 2.0]
    return {
        "seconds": seconds,
        "cameras": [_figures(one) for one in seen],
        "own_cpu_ms_a_frame": _a_frame(spent[0] - began[0], seen),
        "children_cpu_ms_a_frame": _a_frame(spent[1] - began[1], seen),
        "rss_mb": _flatness([own for _, own, _ in warm]),
        "readers_rss_mb": _flatness([readers for _, _, readers in warm]),
    }


def _watch_one(
    files: Sequence[Path], originals: Originals, seen: Seen, seconds: float
) -> None:
    with MjpegProcess(files, FPS) as camera, open_steady_source(camera.url) as source:
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            _read_into(source, seen, originals)


def _figures(seen: Seen) -> dict[str, Any]:
    return {
        "frames": seen.frames,
        "missed": seen.missed,
        "wrong": dict(seen.wrong),
        "age_ms": {
            "p50": seen.percentile_ms(50),
            "p95": seen.percentile_ms(95),
            "max": seen.percentile_ms(100),
        },
    }


def disturb(losses: int) -> dict[str, Any]:
    """Drop, stall and take the camera away so often; how soon frames come again."""
    script = random.Random(5)
    seen = Seen()
    back_s: dict[str, list[float]] = {fault: [] for fault in FAULTS}
    with (
        camera_with_originals() as (camera, originals),
        open_steady_source(camera.url) as source,
    ):
        _read_until(source, seen, originals, partial(_has, seen, 15))
        before = _held()
        for number in range(losses):
            fault = FAULTS[number % len(FAULTS)]
            returned_s = _lose(camera, source, seen, originals, fault, script)
            _read_until(
                source, seen, originals, partial(_is_sent_after, seen, returned_s)
            )
            back_s[fault].append(time.monotonic() - returned_s)
            _read_until(source, seen, originals, partial(_has, seen, seen.frames + 15))
        after = _held()
    every = [one for found in back_s.values() for one in found]
    return {
        "losses": losses,
        "frames": seen.frames,
        "wrong": dict(seen.wrong),
        "back_s": {fault: _spread(found) for fault, found in back_s.items()},
        "later_than_3_s": sum(one > 3.0 for one in every),
        "held_before": before,
        "held_after": after,
    }


def _is_sent_after(seen: Seen, when_s: float) -> bool:
    return seen.sent_s >= when_s


def _has(seen: Seen, frames: int) -> bool:
    return seen.frames >= frames


def _lose(
    camera: MjpegProcess,
    source: CameraSource,
    seen: Seen,
    originals: Originals,
    fault: str,
    script: random.Random,
) -> float:
    """Lose the camera for a while, reading on; return when it was there again."""
    away_s = script.choice([0.2, 1.0, 2.0, 4.0])
    if fault == "drop":
        camera.tell("drop")
        return time.monotonic()
    camera.tell(fault)
    until_s = time.monotonic() + away_s
    while time.monotonic() < until_s:
        _read_into(source, seen, originals)
    camera.tell("resume" if fault == "stall" else "back")
    return time.monotonic()


def _read_into(source: CameraSource, seen: Seen, originals: Originals) -> None:
    try:
        frame = source.read(0.1)
    except NoPicture:
        return
    assert frame is not None
    seen.add(frame, originals)


def _read_until(
    source: CameraSource, seen: Seen, originals: Originals, is_met: Callable[[], bool]
) -> None:
    until_s = time.monotonic() + 60.0
    while not is_met():
        assert time.monotonic() < until_s, "the camera never came back"
        _read_into(source, seen, originals)


def _spread(found: Sequence[float]) -> dict[str, float]:
    if not found:
        return {}
    return {
        "p50": round(float(np.median(found)), 2),
        "p95": round(float(np.percentile(found, 95)), 2),
        "max": round(max(found), 2),
    }


def _flatness(sizes: Sequence[int]) -> dict[str, float]:
    """The largest size and how far the sizes lie apart, in MB."""
    return {
        "max": round(max(sizes) / MEGABYTE, 1),
        "span": round((max(sizes) - min(sizes)) / MEGABYTE, 1),
    }


def _resident_bytes(process: str) -> int:
    """What a process holds, shared slots included (Linux)."""
    fields = Path(f"/proc/{process}/statm").read_text().split()
    return int(fields[1]) * resource.getpagesize()


def _readers() -> list[str]:
    """The camera's processes that this one has started (Linux)."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == os.getpid() and b"reader" in _command(folder):
                found.append(folder.name)
    return found


def _command(folder: Path) -> bytes:
    return (folder / "cmdline").read_bytes()


def _readers_bytes() -> int:
    total = 0
    for process in _readers():
        with contextlib.suppress(OSError):
            total += _resident_bytes(process)
    return total


def _held() -> dict[str, int]:
    """What a loss might leave behind: threads, descriptors, processes."""
    return {
        "threads": threading.active_count(),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "readers": len(_readers()),
    }


def _spent() -> tuple[float, float]:
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime, children.ru_utime + children.ru_stime


def _a_frame(seconds: float, seen: Sequence[Seen]) -> float:
    return round(seconds * 1000.0 / max(1, sum(one.frames for one in seen)), 2)


def test_every_frame_of_a_1080p30_camera_60_s() -> None:
    _print("one camera", watch(60.0))


def test_two_1080p30_cameras_at_once_30_s() -> None:
    _print("two cameras", watch(30.0, cameras=2))


def test_20_losses_of_the_camera() -> None:
    _print("losses", disturb(20))


def _print(what: str, figures: dict[str, Any]) -> None:
    sys.stdout.write(f"\n{what}: {json.dumps(figures)}\n")


def main() -> None:
    """Measure as long as asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--cameras", type=int, default=1)
    parser.add_argument("--losses", type=int, default=0)
    asked = parser.parse_args()
    if asked.seconds > 0:
        _print("watch", watch(asked.seconds, asked.cameras))
    if asked.losses > 0:
        _print("losses", disturb(asked.losses))


if __name__ == "__main__":
    main()
