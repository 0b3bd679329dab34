"""`fieldset drift` on what nobody should give it: a verdict or a sentence, no crash."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dataset.drift import DriftVerdict, compare
from dataset.drift_statistics.drift_file import compare_version
from dataset.errors import NotFound, ProjectError, UsageError
from dataset.project import Project
from dataset.records import LabelState, SampleState
from dataset.versions.freezing import freeze
from station.drift_side import side_table
from tests.small_projects import box, filled, new_project, new_session

DRIFT, OPEN = DriftVerdict.DRIFT, DriftVerdict.NOT_ENOUGH


def frozen_project(
    folder: Path, sessions: int, *, state: SampleState = SampleState.LABELED
) -> Project:
    project = new_project(folder)
    boxes = (box("a"),) if state is SampleState.LABELED else ()
    for number in range(sessions):
        session = new_session(project, f"session {number}")
        for sample in filled(project, session, 2, first=10 * number):
            project.catalog.labels.put(sample.id, LabelState(state=state, boxes=boxes))
    freeze(project, message="first")
    return project


def pictures(folder: Path, sessions: int, pixels: NDArray[np.uint8]) -> Path:
    """A folder of that picture, two a session, each a grey level apart."""
    for number in range(sessions):
        place = folder / f"visit {number}"
        place.mkdir(parents=True)
        for turn in range(2):
            other = np.clip(pixels.astype(int) + number + turn, 0, 255)
            cv2.imwrite(str(place / f"{turn}.png"), other.astype(np.uint8))
    return folder


def test_a_version_of_another_project_is_not_known(tmp_path: Path) -> None:
    with (
        frozen_project(tmp_path / "one", 1) as one,
        frozen_project(tmp_path / "other", 2) as other,
    ):
        foreign = other.version("v1").version.id

        with pytest.raises(NotFound):
            side_table(one, foreign)


def test_numbers_of_other_code_are_measured_again(tmp_path: Path) -> None:
    with frozen_project(tmp_path / "p", 2) as project:
        ids = [sample.id for sample in project.version("v1").samples]
        stale = {sample_id: {"brightness": 99.0} for sample_id in ids}
        project.catalog.measures.put("another digest", stale)

        table = side_table(project, "v1")

    assert float(table.values["brightness"].max()) <= 1.0


def test_a_missing_image_is_a_sentence_with_its_path(tmp_path: Path) -> None:
    with frozen_project(tmp_path / "p", 2) as project:
        lost = project.version("v1").samples[0]
        (project.root / lost.path).unlink()

        with pytest.raises(ProjectError, match=lost.id[:8]):
            compare_version(project, project.version("v1"))


def test_samples_without_boxes_have_no_class_mix(tmp_path: Path) -> None:
    with frozen_project(tmp_path / "p", 2, state=SampleState.EMPTY) as project:
        base = side_table(project, "v1")

        report = compare(base, base)

    assert np.isnan(base.values["box_area"]).all()
    assert "class_mix" not in {metric.name for metric in report.metrics}


def test_one_class_in_one_session_is_not_enough_data(tmp_path: Path) -> None:
    with frozen_project(tmp_path / "p", 1) as project:
        base = side_table(project, "v1")
    new = pictures(tmp_path / "new", 1, np.full((40, 40, 3), 200, np.uint8))
    with Project.open(tmp_path / "p") as project:
        report = compare(base, side_table(project, str(new)))

    assert report.verdict is OPEN
    assert not report.drifted


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 1), (30, 40)])
def test_tiny_and_grey_pictures_are_compared_without_a_crash(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    pixels = np.full(shape, 90, dtype=np.uint8)
    new = pictures(tmp_path / "new", 3, pixels)
    with frozen_project(tmp_path / "p", 3) as project:
        report = compare(side_table(project, "v1"), side_table(project, str(new)))

    assert report.verdict is OPEN
    json.dumps(report.to_json(), allow_nan=False)


def test_a_baseline_of_another_camera_size_is_no_drift_of_the_mix(
    tmp_path: Path,
) -> None:
    small = cv2.GaussianBlur(
        np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8),
        (0, 0),
        2,
    ).astype(np.uint8)
    large = cv2.resize(small, (640, 480), interpolation=cv2.INTER_CUBIC)
    with frozen_project(tmp_path / "p", 1) as project:
        base = side_table(project, str(pictures(tmp_path / "a", 8, small)))
        current = side_table(
            project, str(pictures(tmp_path / "b", 8, large.astype(np.uint8)))
        )

    verdicts = {m.name: m.verdict for m in compare(base, current).metrics}

    assert verdicts["brightness"] is not DRIFT
    assert verdicts["saturation"] is not DRIFT
    assert verdicts["sharpness"] is DRIFT


def test_visits_of_one_name_in_two_folders_are_two_sessions(tmp_path: Path) -> None:
    pixels = np.full((40, 40, 3), 100, np.uint8)
    old, new = (pictures(tmp_path / name, 3, pixels + 9) for name in ("a", "b"))
    with frozen_project(tmp_path / "p", 1) as project:
        report = compare(side_table(project, str(old)), side_table(project, str(new)))

    assert (report.base_sessions, report.current_sessions) == (3, 3)


def test_an_empty_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with (
        frozen_project(tmp_path / "p", 1) as project,
        pytest.raises(UsageError, match="no sample to compare"),
    ):
        side_table(project, str(tmp_path / "none"))
