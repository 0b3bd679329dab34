"""The health of the cameras behind a version: what is compared, kept and bounded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.errors import ProjectError
from dataset.health import version_health as health_module
from dataset.health.health_finding import HealthVerdict
from dataset.health.kept_health import FILE_NAME
from dataset.health.version_health import VersionHealth, version_health
from dataset.measuring import measured
from dataset.project import Project
from dataset.versions.freezing import freeze
from tests.dataset.camera_scene import frames
from tests.dataset.camera_sessions import Pixels, add_session, blurred
from tests.small_projects import new_project

SHORT = 8


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days, the second out of focus, two nights, and a camera used once."""
    root = tmp_path_factory.mktemp("health") / "p"
    with new_project(root) as project:
        sharp = frames(SHORT, seed=1)
        soft = [blurred(picture) for picture in frames(SHORT, seed=2)]
        add_session(project, "day 1", sharp, 0, is_labeled=True)
        add_session(project, "day 2", soft, 2, is_labeled=True)
        for number, day in enumerate((1, 3), start=1):
            dark = [(p * 0.4).astype(np.uint8) for p in frames(SHORT, seed=5 + day)]
            add_session(
                project, f"night {number}", dark, day, light="night", is_labeled=True
            )
        add_session(
            project, "once", frames(2, seed=9), 4, source="other", is_labeled=True
        )
        freeze(project, message="first")
    return root


@pytest.fixture
def project(original: Path, tmp_path: Path) -> Iterator[Project]:
    shutil.copytree(original, tmp_path / "p")
    with Project.open(tmp_path / "p") as project:
        yield project


def health_of(project: Project) -> VersionHealth:
    samples = project.version("v1").samples
    return version_health(project, samples, measured(project, samples))


def images_of(project: Project) -> list[Path]:
    return [project.root / row.path for row in project.version("v1").samples]


def test_each_camera_is_compared_under_its_own_conditions(project: Project) -> None:
    found = health_of(project)

    assert [(one.reference, one.current) for one in found.cameras] == [
        (("night 1",), ("night 2",)),
        (("day 1",), ("day 2",)),
    ]
    assert found.alone == 1
    assert found.cameras[0].name == "north · cam · night"


def test_the_camera_out_of_focus_is_the_fault_of_the_version(project: Project) -> None:
    found = health_of(project)

    assert [one.name for one in found.faults] == ["north · cam · day"]
    assert found.verdict is HealthVerdict.FAULT
    assert "of its sharpness since 21 September 2026" in found.faults[0].sentences[0]
    assert found.summary == "A fault in 1 of 2 cameras: north · cam · day."


def test_pictures_that_people_and_triggers_chose_have_no_timing(
    project: Project,
) -> None:
    names = {f.name for one in health_of(project).cameras for f in one.health.findings}

    assert "timing" not in names
    assert {"view", "focus", "frozen"} <= names


def test_what_was_examined_once_is_not_looked_at_again(project: Project) -> None:
    numbers = measured(project, project.version("v1").samples)
    before = health_of(project)
    for path in images_of(project):
        path.unlink()

    again = version_health(project, project.version("v1").samples, numbers)

    assert again.to_json() == before.to_json()


