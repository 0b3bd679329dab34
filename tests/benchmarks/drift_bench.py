"""How often drift cries wolf, how often it sees one, and how long it takes.

    python -m pytest tests/benchmarks/drift_bench.py -m bench -s

Everything comes from seeds. Rates are printed with their 95 % Wilson interval. The
environment variable DRIFT_BENCH_RUNS sets the number of simulated comparisons a row
(400 unless set). The plain Kolmogorov-Smirnov test on single images, with Holm's
correction over the same metrics, is run on the same data.
"""

from __future__ import annotations

import itertools
import math
import os
import statistics
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from dataset import drift, measures
from tests.dataset.drift_simulation import simulated_table

pytestmark = pytest.mark.timeout(0)

RUNS = int(os.environ.get("DRIFT_BENCH_RUNS", "400"))
SIZES = ((8, 40), (40, 8), (20, 20))
CORRELATIONS = (0.0, 0.2, 0.5, 0.8)


def say(text: str) -> None:
    """One line of the account, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def rate(hits: int, runs: int) -> str:
    """A share in percent with its 95 % Wilson interval."""
    z = 1.96
    share = hits / runs
    middle = (share + z * z / (2 * runs)) / (1 + z * z / runs)
    half = z / (1 + z * z / runs)
    half *= math.sqrt(share * (1 - share) / runs + z * z / (4 * runs * runs))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return f"{share:6.1%} ({low:.1%} to {high:.1%})"


def pair(
    seed: int, base: int, current: int, correlation: float, **shift: float
) -> tuple[drift.SampleTable, drift.SampleTable]:
    """Two simulated tables of one seed."""
    rng = np.random.default_rng(seed)
    old = simulated_table(rng, name="b", sessions=base, correlation=correlation)
    new = simulated_table(
        rng,
        name="c",
        sessions=current,
        correlation=correlation,
        shifted=int(shift.get("shifted", 0)),
        shift=shift.get("shift", 0.0),
    )
    return old, new


def plain_ks_alarms(base: drift.SampleTable, current: drift.SampleTable) -> bool:
    """What a test on single images would say about any of the metrics."""
    found = [
        float(stats.ks_2samp(base.values[name], current.values[name]).pvalue)
        for name in base.values
    ]
    return min(drift.holm(found)) <= drift.LEVEL


@pytest.mark.parametrize(("base", "current"), SIZES)
def test_false_alarms_and_coverage_12_metrics(base: int, current: int) -> None:
    """No drift at all: any alarm is false, and the interval should hold 0."""
    say(f"\nno drift, 12 metrics, 25 images a session, {RUNS} runs a row")
    for correlation in CORRELATIONS:
        alarms = plain = covered = stable = 0
        for seed in range(RUNS):
            tables = pair(seed, base, current, correlation)
            report = drift.compare(*tables, seed=seed)
            alarms += bool(report.drifted)
            plain += plain_ks_alarms(*tables)
            covered += sum(
                metric.interval is not None
                and metric.interval[0] <= 0 <= metric.interval[1]
                for metric in report.metrics
            )
            stable += sum(
                metric.verdict is drift.DriftVerdict.STABLE for metric in report.metrics
            )
        say(
            f"{base:3} against {current:3}, correlation {correlation:.1f}: "
            f"alarm {rate(alarms, RUNS)}; plain KS {rate(plain, RUNS)}; "
            f"coverage {rate(covered, RUNS * 12)}; "
            f"stable {stable / RUNS / 12:6.1%}"
        )


def test_power_2_of_12_shifted_20_sessions_a_side() -> None:
    """Half a standard deviation in 2 of 12 metrics, correlation 0.2."""
    either = each = wrong = 0
    for seed in range(RUNS):
        tables = pair(100_000 + seed, 20, 20, 0.2, shifted=2, shift=0.5)
        found = {metric.name for metric in drift.compare(*tables, seed=seed).drifted}
        either += bool(found & {"m00", "m01"})
        each += len(found & {"m00", "m01"})
        wrong += bool(found - {"m00", "m01"})
    say(f"\npower, at least one of two: {rate(either, RUNS)}")
    say(f"power, each of two:         {rate(each, 2 * RUNS)}")
    say(f"alarm on any other metric:  {rate(wrong, RUNS)}")


def test_sessions_until_stable_12_metrics() -> None:
    """How many sessions a side it takes until nothing is open, no drift at all."""
    runs = max(20, RUNS // 10)
    say(f"\nshare of metrics called stable, correlation 0.2, {runs} runs a row")
    for sessions in (20, 40, 60, 80, 120, 160):
        stable = 0
        for seed in range(runs):
            tables = pair(200_000 + seed, sessions, sessions, 0.2)
            stable += sum(
                metric.verdict is drift.DriftVerdict.STABLE
                for metric in drift.compare(*tables, seed=seed).metrics
            )
        say(f"{sessions:4} sessions a side: {rate(stable, runs * 12)}")


@pytest.mark.parametrize(
    ("samples", "sessions", "metrics"),
    [(1_000, 40, 12), (50_000, 400, 30), (50_000, 50_000, 30)],
)
def test_compare_speed(samples: int, sessions: int, metrics: int) -> None:
    """Time of one comparison; samples and sessions are those of both sides."""
    rng = np.random.default_rng(7)
    old, new = (
        simulated_table(
            rng,
            name=name,
            sessions=sessions // 2,
            per_session=samples // sessions,
            metrics=metrics,
        )
        for name in ("b", "c")
    )
    begin = time.perf_counter()
    drift.compare(old, new)
    seconds = time.perf_counter() - begin
    say(f"\n{samples} samples, {sessions} sessions, {metrics}: {seconds:.2f} s")


def test_measures_against_decoding_1280x720(shared_data: Path) -> None:
    """All measures and the embedding beside OpenCV's decoding, one thread."""
    clip = next((shared_data / "video-traffic-camera").glob("*.mp4"))
    capture = cv2.VideoCapture(str(clip))
    frames = [capture.read()[1].astype(np.uint8) for _ in range(60)]
    capture.release()
    quality = [cv2.IMWRITE_JPEG_QUALITY, 95]
    files = [cv2.imencode(".jpg", frame, quality)[1] for frame in frames]
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    taken = [_timed(data) for data in files]
    cv2.setNumThreads(threads)
    decode, measure, embed = (
        statistics.median(row) for row in zip(*taken, strict=True)
    )
    total = (decode + measure + embed) / decode
    say(
        f"\n1280x720: decode {decode:.1f} ms, measures "
        f"{measure:.1f} ms, embedding {embed:.1f} ms: {total:.2f} times decoding"
    )


def _timed(data: NDArray[np.uint8]) -> tuple[float, float, float]:
    """Milliseconds to decode a file, to measure its pixels and to embed them."""
    marks = [time.perf_counter()]
    pixels = cv2.imdecode(data, cv2.IMREAD_COLOR).astype(np.uint8, copy=False)
    marks.append(time.perf_counter())
    measures.measure_image(pixels)
    marks.append(time.perf_counter())
    measures.embed(pixels)
    marks.append(time.perf_counter())
    first, second, third = (1000 * (b - a) for a, b in itertools.pairwise(marks))
    return first, second, third
