"""Versions at size: freeze, read and compare, on columns made from a seed.

    python -m tests.benchmarks.version_bench [SAMPLES ...]

Each figure comes from a process of its own that holds nothing else: seconds of wall
time, seconds of processor time, and the most memory that was resident. Three boxes a
sample, sessions of 200 samples, 1,000 changes between the two versions. Catalog and
drift are not in it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from dataset.diff import compare
from dataset.groups import GroupFacts
from dataset.records import LabelClass, Split, SplitKind
from dataset.sample_batch import BATCH, BATCH_ROWS, BOX_TYPE, fixed_column
from dataset.split import assign
from dataset.version import read_version, write_version_batches

SIZES = (10_000, 100_000, 1_000_000)
CHANGES = 1_000
MODULE = "tests.benchmarks.version_bench"
STEPS = ("create", "again", "diff", "iterate", "split")
SPLITS = (
    Split(name="train", kind=SplitKind.TRAIN, share=0.7),
    Split(name="val", kind=SplitKind.VAL, share=0.15),
    Split(name="test-main", kind=SplitKind.TEST, rule="random", share=0.15),
)
CLASSES = tuple(
    LabelClass(id=number, name=f"class-{number}", colour="#E69F00")
    for number in range(1, 6)
)


def batches(samples: int, changes: int = 0) -> Iterator[pa.RecordBatch]:
    """Samples by id; the first box of `changes` of them lies elsewhere."""
    ids = np.random.default_rng(1).integers(0, 256, (samples, 32), dtype=np.uint8)
    ids = ids[np.argsort(ids.view("S32").ravel())]
    moved = np.zeros(samples, bool)
    picked = np.random.default_rng(2).choice(samples, changes, replace=False)
    moved[picked] = True
    for start in range(0, samples, BATCH_ROWS):
        stop = min(start + BATCH_ROWS, samples)
        yield _batch(ids[start:stop], start, moved[start:stop])


def _batch(ids: NDArray[np.uint8], start: int, moved: NDArray[np.bool_]) -> pa.Array:
    rng = np.random.default_rng([3, start])
    n = len(ids)
    sessions = (np.arange(start, start + n) // 200).tolist()
    columns = {
        "id": fixed_column(ids, 32),
        "width": pa.array(np.full(n, 1280, np.uint32)),
        "height": pa.array(np.full(n, 720, np.uint32)),
        "suffix": pa.array(["jpg"] * n),
        "state": pa.array(["labeled"] * n),
        "group": pa.array([f"session-{i:06d}" for i in sessions]),
        "split": pa.array([SPLITS[min(i % 7, 2)].name for i in sessions]),
        "session": pa.array([f"session-{i:06d}" for i in sessions]),
        "place": pa.array([f"place {i % 9}" for i in sessions]),
        "camera": pa.array([f"camera {i % 9}" for i in sessions]),
        "conditions": pa.array(
            [[("light", "day")]] * n, BATCH.field("conditions").type
        ),
        "captured_us": pa.array(rng.integers(0, 2**50, n)),
        "source_name": pa.array([""] * n),
        "size_bytes": pa.array(rng.integers(10_000, 300_000, n)),
        "reviewed": pa.array(np.zeros(n, bool)),
        "orientation": pa.array(np.ones(n, np.uint8)),
        "boxes": _boxes(rng, n, moved),
    }
    return pa.record_batch([columns[name] for name in BATCH.names], schema=BATCH)


def _boxes(rng: np.random.Generator, n: int, moved: NDArray[np.bool_]) -> pa.Array:
    corners = rng.integers(0, 500 * 1024, (n, 3, 4), dtype=np.int32)
    corners[:, :, 2:] += 500 * 1024
    corners[moved, 0, :] += 1024
    flat = corners.reshape(-1, 4)
    children = [
        fixed_column(rng.bytes(16 * 3 * n), 16),
        pa.array(rng.integers(1, 6, 3 * n, dtype=np.uint32)),
        *(pa.array(np.ascontiguousarray(flat[:, i])) for i in range(4)),
        pa.array(["drawn"] * (3 * n)),
        pa.nulls(3 * n, pa.float64()),
    ]
    structs = pa.StructArray.from_arrays(children, fields=list(BOX_TYPE))
    offsets = pa.array(np.arange(0, 3 * n + 1, 3, dtype=np.int32))
    return pa.ListArray.from_arrays(offsets, structs, type=BATCH.field("boxes").type)


def write(root: Path, samples: int, changes: int) -> NDArray[np.float64]:
    """Freeze a version; gives the clocks that the making of the columns took."""
    making = np.zeros(2)

    def made() -> Iterator[pa.RecordBatch]:
        source = batches(samples, changes)
        while True:
            start = _clocks()
            batch = next(source, None)
            making[:] += _clocks() - start
            if batch is None:
                return
            yield batch

    write_version_batches(
        root, batches=made(), classes=CLASSES, splits=SPLITS, policy={},
        parent=None, message="", author="bench", created_us=0,
    )  # fmt: skip
    return making


def run(step: str, root: Path, samples: int) -> dict[str, float]:
    """One measured step in this process."""
    changes = min(CHANGES, samples)
    groups = [_group(number) for number in range(samples)] if step == "split" else []
    start = _clocks()
    if step == "create":
        start += write(root, samples, 0)
    elif step == "again":
        start += write(root, samples, changes)
    elif step == "diff":
        found = compare(read_version(root, "v1"), read_version(root, "v2"))
        assert found.boxes.moved == changes
    elif step == "iterate":
        assert sum(1 for _ in read_version(root, "v1").samples) == samples
    elif step == "split":
        assert len(assign(groups, SPLITS, (), salt=b"bench")) == samples
    wall, cpu = (_clocks() - start).tolist()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": round(wall, 3), "cpu": round(cpu, 3), "peak_mb": round(peak)}


def _clocks() -> NDArray[np.float64]:
    """Wall time, and processor time of this process, in seconds."""
    return np.array([time.perf_counter(), time.process_time()])


def _group(number: int) -> GroupFacts:
    rng = np.random.default_rng([4, number])
    classes = rng.choice(np.arange(1, 6), rng.integers(1, 4), replace=False).tolist()
    return GroupFacts(
        id=f"group-{number:07d}",
        samples=int(rng.integers(1, 60)),
        boxes=tuple((int(c), int(rng.integers(1, 90))) for c in sorted(classes)),
        conditions=(("light", "night" if number % 4 == 0 else "day"),),
    )


def measure(samples: int, steps: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """The steps one after the other, each in a process of its own."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        figures: dict[str, dict[str, float]] = {}
        for step in steps:
            command = [sys.executable, "-m", MODULE, step, folder, str(samples)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            figures[step] = json.loads(done.stdout)
        return figures


@pytest.mark.bench
@pytest.mark.timeout(900)
@pytest.mark.parametrize("samples", SIZES)
def test_version_create_and_diff(samples: int) -> None:
    figures = measure(samples, STEPS[:4])

    assert set(figures) == set(STEPS[:4])


@pytest.mark.bench
@pytest.mark.timeout(900)
def test_split_100k_new_groups() -> None:
    figures = measure(100_000, ("split",))

    assert set(figures) == {"split"}


def main(arguments: list[str]) -> None:
    """Print figures for sizes, or one step for `measure`."""
    if arguments and arguments[0] in STEPS:
        step, folder, samples = arguments
        sys.stdout.write(json.dumps(run(step, Path(folder), int(samples))))
        return
    for size in [int(size) for size in arguments] or SIZES:
        figures = measure(size, STEPS[:4])
        sys.stdout.write(f"{size}: {json.dumps(figures)}\n")
    split = measure(100_000, ("split",))
    sys.stdout.write(f"100000 groups: {json.dumps(split)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
