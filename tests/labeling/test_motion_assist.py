"""Motion as a detector: the background of a session's neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from dataset.errors import BadImage
from dataset.project import Project
from dataset.records import Sample, Session
from labeling.detection.motion_assist import MotionDetector
from labeling.geometry import iou
from tests.small_projects import BEGAN_US, TRAFFIC, new_project, new_session

WIDTH, HEIGHT = 320, 240


def street(x: int, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """A fixed street with a car at x."""
    noise = np.random.default_rng(7).integers(60, 140, (30, 40, 3)).astype(np.uint8)
    image = cv2.resize(noise, (width, height))
    image[100:140, x : x + 60] = (30, 30, 220)
    return cv2.imencode(".png", image)[1].tobytes()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with new_project(tmp_path / "p") as made:
        yield made


def taken(project: Project, session: Session, pictures: list[bytes]) -> list[Sample]:
    return [
        project.take_in(data, session, captured_us=BEGAN_US + i * 1_000_000).sample
        for i, data in enumerate(pictures)
    ]


def motion(project: Project) -> MotionDetector:
    return MotionDetector(project.catalog, project.images)


def test_what_moves_is_found_in_pixels_of_the_image(project: Project) -> None:
    session = new_session(project, "morning")
    samples = taken(project, session, [street(10 + 60 * i) for i in range(5)])

    (found,) = motion(project).detect(samples[2])

    assert iou(found.corners, (130, 100, 190, 140)) > 0.8
    assert 0 < found.score < 1


def test_a_large_picture_is_looked_at_in_a_smaller_size(project: Project) -> None:
    session = new_session(project, "morning")
    pictures = [street(100 + 500 * i % 1700, 2000, 1500) for i in range(4)]
    samples = taken(project, session, pictures)

    (found,) = motion(project).detect(samples[1])

    assert iou(found.corners, (600, 100, 660, 140)) > 0.7


def test_three_pictures_make_no_background_and_the_session_is_named(
    project: Project,
) -> None:
    session = new_session(project, "morning")
    samples = taken(project, session, [street(10), street(90), street(170)])
    eyes = motion(project)

    assert eyes.detect(samples[0]) == ()

    (finding,) = eyes.remarks()
    assert finding.what.endswith(": morning")


def test_pictures_of_another_size_do_not_count(project: Project) -> None:
    session = new_session(project, "morning")
    cars = [street(10 + 70 * i) for i in range(4)]
    pictures = [*cars, street(50, 640, 480)]
    samples = taken(project, session, pictures)
    eyes = motion(project)

    assert len(eyes.detect(samples[0])) == 1
    assert eyes.detect(samples[4]) == ()


def test_a_neighbour_that_is_lost_stops_nothing(project: Project) -> None:
    session = new_session(project, "morning")
    samples = taken(project, session, [street(10 + 60 * i) for i in range(5)])
    project.image_path(samples[0]).unlink()
    eyes = motion(project)

    assert len(eyes.detect(samples[2])) == 1
    with pytest.raises(BadImage, match="cannot be read"):
        eyes.detect(samples[0])


def test_vehicles_before_a_real_fixed_camera_are_found(project: Project) -> None:
    session = new_session(project, "motorway")
    pictures = [path.read_bytes() for path in sorted(TRAFFIC.glob("*.jpg"))]
    samples = taken(project, session, pictures)
    eyes = motion(project)

    found = [eyes.detect(sample) for sample in samples]

    assert len(pictures) >= 3
    assert sum(map(len, found)) > 0
    assert all(
        0 <= d.corners[0] < d.corners[2] <= sample.width
        for sample, each in zip(samples, found, strict=True)
        for d in each
    )


def test_vehicles_of_a_real_motorway_keep_their_places(
    project: Project, shared_data: Path
) -> None:
    clip = cv2.VideoCapture(
        str(shared_data / "video-traffic-camera" / "traffic_camera.mp4")
    )
    pictures = []
    for index in range(376):
        is_there = clip.grab()
        if is_there and index % 25 == 0:
            pictures.append(cv2.imencode(".jpg", clip.retrieve()[1])[1].tobytes())
    clip.release()
    samples = taken(project, new_session(project, "motorway"), pictures)
    # Read off frame 300 by eye: white van, silver car at the lower right.
    truth = [(188, 427, 303, 510), (1031, 600, 1205, 720)]

    found = motion(project).detect(samples[300 // 25])

    assert all(max(iou(thing, d.corners) for d in found) > 0.6 for thing in truth)
