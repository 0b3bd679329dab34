"""A fixed camera sees the same scene all day: its sessions stay apart, and yet what is
really the same is found. Real clips, cut into sessions, through the real project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dataset.images.image_file import decode
from dataset.project import Project
from dataset.records import LabelState, SampleState, Session
from dataset.splitting.assignment import assign_splits
from labeling.detection.motion import MotionModel, background_from
from station.demo.blocks import clip_path

from .commands import fieldset

Pixels = NDArray[np.uint8]
BEGAN_US = 1_790_000_000_000_000
DAY_US = 86_400_000_000
SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """Frames of a camera that stands still; how many of them are a session."""

    frames: tuple[Pixels, ...]
    per_session: int

    @property
    def sessions(self) -> list[tuple[Pixels, ...]]:
        """The frames, session by session."""
        step = self.per_session
        count = len(self.frames) // step
        return [self.frames[i * step : (i + 1) * step] for i in range(count)]


def read_clip(path: Path, *, step: int, per_session: int, width: int = 640) -> Clip:
    """Every `step`th frame, at that width."""
    capture = cv2.VideoCapture(str(path))
    frames = []
    while (found := capture.read())[0]:
        frames.append(found[1])
    capture.release()
    return Clip(frames=sized(frames[::step], width), per_session=per_session)


def read_pictures(paths: Sequence[Path], *, step: int, per_session: int) -> Clip:
    """Every `step`th picture of a track."""
    frames = [decode(path.read_bytes()) for path in sorted(paths)[::step]]
    return Clip(frames=sized(frames, 640), per_session=per_session)


def sized(frames: Sequence[NDArray[np.generic]], width: int) -> tuple[Pixels, ...]:
    found = []
    for frame in frames:
        height = round(frame.shape[0] * width / frame.shape[1])
        small = cv2.resize(
            np.asarray(frame), (width, height), interpolation=cv2.INTER_AREA
        )
        found.append(np.asarray(small, np.uint8))
    return tuple(found)


@pytest.fixture(scope="module")
def road() -> Clip:
    """The clip that ships with the program: a road, half a second between frames."""
    return read_clip(clip_path(), step=12, per_session=6)


SHARED = {
    "video-traffic-camera": ("traffic_camera.mp4", 12, 6),
    "video-vtest": ("vtest.avi", 10, 8),
    "track-mot-tud-campus": ("img1/*.jpg", 5, 4),
    "track-otb-crossing": ("img/*.jpg", 6, 4),
    "track-otb-motorrolling": ("img/*.jpg", 8, 4),
}


@pytest.fixture(params=SHARED)
def real_clip(request: pytest.FixtureRequest, shared_data: Path) -> Clip:
    """Each real clip and track beside the repository."""
    pattern, step, per_session = SHARED[request.param]
    paths = sorted((shared_data / request.param).glob(pattern))
    if len(paths) == 1:
        return read_clip(paths[0], step=step, per_session=per_session)
    return read_pictures(paths, step=step, per_session=per_session)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p", ["thing"]) as made:
        yield made


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """One camera at one place, that labels what moves before its background."""

    project: Project
    model: MotionModel
    camera: str = "0"

    def record(
        self,
        frames: Sequence[Pixels],
        *,
        began_us: int,
        quality: int = 95,
        name: str = "",
    ) -> Session:
        """A session of those frames, a second apart, with boxes around what moves."""
        session = self.project.begin_session(
            name=name, source=self.camera, place="bridge", started_us=began_us
        )
        for number, pixels in enumerate(frames):
            options = [cv2.IMWRITE_JPEG_QUALITY, quality]
            data = cv2.imencode(".jpg", pixels, options)[1].tobytes()
            sample = self.project.take_in(
                data, session, captured_us=began_us + number * SECOND_US
            ).sample
            boxes = tuple(p.box for p in self.model.proposals(pixels, 1))
            state = SampleState.LABELED if boxes else SampleState.EMPTY
            self.project.catalog.labels.put(
                sample.id, LabelState(state=state, boxes=boxes)
            )
        return session

    def record_days(self, clip: Clip) -> list[Session]:
        """Each session of the clip on a day of its own."""
        return [
            self.record(frames, began_us=BEGAN_US + day * DAY_US)
            for day, frames in enumerate(clip.sessions)
        ]


def station(project: Project, clip: Clip) -> Station:
    model = background_from(clip.frames[:: max(1, len(clip.frames) // 15)])
    return Station(project=project, model=model)


def groups(project: Project, sessions: Sequence[Session]) -> list[str]:
    """The group of each session."""
    found = []
    for session in sessions:
        (group,) = {s.group_id for s in project.catalog.samples.of_session(session.id)}
        found.append(group)
    return found


def test_days_of_one_station_stay_apart(project: Project, road: Clip) -> None:
    sessions = station(project, road).record_days(road)

    outcome = assign_splits(project)

    assert outcome.joined == 0
    assert len(set(groups(project, sessions))) == len(sessions) >= 6
    assert {a.split for a in outcome.assigned} == {"train", "val", "test-main"}


def test_real_stations_do_not_become_one_group(
    project: Project, real_clip: Clip
) -> None:
    sessions = station(project, real_clip).record_days(real_clip)

    assign_splits(project)

    assert len(set(groups(project, sessions))) == len(sessions) >= 3


def test_stills_of_an_unknown_fixed_camera_stay_apart(
    tmp_path: Path, road: Clip
) -> None:
    """As an import of plain pictures: no camera, no times, no labels of use."""
    for day, frames in enumerate(road.sessions):
        folder = tmp_path / "stills" / f"day {day}"
        folder.mkdir(parents=True)
        for number, pixels in enumerate(frames):
            cv2.imwrite(str(folder / f"{number}.jpg"), pixels)
    root = tmp_path / "p"
    fieldset("init", root, "--classes", "thing")
    fieldset("import", tmp_path / "stills", "--group-by", "folder", "--project", root)
    with Project.open(root) as project:
        for sample in project.catalog.samples.each():
            project.catalog.labels.put(sample.id, LabelState(state=SampleState.EMPTY))

    done = fieldset("split", "--json", "--project", root)

    assert done.code == 0, done.talk
    assert done.json["joined"] == 0
    assert len(done.json["assigned"]) == len(road.sessions)


def test_session_that_was_cut_in_two_is_joined(project: Project, road: Clip) -> None:
    camera = station(project, road)
    whole, *others = road.sessions
    first = camera.record(whole[:3], began_us=BEGAN_US)
    second = camera.record(whole[3:], began_us=BEGAN_US + 5 * SECOND_US)
    later = camera.record(others[2], began_us=BEGAN_US + DAY_US)

    assign_splits(project)

    one, other, apart = groups(project, [first, second, later])
    assert one == other != apart


def test_session_that_was_recorded_again_is_joined(
    project: Project, road: Clip
) -> None:
    """The same clip played to the station twice, days apart, encoded anew."""
    camera = station(project, road)
    sessions = camera.record_days(road)
    assign_splits(project)

    again = camera.record(road.sessions[2], began_us=BEGAN_US + 40 * DAY_US, quality=60)
    outcome = assign_splits(project)

    assert outcome.joined == 1
    assert len(set(groups(project, sessions))) == len(sessions)
    assert groups(project, [again])[0] == groups(project, sessions)[2]


def test_frames_that_come_in_again_as_pictures_are_found(
    project: Project, road: Clip
) -> None:
    """Somebody imports a cropped, re-encoded still of one of the sessions."""
    sessions = station(project, road).record_days(road)
    pixels = road.sessions[3][2]
    height, width = pixels.shape[:2]
    still = pixels[: round(height * 0.92), round(width * 0.08) :]
    data = cv2.imencode(".jpg", still, [cv2.IMWRITE_JPEG_QUALITY, 50])[1].tobytes()
    lone = project.begin_session(name="import of a still")
    sample = project.take_in(data, lone, captured_us=0).sample
    project.catalog.labels.put(sample.id, LabelState(state=SampleState.EMPTY))

    assign_splits(project)

    assert groups(project, [lone])[0] == groups(project, sessions)[3]
    assert len(set(groups(project, sessions))) == len(sessions)


def test_empty_scenes_of_many_days_stay_apart(project: Project, road: Clip) -> None:
    """The same empty road every day says nothing of a repeat."""
    empty = np.median(np.stack(road.frames), axis=0).astype(np.uint8)
    camera = station(project, road)
    rng = np.random.default_rng(1)
    sessions = []
    for day in range(4):
        noise = rng.integers(-2, 3, (4, *empty.shape))
        frames = [np.clip(empty + n, 0, 255).astype(np.uint8) for n in noise]
        sessions.append(camera.record(frames, began_us=BEGAN_US + day * DAY_US))

    assign_splits(project)

    assert len(set(groups(project, sessions))) == 4


def test_a_car_that_is_always_parked_there_joins_no_days(
    project: Project, road: Clip
) -> None:
    empty = np.median(np.stack(road.frames), axis=0).astype(np.uint8)
    parked = empty.copy()
    car = road.frames[5][120:200, 200:320]
    parked[260:340, 40:160] = car
    camera = station(project, road)
    rng = np.random.default_rng(2)
    sessions = []
    for day in range(4):
        noise = rng.integers(-2, 3, (5, *empty.shape))
        frames = [np.clip(parked + n, 0, 255).astype(np.uint8) for n in noise]
        sessions.append(camera.record(frames, began_us=BEGAN_US + day * DAY_US))

    assign_splits(project)

    assert len(set(groups(project, sessions))) == 4
