"""Diffs at size: in process by kind of change, and `fieldset diff` as a whole.

    python -m tests.benchmarks.diff_bench [SAMPLES ...]

Versions are those of `version_bench`: three boxes a sample, 1,000 boxes moved from v1
to v2; v3 is v1 without 500 samples. Each figure comes from a process of its own that
holds nothing else: seconds of wall time, seconds of processor time, and the most
memory that was resident. The whole command is started anew each time, five times, with
the files in the page cache; its start is in the figure.

    moved    diff of v1 and v2: 1,000 moved boxes
    added    diff of v3 and v1: 500 added samples
    minor    the semver step of v3 and v1, which has to look at every new sample
    major    that of v1 and v2, which is told by the trees alone
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from dataset.diff import compare
from dataset.version import read_version, write_version_batches
from dataset.versions.semver import step_between
from tests.benchmarks.version_bench import (
    CHANGES,
    CLASSES,
    SIZES,
    SPLITS,
    _clocks,
    batches,
    write,
)

MODULE = "tests.benchmarks.diff_bench"
STEPS = ("moved", "added", "minor", "major")
GONE = 500
RUNS = 5


def make(root: Path, samples: int, changes: int) -> None:
    """Freeze v1, v2 and v3 of a bare project at `root`."""
    (root / "fieldset.toml").write_text('[project]\nname = "bench"\n', "utf-8")
    write(root, samples, 0)
    write(root, samples, changes)
    write_version_batches(
        root, batches=_without(samples), classes=CLASSES, splits=SPLITS, policy={},
        parent=None, message="", author="bench", created_us=0,
    )  # fmt: skip


def _without(samples: int) -> Iterator[pa.RecordBatch]:
    kept = np.ones(samples, bool)
    kept[np.random.default_rng(5).choice(samples, GONE, replace=False)] = False
    start = 0
    for batch in batches(samples):
        yield batch.filter(pa.array(kept[start : start + batch.num_rows]))
        start += batch.num_rows


def run(step: str, root: Path) -> dict[str, float]:
    """One measured step in this process."""
    v1, v2, v3 = (read_version(root, name) for name in ("v1", "v2", "v3"))
    start = _clocks()
    if step == "moved":
        assert compare(v1, v2).boxes.moved == min(CHANGES, v1.version.samples)
    elif step == "added":
        assert compare(v3, v1).samples.added == GONE
    elif step == "minor":
        assert step_between(v3, v1) == "minor"
    elif step == "major":
        assert step_between(v1, v2) == "major"
    wall, cpu = (_clocks() - start).tolist()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": round(wall, 3), "cpu": round(cpu, 3), "peak_mb": round(peak)}


def whole_command(root: Path) -> dict[str, object]:
    """`fieldset diff v1 v2` as a person starts it: median of five, and all of them."""
    code = "from station.cli.main import main; main()"
    command = [sys.executable, "-c", code, "diff", "v1", "v2", "--project", str(root)]
    walls, cpus = [], []
    for _ in range(RUNS):
        start, before = _clocks(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        walls.append(round(float((_clocks() - start)[0]), 3))
        used = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
        cpus.append(round(used, 3))
    median = round(statistics.median(walls), 3)
    return {"median": median, "cpu": statistics.median(cpus), "runs": walls}


def measure(samples: int) -> dict[str, dict[str, float]]:
    """All steps, three times in turn, each in a process of its own; the medians."""
    found: dict[str, list[dict[str, float]]] = {step: [] for step in STEPS}
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        make(Path(folder), samples, min(CHANGES, samples))
        for step in STEPS * 3:
            command = [sys.executable, "-m", MODULE, step, folder]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found[step].append(json.loads(done.stdout))
    return {
        step: {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        for step, runs in found.items()
    }


@pytest.mark.bench
@pytest.mark.timeout(900)
@pytest.mark.parametrize("samples", SIZES)
def test_diff_of_1000_changes(samples: int) -> None:
    assert set(measure(samples)) == set(STEPS)


@pytest.mark.bench
def test_whole_diff_5k_samples_50_changes(tmp_path: Path) -> None:
    make(tmp_path, 5_000, 50)

    assert len(whole_command(tmp_path)["runs"]) == RUNS  # type: ignore[arg-type]


def main(arguments: list[str]) -> None:
    """Print figures for sizes, or one step for `measure`."""
    if arguments and arguments[0] in STEPS:
        sys.stdout.write(json.dumps(run(arguments[0], Path(arguments[1]))))
        return
    for size in [int(size) for size in arguments] or SIZES:
        sys.stdout.write(f"{size}: {json.dumps(measure(size))}\n")
        sys.stdout.flush()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        make(Path(folder), 5_000, 50)
        sys.stdout.write(f"command, 5000: {json.dumps(whole_command(Path(folder)))}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
