"""The Capture page with cameras at 1080p30: what the window paints, and what it costs.

    python -m tests.benchmarks.preview_bench [--seconds 20] [--cameras 2] [--marks]

The cameras are processes of their own that send stamped JPEGs over loopback; the real
window runs offscreen at 1440x900 and stores a sample of each every half second. A watch
of 2 ms on the main thread says how long it did not come round, and when a preview was
painted; `late` counts paints more than two frames after the one before. Processor time
is that of the main thread alone, for each picture painted. `--marks` paints all three
marks. Figures depend on what else the machine does: its load is printed beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from dataset.project import Project
from station.assembly import Station
from station.keys import Page
from station.settings import ReadSettings, UserSettings
from station.views.capture.camera_slot import CameraSlot
from station.views.capture.capture_page import CapturePage
from tests.benchmarks.camera_bench import FPS, picture_files
from tests.servers.mjpeg_process import MjpegProcess

pytestmark = pytest.mark.bench

SIZE = (1440, 900)
WATCH_MS = 2
SETTLE_S = 3.0
WAIT_S = 60.0
EVERY_S = 0.5


@dataclass(slots=True)
class Watch:
    """What a timer on the main thread saw: its own gaps, and each slot's paints."""

    slots: Sequence[CameraSlot]
    last_s: float = 0.0
    gaps_ms: list[float] = field(default_factory=list)
    painted: dict[int, int] = field(default_factory=dict)
    paints_s: dict[int, list[float]] = field(default_factory=dict)

    def look(self) -> None:
        """Take the time and every slot's count of paints."""
        now_s = time.monotonic()
        if self.last_s:
            self.gaps_ms.append((now_s - self.last_s) * 1000.0)
        self.last_s = now_s
        for at, slot in enumerate(self.slots):
            if slot.live.painted != self.painted.get(at):
                self.painted[at] = slot.live.painted
                self.paints_s.setdefault(at, []).append(now_s)


def spin(seconds: float) -> None:
    """Let the window work."""
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        QApplication.processEvents()
        time.sleep(0.0005)


def open_window(root: Path) -> tuple[Station, CapturePage]:
    """The real window on a project of its own, its Capture page in front."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    settings = ReadSettings(settings=UserSettings(station="bench"))
    station = Station(application, settings, root.parent / "window.json")
    station.begin(root, Page.CAPTURE)
    station.window.resize(*SIZE)
    end_s = time.monotonic() + WAIT_S
    while station.pages is None and time.monotonic() < end_s:
        spin(0.05)
    assert station.pages is not None
    return station, station.pages.capture


def begin(page: CapturePage, url: str, number: int) -> None:
    """Open a camera in the chosen place and wait for its picture."""
    if number:
        page.add_camera()
    page.panel.form.set_text("source", url)
    page.panel.form.set_text("name", f"camera {number}")
    page.panel.form.submit()
    end_s = time.monotonic() + WAIT_S
    while page.live.painted < 2 and time.monotonic() < end_s:
        spin(0.05)


def run(cameras: int, seconds: float, *, has_marks: bool) -> dict[str, object]:
    """Watch the page for some seconds."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        root = Path(folder) / "project"
        Project.create(root, ["car", "van"]).close()
        files = picture_files(Path(folder))
        urls = [
            stack.enter_context(MjpegProcess(files, FPS)).url for _ in range(cameras)
        ]
        station, page = open_window(root)
        try:
            for number, url in enumerate(urls):
                begin(page, url, number)
            if has_marks:
                for name in ("focus", "clipped", "motion"):
                    page.bar.toggle(name)
            spin(SETTLE_S)
            return watched(page, seconds)
        finally:
            station.window.close()
            station.close()


def watched(page: CapturePage, seconds: float) -> dict[str, object]:
    """The figures of some seconds in which samples are stored, too."""
    slots = page.wall.slots
    watch = Watch(slots)
    timer = QTimer(interval=WATCH_MS)
    timer.timeout.connect(watch.look)
    shutter = QTimer(interval=round(EVERY_S * 1000))
    shutter.timeout.connect(page.take_with_all)
    before = {at: slot.live.painted for at, slot in enumerate(slots)}
    timer.start()
    shutter.start()
    began_s, began_cpu_s = time.monotonic(), time.thread_time()
    spin(seconds)
    wall_s, cpu_s = time.monotonic() - began_s, time.thread_time() - began_cpu_s
    timer.stop()
    shutter.stop()
    painted = sum(slot.live.painted - before[at] for at, slot in enumerate(slots))
    steps = [np.diff(times) * 1000.0 for times in watch.paints_s.values()]
    between = np.concatenate(steps)
    return {
        "load": round(os.getloadavg()[0], 1),
        "paints a second, each camera": round(painted / wall_s / len(slots), 1),
        "ms between paints p50/p95": _percentiles(between),
        "late": int((between > 3000.0 / FPS).sum()),
        "main thread away ms p50/p95": _percentiles(np.array(watch.gaps_ms)),
        "main thread away ms at most": round(max(watch.gaps_ms), 1),
        "main thread cpu ms a paint": round(cpu_s * 1000.0 / max(painted, 1), 2),
        "kept": [slot.status.kept for slot in slots],
        "dropped": [slot.status.dropped for slot in slots],
    }


def _percentiles(values: np.ndarray) -> list[float]:
    return [round(float(np.percentile(values, percent)), 1) for percent in (50, 95)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("cameras", [1, 2])
def test_preview_of_1080p_cameras(cameras: int) -> None:
    figures = run(cameras, 10.0, has_marks=False)

    sys.stdout.write(f"\n{cameras} cameras: {json.dumps(figures)}\n")
    assert figures["kept"]


def main() -> None:
    """Print the figures of one run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--cameras", type=int, default=1)
    parser.add_argument("--marks", action="store_true")
    given = parser.parse_args()
    figures = run(given.cameras, given.seconds, has_marks=given.marks)
    for name, value in figures.items():
        sys.stdout.write(f"{name:32} {value}\n")


if __name__ == "__main__":
    main()
