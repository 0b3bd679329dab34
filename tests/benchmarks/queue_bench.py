"""The window at a queue of many samples: opening, accepting, scrolling the strip.

    python -m tests.benchmarks.queue_bench [SAMPLES ...]

The real window, offscreen, in a process of its own for each size; the catalog is
`large_catalog`'s with every sample to be labeled, and real pictures behind the first
few hundred. Opening is told from the call that opens the project to the first painted
picture; the time that Python and Qt take to start is told beside it. Accepts are given
one every 300 ms, each from the key to the next picture painted; the disk's own flush is
measured in the same run. On a machine that does other things, too, look at the
processor's seconds.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from tests.benchmarks.large_catalog import large_project

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from station.views.label.label_page import LabelPage

Until = Callable[[Callable[[], object]], float]
SIZES = (5_000, 100_000)
PICTURES = 300
ACCEPTS = 100
EVERY_S = 0.3
MODULE = "tests.benchmarks.queue_bench"


def make(root: Path, samples: int) -> None:
    """A project with a queue of so many samples, the first ones with pictures."""
    with large_project(root, samples) as project:
        connection = project.catalog._connection
        with connection.writing():
            connection.run("DELETE FROM boxes")
            connection.run("UPDATE samples SET state = 'new', packed = x''")
        project.catalog.tallies.rebuild()
        rng = np.random.default_rng(3)
        ground = cv2.resize(rng.integers(0, 255, (90, 160, 3), np.uint8), (1280, 720))
        coded = cv2.imencode(".jpg", ground)[1].tobytes()
        for at, sample_id in enumerate(project.catalog.samples.queue_ids()[:PICTURES]):
            # The window shows no file whose bytes are not its name's.
            data = coded + at.to_bytes(2, "big")
            digest = hashlib.sha256(data).hexdigest()
            path = project.images.path(digest, "jpg")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            with connection.writing():
                connection.run(
                    "UPDATE samples SET id = ? WHERE id = ?", (digest, sample_id)
                )


def measure(root: Path) -> dict[str, Any]:
    """Open the window on the project and work in it; in this process."""
    began = time.perf_counter()
    from PySide6.QtWidgets import QApplication

    from station.assembly import Station
    from station.keys import Page
    from station.settings import ReadSettings, UserSettings

    app = QApplication([])
    ready, ready_cpu = time.perf_counter(), time.process_time()
    settings = ReadSettings(settings=UserSettings(station="bench"))
    station = Station(app, settings, root / "window.json")
    station.begin(root, Page.LABEL)

    def until(condition: Callable[[], object]) -> float:
        limit = time.perf_counter() + 120
        while not condition():
            app.processEvents()
            # A loop that never sleeps would keep Python from the other threads.
            time.sleep(0.0005)
            if time.perf_counter() > limit:
                raise TimeoutError
        return time.perf_counter()

    until(lambda: station.pages is not None)
    assert station.pages is not None
    page = station.pages.label
    until(lambda: page.state is not None)
    page.canvas.repaint()
    painted = until(lambda: page.canvas.has_picture)
    page.canvas.repaint()
    opened, opened_cpu = time.perf_counter(), time.process_time()
    until(lambda: page.class_id is not None)
    figures = {
        "python_and_qt_s": round(ready - began, 2),
        "open_to_picture_s": round(painted - ready, 2),
        "open_to_painted_s": round(opened - ready, 2),
        "open_to_painted_cpu_s": round(opened_cpu - ready_cpu, 2),
    }
    figures |= _accepts(app, page, until)
    figures |= _strip(app, page, until)
    figures["flush_ms"] = _flush_ms(root)
    station.close()
    return figures


def _accepts(app: QApplication, page: LabelPage, until: Until) -> dict[str, float]:
    """Mark sample after sample empty, for no box has to be drawn for that."""

    def shown() -> str:
        return "" if page.state is None else page.state.sample.id

    spent = []
    for _ in range(ACCEPTS):
        ends = time.perf_counter() + EVERY_S
        while time.perf_counter() < ends:
            app.processEvents()
            time.sleep(0.001)
        before = shown()
        start = time.perf_counter()
        page.mark_empty()
        until(
            lambda: (
                shown() != before  # noqa: B023  (called at once)
                and page.canvas.has_picture
            )
        )
        page.canvas.repaint()
        spent.append((time.perf_counter() - start) * 1000)
    return {
        "accept_p50_ms": round(float(np.percentile(spent, 50)), 1),
        "accept_p95_ms": round(float(np.percentile(spent, 95)), 1),
    }


def _strip(app: QApplication, page: LabelPage, until: Until) -> dict[str, float]:
    """Drag the strip to thirty places of the queue; each until its frames are read."""
    view, rows = page._film.view, page._film.rows
    bar = view.horizontalScrollBar()
    spent, stalls = [], []
    for share in np.random.default_rng(1).random(30):
        start = time.perf_counter()
        bar.setValue(int(share * bar.maximum()))
        app.processEvents()
        stalls.append((time.perf_counter() - start) * 1000)
        places = view.places()
        until(lambda: all(map(rows.frame, places)))  # noqa: B023  (called at once)
        spent.append((time.perf_counter() - start) * 1000)
    return {
        "strip_p95_ms": round(float(np.percentile(spent, 95)), 1),
        "strip_stall_ms": round(max(stalls), 1),
    }


def _flush_ms(root: Path) -> float:
    """The median of what one small synced write takes here."""
    spent = []
    with (root / "flush.tmp").open("wb") as file:
        for _ in range(50):
            start = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            spent.append((time.perf_counter() - start) * 1000)
    (root / "flush.tmp").unlink()
    return round(float(np.median(spent)), 1)


def run(samples: int) -> dict[str, Any]:
    """The figures of one size, each start in a process of its own, warm disk."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        root = Path(folder) / "project"
        make(root, samples)
        command = [sys.executable, "-m", MODULE, "--measure", str(root)]
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        environment["XDG_CONFIG_HOME"] = folder
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, env=environment
        )
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found


@pytest.mark.bench
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("samples", SIZES)
def test_window_at_a_large_queue(samples: int) -> None:
    figures = run(samples)

    assert figures["accept_p95_ms"] > 0
    sys.stdout.write(f"\n{samples}: {json.dumps(figures)}\n")


def main(arguments: list[str]) -> None:
    """Print figures for sizes, or measure one project for `run`."""
    if arguments[:1] == ["--measure"]:
        sys.stdout.write(json.dumps(measure(Path(arguments[1]))) + "\n")
        return
    for size in [int(size) for size in arguments] or SIZES:
        sys.stdout.write(f"{size}: {json.dumps(run(size))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
