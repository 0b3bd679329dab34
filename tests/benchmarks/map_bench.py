"""The map of samples: from the catalog to the first picture, and under the hand.

    python -m tests.benchmarks.map_bench [SAMPLES ...]

The real view, offscreen, 1200 x 800; the catalog is `large_catalog`'s with embeddings
in forty clouds. Told are: reading embeddings, places and facts (in a worker), showing
the map until it is painted (main thread), a repaint after one notch of the wheel, the
search for the point under the pointer, and a lasso of sixty corners round about half of
the points, from letting go to map and panel painted (main thread). No picture stands
behind the samples: thumbnails are not counted. Wall clock and the processor's seconds
of this process are given; where other work goes on, the latter count.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from dataset.catalog.measures import BUILT_IN
from dataset.measures import DIGEST, EMBEDDING_LENGTH
from tests.benchmarks.large_catalog import large_project

if TYPE_CHECKING:
    from station.views.explore.explore_view import ExploreView

pytestmark = [pytest.mark.timeout(0), pytest.mark.bench]

SIZES = (10_000, 100_000)
REPEATS = 30
CLOUDS = 40
CORNERS = 60


def say(text: str) -> None:
    """One line of the account, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def make(root: Path, samples: int) -> None:
    """A project of so many samples, each with an embedding."""
    rng = np.random.default_rng(5)
    middles = rng.normal(size=(CLOUDS, EMBEDDING_LENGTH))
    with large_project(root, samples) as project:
        ids = [row.id for row in project.catalog.map_rows.each()]
        for start in range(0, samples, 10_000):
            part = ids[start : start + 10_000]
            which = rng.integers(0, CLOUDS, len(part))
            noise = rng.normal(size=(len(part), EMBEDDING_LENGTH)) * 0.3
            vectors = (middles[which] + noise).astype(np.float32)
            project.catalog.measures.put_vectors(
                BUILT_IN, DIGEST, dict(zip(part, vectors, strict=True))
            )


def timed(do: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor milliseconds of one call."""
    wall, processor = time.perf_counter(), time.process_time()
    do()
    return (
        (time.perf_counter() - wall) * 1e3,
        (time.process_time() - processor) * 1e3,
    )


def told(name: str, runs: list[tuple[float, float]]) -> None:
    """A line with median and 95th percentile of wall, and median of processor."""
    wall = sorted(run[0] for run in runs)
    processor = sorted(run[1] for run in runs)
    p95 = wall[min(len(wall) - 1, math.ceil(0.95 * len(wall)) - 1)]
    say(
        f"  {name:<34} {wall[len(wall) // 2]:9.1f} {p95:9.1f} "
        f"{processor[len(processor) // 2]:9.1f}"
    )


def measure(root: Path) -> None:
    """Open the map and work with it."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from dataset.progress import SILENT
    from station.desks.explore_desk import ProjectExploreDesk
    from station.jobs import Runner
    from station.keys import actions
    from station.theme import DARK, apply
    from station.views.explore.explore_view import ExploreView

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    apply(app, DARK)
    desk, runner = ProjectExploreDesk(root), Runner()
    view = ExploreView(desk, runner, DARK, actions())
    view.resize(1200, 800)
    view.show()
    app.processEvents()
    states: list[Any] = []
    told("read and laid out", [timed(lambda: states.append(desk.state(SILENT)))])
    again = [timed(lambda: states.append(desk.state(SILENT))) for _ in range(3)]
    told("read again, no new embedding", again)

    def shown() -> None:
        view.show_state(states[0])
        view.repaint()

    told("shown and painted", [timed(shown) for _ in range(5)])
    _work(view, app.processEvents)
    view.close()
    runner.close()


def _work(view: ExploreView, process: Callable[[], object]) -> None:
    from PySide6.QtCore import QPointF

    from tests.gestures import LEFT, hover, trace

    surface = view.surface
    middle = QPointF(surface.width() / 2, surface.height() / 2)

    def zoomed(factor: float) -> Callable[[], None]:
        def do() -> None:
            surface.zoom(factor, middle)
            surface.repaint()

        return do

    steps = [zoomed(1.25 if at % 2 else 0.8) for at in range(REPEATS)]
    told("repainted after a notch", [timed(step) for step in steps])
    spots = [QPointF(40 + 17 * at, 60 + 11 * at) for at in range(REPEATS)]
    told(
        "point under the pointer",
        [timed(lambda spot=spot: surface.point_at(spot)) for spot in spots],
    )
    surface.fit()
    process()
    points = [point.toPoint() for point in circle(middle, surface.height() * 0.4)]

    def lassoed() -> None:
        from PySide6.QtTest import QTest

        QTest.mouseRelease(surface, LEFT, pos=points[-1])
        view.repaint()

    runs = []
    for _ in range(5):
        from PySide6.QtTest import QTest

        QTest.mousePress(surface, LEFT, pos=points[0])
        for point in points[1:]:
            hover(surface, point, LEFT)
        runs.append(timed(lassoed))
        process()
    told(f"lasso to {len(view.choice.ids):,} shown", runs)
    trace(surface, points[:1])


def circle(middle: Any, radius: float) -> Iterator[Any]:  # noqa: ANN401
    """Points round the middle."""
    from PySide6.QtCore import QPointF

    for at in range(CORNERS):
        angle = 2 * math.pi * at / CORNERS
        yield middle + QPointF(radius * math.cos(angle), radius * math.sin(angle))


def run(sizes: tuple[int, ...]) -> None:
    """Make and measure projects of these sizes."""
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "p"
            make(root, size)
            say(f"{size:,} samples; load {os.getloadavg()[0]:.1f}")
            say(f"  {'ms':<34} {'p50':>9} {'p95':>9} {'cpu p50':>9}")
            measure(root)


def test_map_of_many_samples() -> None:
    run(SIZES)


if __name__ == "__main__":
    run(tuple(int(word) for word in sys.argv[1:]) or SIZES)
