from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.erasure import erase
from dataset.errors import StorageFull, UsageError
from dataset.project import Project
from station.camera.source import Frame, Gap
from station.recording import Kept, Recording, Refused, SessionForm
from tests.small_projects import BEGAN_US, HEIGHT, WIDTH, jpeg, new_project, pixels


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


def frame(
    number: int = 0, *, encoded: bool = True, session: str = "", name: str = ""
) -> Frame:
    return Frame(
        index=number,
        captured_us=BEGAN_US + number * 1_000_000,
        elapsed_s=float(number),
        pixels=pixels(number),
        encoded=jpeg(number) if encoded else None,
        suffix="jpg" if encoded else "",
        session=session,
        name=name,
    )


def recording(project: Project, **form: object) -> Recording:
    return Recording(project, SessionForm(**form), "cam")  # type: ignore[arg-type]


def test_cameras_own_bytes_are_stored_unchanged(project: Project) -> None:
    kept = recording(project).keep(frame(3, name="a/3.jpg"))

    assert isinstance(kept, Kept)
    assert project.images.read(kept.sample.id, "jpg") == jpeg(3)
    assert kept.sample.captured_us == BEGAN_US + 3_000_000
    assert kept.sample.source_name == "a/3.jpg"
    assert kept.frame.index == 3


@pytest.mark.parametrize(
    ("settings", "suffix"),
    [("", "jpg"), ('[capture]\nformat = "png"', "png")],
)
def test_raw_pictures_are_encoded_as_the_project_says(
    project: Project, settings: str, suffix: str
) -> None:
    (project.root / "fieldset.toml").write_text(settings)

    kept = recording(project).keep(frame(1, encoded=False))

    assert isinstance(kept, Kept)
    data = project.images.read(kept.sample.id, suffix)
    shown = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape == (HEIGHT, WIDTH, 3)
    if suffix == "png":
        assert np.array_equal(shown, pixels(1))


def test_quality_of_the_settings_is_used(project: Project) -> None:
    sizes = []
    for quality in (95, 50):
        (project.root / "fieldset.toml").write_text(
            f"[capture]\njpeg_quality = {quality}"
        )
        with Project.open(project.root) as opened:
            kept = recording(opened).keep(frame(quality, encoded=False))
            assert isinstance(kept, Kept)
            sizes.append(kept.sample.size_bytes)

    assert sizes[1] < sizes[0]


def test_session_says_what_the_form_said(project: Project) -> None:
    running = recording(
        project,
        name="n",
        station="edge-7",
        operator="me",
        place="bridge 4",
        conditions=(("light", "night"),),
    )

    running.keep(frame(2))
    running.keep(frame(5))
    running.end()

    (session,) = project.catalog.sessions.all()
    assert (session.name, session.station, session.operator) == ("n", "edge-7", "me")
    assert (session.place, session.source) == ("bridge 4", "cam")
    assert session.conditions == (("light", "night"),)
    assert session.started_us == BEGAN_US + 2_000_000
    assert session.ended_us == BEGAN_US + 5_000_000


def test_nothing_kept_begins_no_session(project: Project) -> None:
    running = recording(project)

    running.end()

    assert project.catalog.sessions.all() == ()


def test_sub_folders_are_sessions(project: Project) -> None:
    running = recording(project, name="tour")
    for number, part in enumerate(("", "a", "a", "b")):
        running.keep(frame(number, session=part))
    running.end()

    found = {s.name: s for s in project.catalog.sessions.all()}
    counts = project.catalog.tables.samples_by_session()
    assert {name: counts[s.id] for name, s in found.items()} == {
        "tour": 1,
        "tour a": 2,
        "tour b": 1,
    }
    assert all(s.ended_us is not None for s in found.values())
    assert [s.name for s in running.sessions] == ["tour", "tour a", "tour b"]


def test_same_folder_again_is_known_and_not_refused(project: Project) -> None:
    for _ in range(2):
        running = recording(project)
        for number in range(3):
            running.keep(frame(number, session="night"))
        running.end()

    assert (running.kept, running.known) == (0, 3)
    assert [s.name for s in project.catalog.sessions.all()] == ["night", "night (2)"]


def test_name_that_is_taken_is_told_before_the_first_picture(
    project: Project,
) -> None:
    project.begin_session(name="bridge")

    with pytest.raises(UsageError, match="already: bridge"):
        recording(project, name="bridge").check_name()

    recording(project).check_name()


def test_known_bytes_are_counted_apart(project: Project) -> None:
    running = recording(project)

    first, again = running.keep(frame(1)), running.keep(frame(1))

    assert isinstance(first, Kept)
    assert isinstance(again, Kept)
    assert (first.known, again.known) == (False, True)
    assert (running.kept, running.known) == (1, 1)


def test_refused_pictures_are_counted_by_reason(project: Project) -> None:
    running = recording(project)
    kept = running.keep(frame(1))
    assert isinstance(kept, Kept)
    erase(project, kept.sample.id)

    refused = running.keep(frame(1))
    running.refuse("too dark")
    running.refuse("too dark", at_us=5)

    assert isinstance(refused, Refused)
    assert refused.frame is not None
    reasons = {"This picture was erased from the project": 1, "too dark": 2}
    (session,) = project.catalog.sessions.all()
    assert dict(running.refused) == reasons
    assert project.catalog.sessions.refusals(session.id) == reasons


def test_broken_bytes_are_refused_and_leave_nothing(project: Project) -> None:
    from dataclasses import replace

    running = recording(project)

    refused = running.keep(replace(frame(1), encoded=b"half a JP", suffix="jpg"))

    assert isinstance(refused, Refused)
    assert list(project.images.files()) == []
    assert project.catalog.samples.count() == 0


def test_gaps_are_kept_with_the_session(project: Project) -> None:
    running = recording(project)
    running.keep(frame(1))

    running.note_gap(Gap(lost_us=10, back_us=20, reason="unplugged"))

    (session,) = project.catalog.sessions.all()
    assert project.catalog.sessions.gaps(session.id) == ((10, 20, "unplugged"),)


def test_full_disk_is_not_a_refused_picture(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StorageFull("The disk is full")

    running = recording(project)
    monkeypatch.setattr(project.images, "put", fail)

    with pytest.raises(StorageFull):
        running.keep(frame(1))

    assert (running.kept, dict(running.refused)) == (0, {})
