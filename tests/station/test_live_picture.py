"""Marks over the live picture: what is sharp, clipped, moving."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from station.camera.motion import largest_area
from station.live_picture import (
    MOTION_COLOUR,
    PEAK_COLOUR,
    mark_clipped,
    mark_focus,
    mark_motion,
    shrunk_into,
)
from tests.small_projects import pixels

sides = st.integers(1, 300)


@given(width=sides, height=sides, room=st.tuples(sides, sides))
def test_a_picture_is_as_large_as_it_fits(
    width: int, height: int, room: tuple[int, int]
) -> None:
    found = shrunk_into(np.zeros((height, width, 3), np.uint8), room)

    high, wide = found.shape[:2]
    assert wide <= max(room[0], 1)
    assert high <= max(room[1], 1)
    assert wide == room[0] or high == room[1]


def test_fine_patterns_become_their_mean_and_do_not_flicker() -> None:
    rows, columns = np.mgrid[:400, :640]
    board = ((rows + columns) % 2 * 255).astype(np.uint8)

    found = shrunk_into(np.dstack([board] * 3), (290, 200))

    assert abs(float(found.mean()) - 127.5) < 2
    assert found.max() - found.min() <= 2


def test_only_what_is_clipped_is_striped() -> None:
    small = np.full((40, 60, 3), 128, np.uint8)
    small[:, :20], small[:, 40:] = 255, 0
    before = small.copy()

    mark_clipped(small)

    assert (small[:, 20:40] == before[:, 20:40]).all()
    for part in (small[:, :20], small[:, 40:]):
        changed = (part != part[0, 0]).any(axis=2)
        assert 0.3 < changed.mean() < 0.7


def test_sharp_edges_are_coloured_and_flat_ground_is_not() -> None:
    picture = np.full((120, 160, 3), 90, np.uint8)
    picture[:, 80:] = 200
    small = shrunk_into(picture, (160, 120))

    mark_focus(small, picture)

    peaks = (small == PEAK_COLOUR).all(axis=2)
    assert peaks[:, 78:82].any()
    assert not peaks[:, :70].any()


def test_what_moves_is_tinted_at_its_place() -> None:
    small = np.zeros((80, 160, 3), np.uint8)
    moving = np.zeros((8, 16), np.uint8)
    moving[2:4, 3:6] = 255

    mark_motion(small, moving)

    tinted = small.any(axis=2)
    assert tinted[20:40, 30:60].all()
    assert tinted.sum() == 20 * 30
    assert tuple(small[30, 40]) < MOTION_COLOUR


def test_marks_leave_the_camera_s_own_picture_alone() -> None:
    picture = pixels(3, 200, 100)
    before = picture.copy()

    small = shrunk_into(picture, (200, 100))
    mark_clipped(small)
    mark_focus(small, picture)
    mark_motion(small, np.full((5, 5), 255, np.uint8))

    assert (picture == before).all()


@given(
    left=st.integers(0, 60),
    top=st.integers(0, 40),
    wide=st.integers(3, 60),
    high=st.integers(3, 40),
)
def test_the_largest_moving_part_is_found(
    left: int, top: int, wide: int, high: int
) -> None:
    moving = np.zeros((90, 160), np.uint8)
    moving[top : top + high, left : left + wide] = 255
    moving[88, 158] = 255

    assert largest_area(moving) == (
        left / 160,
        top / 90,
        (left + wide) / 160,
        (top + high) / 90,
    )


def test_nothing_that_moves_is_no_area() -> None:
    assert largest_area(np.zeros((90, 160), np.uint8)) is None
