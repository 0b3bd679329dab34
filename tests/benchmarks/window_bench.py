"""The Label page at work: the real window offscreen, driven by its own keys.

    python -m tests.benchmarks.window_bench [accept|drag|first]

Each case is a process of its own. `accept`: a project of 5,000 or 50,000 samples, half
of them to do; the first ones have real pictures with five moving objects. Every 300 ms
(later where the proposals are not there yet) Space is pressed; `edited`: a box is
nudged right before, so that nothing could be worked out ahead. Measured from the press
to the end of the paint in which the next picture, or all its proposals, are seen; the
commit with its flush and the computing of carry-over are timed inside the same accept,
and a bare write with fsync of 4 KB beside it. `drag`: 300 and 10,000 boxes, from the
pointer's event to the end of the paint. `first`: a picture nobody decoded before, 12
and 100 million pixels; how long the main thread did not come round is the longest gap
of a timer of 2 ms.

Figures depend on what else the machine does: its load is printed beside them.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from dataset.project import Project
from dataset.records import Proposal
from labeling.session import LabelingSession
from station.assembly import Station
from station.keys import Page
from station.settings import ReadSettings, UserSettings
from station.views.canvas.canvas import Canvas
from station.views.canvas.canvas_paint import Look, Shown
from station.views.contracts import CarryRequest
from station.views.label.label_page import LabelPage
from tests.benchmarks.large_catalog import large_project

MODULE = "tests.benchmarks.window_bench"
SIZES = {"1280x720": (1280, 720), "4000x3000": (4000, 3000)}
SAMPLES = (5_000, 50_000)
PICTURES = 60
EVERY_S = 0.3
LIMIT_S = 60.0
OBJECTS = 5
LEFT = Qt.MouseButton.LeftButton
NO_KEYS = Qt.KeyboardModifier.NoModifier


def picture(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """A textured ground with five textured objects, a little further in each."""
    coarse = np.random.default_rng(1).integers(40, 160, (90, 160, 3), dtype=np.uint8)
    ground = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    for at in range(OBJECTS):
        x, y, wide, high = place(at, number, width, height)
        texture = np.random.default_rng(at + 9).integers(
            60, 255, (12, 16, 3), dtype=np.uint8
        )
        look = cv2.resize(texture, (wide, high), interpolation=cv2.INTER_CUBIC)
        ground[y : y + high, x : x + wide] = look
    return np.asarray(ground, np.uint8)


def place(at: int, number: int, width: int, height: int) -> tuple[int, int, int, int]:
    """Where an object lies: left, top, width, height."""
    wide, high = width // 14, height // 12
    x = width // 20 + at * width // 7 + number * width // 500
    return x, height // 10 + at * height // 7, wide, high


def make_project(root: Path, samples: int, size: tuple[int, int]) -> None:
    """A large catalog, half of it to do, and real pictures first in the queue."""
    with large_project(root, samples) as project:
        connection = project.catalog._connection
        with connection.writing():
            half = (samples // 2,)
            connection.run("DELETE FROM boxes WHERE sample_n > ?", half)
            connection.run(
                "UPDATE samples SET state = 'new', packed = x'' WHERE n > ?", half
            )
        project.catalog.tallies.rebuild()
        session = project.begin_session(name="real", started_us=1_000_000)
        for number in range(PICTURES):
            _done, coded = cv2.imencode(".jpg", picture(number, *size))
            project.take_in(
                coded.tobytes(), session, captured_us=1_000_000 + number * 500_000
            )
        labeling = LabelingSession(project)
        for at in range(OBJECTS):
            x, y, wide, high = place(at, 0, *size)
            labeling.draw((x, y, x + wide, y + high), 1 + at % 3)


@contextmanager
def window(root: Path) -> Iterator[LabelPage]:
    """The real window on a project, its Label page in front."""
    running = QApplication.instance()
    application = (
        running if isinstance(running, QApplication) else QApplication(sys.argv[:1])
    )
    with tempfile.TemporaryDirectory() as scratch:
        settings = ReadSettings(settings=UserSettings(station="bench"))
        station = Station(application, settings, Path(scratch) / "settings.json")
        station.window.resize(1280, 720)
        station.begin(root, Page.LABEL)
        try:
            until(lambda: station.pages is not None)
            assert station.pages is not None
            page = station.pages.label
            until(lambda: page.state is not None and page.class_id is not None)
            yield page
        finally:
            station.window.close()
            station.close()


def until(is_so: Callable[[], object]) -> None:
    """Let the window work until the condition holds."""
    limit = time.perf_counter() + LIMIT_S
    while not is_so():
        if time.perf_counter() > limit:
            raise TimeoutError("the window is still busy")
        QApplication.processEvents()
        time.sleep(0.0002)


def watch(canvas: Canvas, painted: Callable[[], None]) -> None:
    """Call `painted` at the end of every paint of the canvas."""
    paint = canvas.paintEvent

    def run(event: object) -> None:
        paint(event)
        painted()

    canvas.paintEvent = run


class AcceptClock:
    """When the next picture, and all its proposals, were seen first."""

    def __init__(self, page: LabelPage) -> None:
        self.page = page
        self.before = ""
        self.picture_at = self.proposals_at = 0.0
        watch(page.canvas, self._on_painted)

    def start(self) -> None:
        """Forget what was seen; the sample shown now is about to be left."""
        state = self.page.state
        assert state is not None
        self.before = state.sample.id
        self.picture_at = self.proposals_at = 0.0

    def _on_painted(self) -> None:
        state, canvas = self.page.state, self.page.canvas
        if state is None or state.sample.id == self.before or not canvas.has_picture:
            return
        now = time.perf_counter()
        self.picture_at = self.picture_at or now
        if state.proposals and canvas.items:
            self.proposals_at = self.proposals_at or now


def run_accept(samples: int, size_name: str, how: str = "") -> dict[str, object]:
    """Accept one picture after the other, every 300 ms."""
    with _scratch() as folder:
        root = folder / "project"
        make_project(root, samples, SIZES[size_name])
        with window(root) as page:
            until(lambda: page.canvas.has_picture and page.canvas.items)
            clock = AcceptClock(page)
            saves, follows = _time_saves(page), _time_follows(page)
            edit = _nudge if how == "edited" else _wait
            rows = [
                _one_accept(page, clock, saves, follows, folder, edit)
                for _ in range(40)
            ]
    named = ("painted", "proposals", "save", "fsync", "follow")
    columns = {
        name: np.array([row[at] for row in rows[2:]]) for at, name in enumerate(named)
    }
    # What was known already is offered without computing.
    columns["foreseen, %"] = 100.0 * (columns["follow"] == 0)
    columns["painted - save"] = columns["painted"] - columns["save"]
    rest = columns["proposals"] - columns["save"] - columns["follow"]
    columns["proposals - save - follow"] = rest
    return {name: summary(values.tolist()) for name, values in columns.items()}


def _one_accept(
    page: LabelPage,
    clock: AcceptClock,
    saves: list[float],
    follows: list[float],
    folder: Path,
    edit: Callable[[LabelPage], None],
) -> tuple[float, float, float, float, float]:
    begun = time.perf_counter()
    flushed = _fsync(folder)
    until(lambda: time.perf_counter() - begun >= EVERY_S and page.is_saved)
    edit(page)
    clock.start()
    saves.clear()
    follows.clear()
    pressed = time.perf_counter()
    QTest.keyClick(page.window(), Qt.Key.Key_Space)
    until(lambda: clock.picture_at)
    until(lambda: clock.proposals_at)
    return (
        1000 * (clock.picture_at - pressed),
        1000 * (clock.proposals_at - pressed),
        saves[0],
        flushed,
        follows[-1] if follows else 0.0,
    )


def _wait(_page: LabelPage) -> None:
    """Change nothing: the proposals are right as they are."""


def _nudge(page: LabelPage) -> None:
    """Move the first box by a pixel and have it saved."""
    page.canvas.choose((page.canvas.items[0].id,))
    page.canvas.nudge(1.0, 0.0)
    page.canvas.flush()
    until(lambda: page.is_saved)


def _time_saves(page: LabelPage) -> list[float]:
    """How long the commits of the catalog take, in ms, as they happen.

    The flush is in the commit of the outermost transaction: what is written inside
    of it costs no disk.
    """
    session = page._calls.desk._session
    connection = session._project.catalog._connection
    writing, saves = connection.writing, []

    @contextmanager
    def timed() -> Iterator[None]:
        is_outermost = not connection._raw.in_transaction
        start = 0.0
        with writing():
            yield
            start = time.perf_counter()
        if is_outermost:
            saves.append(1000 * (time.perf_counter() - start))

    connection.writing = timed
    return saves


class _TimedRequest:
    """Carry-over of one sample; how long it computes, in ms, goes into a list."""

    def __init__(self, request: CarryRequest, times: list[float]) -> None:
        self._request = request
        self._times = times
        self.sample_id = request.sample_id
        self.known = request.known

    def run(self) -> tuple[Proposal, ...]:
        """Work out the proposals."""
        start = time.perf_counter()
        found = self._request.run()
        self._times.append(1000 * (time.perf_counter() - start))
        return found


def _time_follows(page: LabelPage) -> list[float]:
    """How long carry-over computes for each sample, in ms, as it happens."""
    desk, times = page._calls.desk, []
    carry = desk.carry

    def timed() -> _TimedRequest | None:
        request = carry()
        return None if request is None else _TimedRequest(request, times)

    desk.carry = timed
    return times


def _fsync(folder: Path) -> float:
    start = time.perf_counter()
    with (folder / "flush").open("wb") as file:
        file.write(b"x" * 4096)
        file.flush()
        os.fsync(file.fileno())
    return 1000 * (time.perf_counter() - start)


def run_drag(size_name: str, boxes: int) -> dict[str, object]:
    """Drag one box of many; then draw with crosshair and magnifier; then hover."""
    width, height = SIZES[size_name]
    with _scratch() as folder:
        root = folder / "project"
        make_project(root, 200, (width, height))
        with window(root) as page:
            canvas = page.canvas
            until(lambda: canvas.has_picture and not page._calls._pending)
            settle(2.0)
            # These boxes are in no catalog: nothing is to be saved of them.
            canvas.box_moved.disconnect()
            canvas.show_boxes(_many(boxes, width, height), "b0")
            canvas.grab()
            drag = _strokes(canvas, LEFT)
            canvas.cancel()
            hover = _strokes(canvas, Qt.MouseButton.NoButton)
            canvas.arm_drawing()
            draw = _strokes(canvas, Qt.MouseButton.NoButton)
            canvas.cancel()
            choose = _choices(canvas)
            assert len(canvas.items) == boxes
    return {"drag": drag, "hover": hover, "draw": draw, "choose": choose}


def _many(boxes: int, width: int, height: int) -> tuple[Shown, ...]:
    rng = np.random.default_rng(5)
    looks = list(Look)
    made = [
        Shown(
            id="b0",
            corners=(width * 0.4, height * 0.4, width * 0.46, height * 0.46),
            colour="#E69F00",
            label="car",
        )
    ]
    for number in range(1, boxes):
        x, y = rng.uniform(0, width * 0.95), rng.uniform(0, height * 0.95)
        made.append(
            Shown(
                id=f"b{number}",
                corners=(x, y, x + width * 0.03, y + height * 0.03),
                colour="#56B4E9",
                label="van · moved 0.93",
                look=looks[number % 4],
            )
        )
    return tuple(made)


def _strokes(canvas: Canvas, button: Qt.MouseButton) -> dict[str, float]:
    """Move the pointer 200 times; from each event to the end of what it painted."""
    seen = [0.0]
    watch(canvas, lambda: seen.__setitem__(0, time.perf_counter()))
    view, (width, height) = canvas.view, canvas.image_size
    rect = view.rect((width * 0.43, height * 0.43, width, height))
    start = rect.topLeft()
    if button is LEFT:
        QTest.mousePress(canvas, LEFT, NO_KEYS, start.toPoint())
    times = []
    for step in range(1, 201):
        point = start + QPointF(step * 0.5, step % 40)
        begun = time.perf_counter()
        _move(canvas, point, button)
        handled = time.perf_counter()
        QApplication.processEvents()
        times.append(1000 * (max(seen[0], handled) - begun))
    if button is LEFT:
        QTest.mouseRelease(canvas, LEFT, NO_KEYS, start.toPoint())
    return summary(times)


def _choices(canvas: Canvas) -> dict[str, float]:
    """Tab from box to box, which repaints those that stand still."""
    times = []
    for _ in range(20):
        begun = time.perf_counter()
        canvas.select_next()
        canvas.repaint()
        times.append(1000 * (time.perf_counter() - begun))
    return summary(times)


def _move(canvas: Canvas, point: QPointF, button: Qt.MouseButton) -> None:
    QApplication.sendEvent(
        canvas,
        QMouseEvent(
            QEvent.Type.MouseMove,
            point,
            canvas.mapToGlobal(point),
            Qt.MouseButton.NoButton,
            button,
            NO_KEYS,
        ),
    )


def run_first(width: int, height: int) -> dict[str, object]:
    """A picture nobody decoded before: opening the page, then jumping to another."""
    with _scratch() as folder:
        root = folder / "project"
        with Project.create(root, ["car"]) as project:
            session = project.begin_session(name="large")
            for number in range(9 if width < 8000 else 3):
                _done, coded = cv2.imencode(".jpg", picture(number, width, height))
                project.take_in(coded.tobytes(), session, captured_us=number * 500_000)
            ids = [s.id for s in project.catalog.samples.of_session(session.id)]
        begun = time.perf_counter()
        with window(root) as page:
            opened = time.perf_counter()
            until(lambda: page.canvas.has_picture)
            figures = {"after_open": 1000 * (time.perf_counter() - opened)}
            figures["from_start"] = 1000 * (time.perf_counter() - begun)
            settle(3.0)
            page._pictures._loader._cache.clear()
            figures |= _jump(page, ids[-1])
            figures |= _zoomed(page)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {name: round(value, 1) for name, value in figures.items()} | {
        "peak_mb": round(peak)
    }


def _jump(page: LabelPage, sample_id: str) -> dict[str, float]:
    """Go to a picture far away: to its first paint, to its full size, and stalls."""
    gaps = _Gaps()
    begun = time.perf_counter()
    page.open_sample(sample_id)
    until(lambda: page.state is not None and page.state.sample.id == sample_id)
    until(lambda: page.canvas.has_picture)
    page.canvas.repaint()
    first = time.perf_counter() - begun
    until(lambda: _has_full(page.canvas))
    full = time.perf_counter() - begun
    settle(0.3)
    return {
        "jump_painted": 1000 * first,
        "jump_full": 1000 * full,
        "longest_stall": gaps.end(),
    }


def _zoomed(page: LabelPage) -> dict[str, float]:
    """Zoom in and move about at one pixel for one pixel."""
    canvas, times = page.canvas, []
    canvas.zoom_to(1.0)
    canvas.repaint()
    for _ in range(40):
        begun = time.perf_counter()
        canvas.pan_by(-17, -11)
        canvas.repaint()
        times.append(1000 * (time.perf_counter() - begun))
    figures = summary(times)
    begun = time.perf_counter()
    canvas.fit()
    canvas.zoom_middle(1.3)
    canvas.repaint()
    return {
        "pan_p95": figures["p95"],
        "zoom_out": 1000 * (time.perf_counter() - begun),
    }


class _Gaps:
    """The longest time in which a timer of 2 ms did not come round, in ms."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._longest = 0.0
        self._timer = QTimer(interval=2)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now = time.perf_counter()
        self._longest = max(self._longest, now - self._last)
        self._last = now

    def end(self) -> float:
        """Stop; gives the longest."""
        self._timer.stop()
        return 1000 * self._longest


