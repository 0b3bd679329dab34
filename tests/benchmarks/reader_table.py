"""Which reader that is not ours finds in an export what the version holds.

    python -m venv ENV && ENV/bin/pip install pycocotools supervision datasets \\
        webdataset tfrecord lxml pandas pillow mlcroissant label-studio-sdk
    python -m venv ENV2 && ENV2/bin/pip install datumaro
    python -m venv ENV3 && ENV3/bin/pip install mltable pandas
    python -m venv ENV4 && ENV4/bin/pip install fiftyone
    python -m venv ENV5 && ENV5/bin/pip install tensorflow-cpu
    python -m tests.benchmarks.reader_table ENV ENV2 ENV3 ENV4 ENV5

A made version (names of classes with every awkward character, four splits, JPEG and
PNG, one turned by EXIF) goes out in every format; each reader reads it in a process
of an environment of its own. A line says: boxes found and equal to 0.01 px with their
classes, and images in their splits. Figures of disagreement are shown, not hidden.
Datumaro's VOC reader makes file names of class names, splits its label map at colons
and takes a hash for a comment; it is given a version without such names, too.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset.records import (
    Box,
    BoxOrigin,
    LabelClass,
    SampleState,
    Split,
    SplitKind,
    VersionSample,
)
from dataset.version import read_version, write_version
from dataset.versions.frozen_version import FrozenVersion
from export.formats import WRITERS, writer_for
from tests.dataset.picture_bytes import encoded, exif, jpeg_with, scene

NEAR_PX = 0.01
SCRIPT = Path(__file__).with_name("independent_readers.py")
NAMES = (
    *("bolt", "nut, M3", '"quoted"', "<b>&amp;</b>", "it's", "=SUM(A1)", "- dash"),
    *("@home", "+1", "螺栓 🔩", "Schräubchen", "a/../b", "back\\slash", "100 %{x}"),
    *("null", "yes", "12", "#hash", "key: value", "[list]", "null:", "'single'"),
)
TAME = tuple(name for name in NAMES if not {":", "/", "#"} & set(name))
SPLITS = (
    (Split(name="train", kind=SplitKind.TRAIN), 24),
    (Split(name="val", kind=SplitKind.VAL), 8),
    (Split(name="test-main", kind=SplitKind.TEST), 8),
    (Split(name="test-night", kind=SplitKind.TEST), 4),
)
READERS = {
    "coco": ("pycocotools", "supervision", "datumaro", "fiftyone"),
    "yolo": ("supervision", "datumaro", "fiftyone"),
    "voc": ("lxml", "datumaro", "fiftyone"),
    "voc-strict": ("lxml",),
    "azureml": ("mltable",),
    "huggingface": ("datasets",),
    "huggingface-parquet": ("datasets",),
    "webdataset": ("webdataset",),
    "tfrecord": ("tfrecord", "tensorflow"),
    "cvat": ("lxml", "datumaro"),
    "label-studio": ("label_studio_sdk",),
    "csv": ("pandas",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One format and one reader."""

    format: str
    reader: str
    result: str


def make(root: Path, names: tuple[str, ...] = NAMES) -> None:
    """Freeze the version in `root`; a class's id is odd."""
    draw = random.Random(7)
    samples = []
    for split, count in SPLITS:
        samples += [
            _sample(root, split.name, n, draw, len(names)) for n in range(count)
        ]
    write_version(
        root,
        samples=sorted(samples, key=lambda sample: sample.id),
        classes=tuple(
            LabelClass(id=2 * at + 1, name=name, colour="#E69F00")
            for at, name in enumerate(names)
        ),
        splits=tuple(split for split, _ in SPLITS),
        policy={},
        parent=None,
        message="",
        author="",
        created_us=1,
    )


def _sample(
    root: Path, split: str, number: int, draw: random.Random, classes: int
) -> VersionSample:
    suffix = "png" if number % 4 == 3 else "jpg"
    width, height = (640, 480) if number % 2 else (321, 257)
    is_turned = split == "train" and number == 0
    size = (height, width) if is_turned else (width, height)
    data = encoded(suffix, scene(*size, seed=hash_of(split, number)))
    if is_turned:
        data = jpeg_with(data, b"Exif\x00\x00" + exif(6))
    boxes = tuple(_box(width, height, draw, classes) for _ in range(number % 5))
    sample = VersionSample(
        id=hashlib.sha256(data).hexdigest(),
        width=width,
        height=height,
        suffix=suffix,
        state=SampleState.LABELED if boxes else SampleState.EMPTY,
        group=f"g-{split}-{number}",
        split=split,
        boxes=boxes,
        session=f"=session {split}",
        size_bytes=len(data),
        orientation=6 if is_turned else 1,
    )
    path = root / sample.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return sample


def hash_of(split: str, number: int) -> int:
    """A seed for a picture."""
    return int(hashlib.sha256(f"{split} {number}".encode()).hexdigest()[:6], 16)


