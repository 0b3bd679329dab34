"""An image on a model's canvas, and the way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.detection.letterbox import GREY, Letterbox
from tests.strategies import corners_in, sides


@given(st.data(), sides(), sides(), sides(), sides(), st.booleans())
def test_a_box_comes_back_to_where_it_was(
    data: st.DataObject, width: int, height: int, wide: int, high: int, stretch: bool
) -> None:
    placed = Letterbox.of(width, height, wide, high, stretch=stretch)
    corners = data.draw(corners_in(width, height))

    back = placed.to_image(np.array([placed.to_canvas(corners)]))

    assert back[0] == pytest.approx(corners, abs=1e-6 * max(width, height))


@given(sides(), sides(), sides(), sides())
def test_the_image_fits_and_keeps_its_aspect_to_a_pixel(
    width: int, height: int, wide: int, high: int
) -> None:
    placed = Letterbox.of(width, height, wide, high)
    scale = min(wide / width, high / height)

    assert 0 <= placed.left <= placed.left + placed.width <= wide
    assert 0 <= placed.top <= placed.top + placed.height <= high
    assert abs(placed.width - max(width * scale, 1)) <= 1
    assert abs(placed.height - max(height * scale, 1)) <= 1


@given(sides(), sides(), sides(), sides())
def test_the_bars_are_equal_to_a_pixel(
    width: int, height: int, wide: int, high: int
) -> None:
    placed = Letterbox.of(width, height, wide, high)

    assert 0 <= (wide - placed.width - placed.left) - placed.left <= 1
    assert 0 <= (high - placed.height - placed.top) - placed.top <= 1


def test_what_lies_outside_of_the_image_is_clipped() -> None:
    placed = Letterbox.of(100, 50, 64, 64)

    back = placed.to_image(np.array([[-500.0, -500.0, 900.0, 900.0]]))

    assert back.tolist() == [[0.0, 0.0, 100.0, 50.0]]


def test_bars_are_grey_and_the_image_lies_between_them() -> None:
    image = np.full((50, 100, 3), 200, np.uint8)

    canvas = Letterbox.of(100, 50, 64, 64).paint(image)

    assert canvas.shape == (64, 64, 3)
    assert (canvas[:16] == GREY).all()
    assert (canvas[16:48] == 200).all()
    assert (canvas[48:] == GREY).all()


def test_an_edge_stays_where_its_corners_say() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    image[120:240, 160:320] = 255
    placed = Letterbox.of(640, 480, 320, 320)

    canvas = placed.paint(image)

    x0, y0, x1, y1 = (round(v) for v in placed.to_canvas((160, 120, 320, 240)))
    assert (canvas[y0:y1, x0:x1] > 250).all()
    assert canvas[y0 - 2, x0].max() < 5
