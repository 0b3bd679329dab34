"""`fieldset camera health`: a camera against its first session, in words and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dataset.project import Project
from dataset.records import LabelState, SampleState
from dataset.versions.freezing import freeze
from station.cli.exit_codes import ExitCode
from tests.dataset.camera_scene import frames
from tests.small_projects import BEGAN_US, new_project

from .command_line import CommandLine

DAY_US = 86_400_000_000


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


def blurred(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.5), np.uint8)


def add_session(
    project: Project, name: str, pictures: Sequence[NDArray[np.uint8]], day: int
) -> None:
    began = BEGAN_US + day * DAY_US
    session = project.begin_session(name=name, source="cam", started_us=began)
    for number, picture in enumerate(pictures):
        project.take_in(
            cv2.imencode(".png", picture)[1].tobytes(),
            session,
            captured_us=began + number * 1_000_000,
            source_name=f"{number}.png",
        )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a session as it should be, one a day later, and a blurred one."""
    with new_project(tmp_path / "p") as project:
        add_session(project, "first", frames(24, seed=1), 0)
        add_session(project, "second", frames(24, seed=2), 1)
        add_session(project, "third", [blurred(p) for p in frames(24, seed=3)], 2)
    return tmp_path / "p"


def test_a_session_is_compared_with_the_first_one_of_its_camera(
    call: CommandLine, root: Path
) -> None:
    said = call.ok("camera", "health", "session:second", "--project", root, "--json")

    assert said.json["reference"] == "session:first"
    assert {one["verdict"] for one in said.json["findings"]} == {"fine"}
    assert {one["verdict"] for one in said.json["trends"]} == {"not enough data"}


def test_a_fault_is_told_since_when_and_ends_with_1_where_asked(
    call: CommandLine, root: Path
) -> None:
    asked = ("camera", "health", "session:third", "--project", root)

    plain = call.ok(*asked)
    strict = call(*asked, "--exit-code")

    assert "of its sharpness since 21 September 2026. Focus the lens" in plain.out
    assert "The reference is: session:first" in plain.err
    assert strict.code == ExitCode.FOUND


def test_a_version_or_a_folder_may_be_the_reference(
    call: CommandLine, root: Path, tmp_path: Path
) -> None:
    with Project.open(root) as project:
        first = project.catalog.sessions.by_name("first")
        for sample in project.catalog.samples.of_session(first.id):
            project.catalog.labels.put(sample.id, LabelState(state=SampleState.EMPTY))
        freeze(project, message="the good one")
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, picture in enumerate(frames(16, seed=4)):
        cv2.imwrite(str(folder / f"{number}.png"), picture)
    asked = ("camera", "health", folder, "--project", root, "--json")

    by_session = call.ok(*asked, "--reference", "session:first").json
    by_version = call.ok(*asked, "--reference", "v1").json

    assert by_session["verdict"] == "not enough data"  # a folder has no beat
    assert by_session["current_frames"] == 16
    assert by_version["reference_frames"] == 24


def test_a_source_is_watched_and_compared_with_itself(
    call: CommandLine, root: Path, tmp_path: Path
) -> None:
    clip = str(tmp_path / "clip.avi")
    writer = cv2.VideoWriter(clip, cv2.VideoWriter.fourcc(*"MJPG"), 2.0, (480, 320))
    for picture in frames(40, seed=5):
        writer.write(picture)
    writer.release()

    said = call.ok(
        *("camera", "health", clip, "--reference", clip),
        *("--project", root, "--json"),
    ).json

    assert said["verdict"] == "fine"
    assert said["current_frames"] == 20
    assert said["trends"] == []


@pytest.mark.parametrize(
    ("source", "more", "code", "words"),
    [
        ("session:none", (), ExitCode.PROJECT, "no session of that name: none"),
        ("session:first", (), ExitCode.USAGE, "the camera's first one: session:first"),
        ("clip.mp4", (), ExitCode.USAGE, "no reference to compare with: clip.mp4"),
        ("session:second", ("--reference", "v9"), ExitCode.PROJECT, "v9"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(
    call: CommandLine,
    root: Path,
    source: str,
    more: tuple[str, ...],
    code: ExitCode,
    words: str,
) -> None:
    said = call("camera", "health", source, *more, "--project", root)

    assert said.code == code
    assert words in said.err.splitlines()[0]
    assert "hint:" in said.err


def test_a_session_without_pictures_is_named(call: CommandLine, root: Path) -> None:
    with Project.open(root) as project:
        add_session(project, "empty", [], 3)

    said = call("camera", "health", "session:empty", "--project", root)

    assert said.code == ExitCode.USAGE
    assert "no picture to look at: session:empty" in said.err


def test_a_missing_picture_is_named(call: CommandLine, root: Path) -> None:
    with Project.open(root) as project:
        session = project.catalog.sessions.by_name("second")
        sample = project.catalog.samples.of_session(session.id)[0]
        project.image_path(sample).unlink()

    said = call("camera", "health", "session:second", "--project", root)

    assert said.code == ExitCode.PROJECT
    assert sample.id in said.err


def test_a_session_of_another_camera_is_no_reference_by_default(
    call: CommandLine, root: Path
) -> None:
    with Project.open(root) as project:
        project.begin_session(name="other", source="cam2", started_us=BEGAN_US)

    said = call("camera", "health", "session:other", "--project", root)

    assert said.code == ExitCode.USAGE
    assert "the camera's first one" in said.err


def test_a_blurring_camera_shows_as_a_trend(call: CommandLine, tmp_path: Path) -> None:
    with new_project(tmp_path / "q") as project:
        for day in range(8):
            add_session(project, f"good{day}", frames(8, seed=10 + day), day)
        for day in range(8, 12):
            worse = [blurred(p) for p in frames(8, seed=10 + day)]
            add_session(project, f"bad{day}", worse, day)

    said = call.ok(
        "camera", "health", "session:bad11", "--project", tmp_path / "q", "--json"
    )

    trends = {one["name"]: one for one in said.json["trends"]}
    assert trends["sharpness"]["verdict"] == "fault"
    assert trends["sharpness"]["since"] == "bad8"
    assert trends["brightness"]["verdict"] == "fine"
