"""An export of 5,000 images beside `cp -r` of the same files; whole processes.

    python -m tests.benchmarks.export_bench [FORMATS] [IMAGES] [RUNS]

JPEG files of 1280x720 with about 153 KB, three boxes each, in a project of their own.
`cp -r` and each format take turns; what was written is removed outside the clock, and
`sync` runs between them. Prints wall and processor seconds and the ratio of medians.
"""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
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


def make(root: Path, images: int) -> None:
    """A project with one version of that many images."""
    with Project.create(root, ["class 1"]):
        pass
    picture = encoded("jpg", np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
    write_version(
        root,
        samples=sorted(_samples(root, picture, images), key=lambda s: s.id),
        classes=CLASSES,
        splits=SPLITS,
        policy={},
        parent=None,
        message="",
        author="",
        created_us=1,
    )


def _samples(root: Path, picture: bytes, images: int) -> Iterator[VersionSample]:
    draw = np.random.default_rng(7)
    filling = draw.bytes(BYTES - len(picture))
    for number in range(images):
        data = picture + number.to_bytes(4, "little") + filling
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


def timed(command: list[str | Path], out: Path) -> tuple[float, float]:
    """Wall and processor seconds of a command that writes `out`."""
    shutil.rmtree(out, ignore_errors=True)
    os.sync()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, used


def main() -> None:
    """Measure and print."""
    given = dict(enumerate(sys.argv[1:]))
    formats = given.get(0, "coco,yolo").split(",")
    images, runs = int(given.get(1, "5000")), int(given.get(2, "5"))
    with tempfile.TemporaryDirectory() as folder:
        root, out = Path(folder) / "project", Path(folder) / "out"
        make(root, images)
        program = [str(Path(sys.executable).with_name("fieldset")), "export", "latest"]
        commands = {
            "cp -r": ["cp", "-r", root / "images", out],
            **{
                name: [*program, "--format", name, "--to", out, "--project", root]
                for name in formats
            },
        }
        figures: dict[str, list[tuple[float, float]]] = {n: [] for n in commands}
        for _ in range(runs):
            for name, command in commands.items():
                figures[name].append(timed(command, out))
        base = statistics.median(wall for wall, _ in figures["cp -r"])
        for name, rows in figures.items():
            walls = [wall for wall, _ in rows]
            wall = statistics.median(walls)
            used = statistics.median(used for _, used in rows)
            span = f"{min(walls):.2f} to {max(walls):.2f}"
            sys.stdout.write(
                f"{name:20} wall {wall:6.2f} s ({span}), processor {used:6.2f} s, "
                f"{wall / base:5.2f} x cp\n"
            )


if __name__ == "__main__":
    main()
