from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dataset.capture_settings import GateSettings
from dataset.images.image_file import decode
from dataset.project import Project
from station.camera.frames import Frame
from station.camera.motion import MotionView
from station.camera.triggers import ManualTrigger, MotionTrigger
from station.recorder import Recorder, RecordingRequest
from station.recording import Kept, Recording, Refused, SessionForm
from station.shutter.frame_queue import Chosen
from station.shutter.gate_reading import Gate
from station.shutter.gatekeeper import Gatekeeper
from tests.small_projects import TRAFFIC, new_project

from .scripted import WAIT_S, LiveFrames, frame, to_the_end, wait_for

ROAD = decode((TRAFFIC / "1.jpg").read_bytes())
LATER = decode((TRAFFIC / "2.jpg").read_bytes())
SOFT = np.asarray(cv2.GaussianBlur(ROAD, (0, 0), 12), np.uint8)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


def recording(project: Project) -> Recording:
    return Recording(project, SessionForm(), "cam")


def again(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same scene a moment later: only the noise is another."""
    noise = np.random.default_rng(1).normal(0, 2, picture.shape)
    return np.asarray((picture + noise).clip(0, 255), np.uint8)


def test_picture_of_a_trigger_that_fails_is_refused_with_its_figures(
    project: Project,
) -> None:
    running = recording(project)

    refused = running.keep(frame(0, picture=SOFT))

    assert isinstance(refused, Refused)
    assert refused.reason == "too blurred"
    (fault,) = [one for one in refused.readings if not one.passed]
    assert fault.gate is Gate.BLUR
    assert fault.value is not None
    assert fault.value < fault.limit
    (session,) = project.catalog.sessions.all()
    assert project.catalog.sessions.refusals(session.id) == {"too blurred": 1}
    assert list(project.images.files()) == []


def test_picture_by_hand_is_kept_with_a_warning(project: Project) -> None:
    kept = recording(project).keep(frame(0, picture=SOFT), by_hand=True)

    assert isinstance(kept, Kept)
    assert [one.name for one in kept.warnings] == ["blur"]


def test_picture_by_hand_is_refused_where_the_project_says_so(
    project: Project,
) -> None:
    (project.root / "fieldset.toml").write_text('[capture.gates]\nby_hand = "refuse"')

    answer = recording(project).keep(frame(0, picture=SOFT), by_hand=True)

    assert isinstance(answer, Refused)


def test_sample_is_compared_with_those_before_and_with_those_of_its_group(
    project: Project,
) -> None:
    running = recording(project)
    shown = [ROAD, again(ROAD), LATER, again(LATER), again(ROAD)]

    answers = list(
        running.keep_all(
            [Chosen(frame=frame(n, picture=one)) for n, one in enumerate(shown)]
        )
    )

    assert [isinstance(one, Kept) for one in answers] == [
        True, False, True, False, False,
    ]  # fmt: skip
    assert running.refused == {"too alike to a recent sample": 3}


def test_next_session_is_not_compared_with_the_last(project: Project) -> None:
    keeper = Gatekeeper(GateSettings())
    assert keeper.judge(Chosen(frame=frame(0, picture=ROAD))).fault is None

    alike = keeper.judge(Chosen(frame=frame(1, picture=again(ROAD))))
    keeper.forget()
    fresh = keeper.judge(Chosen(frame=frame(2, picture=again(ROAD))))

    assert alike.fault is not None
    assert fresh.fault is None


def test_refused_picture_is_not_remembered() -> None:
    keeper = Gatekeeper(GateSettings())
    dark = ROAD // 40

    first = keeper.judge(Chosen(frame=frame(0, picture=dark)))
    second = keeper.judge(Chosen(frame=frame(1, picture=dark)))

    assert first.fault is not None
    assert second.fault is not None
    assert second.fault.gate is Gate.DARK
    values = {one.gate: one.value for one in second.readings}
    assert values[Gate.ALIKE] is None


def test_files_of_a_folder_are_not_judged() -> None:
    named = replace(frame(0, picture=SOFT), name="a.jpg")

    assert Gatekeeper(GateSettings()).judge(Chosen(frame=named)).fault is None


def test_live_readings_of_the_newest_frame_remember_nothing(project: Project) -> None:
    source = LiveFrames([frame(0, picture=ROAD), frame(1, picture=again(ROAD))])
    recorder = Recorder(project, lambda *_: source)
    assert recorder.gates() == ()
    recorder.start(RecordingRequest(source="cam"), ManualTrigger())
    assert source.is_over.wait(WAIT_S)

    twice = [recorder.gates(), recorder.gates()]
    recorder.close()

    assert twice[0] == twice[1]
    assert {one.gate for one in twice[0]} == set(Gate)
    values = {one.gate: one.value for one in twice[0]}
    assert values[Gate.TORN] is not None
    assert values[Gate.ALIKE] is None


def test_view_of_motion_is_there_while_it_runs(project: Project) -> None:
    def moving(number: int) -> Frame:
        picture = ROAD.copy()
        if number >= 20:
            picture[60:120, 40 + number : 100 + number] = 255
        return frame(number, picture=picture)

    source = LiveFrames(moving(n) for n in range(23))
    recorder = Recorder(project, lambda *_: source)
    recorder.start(RecordingRequest(source="cam"), MotionTrigger())
    assert source.is_over.wait(WAIT_S)
    view = recorder.trigger_view()
    wait_for(lambda: recorder.status().kept)
    recorder.close()

    assert isinstance(view, MotionView)
    assert view.moving.dtype == np.uint8
    assert view.moving.shape == view.watched.shape == (90, 160)
    assert view.is_warm
    assert view.share > view.least_share
    rows, columns = np.nonzero(view.moving)
    assert 25 < rows.mean() < 65
    assert 20 < columns.mean() < 70


def test_error_of_a_trigger_that_cannot_get_ready_ends_the_run(
    project: Project,
) -> None:
    from station.shutter.trigger_choice import choose_trigger

    source = LiveFrames(frame(n) for n in range(3_000))
    recorder = Recorder(project, lambda *_: source)
    recorder.start(RecordingRequest(source="cam"), choose_trigger(project, "drift"))

    ended = to_the_end(recorder)[-1]
    recorder.close()

    assert "version" in str(getattr(ended, "error", ""))
