"""`fieldset diff` beside DVC and Datumaro: 5,000 samples, 50 changes, whole commands.

    python -m venv ENV && ENV/bin/pip install dvc "datumaro[cli]"
    python -m tests.benchmarks.diff_rivals ENV [RUNS]

The same boxes for all: DVC gets one JSON file a sample (and speaks of files), Datumaro
two COCO files (and counts annotations that have no equal), fieldset two versions.
No pictures. The commands take turns; wall and processor seconds of each run.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from dataset.records import VersionSample
from dataset.version import read_version
from tests.benchmarks.diff_bench import make

NAMES = ("v1", "v2")
SAMPLES, CHANGES = 5_000, 50


def coco(samples: Iterable[VersionSample]) -> dict[str, object]:
    """The boxes as COCO, without pictures."""
    images: list[dict[str, object]] = []
    boxes: list[dict[str, object]] = []
    for number, sample in enumerate(samples, start=1):
        size = {"width": sample.width, "height": sample.height}
        images.append({"id": number, "file_name": f"{sample.id}.jpg", **size})
        boxes += [
            {
                "id": len(boxes) + at,
                "image_id": number,
                "category_id": box.class_id,
                "bbox": [box.x0, box.y0, box.width, box.height],
                "area": box.area,
                "iscrowd": 0,
                "segmentation": [],
            }
            for at, box in enumerate(sample.boxes, start=1)
        ]
    names = [{"id": n, "name": f"class-{n}", "supercategory": ""} for n in range(1, 6)]
    return {"images": images, "annotations": boxes, "categories": names}


def make_coco(root: Path) -> None:
    """One COCO folder for each version."""
    for name in NAMES:
        folder = root / f"coco-{name}" / "annotations"
        folder.mkdir(parents=True)
        (root / f"coco-{name}" / "images").mkdir()
        content = coco(read_version(root, name).samples)
        (folder / "instances_train.json").write_text(json.dumps(content), "utf-8")


def make_dvc(root: Path, environment: Mapping[str, str]) -> Path:
    """A repository whose two tags hold one file of boxes a sample."""
    folder = root / "dvc"
    (folder / "labels").mkdir(parents=True)

    def call(*command: str) -> None:
        subprocess.run(
            command, cwd=folder, env=environment, check=True, capture_output=True
        )

    call("git", "init", "-q", ".")
    call("dvc", "init", "-q")
    for name in NAMES:
        for sample in read_version(root, name).samples:
            rows = [[b.class_id, b.x0, b.y0, b.x1, b.y1] for b in sample.boxes]
            path = folder / "labels" / f"{sample.id}.json"
            path.write_text(json.dumps(rows), "utf-8")
        call("dvc", "add", "-q", "labels")
        call("git", "add", "-A")
        call("git", "commit", "-qm", name)
        call("git", "tag", name)
    return folder


def measure(root: Path, tools: Path, runs: int) -> dict[str, list[tuple[float, float]]]:
    """(wall, processor) seconds of each run of each command."""
    environment = {
        **os.environ,
        "HOME": str(root),
        "DVC_NO_ANALYTICS": "1",
        "PATH": f"{tools / 'bin'}{os.pathsep}{os.environ['PATH']}",
        **{f"GIT_{who}_NAME": "bench" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "bench@localhost" for who in ("AUTHOR", "COMMITTER")},
    }
    make(root, SAMPLES, CHANGES)
    make_coco(root)
    repository = make_dvc(root, environment)
    start = "from station.cli.main import main; main()"
    sides = [f"{root}/coco-{name}:coco_instances" for name in NAMES]
    compared = ["-m", "equality", "-o", str(root / "compared"), "--overwrite"]
    commands = {
        "fieldset": (
            Path.cwd(),
            [sys.executable, "-c", start, "diff", *NAMES, "--project", str(root)],
        ),
        "dvc": (repository, ["dvc", "diff", *NAMES, "--json"]),
        "datumaro": (root, ["datum", "compare", *sides, *compared]),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, (folder, command) in commands.items():
            before, began = _used(), time.perf_counter()
            subprocess.run(
                command, cwd=folder, env=environment, check=True, capture_output=True
            )
            wall = time.perf_counter() - began
            found[name].append((round(wall, 2), round(_used() - before, 2)))
    return found


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main(arguments: list[str]) -> None:
    """Print the runs of each command."""
    runs = int(arguments[1]) if len(arguments) > 1 else 5
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), Path(arguments[0]).absolute(), runs)
    for name, rows in found.items():
        sys.stdout.write(f"{name}: {rows}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
