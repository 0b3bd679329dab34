from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.views.explore.point_raster import (
    SHAPES,
    Ink,
    Layer,
    mixed,
    paint,
    radius_for,
    stamp,
)
from station.views.explore.viewpoint import NEAREST, Viewpoint, fit

GROUND, RED, RIM = 0xFF101010, 0xFFFF0000, 0xFF880000


def layer(*points: tuple[float, float], shape: str = "circle") -> Layer:
    return Layer(
        points=np.array(points, np.float32).reshape(-1, 2),
        ink=Ink(core=RED, rim=RIM, shape=shape),
        radius=3.0,
    )


def test_a_point_is_painted_where_it_lies() -> None:
    pixels = paint(40, 30, GROUND, [layer((20, 10))])

    assert pixels.shape == (30, 40)
    assert pixels[10, 20] == RED
    ys, xs = np.nonzero(pixels != GROUND)
    assert (xs.min() + xs.max(), ys.min() + ys.max()) == (40, 20)


def test_points_at_the_border_are_cut_and_those_beyond_left_out() -> None:
    pixels = paint(20, 20, GROUND, [layer((0, 0), (19, 19), (-50, 5), (1e7, 1e7))])

    assert pixels[0, 0] == RED
    assert pixels[19, 19] == RED
    assert (pixels[5, 3:] == GROUND).all()


def test_nothing_to_paint_is_the_ground() -> None:
    assert (paint(8, 8, GROUND, []) == GROUND).all()
    assert (paint(8, 8, GROUND, [layer()]) == GROUND).all()


def covered(shape: str) -> set[tuple[int, int]]:
    _, soft, core = stamp(shape, 6.0)
    return {(y, x) for part in (soft, core) for y, x in part.tolist()}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_a_shape_of_its_own(shape: str) -> None:
    own = covered(shape)
    others = [covered(other) for other in SHAPES if other != shape]

    assert (0, 0) in own
    assert own not in others
    # About as large as a circle of that radius.
    assert 0.5 < len(own) / (np.pi * 36) < 1.25


def test_mixing_goes_from_one_colour_to_the_other() -> None:
    assert mixed(RED, GROUND, 0.0) == RED
    assert mixed(RED, GROUND, 1.0) == GROUND
    assert mixed(0xFF000000, 0xFFFFFFFF, 0.5) == 0xFF808080


def test_points_get_smaller_the_more_there_are() -> None:
    sizes = [radius_for(count, 900, 600) for count in (1, 1000, 10_000, 100_000)]

    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] >= 1.5


numbers = st.floats(-100, 100, width=32)
places = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=20)


@given(places=places, width=st.integers(80, 2000), height=st.integers(80, 2000))
def test_everything_is_in_sight_when_the_map_is_fitted(
    places: list[tuple[float, float]], width: int, height: int
) -> None:
    points = np.array(places, np.float32)

    seen = fit(points, width, height).to_widget(points)

    assert (seen >= -0.5).all()
    assert (seen <= np.array([width, height]) + 0.5).all()


@given(
    x=st.floats(0, 800),
    y=st.floats(0, 600),
    factor=st.floats(0.2, 5.0),
    places=places,
)
def test_zooming_keeps_the_place_under_the_pointer(
    x: float, y: float, factor: float, places: list[tuple[float, float]]
) -> None:
    view = fit(np.array(places, np.float32), 800, 600)
    before = view.to_map(x, y)

    after = view.zoomed(factor, x, y).to_map(x, y)

    assert after == pytest.approx(before, rel=1e-6, abs=1e-6)


def test_zooming_ends_somewhere() -> None:
    view = Viewpoint(width=100, height=100)
    for _ in range(500):
        view = view.zoomed(2.0, 50, 50)

    assert view.scale == view.fitted * NEAREST


def test_a_place_is_found_again_under_its_pixel() -> None:
    view = fit(np.array([(0, 0), (4, 9)], np.float32), 640, 480).moved(13, -7)
    spot = np.array([(1.5, 2.5)], np.float32)

    x, y = view.to_widget(spot)[0].tolist()

    assert view.to_map(x, y) == pytest.approx((1.5, 2.5), abs=1e-4)


def test_one_place_alone_is_in_the_middle() -> None:
    view = fit(np.array([(7, 7)], np.float32), 200, 100)

    assert view.to_widget(np.array([(7, 7)], np.float32)).tolist() == [[100, 50]]
