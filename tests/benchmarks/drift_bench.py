"""How often drift cries wolf, how often it sees one, and how long it takes.

    python -m pytest tests/benchmarks/drift_bench.py -m bench -s

Everything comes from seeds. Rates are printed with their 95 % Wilson interval. The
environment variable DRIFT_BENCH_RUNS sets the number of simulated comparisons a row
(1,000 unless set); a row is told every hundred, so that a cut run still tells.
Where Welch's t alone shows that no metric can be a drift, the comparison is not made.
Rivals: `drift_rivals.py`.
"""

from __future__ import annotations

import bisect
import itertools
import math
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from dataset import drift, measures
from dataset.drift_statistics.class_mix import class_shift
from dataset.drift_statistics.picture_shift import picture_shift
from dataset.drift_statistics.session_means import session_means
from tests.dataset.drift_simulation import simulated_table, whole_table

pytestmark = pytest.mark.timeout(0)

RUNS = int(os.environ.get("DRIFT_BENCH_RUNS", "1000"))
SIZES = ((8, 40), (40, 8), (20, 20))
CORRELATIONS = (0.0, 0.2, 0.5, 0.8)
TOLD_EVERY = 100
PER_SESSION = 25
LIMITS_SD = (0.1, 0.25, 0.5)
LADDER = (
    6,
    8,
    11,
    16,
    23,
    32,
    45,
    64,
    91,
    128,
    181,
    256,
    362,
    512,
    724,
    1024,
    1448,
    2048,
)
WANTED = 0.8
Pair = tuple[drift.SampleTable, drift.SampleTable]


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
) -> Pair:
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


def whole_pair(seed: int, base: int, current: int, correlation: float) -> Pair:
    """Two tables of one seed, with embeddings and classes."""
    rng = np.random.default_rng(seed)
    old = whole_table(rng, name="b", sessions=base, correlation=correlation)
    new = whole_table(rng, name="c", sessions=current, correlation=correlation)
    return old, new


def metrics_may_alarm(base: drift.SampleTable, current: drift.SampleTable) -> bool:
    """Whether any metric is worth the full comparison.

    A drift needs a p of Welch's t under the level over the family; twice that leaves
    room for another count of degrees of freedom.
    """
    old, new = (
        np.array([c.reshape(sessions, -1).mean(axis=1) for c in table.values.values()])
        for table, sessions in ((t, len(set(t.sessions))) for t in (base, current))
    )
    found = stats.ttest_ind(old, new, axis=1, equal_var=False).pvalue
    return float(found.min()) <= 2 * drift.LEVEL / len(base.values)


def sets_may_alarm(
    base: drift.SampleTable, current: drift.SampleTable, seed: int
) -> bool:
    """Whether the mix of classes or the whole picture is worth it."""
    if not base.classes:
        return False
    means, _ = session_means(base, current, (), shown=0)
    for shift in (class_shift, picture_shift):
        found = shift(base, current, means, permutations=999, seed=seed)
        p = None if found is None or found.estimate is None else found.estimate.p
        if p is not None and p <= 2 * drift.LEVEL / len(base.values):
            return True
    return False


def counted_alarms(name: str, tables: Callable[[int], Pair], *, first: int) -> None:
    """Comparisons of tables without drift, told every so often and at the end."""
    alarms = 0
    for run in range(1, RUNS + 1):
        seed = first + run
        base, current = tables(seed)
        if metrics_may_alarm(base, current) or sets_may_alarm(base, current, seed):
            alarms += bool(drift.compare(base, current, seed=seed).drifted)
        if run % TOLD_EVERY == 0 or run == RUNS:
            say(f"{name}: {run:5} runs, alarm {rate(alarms, run)}")


@pytest.mark.parametrize("correlation", CORRELATIONS)
@pytest.mark.parametrize(("base", "current"), SIZES)
def test_false_alarms_12_metrics(base: int, current: int, correlation: float) -> None:
    """No drift at all: any alarm is false."""
    counted_alarms(
        f"{base} against {current}, correlation {correlation}, 12 metrics",
        lambda seed: pair(seed, base, current, correlation),
        first=1_000_000 + 100_000 * CORRELATIONS.index(correlation),
    )


@pytest.mark.parametrize("correlation", CORRELATIONS)
def test_false_alarms_of_whole_tables(correlation: float) -> None:
    """The same with the mix of classes and the whole picture in the family."""
    counted_alarms(
        f"40 against 8, correlation {correlation}, 12 metrics, classes, picture",
        lambda seed: whole_pair(seed, 40, 8, correlation),
        first=2_000_000 + 100_000 * CORRELATIONS.index(correlation),
    )


@pytest.mark.parametrize("spread", [2.0, 4.0])
def test_false_alarms_where_few_sessions_spread_more(spread: float) -> None:
    """Eight new sessions with more variance than the forty of the base."""
    counted_alarms(
        f"40 against 8 of {spread:.0f} times the variance, 12 metrics",
        lambda seed: spread_pair(seed, 40, 8, spread),
        first=2_500_000,
    )


