from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.carrying.colours import ColourMap, colour_map, odds
from labeling.carrying.footprint import LEAST_SIDE, Footprint, footprint, settled
from labeling.geometry import Corners, iou, scaled

WIDTH, HEIGHT = 320, 240
BEFORE: Corners = (60, 80, 120, 150)
AFTER: Corners = (140, 90, 200, 160)


def coloured(place: Corners) -> ColourMap:
    """A red thing with a dark foot on a grey ground."""
    image = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    image[:, ::7] = 118
    x0, y0, x1, y1 = (round(v) for v in place)
    cv2.rectangle(image, (x0, y0), (x1 - 1, y1 - 1), (40, 40, 210), -1)
    cv2.rectangle(image, (x0, y1 - 20), (x1 - 1, y1 - 1), (30, 30, 30), -1)
    return colour_map(image, 1.0)


def footprint_of(corners: Corners) -> Footprint:
    before = coloured(BEFORE)
    return footprint(before, corners, odds(before, corners))


def moved(corners: Corners, dx: float, dy: float) -> Corners:
    return corners[0] + dx, corners[1] + dy, corners[2] + dx, corners[3] + dy


@pytest.mark.parametrize(
    "found",
    [
        moved(AFTER, 12, 0),
        moved(AFTER, -11, 7),
        scaled(AFTER, 1.25),
        scaled(AFTER, 0.85),
    ],
)
def test_a_place_beside_the_thing_is_moved_onto_it(found: Corners) -> None:
    known = footprint_of(BEFORE)

    place = settled(known, coloured(AFTER), found, 0.0)

    assert iou(place, AFTER) > iou(found, AFTER) + 0.05


def test_a_right_place_is_left_alone() -> None:
    known = footprint_of(BEFORE)

    assert settled(known, coloured(AFTER), AFTER, 0.5) == AFTER


def test_a_loose_box_stays_loose() -> None:
    loose = scaled(BEFORE, 1.25)
    known = footprint_of(loose)

    place = settled(known, coloured(AFTER), scaled(AFTER, 1.25), 0.0)

    assert iou(place, scaled(AFTER, 1.25)) > 0.9


def test_a_small_box_is_left_alone() -> None:
    small = (100.0, 100.0, 100.0 + LEAST_SIDE - 1, 160.0)
    known = footprint_of(BEFORE)

    assert settled(known, coloured(AFTER), small, 0.0) == small


@given(
    st.floats(-400, 400),
    st.floats(-400, 400),
    st.floats(0.5, 600),
    st.floats(0.5, 600),
    st.floats(0, 1),
)
def test_any_box_gets_a_finite_one_with_an_area(
    x: float, y: float, width: float, height: float, flow: float
) -> None:
    corners = (x, y, x + width, y + height)

    place = settled(footprint_of(corners), coloured(AFTER), corners, flow)

    assert np.isfinite(place).all()
    assert place[0] < place[2]
    assert place[1] < place[3]
