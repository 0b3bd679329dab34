from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dataset.records import LabelState, SampleState
from dataset.versions.freezing import freeze
from tests.small_projects import box, filled, new_project, new_session

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = """
import json, sys
import dataset

project = dataset.open(sys.argv[1])
version = project.version("v2")
first = version.samples[0]
print(json.dumps({
    "alias": version.version.alias,
    "samples": [sample.id for sample in version.samples],
    "sizes": sorted({(s.width, s.height) for s in version.samples}),
    "boxes": version.boxes,
    "corners": [[b.x0, b.y0, b.x1, b.y1] for b in first.boxes],
    "classes": [c.name for c in version.classes],
    "splits": {s.name: s.kind.value for s in version.splits},
    "split_of": {s.id: s.split for s in version.samples},
    "same": version.sample(first.id) == first,
    "image": (project.root / first.path).read_bytes()[:2].hex(),
    "latest": project.version("latest").version.id == version.version.id,
    "qt": sorted(m for m in sys.modules if "PySide" in m or "shiboken" in m),
    "station": sorted(m for m in sys.modules if m.startswith("station")),
}))
project.close()
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("notebook") / "p"
    with new_project(root) as project:
        for name, first in (("one", 0), ("two", 50)):
            for sample in filled(project, new_session(project, name), 3, first=first):
                state = LabelState(state=SampleState.LABELED, boxes=(box("a"),))
                project.catalog.labels.put(sample.id, state)
            freeze(project, message=name)
    return root


@pytest.fixture(scope="module")
def seen(root: Path) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", NOTEBOOK, str(root)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'packaging'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_notebook_gets_samples_boxes_and_splits(seen: dict[str, object]) -> None:
    samples = seen["samples"]

    assert isinstance(samples, list)
    assert (seen["alias"], seen["boxes"], len(samples)) == ("v2", 6, 6)
    assert samples == sorted(samples)
    assert seen["sizes"] == [[64, 48]]
    assert seen["corners"] == [[5.0, 4.0, 25.0, 19.0]]
    assert seen["classes"] == ["car", "bike"]
    assert seen["splits"] == {"train": "train", "val": "val", "test-main": "test"}
    split_of = seen["split_of"]
    assert isinstance(split_of, dict)
    assert set(split_of.values()) <= {"train", "val", "test-main"}
    assert seen["image"] == "ffd8"
    assert seen["same"] is True
    assert seen["latest"] is True


def test_notebook_needs_no_qt_and_nothing_of_the_station(
    seen: dict[str, object],
) -> None:
    assert seen["qt"] == []
    assert seen["station"] == []


def test_notebook_leaves_the_project_as_it_was(root: Path) -> None:
    before = {p.name for p in root.iterdir()} - {"catalog.db-shm", "catalog.db-wal"}

    subprocess.run(
        [sys.executable, "-c", NOTEBOOK, str(root)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'packaging'}"},
        capture_output=True,
        check=True,
    )

    assert {p.name for p in root.iterdir()} - {"catalog.db-shm", "catalog.db-wal"} == (
        before
    )
