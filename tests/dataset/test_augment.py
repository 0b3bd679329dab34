from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataset.policies.augment import SMALLEST_SIDE_PX, Augmenter, clipped
from dataset.policies.recipes import AugmentRecipe
from dataset.records import Box
from tests.small_projects import box, pixels
from tests.strategies import augment_recipes, box_sets, sample_ids

WIDTH, HEIGHT = 160, 120
PARENT = "ab" * 32
STILL = AugmentRecipe(
    flip=0, rotate_deg=0, scale=0, shift=0, brightness=0, contrast=0, saturation=0,
    hue_deg=0, blur=0, noise=0,
)  # fmt: skip
few = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def _moving(**values: float) -> Augmenter:
    kept = {k: v for k, v in STILL.to_json().items() if k != "kind"}
    return Augmenter(AugmentRecipe.read({**kept, **values}))


def _mark(found: np.ndarray) -> tuple[int, int, int, int]:
    """The corners of what is white in a picture."""
    rows, columns = np.nonzero(found.min(axis=2) > 180)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def _marked() -> tuple[np.ndarray, Box]:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[40:70, 30:90] = 255
    return picture, box("a", x0=30.0, y0=40.0, x1=90.0, y1=70.0)


@few
@given(augment_recipes(), box_sets(), sample_ids, st.integers(0, 9))
def test_boxes_lie_inside_and_are_those_of_the_parent(
    recipe: AugmentRecipe, boxes: tuple[Box, ...], parent_id: str, index: int
) -> None:
    picture = pixels(1, WIDTH, HEIGHT)

    made = Augmenter(recipe).copy(picture, boxes, parent_id=parent_id, index=index)

    assert made.pixels.shape == picture.shape
    assert made.pixels.dtype == np.uint8
    assert made.dropped == len(boxes) - len(made.boxes)
    parents = {old.id: old for old in boxes}
    for new in made.boxes:
        assert 0 <= new.x0 < new.x1 <= WIDTH
        assert 0 <= new.y0 < new.y1 <= HEIGHT
        assert min(new.width, new.height) >= SMALLEST_SIDE_PX
        assert new.class_id == parents[new.id].class_id


@few
@given(box_sets(), st.floats(0.05, 1.0), st.integers(0, 20))
def test_a_kept_box_is_visible_enough(
    boxes: tuple[Box, ...], visibility: float, index: int
) -> None:
    # Only shifted: a box's whole area stays the parent's.
    augmenter = _moving(shift=0.5, visibility=visibility)
    inside = [c for b in boxes if (c := clipped(b, WIDTH, HEIGHT)) is not None]

    made = augmenter.copy(
        pixels(1, WIDTH, HEIGHT), inside, parent_id=PARENT, index=index
    )

    areas = {old.id: old.area for old in inside}
    for new in made.boxes:
        assert new.area >= visibility * areas[new.id] - 1e-3


@few
@given(augment_recipes(), st.integers(0, 9))
def test_the_same_arguments_give_the_same_copy(
    recipe: AugmentRecipe, index: int
) -> None:
    picture, mark = _marked()
    first, second = Augmenter(recipe), Augmenter(recipe)
    second.copy(picture, [mark], parent_id="cd" * 32, index=5)

    made = first.copy(picture, [mark], parent_id=PARENT, index=index)
    again = second.copy(picture, [mark], parent_id=PARENT, index=index)

    assert (made.pixels == again.pixels).all()
    assert made.boxes == again.boxes


def test_copies_of_one_parent_differ() -> None:
    picture, mark = _marked()
    augmenter = Augmenter(AugmentRecipe())

    first = augmenter.copy(picture, [mark], parent_id=PARENT, index=0)
    second = augmenter.copy(picture, [mark], parent_id=PARENT, index=1)

    assert (first.pixels != second.pixels).any()


def test_pixels_do_not_depend_on_boxes() -> None:
    picture, mark = _marked()
    augmenter = Augmenter(AugmentRecipe())

    with_box = augmenter.copy(picture, [mark], parent_id=PARENT, index=0)
    without = augmenter.copy(picture, [], parent_id=PARENT, index=0)

    assert (with_box.pixels == without.pixels).all()


@pytest.mark.parametrize(
    "augmenter",
    [
        pytest.param(lambda: _moving(flip=1.0), id="flip"),
        pytest.param(lambda: _moving(shift=0.2), id="shift"),
        pytest.param(lambda: _moving(scale=0.3), id="scale"),
        pytest.param(lambda: _moving(flip=0.5, scale=0.2, shift=0.1), id="all"),
    ],
)
def test_a_box_follows_its_object_to_the_pixel(
    augmenter: Callable[[], Augmenter],
) -> None:
    picture, mark = _marked()
    made_by = augmenter()

    for index in range(6):
        made = made_by.copy(picture, [mark], parent_id=PARENT, index=index)

        corners = [(b.x0, b.y0, b.x1, b.y1) for b in made.boxes]
        assert np.abs(np.array(corners[0]) - _mark(made.pixels)).max() <= 1.0


def test_a_rotated_box_holds_its_object() -> None:
    picture, mark = _marked()

    made = _moving(rotate_deg=20).copy(picture, [mark], parent_id=PARENT, index=0)

    (found,) = made.boxes
    x0, y0, x1, y1 = _mark(made.pixels)
    assert found.x0 <= x0 + 1
    assert found.y0 <= y0 + 1
    assert found.x1 >= x1 - 1
    assert found.y1 >= y1 - 1


def test_a_recipe_that_does_nothing_gives_the_parent_back() -> None:
    picture, mark = _marked()

    made = Augmenter(STILL).copy(picture, [mark], parent_id=PARENT, index=0)

    assert (made.pixels == picture).all()
    assert made.boxes == (mark,)


def test_a_box_over_the_edge_is_clipped_first() -> None:
    picture, _ = _marked()
    over = box("a", x0=-20.0, y0=-5.0, x1=40.0, y1=50.0)
    outside = box("b", x0=500.0, y0=5.0, x1=540.0, y1=50.0)

    made = Augmenter(STILL).copy(picture, [over, outside], parent_id=PARENT, index=0)

    (found,) = made.boxes
    assert (found.x0, found.y0, found.x1, found.y1) == (0.0, 0.0, 40.0, 50.0)
    assert made.dropped == 1


def test_the_callers_pixels_stay_as_they_are() -> None:
    picture, mark = _marked()
    before = picture.copy()

    Augmenter(AugmentRecipe()).copy(picture, [mark], parent_id=PARENT, index=0)

    assert (picture == before).all()


def test_the_library_is_told_not_to_look_for_updates() -> None:
    assert os.environ["NO_ALBUMENTATIONS_UPDATE"] == "1"


def test_freezing_does_not_load_the_library() -> None:
    code = (
        "import sys, dataset.versions.freezing; print('albumentations' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "False"