def _has_full(canvas: Canvas) -> bool:
    return canvas._picture is not None and canvas._picture.full is not None


def settle(seconds: float) -> None:
    """Let the window work for so long."""
    end = time.perf_counter() + seconds
    until(lambda: time.perf_counter() > end)


def summary(times: list[float]) -> dict[str, float]:
    """Median, 95th percentile and worst, in ms."""
    values = np.array(times)
    return {
        "p50": round(float(np.median(values)), 2),
        "p95": round(float(np.percentile(values, 95)), 2),
        "worst": round(float(values.max()), 2),
    }


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder on the disk of the working folder, not in memory."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        yield Path(name)


CASES: dict[str, tuple[tuple[str, ...], ...]] = {
    "accept": (
        *((str(n), size) for size in SIZES for n in SAMPLES),
        ("5000", "1280x720", "edited"),
    ),
    "drag": tuple((size, str(n)) for size in SIZES for n in (300, 10_000)),
    "first": (("4000", "3000"), ("10000", "10000")),
}


def run(kind: str, arguments: list[str]) -> dict[str, object]:
    """One case in this process."""
    if kind == "accept":
        return run_accept(int(arguments[0]), *arguments[1:])
    if kind == "drag":
        return run_drag(arguments[0], int(arguments[1]))
    return run_first(int(arguments[0]), int(arguments[1]))


def measure(kind: str, arguments: tuple[str, ...]) -> dict[str, object]:
    """One case in a process of its own."""
    command = [sys.executable, "-m", MODULE, "--case", kind, *arguments]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=environment
    )
    figures: dict[str, object] = json.loads(done.stdout)
    return figures


@pytest.mark.bench
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", list(CASES))
def test_window_at_work(kind: str) -> None:
    figures = measure(kind, CASES[kind][0])

    assert figures


def main(arguments: list[str]) -> None:
    """Print a table of all cases, of one kind, or one case for `measure`."""
    if arguments[:1] == ["--case"]:
        sys.stdout.write(json.dumps(run(arguments[1], arguments[2:])))
        return
    sys.stdout.write(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores\n")
    for kind in arguments or CASES:
        for case in CASES[kind]:
            figures = measure(kind, case)
            sys.stdout.write(f"\n{kind} {' '.join(case)}\n")
            for name, value in figures.items():
                sys.stdout.write(f"  {name:26} {_words(value)}\n")
            sys.stdout.flush()


def _words(value: object) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{name} {number:8.2f}" for name, number in value.items())
    return str(value)


if __name__ == "__main__":
    main(sys.argv[1:])
