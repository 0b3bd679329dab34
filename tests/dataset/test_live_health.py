"""One sentence on the camera of the running session, from real pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.camera_health import CameraHealth
from dataset.errors import ProjectError
from dataset.health.health_finding import HealthFinding, HealthVerdict
from dataset.health.live_health import line_of, live_health
from dataset.health.portrait import Portrait
from dataset.project import Project
from tests.dataset.camera_scene import frames
from tests.dataset.camera_sessions import DAY_US, add_session, blurred
from tests.small_projects import BEGAN_US, new_project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as project:
        add_session(project, "first", frames(8, seed=1), 0)
        yield project


def test_a_source_that_never_captured_has_no_line(project: Project) -> None:
    assert live_health(project, "another") is None


def test_the_first_session_is_what_later_ones_are_compared_with(
    project: Project,
) -> None:
    line = live_health(project, "cam")

    assert line is not None
    assert line.verdict is HealthVerdict.NOT_ENOUGH_DATA
    assert "first session" in line.sentence
    assert (line.session, line.reference) == ("first", "")


def test_a_healthy_camera_is_as_it_was(project: Project) -> None:
    add_session(project, "second", frames(8, seed=2), 1)

    line = live_health(project, "cam")

    assert line is not None
    assert line.verdict is HealthVerdict.FINE
    assert line.sentence.endswith(": first")
    assert line.faults == 0


def test_a_fault_is_told_with_its_next_step(project: Project) -> None:
    add_session(project, "second", [blurred(p) for p in frames(8, seed=2)], 1)

    line = live_health(project, "cam")

    assert line is not None
    assert line.verdict is HealthVerdict.FAULT
    assert "of its sharpness since" in line.sentence
    assert line.next_step.startswith("focus the lens")
    assert (line.session, line.reference) == ("second", "first")


def test_a_session_that_has_just_begun_says_from_when_on(project: Project) -> None:
    add_session(project, "second", frames(3, seed=2), 1)

    line = live_health(project, "cam")

    assert line is not None
    assert line.verdict is HealthVerdict.NOT_ENOUGH_DATA
    assert line.sentence == "How the camera is shows from 8 pictures on: 3"


def test_only_the_last_hour_of_a_session_counts(project: Project) -> None:
    add_session(project, "second", frames(8, seed=2), 1)
    session = project.catalog.sessions.by_name("second")
    for number, picture in enumerate(frames(8, seed=3)):
        project.take_in(
            cv2.imencode(".png", blurred(picture))[1].tobytes(),
            session,
            captured_us=BEGAN_US + DAY_US + 7_200_000_000 + number * 1_000_000,
            source_name=f"late {number}.png",
        )

    line = live_health(project, "cam")

    assert line is not None
    assert "of its sharpness" in line.sentence


def test_a_night_is_compared_with_a_night(project: Project) -> None:
    dark = [(p * 0.4).astype(np.uint8) for p in frames(8, seed=4)]
    add_session(project, "night 1", dark, 1, light="night")
    add_session(project, "day 2", frames(8, seed=5), 2)
    darker = [(p * 0.4).astype(np.uint8) for p in frames(8, seed=6)]
    add_session(project, "night 2", darker, 3, light="night")

    line = live_health(project, "cam")

    assert line is not None
    assert line.reference == "night 1"
    assert line.verdict is not HealthVerdict.FAULT


def test_the_portrait_of_the_reference_is_kept_for_the_next_call(
    project: Project,
) -> None:
    add_session(project, "second", frames(8, seed=2), 1)
    kept: dict[str, Portrait] = {}
    before = live_health(project, "cam", kept=kept)
    reference = project.catalog.sessions.by_name("first")
    for sample in project.catalog.samples.of_session(reference.id):
        project.image_path(sample).unlink()

    assert live_health(project, "cam", kept=kept) == before
    with pytest.raises(ProjectError):
        live_health(project, "cam")


def test_the_most_urgent_fault_is_told_and_all_are_counted() -> None:
    def fault(name: str) -> HealthFinding:
        return HealthFinding(
            name=name, verdict=HealthVerdict.FAULT, sentence=f"{name} broke.", unit=""
        )

    health = CameraHealth(
        findings=(fault("exposure"), fault("dirt"), fault("frozen")),
        reference_frames=8,
        current_frames=8,
    )

    line = line_of(health)

    assert line.sentence == "frozen broke."
    assert line.faults == 3


def test_what_could_not_be_compared_is_said_beside_what_could() -> None:
    fine = HealthFinding(
        name="noise", verdict=HealthVerdict.FINE, sentence="fine", unit=""
    )
    open_ = HealthFinding(
        name="view", verdict=HealthVerdict.NOT_ENOUGH_DATA, sentence="Dark.", unit=""
    )

    partly, not_at_all = (
        line_of(CameraHealth(findings=f, reference_frames=8, current_frames=8))
        for f in ((fine, open_), (open_,))
    )

    assert partly.sentence == "No fault of the camera shows. Dark."
    assert not_at_all.sentence == "Dark."
