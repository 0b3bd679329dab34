"""What watching a stream against a baseline costs: processor time a look.

    python -m tests.benchmarks.live_drift_bench

A look is taken once a second; it measures one picture and, when a quarter more was
seen than at the last time, compares all sessions again. Ten minutes of looks are made
at once, against baselines of several sizes, with sessions of the same camera since.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dataset.drift_statistics.drift_tables import SampleTable, table_from_rows
from dataset.drift_statistics.live_drift import DriftWatch
from dataset.measures import measure_image
from tests.benchmarks.camera_bench import picture_files

pytestmark = pytest.mark.bench

LOOKS = 600
SIZES = ((1280, 720), (1920, 1080))
BASELINES = ((8, 0), (40, 10), (60, 60))
Measures = Mapping[str, float]


def pictures(size: tuple[int, int]) -> list[NDArray[np.uint8]]:
    """Six pictures of a road with a sensor's noise."""
    with tempfile.TemporaryDirectory() as folder:
        found = [cv2.imread(str(path)) for path in picture_files(Path(folder))]
    return [
        np.asarray(cv2.resize(one, size), np.uint8) for one in found if one is not None
    ]


def sessions(
    name: str, count: int, measures: Sequence[Measures], rng: np.random.Generator
) -> SampleTable:
    """Sessions of 24 samples, each around a mean of its own."""
    rows = []
    for number in range(count):
        own = 1.0 + rng.normal(0.0, 0.02)
        for turn in range(24):
            factor = own + rng.normal(0.0, 0.02)
            known = {k: v * factor for k, v in measures[turn % len(measures)].items()}
            rows.append((f"{name} {number} {turn}", f"{name} {number}", "cam", known))
    return table_from_rows(rows)


def measuring_ms(size: tuple[int, int]) -> tuple[float, list[Measures]]:
    """Processor time of measuring a picture, and what was measured."""
    shown = pictures(size)
    found: list[Measures] = [measure_image(one) for one in shown]
    began_s = time.process_time()
    for turn in range(60):
        measure_image(shown[turn % len(shown)])
    return (time.process_time() - began_s) * 1000 / 60, found


def looking_ms(
    measures: Sequence[Measures], base: int, since: int
) -> tuple[float, float]:
    """Processor time of a look beside measuring, on average, and the longest wall."""
    rng = np.random.default_rng(1)
    earlier = sessions("since", since, measures, rng) if since else None
    watch = DriftWatch(
        sessions("base", base, measures, rng),
        name="v1",
        stream="live",
        camera="cam",
        earlier=earlier,
    )
    began_s, longest_s = time.process_time(), 0.0
    for turn in range(LOOKS):
        look_s = time.perf_counter()
        watch.see(measures[turn % len(measures)])
        longest_s = max(longest_s, time.perf_counter() - look_s)
    return (time.process_time() - began_s) * 1000 / LOOKS, longest_s * 1000


def test_look_at_a_stream() -> None:
    main()


def main() -> None:
    """Print the figures."""
    out = sys.stdout.write
    out(f"\nload {os.getloadavg()[0]:.1f}\n")
    measures: list[Measures] = []
    for size in SIZES:
        cost_ms, measures = measuring_ms(size)
        out(f"measuring a picture of {size[0]}x{size[1]}: {cost_ms:.1f} ms cpu\n")
    for base, since in BASELINES:
        cost_ms, longest_ms = looking_ms(measures, base, since)
        out(
            f"comparing, {base} sessions and {since} since: "
            f"{cost_ms:.1f} ms cpu a look, {longest_ms:.0f} ms wall at most\n"
        )


if __name__ == "__main__":
    main()
