"""All measures at 1280x720 beside decoding alone, and beside CleanVision's scan.

    python -m venv ENV && ENV/bin/pip install cleanvision
    FIELDSET_CLEANVISION_PYTHON=ENV/bin/python \\
        python -m tests.benchmarks.measures_bench [IMAGES [RUNS]]

Frames of the shared clip of a traffic camera, else noise from a seed, as JPEG of
quality 95. First one thread alone: OpenCV's decoding, and `measure_bytes`, which
decodes, measures everything and embeds. Then whole runs in turn: `measured` on a new
project, numbers kept in its catalog, and `Imagelab.find_issues` on a folder of the same
files, each with all processors. Processor time (children included) and wall; processor
time is the fairer one on a machine that does other work, too.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dataset import measures
from dataset.measuring import StoredImage, measured
from dataset.picture_measures.blocks import blockiness
from dataset.picture_measures.coding import measure_coding
from dataset.picture_measures.colours import colours
from dataset.picture_measures.detail import details
from dataset.picture_measures.pixels import halved, luma, tiles
from dataset.picture_measures.tones import tones
from dataset.project import Project

VARIABLE: Final = "FIELDSET_CLEANVISION_PYTHON"
SHARED: Final = Path(__file__).resolve().parents[2].parent / "shared" / "data"
WIDTH, HEIGHT = 1280, 720
_SCAN: Final = """
import json, resource, sys, time, warnings
warnings.filterwarnings("ignore")
from cleanvision import Imagelab
began, used = time.perf_counter(), time.process_time()
lab = Imagelab(data_path=sys.argv[1])
lab.find_issues(verbose=False)
wall, own = time.perf_counter() - began, time.process_time() - used
child = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([own + child.ru_utime + child.ru_stime, wall, len(lab.issues)]))
"""


def say(text: str) -> None:
    """One line of the account, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def frames(count: int) -> list[bytes]:
    """JPEG files of 1280x720 pixels, each another frame."""
    found: list[NDArray[np.uint8]] = []
    for clip in sorted((SHARED / "video-traffic-camera").glob("*.mp4")):
        capture = cv2.VideoCapture(str(clip))
        while len(found) < count:
            is_read, frame = capture.read()
            if not is_read:
                break
            found.append(cv2.resize(frame, (WIDTH, HEIGHT)).astype(np.uint8))
        capture.release()
    rng = np.random.default_rng(1)
    while len(found) < count:
        coarse = rng.integers(0, 256, (72, 128, 3), dtype=np.uint8)
        found.append(cv2.resize(coarse, (WIDTH, HEIGHT)).astype(np.uint8))
    quality = [cv2.IMWRITE_JPEG_QUALITY, 95]
    return [cv2.imencode(".jpg", frame, quality)[1].tobytes() for frame in found]


def milliseconds(work: Callable[[], object]) -> float:
    """Processor time of one call, in milliseconds."""
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began)


def one_thread(files: Sequence[bytes]) -> None:
    """The account of single images, each decoded alone and measured whole in turn."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    decoding, whole = [], []
    for data in files:
        coded = np.frombuffer(data, np.uint8)
        decoding.append(
            milliseconds(lambda coded=coded: cv2.imdecode(coded, cv2.IMREAD_COLOR))
        )
        whole.append(milliseconds(lambda data=data: measures.measure_bytes(data)))
    decode, all_of_it = statistics.median(decoding), statistics.median(whole)
    ratio = statistics.median(b / a for a, b in zip(decoding, whole, strict=True))
    say(
        f"1280x720, one thread, processor time, {len(files)} images: decoding "
        f"{decode:.2f} ms, decoding and all measures {all_of_it:.2f} ms: "
        f"{ratio:.2f} times decoding"
    )
    say("   of which " + ", ".join(_parts(files[: min(40, len(files))])))
    cv2.setNumThreads(threads)


def _parts(files: Sequence[bytes]) -> list[str]:
    spent: dict[str, list[float]] = {}
    for data in files:
        info = measures.inspect(data)
        pixels = measures.decode(data)
        small, parts = halved(pixels), tiles(pixels)
        quarter = halved(small)
        work: dict[str, Callable[[], object]] = {
            "halving": lambda pixels=pixels: halved(pixels),
            "tiles": lambda pixels=pixels: tiles(pixels),
            "tones": lambda small=small: tones(luma(small)),
            "colours": lambda quarter=quarter: colours(quarter),
            "detail": lambda parts=parts: details(parts),
            "blocks": lambda parts=parts: blockiness(parts, (WIDTH, HEIGHT)),
            "header": lambda data=data, info=info: measure_coding(data, info),
            "embedding": lambda quarter=quarter: measures.embed(quarter),
        }
        for name, call in work.items():
            spent.setdefault(name, []).append(milliseconds(call))
    return [f"{name} {statistics.median(row):.2f}" for name, row in spent.items()]


def ours(files: Sequence[bytes], folder: Path) -> tuple[float, float]:
    """Processor and wall seconds of measuring the images of a new project."""
    with Project.create(folder, ("thing",)) as project:
        session = project.begin_session(name="bench", source="cam")
        stored = []
        for number, data in enumerate(files):
            sample = project.take_in(data, session, captured_us=1 + number).sample
            path = f"images/{sample.id[:2]}/{sample.id}.{sample.suffix}"
            stored.append(StoredImage(id=sample.id, path=path))
        began, used = time.perf_counter(), time.process_time()
        found = measured(project, stored)
        spent = time.process_time() - used, time.perf_counter() - began
        assert len(found) == len(set(files))
    return spent


def theirs(interpreter: Path, folder: Path) -> tuple[float, float]:
    """Processor and wall seconds of CleanVision's scan of a folder, imports apart."""
    command = [str(interpreter), "-c", _SCAN, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    processor, wall, _ = json.loads(done.stdout.splitlines()[-1])
    return processor, wall


def beside(files: Sequence[bytes], interpreter: Path, runs: int) -> None:
    """The account of whole runs, each side in turn."""
    rows: dict[str, list[tuple[float, float]]] = {"fieldset": [], "CleanVision": []}
    with tempfile.TemporaryDirectory() as kept:
        images = Path(kept) / "images"
        images.mkdir()
        for number, data in enumerate(files):
            (images / f"{number:05}.jpg").write_bytes(data)
        for turn in range(runs):
            rows["fieldset"].append(ours(files, Path(kept) / f"project {turn}"))
            rows["CleanVision"].append(theirs(interpreter, images))
    middle = {
        name: tuple(statistics.median(column) for column in zip(*row, strict=True))
        for name, row in rows.items()
    }
    for name, (processor, wall) in middle.items():
        say(
            f"{name:12} {len(files) / processor:6.1f} images a second of processor, "
            f"{len(files) / wall:6.1f} a second"
        )
    quotients = [
        middle["CleanVision"][column] / middle["fieldset"][column] for column in (0, 1)
    ]
    say(
        f"CleanVision takes {quotients[0]:.1f} times the processor time, "
        f"{quotients[1]:.1f} times the time"
    )


def main(images: str = "200", runs: str = "3") -> None:
    """Print the account."""
    files = frames(int(images))
    load = os.getloadavg()[0]
    say(f"load {load:.1f}, {os.cpu_count()} processors, OpenCV {cv2.__version__}")
    one_thread(files)
    named = os.environ.get(VARIABLE, "")
    if not named or not Path(named).is_file():
        say(f"{VARIABLE} names no interpreter with CleanVision: no comparison")
        return
    beside(files, Path(named), int(runs))


if __name__ == "__main__":
    main(*sys.argv[1:])
