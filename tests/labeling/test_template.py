from __future__ import annotations

import numpy as np

from labeling.carrying.template import (
    Region,
    Template,
    cells_of,
    half_cells_a_pixel,
    learn,
    look,
)
from labeling.geometry import Corners

BOX: Corners = (140, 100, 180, 140)
AROUND: Corners = (60, 20, 260, 220)


def region() -> Region:
    """A picture of noise, of which a part of 200 x 200 pixels is looked at."""
    pixels = np.random.default_rng(7).integers(0, 256, (300, 800, 3)).astype(np.uint8)
    seen = look(pixels, AROUND, half_cells_a_pixel(40, 40))
    assert seen is not None
    return seen


def learned(*others: Corners) -> Template:
    rows, columns = cells_of(40, 40)
    template = learn(region(), BOX, (), others, np.ones((rows, columns), np.float32))
    assert template is not None
    return template


def test_a_neighbour_that_the_region_does_not_show_teaches_nothing() -> None:
    far = (600.0, 100.0, 640.0, 140.0)

    alone, beside = learned(), learned(far)

    assert alone.bias == beside.bias
    for a, b in zip(alone.weights, beside.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_neighbour_that_the_region_shows_is_learned_from() -> None:
    near = (200.0, 103.0, 240.0, 143.0)

    alone, beside = learned(), learned(near)

    assert not np.array_equal(alone.weights[0], beside.weights[0])
