"""How many near-duplicates are found, how many are false, and how long it takes.

    python -m tests.benchmarks.near_duplicates_bench [SAMPLES ...]
    python -m tests.benchmarks.near_duplicates_bench quality [SETS]

Speed: fingerprints come from a seed, no image is decoded ("after measures"). A tenth of
them are copies of others with a few changed bits. `all` compares that many samples that
are all new; `more` adds 1,000 new ones to a catalog that holds that many. Each runs in
a process of its own through the real catalog file: seconds of wall time, of processor
time, and the most memory that was resident, the catalog's own making excluded.

Quality: real photographs beside the repository. Limits were chosen on the pictures at
even places of each set; what is printed are the odd ones, which nobody looked at.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dataset.groups import UnionFind
from dataset.near_duplicates.duplicates import Sighting, find_links
from dataset.near_duplicates.fingerprint import fingerprint
from dataset.near_duplicates.linking import NearDuplicates, join_links
from dataset.near_duplicates.look import (
    HASH_SIZE,
    POINT,
    THUMB_SIZE,
    Fingerprint,
    keys_of,
)
from dataset.project import Project

SIZES = (10_000, 100_000, 1_000_000)
MORE = 1_000
MODULE = "tests.benchmarks.near_duplicates_bench"
_CHUNK = 1_000
_PLACES = 16
_ROWS_AT_ONCE = 2_000_000
_KINDS = np.repeat([0, 1, 2, 3, 4, 5, 6, 7], 2).astype(np.uint8)
SETS = {
    "bccd": "boxes-bccd/JPEGImages/*.jpg",
    "fruit": "boxes-fruit-yolo/*/images/*",
    "traffic": "boxes-traffic-coco/*/*.jpg",
    "ei": "ei-dog-ball-toy/*/*.jpg",
}
Pixels = NDArray[np.uint8]
Change = Callable[[Pixels], Pixels]


def encoded(quality: int) -> Change:
    """Through JPEG at that quality."""

    def change(pixels: Pixels) -> Pixels:
        data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)

    return change


def scaled(factor: float) -> Change:
    """At another size."""
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return lambda pixels: np.asarray(
        cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=way), np.uint8
    )


def lit(gain: float, bias: float = 0.0) -> Change:
    """Brighter, darker, or of another contrast; clipped as a camera clips."""
    return lambda pixels: np.clip(
        pixels.astype(np.float32) * gain + bias, 0, 255
    ).astype(np.uint8)


def gamma(power: float) -> Change:
    """Through a curve."""
    curve = (255 * (np.arange(256) / 255) ** power).astype(np.uint8)
    return lambda pixels: np.asarray(cv2.LUT(pixels, curve), np.uint8)


def cropped(left: float, top: float, right: float, bottom: float) -> Change:
    """Without those parts of width and height."""

    def change(pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        rows = slice(round(height * top), height - round(height * bottom))
        return pixels[rows, round(width * left) : width - round(width * right)]

    return change


def chain(*changes: Change) -> Change:
    """One after the other."""

    def change(pixels: Pixels) -> Pixels:
        for one in changes:
            pixels = one(pixels)
        return pixels

    return change


def noisy(pixels: Pixels) -> Pixels:
    """With noise of 10 grey levels."""
    noise = np.random.default_rng(0).normal(0, 10, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


CHANGES: Mapping[str, Change] = {
    "JPEG 30": encoded(30),
    "JPEG 50": encoded(50),
    "JPEG 95": encoded(95),
    "size 0.25": scaled(0.25),
    "size 0.5": scaled(0.5),
    "size 1.5": scaled(1.5),
    "gain 0.4": lit(0.4),
    "gain 0.6": lit(0.6),
    "gain 1.3": lit(1.3),
    "+40": lit(1.0, 40),
    "contrast 0.6": lit(0.6, 50),
    "contrast 1.4": lit(1.4, -50),
    "gamma 0.6": gamma(0.6),
    "gamma 1.8": gamma(1.8),
    "noise 10": noisy,
    "crop left 2 %": cropped(0.02, 0, 0, 0),
    "crop left 8 %": cropped(0.08, 0, 0, 0),
    "crop right 8 %": cropped(0, 0, 0.08, 0),
    "crop top 8 %": cropped(0, 0.08, 0, 0),
    "crop bottom 8 %": cropped(0, 0, 0, 0.08),
    "crop 4 % all round": cropped(0.04, 0.04, 0.04, 0.04),
    "crop 8 % all round": cropped(0.08, 0.08, 0.08, 0.08),
    "crop 15 % of a corner": cropped(0.15, 0.15, 0, 0),
    "crop left 25 %": cropped(0.25, 0, 0, 0),
    "crop left 8 %, half, JPEG 50": chain(
        cropped(0.08, 0, 0, 0), scaled(0.5), encoded(50)
    ),
    "crop 5 %, gain 1.2, JPEG 70": chain(
        cropped(0.05, 0.05, 0.05, 0.05), lit(1.2, 10), encoded(70)
    ),
}


def photographs(data: Path, half: int) -> dict[str, Pixels]:
    """The pictures at even (0) or odd (1) places of each set, by set and name."""
    return {
        f"{name}/{path.name}": np.asarray(cv2.imread(str(path)), np.uint8)
        for name, pattern in SETS.items()
        for place, path in enumerate(sorted(data.glob(pattern)))
        if place % 2 == half
    }


def sighting(name: str, pixels: Pixels) -> Sighting:
    """The picture as one of an import: no camera, no time, a group of its own."""
    return Sighting(
        sample_id=name, session=name, camera="", captured_us=0,
        fingerprint=fingerprint(pixels),
    )  # fmt: skip


def print_quality(data: Path, half: int = 1) -> None:
    """Recall for each change and set, and every link between different pictures."""
    pictures = photographs(data, half)
    originals = [sighting(name, pixels) for name, pixels in pictures.items()]
    total = Counter(name.split("/")[0] for name in pictures)
    say(f"{len(pictures)} photographs: {dict(total)}; share of copies found")
    for title, change in CHANGES.items():
        copies = [
            sighting(f"copy of {name}", change(pixels))
            for name, pixels in pictures.items()
        ]
        links = find_links(copies, originals)
        sets = UnionFind(pictures)
        for link in links:
            sets.union(link.first, link.second)
        found = Counter(
            name.split("/")[0]
            for name in pictures
            if sets.find(name) == sets.find(f"copy of {name}")
        )
        strangers = sum(
            link.first.removeprefix("copy of ") != link.second.removeprefix("copy of ")
            for link in links
        )
        each = ", ".join(f"{name} {found[name] / total[name]:.3f}" for name in SETS)
        say(
            f"{title:30} {found.total() / total.total():.3f}  ({each}), "
            f"{strangers} links to others"
        )
    links = find_links(originals)
    pairs = len(list(combinations(originals, 2)))
    say(f"links between originals: {len(links)} of {pairs} pairs")
    for link in links:
        say(f"    {link.first} {link.second}: {link.reason}")


def looks(chunk: int) -> list[Fingerprint]:
    """A thousand looks of a seed; every tenth is nearly one of the chunk before.

    Hashes of places are 4,096 patterns with an eighth of their bits turned, for
    pictures share patterns, and random bits would meet too seldom.
    """
    found = _fresh(chunk)
    if chunk:
        rng = np.random.default_rng([2, chunk])
        for place in range(0, _CHUNK, 10):
            found[place] = _copy(_fresh(chunk - 1)[place + 1], rng)
    return found


@lru_cache(maxsize=2)
def _fresh_arrays(chunk: int) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng([1, chunk])
    patterns = np.random.default_rng(0).integers(0, 2**64, 4096, dtype=np.uint64)
    turned = np.full((_CHUNK, _PLACES), 2**64 - 1, np.uint64)
    for _ in range(3):
        turned &= rng.integers(0, 2**64, turned.shape, dtype=np.uint64)
    points = np.zeros((_CHUNK, _PLACES), POINT)
    points["x"] = rng.integers(0, 65_536, turned.shape)
    points["y"] = rng.integers(0, 65_536, turned.shape)
    points["kind"] = _KINDS
    points["bits"] = patterns[rng.integers(0, 4096, turned.shape)] ^ turned
    thumbs = rng.integers(0, 256, (_CHUNK, THUMB_SIZE), dtype=np.uint8)
    wholes = rng.integers(0, 256, (_CHUNK, 4, HASH_SIZE), dtype=np.uint8)
    return points, thumbs, wholes


def _fresh(chunk: int) -> list[Fingerprint]:
    points, thumbs, wholes = _fresh_arrays(chunk)
    return [
        Fingerprint(
            whole=wholes[i, 0].tobytes(),
            crops=tuple(crop.tobytes() for crop in wholes[i, 1:]),
            thumb=thumbs[i].tobytes(),
            points=points[i].tobytes(),
        )
        for i in range(_CHUNK)
    ]


def _copy(look: Fingerprint, rng: np.random.Generator) -> Fingerprint:
    points = look.places.copy()
    points["bits"] ^= np.uint64(1) << rng.integers(0, 64, len(points), dtype=np.uint64)
    return replace(look, points=points.tobytes())


def make(folder: Path, known: int, new: int) -> None:
    """A project whose catalog knows the looks of `known` samples and waits for `new`.

    Each sample is a group of its own, as in an import.
    """
    with Project.create(folder, ["thing"]) as project:
        session = project.begin_session(name="import", started_us=1)
        connection = project.catalog._connection
        with project.catalog.writing():
            rows = [(n, f"{n:064x}") for n in range(1, known + new + 1)]
            connection.run_many(
                "INSERT INTO groups (id) VALUES (?)", [(i,) for _, i in rows]
            )
            connection.run_many(
                "INSERT INTO samples (n, id, session_id, sequence, suffix, width, "
                "height, orientation, size_bytes, captured_us, source_name, group_id, "
                "state) VALUES (?1, ?2, ?3, ?1, 'jpg', 9, 9, 1, 9, 1, '', ?2, 'empty')",
                [(n, i, session.id) for n, i in rows],
            )
            connection.run("DELETE FROM look_queue WHERE sample_n <= ?", [known])
        _enter(project, known)
        # Looked at, but not yet entered: what an image costs to decode is not meant.
        for chunk in range(known // _CHUNK, (known + new) // _CHUNK):
            with project.catalog.writing():
                connection.run_many(
                    "INSERT INTO looks (sample_n, revision, camera, captured_us, "
                    "value) VALUES (?, 0, 0, 1, ?)",
                    [
                        (chunk * _CHUNK + i + 1, look.to_bytes())
                        for i, look in enumerate(looks(chunk))
                    ],
                )


def _enter(project: Project, known: int) -> None:
    """Enter that many looks, in the order of the index: it saves an hour."""
    connection = project.catalog._connection
    keys, numbers = [], []
    for chunk in range(known // _CHUNK):
        some = looks(chunk)
        owner, key = keys_of(some)
        keys.append(key)
        numbers.append((owner + chunk * _CHUNK + 1).astype(np.int32))
        with project.catalog.writing():
            connection.run_many(
                "INSERT INTO looks (sample_n, revision, camera, captured_us, value) "
                "VALUES (?, 0, 0, 1, ?)",
                [(chunk * _CHUNK + i + 1, k.to_bytes()) for i, k in enumerate(some)],
            )
    if not keys:
        return
    key, number = np.concatenate(keys), np.concatenate(numbers)
    order = np.argsort(key, kind="stable")
    for start in range(0, len(order), _ROWS_AT_ONCE):
        part = order[start : start + _ROWS_AT_ONCE]
        with project.catalog.writing():
            connection.run_many(
                "INSERT INTO look_keys (level, key, camera, sample_n) "
                "VALUES (1, ?, 0, ?)",
                zip(key[part].tolist(), number[part].tolist(), strict=True),
            )


def search(folder: Path) -> dict[str, float]:
    """Compare what waits, as `assign_splits` does."""
    with Project.open(folder) as project:
        begun = np.array([time.perf_counter(), time.process_time()])
        duplicates = NearDuplicates(project)
        links = duplicates.find()
        found = np.array([time.perf_counter(), time.process_time()])
        with project.catalog.writing():
            duplicates.keep()
            joined = join_links(project, links)
        wall = time.perf_counter() - begun[0]
        seconds = found - begun
        size = sum(p.stat().st_size for p in folder.glob("catalog.db*"))
    return {
        "links": len(links), "joined": joined, "search": round(float(seconds[0]), 2),
        "cpu": round(float(seconds[1]), 2), "with_joins": round(wall, 2),
        "peak_mb": _peak_mb(), "catalog_mb": round(size / 2**20),
    }  # fmt: skip


def _peak_mb() -> int:
    """The most memory this program held; `ru_maxrss` remembers whoever started it."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def measure(known: int, new: int) -> dict[str, float]:
    """One search in a process of its own."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        make(folder, known, new)
        command = [sys.executable, "-m", MODULE, "search", str(folder)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found: dict[str, float] = json.loads(done.stdout)
        return found


@pytest.mark.bench
@pytest.mark.timeout(0)
@pytest.mark.parametrize("samples", SIZES[:2])
def test_search_all_new(samples: int) -> None:
    found = measure(0, samples)

    say(f"\n{samples} new: {found}")
    assert found["links"] >= samples // 10 - _CHUNK // 10


@pytest.mark.bench
@pytest.mark.timeout(0)
@pytest.mark.parametrize("samples", SIZES)
def test_search_1000_more(samples: int) -> None:
    found = measure(samples, MORE)

    say(f"\n{MORE} more on {samples}: {found}")
    assert found["links"] >= MORE // 10


@pytest.mark.bench
@pytest.mark.timeout(0)
def test_quality_on_photographs(shared_data: Path) -> None:
    print_quality(shared_data)


def say(text: str) -> None:
    """One line of the account, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> None:
    """Print figures for sizes, or one step for `measure`."""
    if arguments and arguments[0] == "search":
        sys.stdout.write(json.dumps(search(Path(arguments[1]))))
    elif arguments and arguments[0] == "quality":
        print_quality(Path(arguments[1]), int(arguments[2]) if arguments[2:] else 1)
    else:
        for size in [int(size) for size in arguments] or SIZES:
            if size <= SIZES[1]:
                say(f"{size} new: {json.dumps(measure(0, size))}")
            say(f"{MORE} more on {size}: {json.dumps(measure(size, MORE))}")


if __name__ == "__main__":
    main(sys.argv[1:])
