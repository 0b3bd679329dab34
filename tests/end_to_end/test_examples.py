"""The examples for trainers: each is run on an export, as its user would run it."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from dataset.project import Project
from dataset.records import Box, Proposal
from labeling.geometry import iou_matrix
from station.cli.main import run
from tests.station.command_line import CommandLine

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "packaging" / "examples"
STREET = ROOT / "tests" / "data" / "traffic"
Corners = tuple[int, int, int, int]
# Blue and yellow discs, in OpenCV's order of channels.
COLOURS = ((200, 80, 20), (30, 200, 230))


@pytest.fixture
def fieldset(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


def street(seed: int) -> tuple[bytes, list[tuple[int, Corners]]]:
    """A real street with three discs on it: the JPEG, and class and corners of each."""
    rng = np.random.default_rng(seed)
    frames = sorted(STREET.glob("*.jpg"))
    image = cv2.imread(str(frames[seed % len(frames)]))
    held = []
    for place in range(3):
        kind, radius = int(rng.integers(2)), int(rng.integers(14, 24))
        x, y = 55 + 105 * place + int(rng.integers(-20, 20)), int(rng.integers(40, 140))
        cv2.circle(image, (x, y), radius, COLOURS[kind], -1, cv2.LINE_AA)
        held.append((kind, (x - radius, y - radius, x + radius, y + radius)))
    return cv2.imencode(".jpg", image)[1].tobytes(), held


def write_set(folder: Path, seeds: Sequence[int]) -> Path:
    """A set in YOLO's format, as it would come from another tool."""
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    (folder / "data.yaml").write_text("train: images\nnames: [blue, yellow]\n")
    for seed in seeds:
        data, held = street(seed)
        (folder / "images" / f"{seed}.jpg").write_bytes(data)
        (folder / "labels" / f"{seed}.txt").write_text(
            "".join(
                f"{kind} {(x0 + x1) / 640} {(y0 + y1) / 360} "
                f"{(x1 - x0) / 320} {(y1 - y0) / 180}\n"
                for kind, (x0, y0, x1, y1) in held
            )
        )
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a version of 30 labeled streets."""
    folder = tmp_path_factory.mktemp("made")
    root = folder / "project"
    found = write_set(folder / "set", range(30))
    for command in (
        ["init", root, "--classes", "blue,yellow"],
        ["import", found, "--project", root, "--ignore-splits"],
        ["split", "--project", root],
        ["version", "create", "--project", root],
    ):
        assert run([str(word) for word in command]) == 0
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """That project, for one test alone."""
    return Path(shutil.copytree(made, tmp_path / "project"))


def exported(fieldset: CommandLine, root: Path, name: str) -> Path:
    """The latest version in that format."""
    target = root.parent / name
    fieldset.ok("export", "latest", "--project", root, "--format", name, "--to", target)
    return target


def loaded(name: str) -> ModuleType:
    """An example as a module."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def ran(name: str, export: Path, split: str) -> str:
    """What an example prints."""
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), str(export), split]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def held_in(root: Path, split: str) -> tuple[int, int]:
    """Images and boxes of a split in the latest version."""
    with Project.open(root, read_only=True) as project:
        with project.version("latest") as frozen:
            own = [one for one in frozen.samples if one.split == split]
        return len(own), sum(len(one.boxes) for one in own)


def test_records_are_read_without_tensorflow(fieldset: CommandLine, root: Path) -> None:
    export = exported(fieldset, root, "tfrecord")

    printed = ran("record_bytes", export, "train")

    assert printed == "{} images, {} boxes\n".format(*held_in(root, "train"))


def test_records_are_read_by_tensorflow(fieldset: CommandLine, root: Path) -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    export = exported(fieldset, root, "tfrecord")

    printed = ran("tensorflow_records", export, "train")

    assert printed == "{} images, {} boxes\n".format(*held_in(root, "train"))


def test_coco_is_read_by_pytorch(fieldset: CommandLine, root: Path) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    export = exported(fieldset, root, "coco")

    printed = ran("torch_dataset", export, "train")

    assert printed.startswith("{} images, {} boxes,".format(*held_in(root, "train")))


def test_notebook_runs_from_top_to_bottom(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPLBACKEND", "agg")
    capsys.readouterr()
    held = json.loads((EXAMPLES / "first_look.ipynb").read_text())["cells"]
    cells = ["".join(cell["source"]) for cell in held if cell["cell_type"] == "code"]
    cells[0] = f"PROJECT = {str(root)!r}"

    names: dict[str, object] = {}
    for cell in cells:
        exec(cell, names)

    names["frozen"].close()  # type: ignore[attr-defined]
    assert "blue         train" in capsys.readouterr().out


def test_notebook_holds_no_output() -> None:
    notebook = json.loads((EXAMPLES / "first_look.ipynb").read_text())

    assert not any(cell.get("outputs") for cell in notebook["cells"])


def test_model_trained_on_an_export_proposes_boxes_that_are_right(
    fieldset: CommandLine, root: Path
) -> None:
    pytest.importorskip("onnx", reason="the package `onnx` writes the model")
    export = exported(fieldset, root, "coco")
    model = root.parent / "discs.onnx"
    examples = loaded("train_tiny_detector")
    examples.onnx.save(examples.train(export), str(model))
    new = root.parent / "new"
    new.mkdir()
    truths = {}
    for seed in range(100, 106):
        (new / f"{seed}.jpg").write_bytes(street(seed)[0])
        truths[f"{seed}.jpg"] = street(seed)[1]
    fieldset.ok("import", new, "--project", root)

    done = fieldset.ok("label", "--propose", model, "--project", root, "--json")

    assert done.json["samples"] == 6
    found = [
        hit
        for name, held in truths.items()
        for hit in hits(proposals(root, name), held)
    ]
    # Eighteen discs the model never saw. A random box finds none of them.
    assert sum(found) >= 15


def proposals(root: Path, name: str) -> list[Box]:
    """The sure boxes that were proposed on the image of that name."""
    with Project.open(root, read_only=True) as project:
        catalog = project.catalog
        (sample,) = [
            one
            for one in map(catalog.samples.get, catalog.detections.open_ids())
            if one.source_name.endswith(name)
        ]
        found: Sequence[Proposal] = catalog.labels.proposals(sample.id)
        return [one.box for one in found if (one.box.score or 0) >= 0.5]


def hits(boxes: Sequence[Box], held: list[tuple[int, Corners]]) -> list[bool]:
    """For each true disc whether a box of its class lies on it, IoU at least 0.5."""
    return [
        any(
            box.class_id == kind + 1
            and iou_matrix([(box.x0, box.y0, box.x1, box.y1)], [corners])[0, 0] >= 0.5
            for box in boxes
        )
        for kind, corners in held
    ]