def _box(width: int, height: int, draw: random.Random, classes: int) -> Box:
    x0, y0 = draw.uniform(0, width - 9), draw.uniform(0, height - 9)
    key = hashlib.sha256(draw.randbytes(8)).hexdigest()
    return Box(
        id=f"{key[:8]}-{key[8:12]}-4{key[13:16]}-8{key[17:20]}-{key[20:32]}",
        class_id=2 * draw.randrange(classes) + 1,
        x0=round(x0 * 1024) / 1024,
        y0=round(y0 * 1024) / 1024,
        x1=round(draw.uniform(x0 + 4, width) * 1024) / 1024,
        y1=round(draw.uniform(y0 + 4, height) * 1024) / 1024,
        origin=BoxOrigin.DRAWN,
    )


def truth(version: FrozenVersion, format_name: str) -> list[list[Any]]:
    """What a reader must find: sample, split, class and corners of every box."""
    names = {item.id: item.name for item in version.classes}
    rows = []
    for sample in version.samples:
        for box in sample.boxes:
            corners = [box.x0, box.y0, box.x1, box.y1]
            if format_name == "voc-strict":
                low = [float(math.floor(value)) for value in corners[:2]]
                corners = low + [float(math.ceil(value)) for value in corners[2:]]
            rows.append([sample.id, sample.split, names[box.class_id], *corners])
    return rows


def run(
    python: Path, reader: str, format_name: str, folder: Path
) -> str | dict[str, Any]:
    """What the reader printed, or the last line of what went wrong."""
    quiet = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": f"{folder}-hf"}
    done = subprocess.run(
        [python, SCRIPT, reader, format_name, folder],
        capture_output=True,
        check=False,
        env=quiet,
        text=True,
        timeout=300,
    )
    if done.returncode:
        return done.stderr.strip().splitlines()[-1][:160]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _has(python: Path, module: str) -> bool:
    look = f"import importlib.util as u; exit(u.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", look], check=False).returncode == 0


def compare(found: dict[str, Any], version: FrozenVersion, format_name: str) -> str:
    """The result in words and numbers."""
    wanted = truth(version, format_name)
    left = [list(row) for row in found["boxes"]]
    distances = []
    missing: Counter[str] = Counter()
    for row in wanted:
        match = _nearest(row, left)
        if match is None:
            missing[row[2]] += 1
            continue
        distances.append(_distance(row, match))
        left.remove(match)
    images = {tuple(row) for row in found["images"]}
    meant = {(sample.id, sample.split) for sample in version.samples}
    is_equal = not missing and not left and images in (set(), meant)
    return (
        f"{'equal' if is_equal else 'DIFFERS'}: {len(distances)} of {len(wanted)} boxes"
        f", worst {max(distances, default=0):.4f} px, {len(left)} too many"
        + (f"; {len(images & meant)} of {len(meant)} images" if images else "")
        + f"; {len({row[2] for row in wanted})} class names"
        + (f"; not found: {dict(missing)}" if missing else "")
    )


def _nearest(row: list[Any], left: list[list[Any]]) -> list[Any] | None:
    same = [other for other in left if other[:3] == row[:3]]
    near = [other for other in same if _distance(row, other) <= NEAR_PX]
    return min(near, key=lambda other: _distance(row, other), default=None)


def _distance(one: list[Any], other: list[Any]) -> float:
    return max(abs(a - b) for a, b in zip(one[3:], other[3:], strict=True))


def lines(root: Path, pythons: list[Path]) -> Iterator[Line]:
    """A line for each format and reader."""
    with read_version(root, "latest") as version:
        for writer in WRITERS:
            folder = root / "out" / writer.format
            writer.write(version, folder)
            for reader in (*READERS.get(writer.format, ()), "mlcroissant"):
                yield line(version, writer.format, reader, folder, pythons)


def tame_line(root: Path, pythons: list[Path]) -> Line:
    """Datumaro on VOC whose class names have no colon, hash or slash."""
    with read_version(root, "latest") as version:
        folder = root / "out" / "voc"
        writer_for("voc").write(version, folder)
        return line(version, "voc", "datumaro", folder, pythons)


def line(
    version: FrozenVersion, name: str, reader: str, folder: Path, pythons: list[Path]
) -> Line:
    """One reader's result."""
    python = next((p for p in pythons if _has(p, reader)), None)
    if python is None:
        return Line(format=name, reader=reader, result="not installed")
    found = run(python, reader, name, folder)
    result = f"FAILS: {found}"
    if not isinstance(found, str):
        result = compare(found, version, name)
    return Line(format=name, reader=reader, result=result)


def main() -> None:
    """Print the table."""
    pythons = [Path(name).absolute() / "bin" / "python" for name in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        every, tame = Path(folder) / "every", Path(folder) / "tame"
        make(every)
        make(tame, TAME)
        out = sys.stdout.write
        out("| format | reader | result |\n|---|---|---|\n")
        for item in (*lines(every, pythons), tame_line(tame, pythons)):
            out(f"| {item.format} | {item.reader} | {item.result} |\n")


if __name__ == "__main__":
    main()
