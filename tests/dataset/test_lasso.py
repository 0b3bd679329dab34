from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dataset.mapping.lasso import within_polygon, within_rectangle

SQUARE = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)]
numbers = st.floats(-10, 10, width=32)
points = st.lists(st.tuples(numbers, numbers), max_size=30)
polygons = st.lists(st.tuples(numbers, numbers), min_size=3, max_size=9)


def is_inside(x: float, y: float, polygon: list[tuple[float, float]]) -> bool:
    """The even-odd rule, one point and one edge after the other."""
    odd = False
    for (x0, y0), (x1, y1) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        if (y0 <= y) != (y1 <= y):
            odd ^= x < x0 + (y - y0) * ((x1 - x0) / (y1 - y0))
    return odd


@given(places=points, polygon=polygons)
def test_a_lasso_holds_what_the_even_odd_rule_says(
    places: list[tuple[float, float]], polygon: list[tuple[float, float]]
) -> None:
    found = within_polygon(places, polygon)

    assert found.tolist() == [is_inside(x, y, polygon) for x, y in places]


@given(places=points, polygon=polygons, start=st.integers(0, 8))
def test_where_a_lasso_began_and_which_way_it_went_does_not_matter(
    places: list[tuple[float, float]], polygon: list[tuple[float, float]], start: int
) -> None:
    at = start % len(polygon)
    turned = (polygon[at:] + polygon[:at])[::-1]

    # The crossing is worked out from the other end: rounding may move it by a hair.
    apart = within_polygon(places, polygon) != within_polygon(places, turned)
    near = [near_line(p, polygon) for p, d in zip(places, apart, strict=True) if d]
    assert all(near)


def near_line(point: tuple[float, float], polygon: list[tuple[float, float]]) -> bool:
    for (x0, y0), (x1, y1) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        span = math.hypot(x1 - x0, y1 - y0)
        away = abs((x1 - x0) * (point[1] - y0) - (y1 - y0) * (point[0] - x0))
        if away <= 1e-4 * max(span, 1e-9):
            return True
    return False


@given(places=points)
def test_every_sample_keeps_its_answer_in_another_order(
    places: list[tuple[float, float]],
) -> None:
    found = within_polygon(places, SQUARE)

    assert within_polygon(places[::-1], SQUARE).tolist() == found.tolist()[::-1]


def test_what_a_line_encloses_twice_is_outside() -> None:
    star = [
        (math.sin(2.4 * math.pi * n / 3), math.cos(2.4 * math.pi * n / 3))
        for n in range(5)
    ]

    assert within_polygon([(0.0, 0.0), (0.0, 0.7)], star).tolist() == [False, True]


def test_a_hollow_is_outside() -> None:
    horseshoe = [(0, 0), (6, 0), (6, 6), (4, 6), (4, 2), (2, 2), (2, 6), (0, 6)]

    found = within_polygon([(1, 5), (3, 5), (5, 5), (3, 1)], horseshoe)

    assert found.tolist() == [True, False, True, True]


def test_two_corners_enclose_nothing() -> None:
    assert not within_polygon([(0, 0)], [(-1, -1), (1, 1)]).any()
    assert within_polygon([], SQUARE).tolist() == []


def test_points_that_are_not_finite_lie_outside() -> None:
    places = [(math.nan, 1.0), (1.0, math.inf), (1.0, 1.0)]

    assert within_polygon(places, SQUARE).tolist() == [False, False, True]
    assert within_rectangle(places, (0, 0, 4, 4)).tolist() == [False, False, True]


def test_corners_of_a_rectangle_may_come_in_any_order() -> None:
    places = np.array([(0, 0), (2, 2), (4.1, 0), (4, 4)])

    found = within_rectangle(places, (4, 0, 0, 4))

    assert found.tolist() == [True, True, False, True]
