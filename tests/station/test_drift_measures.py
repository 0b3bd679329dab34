"""What `fieldset drift` measures of versions, sessions and folders, and tests."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.drift import DriftVerdict, compare
from dataset.metric import EVERY_METRIC, FILE_METRICS, METRICS, TIME_METRICS
from dataset.project import Project
from dataset.records import LabelState, SampleState
from dataset.settings import default_text, read_settings
from dataset.versions.freezing import freeze
from station.drift_side import side_table
from tests.dataset import picture_bytes
from tests.small_projects import box, filled, new_project, new_session, pixels
from tests.station.command_line import CommandLine

NAMES = {metric.name for metric in EVERY_METRIC}
BOXES = {metric.name for metric in METRICS if metric.name.startswith("box")}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """v1 of two sessions, and a folder of PNG files beside the project."""
    root = tmp_path_factory.mktemp("measures") / "p"
    with new_project(root) as project:
        for number in range(2):
            session = new_session(project, f"session {number}")
            for sample in filled(project, session, 2, first=10 * number):
                state = LabelState(state=SampleState.LABELED, boxes=(box("a"),))
                project.catalog.labels.put(sample.id, state)
        freeze(project, message="first")
    folder = root.parent / "png"
    (folder / "visit").mkdir(parents=True)
    for seed in range(2):
        data = cv2.imencode(".png", pixels(seed))[1].tobytes()
        (folder / "visit" / f"{seed}.png").write_bytes(data)
    return root


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


def test_a_version_and_a_session_have_every_metric(root: Path) -> None:
    with Project.open(root) as project:
        version = side_table(project, "v1")
        session = side_table(project, "session:session 0")

    assert set(version.values) == set(session.values) == NAMES
    place = version.sample_ids.index(session.sample_ids[0])
    for name in NAMES:
        assert version.values[name][place] == session.values[name][0], name


def test_a_folder_has_all_but_boxes_and_its_hours_are_those_of_exif(
    root: Path, tmp_path: Path
) -> None:
    data = cv2.imencode(".jpg", pixels(1))[1].tobytes()
    taken = b"Exif\x00\x00" + picture_bytes.exif_taken("2026:05:01 12:00:00")
    (tmp_path / "visit").mkdir()
    (tmp_path / "visit" / "a.jpg").write_bytes(picture_bytes.jpeg_with(data, taken))
    (tmp_path / "visit" / "b.jpg").write_bytes(data)

    with Project.open(root) as project:
        table = side_table(project, str(tmp_path))

    assert set(table.values) == NAMES - BOXES
    assert table.values["hour_noon"][0] == pytest.approx(1.0)
    assert np.isnan(table.values["hour_noon"][1])
    assert np.isfinite(table.values["jpeg_quality"]).all()


@pytest.mark.parametrize(
    "image",
    [
        np.full((1, 1), 90, np.uint8),
        np.full((1, 1, 3), 90, np.uint8),
        np.full((2, 30), 23_130, np.uint16),
        np.full((20, 30, 4), 90, np.uint8),
    ],
    ids=lambda image: f"{image.shape}-{image.dtype}",
)
def test_odd_pictures_are_compared_without_a_crash_or_an_alarm(
    root: Path, tmp_path: Path, image: np.ndarray, call: CommandLine
) -> None:
    (tmp_path / "visit").mkdir()
    data = cv2.imencode(".png", image)[1].tobytes()
    (tmp_path / "visit" / "a.png").write_bytes(data)

    told = call.ok("drift", "v1", tmp_path, "--project", root, "--json").json

    assert told["verdict"] == "not enough data"
    assert {one["name"] for one in told["further"]} >= {m.name for m in FILE_METRICS}


def test_a_family_of_what_nobody_could_measure_is_not_enough_data(root: Path) -> None:
    with Project.open(root) as project:
        base = side_table(project, "v1")
        current = side_table(project, str(root.parent / "png"))

    report = compare(base, current, family=("jpeg_quality",))

    (metric,) = report.metrics
    assert np.isnan(current.values["jpeg_quality"]).all()
    assert metric.verdict is DriftVerdict.NOT_ENOUGH
    assert "nothing to compare in the current set" in metric.reason
    assert report.verdict is DriftVerdict.NOT_ENOUGH


def test_the_family_of_the_settings_is_the_one_that_is_tested(
    root: Path, tmp_path: Path, call: CommandLine
) -> None:
    settings = root / "fieldset.toml"
    before = settings.read_text()
    settings.write_text(before + '\n[drift]\nmetrics = ["megapixels", "noise"]\n')
    try:
        told = call.ok(
            "drift", "v1", root.parent / "png", "--project", root, "--json"
        ).json
        page = tmp_path / "page.html"
        call.ok("drift", "v1", root.parent / "png", "--project", root, "--html", page)
    finally:
        settings.write_text(before)

    assert [metric["name"] for metric in told["metrics"]] == ["noise", "megapixels"]
    left = {one["name"] for one in told["further"]}
    assert left == NAMES - BOXES - {"noise", "megapixels"}
    assert page.stat().st_size > 1000


def test_the_usual_family_is_told_and_the_rest_is_printed(
    root: Path, call: CommandLine
) -> None:
    said = call.ok("drift", "v1", "session:session 1", "--project", root).out
    told = call.ok("drift", "v1", "session:session 1", "--project", root, "--json").json

    assert set(told["family"]["metrics"]) <= {m.name for m in METRICS} | {
        "class_mix",
        "picture",
    }
    assert {m.name for m in TIME_METRICS} <= {one["name"] for one in told["further"]}
    assert "not judged" in said
    assert "JPEG quality" in said


def test_what_the_template_says_of_drift_can_be_uncommented(tmp_path: Path) -> None:
    lines = default_text("p").splitlines()
    first, last = lines.index("# [drift]"), lines.index("# [drift.limits.brightness]")
    chosen = [line.removeprefix("# ") for line in lines[first : last + 3]]
    text = "\n".join(
        line for line in chosen if line.startswith("[") or " = " in line.split(",")[0]
    )
    path = tmp_path / "fieldset.toml"
    path.write_text(f"[project]\nname = 'p'\n{text}\n")

    found = read_settings(path).drift

    assert found.family is not None
    assert set(found.family) <= NAMES | {"picture"}
    assert found.backbone is not None
    assert found.limits["brightness"].step == 0.03
