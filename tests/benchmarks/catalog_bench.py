"""A project at size: freeze, freeze again after 1,000 changes, status, diff, verify.

    python -m tests.benchmarks.catalog_bench [SAMPLES ...]

The catalogs are `large_catalog`'s: made from a seed, groups assigned beforehand. What
samples look like is `near_duplicates_bench`'s matter. Each figure comes from a process
of its own: seconds of wall time, seconds of processor time, and the most memory that
was resident.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dataset.diff import compare
from dataset.project import Project
from dataset.splitting.assignment import assign_splits
from dataset.status import status
from dataset.versions.freezing import freeze
from dataset.versions.verification import verify
from tests.benchmarks.large_catalog import large_project

SIZES = (10_000, 100_000, 1_000_000)
CHANGES = 1_000
MODULE = "tests.benchmarks.catalog_bench"


def _change(project: Project) -> None:
    """Another box in 1,000 samples picked from a seed; near-duplicates aside."""
    ids = [sample.id for sample in project.catalog.samples.each()]
    picked = np.random.default_rng(5).choice(len(ids), min(CHANGES, len(ids)), False)
    labels = project.catalog.labels
    with project.catalog.writing():
        for at in picked.tolist():
            before = labels.get(ids[at])
            first, *others = before.boxes
            moved = replace(first, x1=first.x1 + 3.0)
            labels.put(ids[at], replace(before, boxes=(moved, *others)))
        looks = project.catalog.looks
        looks.settle((item.n, item.revision) for item in looks.waiting())


STEPS: dict[str, Callable[[Project], object]] = {
    "status": status,
    "assign": assign_splits,
    "create": freeze,
    "change": _change,
    "again": freeze,
    "diff": lambda p: compare(p.version("v1"), p.version("v2")),
    "verify": lambda p: verify(p.version("v2")),
}


def run(step: str, root: Path) -> dict[str, float]:
    """One measured step in this process."""
    with Project.open(root) as project:
        start = np.array([time.perf_counter(), time.process_time()])
        STEPS[step](project)
        wall, cpu = np.array([time.perf_counter(), time.process_time()]) - start
    return {
        "seconds": round(float(wall), 2),
        "cpu": round(float(cpu), 2),
        "peak_mb": _peak_mb(),
    }


def _peak_mb() -> int:
    """The most memory that was resident; `getrusage` would count the parent's, too."""
    told = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in told.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


def measure(samples: int) -> dict[str, dict[str, float]]:
    """Every step in turn, each in a process of its own."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        root = Path(folder) / "project"
        with large_project(root, samples) as project:
            assign_splits(project)
        figures: dict[str, dict[str, float]] = {}
        for step in STEPS:
            command = [sys.executable, "-m", MODULE, step, str(root)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            figures[step] = json.loads(done.stdout)
        return figures


@pytest.mark.bench
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("samples", SIZES)
def test_project_of_many_samples(samples: int) -> None:
    figures = measure(samples)

    assert set(figures) == set(STEPS)
    sys.stdout.write(f"\n{samples}: {json.dumps(figures)}\n")


def main(arguments: list[str]) -> None:
    """Print figures for sizes, or one step for `measure`."""
    if arguments and arguments[0] in STEPS:
        step, root = arguments
        sys.stdout.write(json.dumps(run(step, Path(root))))
        return
    for size in [int(size) for size in arguments] or SIZES:
        sys.stdout.write(f"{size}: {json.dumps(measure(size))}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
