from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labeling.carrying import foreground, template
from labeling.carrying.colours import colour_map, odds
from labeling.geometry import Corners

BOX: Corners = (120, 80, 160, 140)


def picture(*, left: int) -> NDArray[np.uint8]:
    image = np.full((240, 320, 3), (90, 120, 90), np.uint8)
    image[80:140, left + 10 : left + 30] = (30, 30, 200)
    return image


def test_the_ground_inside_a_box_counts_less_than_the_object() -> None:
    pixels = colour_map(picture(left=120), 1.0)

    care = foreground.care(pixels, BOX, odds(pixels, BOX), 9, 8)

    assert care[:, 3:5].min() > 2 * care[:, [0, -1]].max()


def test_a_place_stands_out_most_where_the_object_went() -> None:
    weights = odds(colour_map(picture(left=120), 1.0), BOX)
    after = picture(left=200)
    region = template.look(after, (0, 0, 320, 240), 0.5)
    assert region is not None

    cells = foreground.odds_of(colour_map(after, 1.0), weights, region)
    heat = foreground.stands_out(cells, 30, 10)

    y, x = np.unravel_index(int(heat.argmax()), heat.shape)
    assert heat.shape == (120 - 30 + 1, 160 - 10 + 1)
    assert abs(int(x) - 105) <= 1
    assert abs(int(y) - 40) <= 1
