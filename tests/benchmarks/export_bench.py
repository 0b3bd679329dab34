"""An export of 5,000 images beside `cp -r` of the same files; whole processes.

    python -m tests.benchmarks.export_bench [FORMATS] [IMAGES] [RUNS]
    python -m tests.benchmarks.export_bench --annotations-only [FORMATS] [SIZES] [RUNS]

JPEG files of 1280x720 with about 153 KB, three boxes each, in a project of their own.
`cp -r` and each format take turns; what was written is removed outside the clock, and
`sync` runs between them. Prints wall and processor seconds, peak memory and the ratio
of medians. With `--annotations-only` there are no images, and SIZES are numbers of
samples with commas between them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from dataset.project import Project
from dataset.records import (
    Box,
    BoxOrigin,
    LabelClass,
    SampleState,
    Split,
    SplitKind,
    VersionSample,
)
from dataset.version import write_version
from tests.dataset.picture_bytes import encoded

WIDTH, HEIGHT, BYTES = 1280, 720, 153_000
CLASSES = tuple(
    LabelClass(id=n, name=f"class {n}", colour="#E69F00") for n in range(1, 6)
)
SPLITS = (
    Split(name="train", kind=SplitKind.TRAIN),
    Split(name="val", kind=SplitKind.VAL),
    Split(name="test-main", kind=SplitKind.TEST),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one command took: seconds, and KiB at its peak."""

    wall_s: float
    processor_s: float
    peak_kib: int


def make(root: Path, images: int, *, has_files: bool = True) -> None:
    """A project with one version of that many images."""
    with Project.create(root, ["class 1"]):
        pass
    picture = encoded("jpg", np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
    samples = _samples(root, picture, images, has_files=has_files)
    write_version(
        root,
        samples=sorted(samples, key=lambda s: s.id),
        classes=CLASSES,
        splits=SPLITS,
        policy={},
        parent=None,
        message="",
        author="",
        created_us=1,
    )


def made(root: Path, images: int, *, has_files: bool) -> None:
    """`make` in a process of its own: a child's peak begins with its parent's size."""
    making = get_context("spawn").Process(
        target=make, args=(root, images), kwargs={"has_files": has_files}
    )
    making.start()
    making.join()
    if making.exitcode:
        raise SystemExit(making.exitcode)


def _samples(
    root: Path, picture: bytes, images: int, *, has_files: bool
) -> Iterator[VersionSample]:
    draw = np.random.default_rng(7)
    filling = draw.bytes(BYTES - len(picture))
    for number in range(images):
        data = picture + number.to_bytes(4, "little") + filling * has_files
        key = hashlib.sha256(data).hexdigest()
        sample = VersionSample(
            id=key,
            width=WIDTH,
            height=HEIGHT,
            suffix="jpg",
            state=SampleState.LABELED,
            group=f"g{number // 20}",
            split=SPLITS[0 if number % 10 < 8 else number % 2 + 1].name,
            boxes=tuple(_box(key, at, draw) for at in range(3)),
            session=f"s{number // 100}",
            size_bytes=len(data),
        )
        if has_files:
            path = root / sample.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        yield sample


def _box(key: str, at: int, draw: np.random.Generator) -> Box:
    x, y = draw.uniform(0, WIDTH - 80), draw.uniform(0, HEIGHT - 80)
    return Box(
        id=f"{key[:8]}-{key[8:12]}-4{key[12:15]}-8{key[15:18]}-{key[18:29]}{at}",
        class_id=at + 1,
        x0=x,
        y0=y,
        x1=x + draw.uniform(4, 80),
        y1=y + draw.uniform(4, 80),
        origin=BoxOrigin.DRAWN,
    )


def timed(command: list[str | Path], out: Path) -> Run:
    """What a command that writes `out` takes, as the system accounts for it."""
    shutil.rmtree(out, ignore_errors=True)
    os.sync()
    start = time.perf_counter()
    quiet = subprocess.DEVNULL
    child = subprocess.Popen(command, stdout=quiet, stderr=quiet)
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return Run(
        wall_s=wall,
        processor_s=used.ru_utime + used.ru_stime,
        peak_kib=used.ru_maxrss,
    )


def shown(name: str, runs: list[Run], base: float | None = None) -> str:
    """The medians of some runs as a line."""
    walls = [run.wall_s for run in runs]
    wall = statistics.median(walls)
    used = statistics.median(run.processor_s for run in runs)
    peak = max(run.peak_kib for run in runs) // 1024
    ratio = "" if base is None else f", {wall / base:5.2f} x cp"
    return (
        f"{name:24} wall {wall:6.2f} s ({min(walls):.2f} to {max(walls):.2f}), "
        f"processor {used:6.2f} s, peak {peak} MiB{ratio}\n"
    )


def export_command(root: Path, name: str, out: Path, *more: str) -> list[str | Path]:
    """The whole program, exporting in one format."""
    program = Path(sys.executable).with_name("fieldset")
    return [program, "export", "latest", "--format", name, "--to", out,
            "--project", root, *more]  # fmt: skip


def beside_cp(folder: Path, formats: list[str], images: int, runs: int) -> None:
    """Exports with their images, in turn with `cp -r`."""
    root, out = folder / "project", folder / "out"
    made(root, images, has_files=True)
    commands = {
        "cp -r": ["cp", "-r", root / "images", out],
        **{name: export_command(root, name, out) for name in formats},
    }
    figures: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            figures[name].append(timed(command, out))
    base = statistics.median(run.wall_s for run in figures["cp -r"])
    for name, rows in figures.items():
        sys.stdout.write(shown(name, rows, base))


def annotations_only(folder: Path, formats: list[str], samples: int, runs: int) -> None:
    """Exports without images."""
    root, out = folder / f"project-{samples}", folder / "out"
    made(root, samples, has_files=False)
    for name in formats:
        command = export_command(root, name, out, "--annotations-only")
        rows = [timed(command, out) for _ in range(runs)]
        sys.stdout.write(shown(f"{name} {samples:,}", rows))


def main() -> None:
    """Measure and print."""
    given = sys.argv[1:]
    is_alone = "--annotations-only" in given
    words = dict(enumerate(word for word in given if not word.startswith("--")))
    formats = words.get(0, "coco,yolo").split(",")
    sizes = words.get(1, "10000,20000,100000" if is_alone else "5000").split(",")
    measure = annotations_only if is_alone else beside_cp
    with tempfile.TemporaryDirectory() as folder:
        for size in map(int, sizes):
            measure(Path(folder), formats, size, int(words.get(2, "5")))


if __name__ == "__main__":
    main()