def test_false_alarms_of_whole_tables_with_short_new_sessions() -> None:
    """Eight new sessions of three images against forty of twenty-five."""

    def tables(seed: int) -> Pair:
        old, _ = whole_pair(seed, 40, 1, 0.2)
        rng = np.random.default_rng((seed, 1))
        return old, whole_table(rng, name="c", sessions=8, per_session=3)

    counted_alarms(
        "40 against 8 short, correlation 0.2, 12 metrics, classes, picture",
        tables,
        first=2_700_000,
    )


def spread_pair(seed: int, base: int, current: int, spread: float) -> Pair:
    """Two tables of one mean, the current one with more variance."""
    old, new = pair(seed, base, current, 0.2)
    return old, scaled(new, math.sqrt(spread))


@pytest.mark.parametrize("correlation", CORRELATIONS)
@pytest.mark.parametrize(("base", "current"), SIZES)
def test_coverage_of_intervals(base: int, current: int, correlation: float) -> None:
    """How often the 95 % interval holds the true shift, which is none."""
    held = told = 0
    for run in range(max(20, RUNS // 10)):
        tables = pair(2_600_000 + run, base, current, correlation)
        for metric in drift.compare(*tables, seed=run).metrics:
            assert metric.interval is not None
            held += metric.interval[0] <= 0 <= metric.interval[1]
            told += 1
    say(
        f"{base} against {current}, correlation {correlation}: coverage "
        f"{rate(held, told)}"
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


def test_sessions_until_stable() -> None:
    """The sessions a side that a verdict of stable takes, no drift at all."""
    say(f"\nsessions a side until {WANTED:.0%} of the metrics are stable")
    say("correlation " + "".join(f"  limit {limit:4} sd" for limit in LIMITS_SD))
    for correlation in CORRELATIONS:
        needed = [sessions_until_stable(correlation, limit) for limit in LIMITS_SD]
        say(f"{correlation:11} " + "".join(f"{told:>15}" for told in needed))


def sessions_until_stable(correlation: float, limit: float) -> str:
    """The first step of a geometric ladder at which enough are stable."""
    step = bisect.bisect_left(
        LADDER, WANTED, key=lambda size: stable_share(size, correlation, limit)
    )
    return str(LADDER[step]) if step < len(LADDER) else f"over {LADDER[-1]}"


def stable_share(sessions: int, correlation: float, limit: float) -> float:
    """The share of 200 metrics called stable with so many sessions a side.

    A session is its mean of 25 images of variance 1, so that a row is a session; the
    limit is in the unit, as if the standard deviation of the images were known.
    """
    spread = math.sqrt(correlation + (1 - correlation) / PER_SESSION)
    limits = {f"m{number:02}": drift.Limit(sd=0, step=limit) for number in range(20)}
    stable = 0
    for seed in range(10):
        rng = np.random.default_rng((3_000_000 + seed, sessions))
        old, new = (scaled(one_a_session(rng, name, sessions), spread) for name in "bc")
        report = drift.compare(old, new, limits=limits, permutations=1_999)
        stable += sum(
            metric.verdict is drift.DriftVerdict.STABLE for metric in report.metrics
        )
    return stable / 200


def one_a_session(
    rng: np.random.Generator, name: str, sessions: int
) -> drift.SampleTable:
    """Twenty metrics of variance 1, one sample a session."""
    return simulated_table(
        rng, name=name, sessions=sessions, per_session=1, correlation=0.0, metrics=20
    )


def scaled(table: drift.SampleTable, factor: float) -> drift.SampleTable:
    """The table with every value times a factor."""
    values = {name: column * factor for name, column in table.values.items()}
    return replace(table, values=values)


@pytest.mark.parametrize("shift", [0.0, 0.6])
@pytest.mark.parametrize(
    ("samples", "sessions", "metrics"),
    [(1_000, 40, 12), (50_000, 400, 30), (50_000, 50_000, 30)],
)
def test_compare_speed(samples: int, sessions: int, metrics: int, shift: float) -> None:
    """Time of one comparison with embeddings and classes; sizes are of both sides."""
    rng = np.random.default_rng(7)
    old, new = (
        whole_table(
            rng,
            name=name,
            sessions=sessions // 2,
            per_session=samples // sessions,
            metrics=metrics,
            length=measures.EMBEDDING_LENGTH,
        )
        for name in ("b", "c")
    )
    moved = {name: column + shift for name, column in new.values.items()}
    begin = time.perf_counter()
    drift.compare(old, replace(new, values=moved))
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(
        f"\n{samples} samples, {sessions} sessions, {metrics} metrics, all moved by "
        f"{shift} sd: {seconds:.2f} s, at most {peak:.0f} MiB of the process so far"
    )


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