def test_an_interrupted_run_goes_on_behind_the_camera_that_was_done(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = health_of(project).to_json()
    (project.root / "versions" / FILE_NAME).unlink()
    with monkeypatch.context() as patch:
        patch.setattr(health_module, "MOST_CAMERAS", 1)
        health_of(project)
    night = project.catalog.sessions.by_name("night 2")
    for sample in project.catalog.samples.of_session(night.id):
        project.image_path(sample).unlink()

    assert health_of(project).to_json() == whole


@pytest.mark.parametrize("text", ["", "[]", '{"format": "x"}', "\x00", "null"])
def test_a_damaged_cache_is_worked_out_again(project: Project, text: str) -> None:
    whole = health_of(project).to_json()
    kept = project.root / "versions" / FILE_NAME
    good = kept.read_bytes()

    kept.write_text(text)

    assert health_of(project).to_json() == whole
    assert kept.read_bytes() == good


def test_other_findings_in_the_cache_are_refused(project: Project) -> None:
    whole = health_of(project).to_json()
    kept = project.root / "versions" / FILE_NAME
    content = json.loads(kept.read_text())
    for findings in content["findings"].values():
        findings["findings"][0]["effect"] = "half"
    kept.write_text(json.dumps(content))

    assert health_of(project).to_json() == whole


def test_a_project_open_for_reading_is_told_of_and_not_written(
    project: Project,
) -> None:
    with Project.open(project.root, read_only=True) as reading:
        found = health_of(reading)

    assert len(found.cameras) == 2
    assert not (project.root / "versions" / FILE_NAME).exists()


def test_work_is_bounded_and_what_was_left_out_is_counted(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_module, "MOST_PIXELS", 1)

    found = health_of(project)

    assert [one.current for one in found.cameras] == [("night 2",)]
    assert found.left_out == 1


def test_samples_without_numbers_are_passed_over(project: Project) -> None:
    samples = project.version("v1").samples

    found = version_health(project, samples, {})

    assert found == VersionHealth()
    assert found.verdict is HealthVerdict.NOT_ENOUGH_DATA
    assert "No camera" in found.summary


def test_made_copies_are_not_the_cameras_pictures(project: Project) -> None:
    digest = "0" * 64
    made = f"made:augment/1 {digest} {digest}"
    samples = project.version("v1").samples
    rows = [replace(row, source_name=made) for row in samples]

    assert version_health(project, rows, measured(project, rows)) == VersionHealth()


def test_a_missing_picture_is_a_sentence(project: Project) -> None:
    samples = project.version("v1").samples
    numbers = measured(project, samples)
    night = project.catalog.sessions.by_name("night 2")
    lost = project.catalog.samples.of_session(night.id)[0]
    project.image_path(lost).unlink()

    with pytest.raises(ProjectError, match=lost.id):
        version_health(project, samples, numbers)


def test_json_is_plain_and_names_sessions(project: Project) -> None:
    said = health_of(project).to_json()

    text = json.dumps(said, allow_nan=False)
    assert json.loads(text) == said
    assert said["cameras"][1]["reference"] == ["day 1"]
    assert said["cameras"][1]["conditions"] == {"light": "day"}
    assert said["cameras"][1]["verdict"] == "fault"


def half_size(number: int) -> Pixels:
    return np.asarray(cv2.resize(frames(1, seed=number)[0], (240, 160)), np.uint8)


def one_pixel(number: int) -> Pixels:
    return np.full((1, 1, 3), number, np.uint8)


def gray(number: int) -> Pixels:
    light = cv2.cvtColor(half_size(number), cv2.COLOR_BGR2GRAY)
    return np.asarray(light, np.uint8)


@pytest.mark.parametrize(
    ("first", "later", "words"),
    [
        (lambda n: frames(1, seed=n)[0], half_size, "another size than the reference"),
        (one_pixel, one_pixel, "no steady view"),
        (gray, gray, ""),
    ],
)
def test_odd_pictures_are_no_fault_of_the_camera(
    tmp_path: Path,
    first: Callable[[int], Pixels],
    later: Callable[[int], Pixels],
    words: str,
) -> None:
    with new_project(tmp_path / "odd") as project:
        pictures = [first(n) for n in range(1, 9)], [later(n) for n in range(11, 19)]
        for day, shown in enumerate(pictures):
            add_session(project, f"day {day}", shown, day, is_labeled=True)
        freeze(project, message="odd")

        (camera,) = health_of(project).cameras

    said = " ".join(f.sentence for f in camera.health.findings)
    of_the_view = {"view", "focus", "dirt", "vignetting", "pixels"}
    assert not of_the_view & {one.name for one in camera.health.faults}
    assert words in said
