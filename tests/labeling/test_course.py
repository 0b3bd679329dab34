from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.carrying.camera_motion import CameraMotion
from labeling.carrying.candidates import Target
from labeling.carrying.course import Course, course_of
from labeling.carrying.landing import landing
from labeling.carrying.leaving import has_left
from labeling.geometry import Corners

TRIPOD = CameraMotion(matrix=np.eye(2, 3), quality=0.9)
UNKNOWN = CameraMotion(matrix=np.eye(2, 3), quality=0.0)
WIDTH, HEIGHT = 640, 480
PLACE = st.tuples(st.floats(0, 500), st.floats(0, 400))


def box_at(x: float, y: float, side: float = 60) -> Corners:
    return x, y, x + side, y + side


def centre(corners: Corners) -> tuple[float, float]:
    return (corners[0] + corners[2]) / 2, (corners[1] + corners[3]) / 2


def walk(*steps: float) -> Course:
    places = np.cumsum([100.0, *steps])
    return course_of([box_at(x, 200) for x in places.tolist()], TRIPOD)


def target_of(corners: Corners, course: Course) -> Target:
    return Target(
        corners=corners,
        expected=course.expected,
        spread=course.spread,
        deviation=course.deviation,
    )


def test_a_steady_walk_is_expected_to_go_on() -> None:
    course = walk(20, 20, 20)

    assert centre(course.expected) == pytest.approx((210, 230))


def test_what_was_seen_once_is_expected_where_the_camera_puts_it() -> None:
    course = course_of([box_at(100, 200)], TRIPOD)

    assert course.expected == box_at(100, 200)
    assert course.deviation is None


def test_no_course_is_told_while_the_camera_moves_in_an_unknown_way() -> None:
    course = course_of([box_at(100, 200), box_at(120, 200)], UNKNOWN)

    assert course.deviation is None


def test_what_a_camera_follows_is_expected_to_stay_in_place_with_doubt() -> None:
    pan = CameraMotion(matrix=np.array([[1.0, 0, -40], [0, 1, 0]]), quality=0.9)
    seen = [box_at(300, 200)] * 4

    followed, steady = course_of(seen, pan), course_of(seen, TRIPOD)

    assert centre(followed.expected) == pytest.approx((330, 230))
    assert followed.deviation is not None
    assert steady.deviation is not None
    assert followed.deviation[0] > steady.deviation[0] + 10


def test_a_steady_walk_is_surer_than_one_that_halts_and_runs() -> None:
    steady, restless = walk(20, 20, 20, 20).deviation, walk(0, 40, 0, 40).deviation

    assert steady is not None
    assert restless is not None
    assert steady[0] < restless[0]


@given(st.lists(PLACE, min_size=1, max_size=8), st.floats(-300, 300))
def test_a_course_moves_with_the_picture(
    places: list[tuple[float, float]], shift: float
) -> None:
    seen = [box_at(x, y) for x, y in places]
    moved = [box_at(x + shift, y) for x, y in places]

    here, there = course_of(seen, TRIPOD), course_of(moved, TRIPOD)

    assert centre(there.expected)[0] == pytest.approx(centre(here.expected)[0] + shift)
    assert centre(there.expected)[1] == pytest.approx(centre(here.expected)[1])
    assert there.deviation == pytest.approx(here.deviation, abs=1e-6)


@given(st.lists(PLACE, min_size=2, max_size=8), PLACE, st.floats(0, 1), st.floats(0, 1))
def test_a_box_lands_between_its_course_and_where_it_was_found(
    places: list[tuple[float, float]],
    found: tuple[float, float],
    score: float,
    flow: float,
) -> None:
    seen = [box_at(x, y) for x, y in places]
    target = target_of(seen[-1], course_of(seen, TRIPOD))

    landed = centre(landing(target, box_at(*found), score, flow))

    ends = (centre(box_at(*found)), centre(target.expected))
    for value, (a, b) in zip(landed, zip(*ends, strict=True), strict=True):
        assert min(a, b) - 1e-6 <= value <= max(a, b) + 1e-6


def test_a_sure_place_is_hardly_moved_by_its_course() -> None:
    target = target_of(box_at(160, 200), walk(20, 20, 20))

    sure = centre(landing(target, box_at(188, 200), 1.0, 1.0))[0]
    doubtful = centre(landing(target, box_at(188, 200), 0.2, 0.0))[0]

    assert abs(sure - 218) < abs(doubtful - 218)
    assert abs(sure - 218) < 2


def test_a_doubtful_place_against_a_sure_course_gives_way() -> None:
    target = target_of(box_at(160, 200), walk(20, 20, 20, 20, 20))

    assert landing(target, box_at(400, 60), 0.1, 0.0) == target.expected
    assert landing(target, box_at(400, 60), 0.9, 1.0) == box_at(400, 60)


def test_an_object_without_a_course_lands_where_it_was_found() -> None:
    target = target_of(box_at(100, 200), course_of([box_at(100, 200)], TRIPOD))

    assert landing(target, box_at(150, 210), 0.1, 0.0) == box_at(150, 210)


def test_what_headed_out_has_left_unless_it_was_found_for_sure() -> None:
    seen = [box_at(x, 200) for x in (480, 530, 580)]
    target = target_of(seen[-1], course_of(seen, TRIPOD))
    still_inside = box_at(560, 200)

    assert has_left(target, still_inside, 0.5, WIDTH, HEIGHT)
    assert not has_left(target, still_inside, 0.95, WIDTH, HEIGHT)


def test_less_doubt_is_enough_at_the_border() -> None:
    away = [box_at(x, 200) for x in (320, 310, 300)]
    out = [box_at(x, 200) for x in (45, 35, 25)]
    inner = target_of(away[-1], course_of(away, TRIPOD))
    outer = target_of(out[-1], course_of(out, TRIPOD))

    assert not has_left(inner, box_at(290, 200), 0.15, WIDTH, HEIGHT)
    assert has_left(outer, box_at(15, 200), 0.15, WIDTH, HEIGHT)


def test_what_was_seen_once_at_the_border_may_have_come_in() -> None:
    edge = box_at(5, 200)
    target = target_of(edge, course_of([edge], TRIPOD))

    assert not has_left(target, edge, 0.15, WIDTH, HEIGHT)


def test_what_is_nearly_all_outside_has_left_however_sure() -> None:
    target = target_of(box_at(300, 200), course_of([box_at(300, 200)], TRIPOD))

    assert has_left(target, box_at(WIDTH - 10, 200), 1.0, WIDTH, HEIGHT)
