from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dataset.records import Box
from labeling.carrying.working_size import (
    LEAST_BOX,
    LEAST_SIDE,
    halved,
    halvings,
    sized,
)


def box_of(side: float) -> Box:
    return Box(id="a", class_id=1, x0=10, y0=10, x1=10 + side, y1=10 + side)


@given(
    st.integers(1, 6000),
    st.integers(1, 6000),
    st.lists(st.floats(0.5, 3000), min_size=1, max_size=5),
)
def test_no_picture_and_no_box_gets_too_small_by_halving(
    rows: int, columns: int, sides: list[float]
) -> None:
    boxes = [box_of(side) for side in sides]

    times = halvings((rows, columns, 3), boxes)

    assert times == 0 or max(rows, columns) >= LEAST_SIDE * 2**times
    assert times == 0 or min(sides) >= (LEAST_BOX - 1e-6) * 2**times


def test_a_12_megapixel_picture_of_large_things_is_halved_twice() -> None:
    assert halvings((3000, 4000, 3), [box_of(200)]) == 2
    assert halvings((3000, 4000, 3), [box_of(200), box_of(20)]) == 0


def test_a_halved_picture_keeps_what_is_where() -> None:
    pixels = np.zeros((101, 203, 3), np.uint8)
    pixels[40:60, 80:120] = 255

    small = halved(pixels, 1)

    assert small.shape == (50, 101, 3)
    assert (small[20:30, 40:60] == 255).all()
    assert small.sum() == 255 * 3 * 10 * 20


@given(st.floats(1, 500), st.integers(0, 4))
def test_a_box_comes_back_from_any_size(side: float, times: int) -> None:
    box = box_of(side)

    assert sized(sized(box, 0.5**times), 2.0**times) == box
