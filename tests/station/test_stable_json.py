"""The fields that scripts rely on: `dataset/README.md` lists what is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataset.camera_health import CameraHealth
from dataset.drift import (
    DriftReport,
    DriftVerdict,
    MetricDrift,
    SampleTable,
    SampleValue,
    SessionMean,
    SessionsMore,
)
from dataset.drift_statistics.drift_file import Comparison, write_drift
from dataset.drift_statistics.further import FurtherMetric
from dataset.drift_statistics.set_shift import ClassShift, PictureShift
from dataset.health.health_finding import HealthFinding, HealthVerdict
from dataset.health.health_trend import trend
from dataset.health.version_health import SeatHealth, VersionHealth
from dataset.project import Project
from dataset.records import LabelState, SampleState
from dataset.versions.freezing import freeze
from tests.architecture.source_tree import ROOT
from tests.small_projects import box, filled, new_project, new_session
from tests.station.command_line import CommandLine

README = (ROOT / "dataset" / "README.md").read_text("utf-8")
ROWS = re.findall(r"^\| `([^`]+)` \| ((?:`\w+` ?)+)\|$", README, re.M)
DOCUMENTED = {name: set(re.findall(r"\w+", fields)) for name, fields in ROWS}
# Objects whose keys are names that a person gave.
FREE = {"health.cameras[].conditions"}


def objects(value: object, path: str = "") -> Iterator[tuple[str, set[str]]]:
    """The path of every object in JSON, with its keys; `[]` is any item of a list."""
    if isinstance(value, Mapping) and path not in FREE:
        yield path or "drift.json", set(value)
        for key, part in value.items():
            yield from objects(part, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for part in value:
            yield from objects(part, f"{path}[]")


METRIC = MetricDrift(
    name="brightness",
    unit="luma 0-1",
    label="brightness",
    verdict=DriftVerdict.DRIFT,
    reason="lower",
    effect=-0.1,
    interval=(-0.2, -0.05),
    base_sd=0.1,
    more=SessionsMore(current=3),
    worst_sessions=(SessionMean(session="s", mean=0.1, samples=3),),
    worst_samples=(SampleValue(sample_id="a", session="s", value=0.1),),
)
REPORT = DriftReport(
    metrics=(METRIC,),
    family=("brightness",),
    verdict=DriftVerdict.DRIFT,
    notes=("a note",),
    classes=(
        ClassShift(
            name="car", base_share=0.5, current_share=0.6, effect=0.1, interval=None
        ),
    ),
    picture=PictureShift(
        mmd2=0.1, p=0.1, auc=0.7, interval=None, folds=5, samples=9, sessions=3
    ),
    further=(
        FurtherMetric(
            name="file_bytes",
            unit="bytes",
            label="file size",
            base_mean=9.0,
            current_mean=None,
        ),
    ),
)
TABLE = SampleTable(
    sample_ids=(), sessions=(), strata=(), values={"brightness": np.zeros(0)}
)
HEALTH = VersionHealth(
    cameras=(
        SeatHealth(
            station="north",
            camera="cam",
            place="",
            conditions=(("light", "night"),),
            reference=("a",),
            current=("b",),
            sessions=12,
            health=CameraHealth(
                findings=(
                    HealthFinding(
                        name="dirt",
                        verdict=HealthVerdict.FAULT,
                        sentence="dirty",
                        unit="dB",
                        places=((1, 2),),
                    ),
                ),
                reference_frames=8,
                current_frames=8,
            ),
            trends=(trend("noise", {str(n): 1.0 for n in range(12)}, 1.0),),
        ),
    )
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    with new_project(tmp_path / "p") as project:
        for number in range(2):
            session = new_session(project, f"session {number}")
            labels = LabelState(state=SampleState.LABELED, boxes=(box("a"),))
            for sample in filled(project, session, 2, first=10 * number):
                project.catalog.labels.put(sample.id, labels)
        freeze(project, message="first")
    return tmp_path / "p"


def test_every_field_of_drift_json_is_documented_and_the_other_way_round(
    root: Path,
) -> None:
    comparison = Comparison(
        kind="parent",
        base="v1",
        current="v2",
        report=REPORT,
        base_table=TABLE,
        current_table=TABLE,
    )
    with Project.open(root) as project:
        path = write_drift(project.version("v1"), [comparison], HEALTH)

    found = dict(objects(json.loads(path.read_text("utf-8"))))

    wanted = {
        name: fields
        for name, fields in DOCUMENTED.items()
        if not name.startswith("fieldset ")
    }
    assert found == wanted


def test_real_statistics_have_no_field_beside_the_documented_ones(root: Path) -> None:
    from station.version_report import write_version_report

    with Project.open(root) as project:
        path = write_version_report(project, "v1").drift

    for name, fields in objects(json.loads(path.read_text("utf-8"))):
        assert fields == DOCUMENTED[name], name


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("fieldset drift", ("drift", "v1", "v1")),
        (
            "fieldset camera health",
            ("camera", "health", "session:session 1", "--reference", "v1"),
        ),
    ],
)
def test_what_the_commands_print_is_documented(
    capsys: pytest.CaptureFixture[str],
    root: Path,
    command: str,
    arguments: tuple[str, ...],
) -> None:
    said: dict[str, Any] = (
        CommandLine(capsys).ok(*arguments, "--project", root, "--json").json
    )

    assert set(said) == DOCUMENTED[f"{command} --json"]
    for field in ("findings", "trends"):
        for one in said.get(field, ()):
            assert set(one) == DOCUMENTED[f"health.cameras[].{field}[]"]
    for one in said.get("metrics", ()):
        assert set(one) == DOCUMENTED["comparisons[].metrics[]"]
