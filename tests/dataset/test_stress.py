from __future__ import annotations

import cv2
import numpy as np
import pytest

from dataset.policies.recipes import CORRUPTIONS, SEVERITIES, StressRecipe
from dataset.sealed.stress import corrupt
from tests.dataset.picture_bytes import scene


def _recipe(name: str, severity: int) -> StressRecipe:
    return StressRecipe.read({name: severity})


def _picture() -> np.ndarray:
    return np.asarray(scene(160, 120, seed=3), np.uint8)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_copy_has_the_shape_of_its_parent_and_leaves_it_alone(name: str) -> None:
    picture = _picture()
    before = picture.copy()

    for severity in SEVERITIES:
        made = corrupt(_recipe(name, severity), picture, seed=1)

        assert made.shape == picture.shape
        assert made.dtype == np.uint8
        assert (made != picture).any()
    assert (picture == before).all()


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_higher_severity_takes_more_of_the_picture(name: str) -> None:
    picture = _picture()

    errors = [
        np.abs(
            corrupt(_recipe(name, severity), picture, seed=1).astype(np.float64)
            - picture
        ).mean()
        for severity in SEVERITIES
    ]

    assert errors == sorted(errors)


@pytest.mark.parametrize("name", ["dark", "noise"])
def test_the_seed_alone_decides_what_is_random(name: str) -> None:
    picture, recipe = _picture(), _recipe(name, 3)

    made = corrupt(recipe, picture, seed=7)

    assert (made == corrupt(recipe, picture, seed=7)).all()
    assert (made != corrupt(recipe, picture, seed=8)).any()


def test_dark_is_darker_and_haze_is_flatter() -> None:
    picture = _picture()

    dark = corrupt(_recipe("dark", 3), picture, seed=1)
    haze = corrupt(_recipe("haze", 3), picture, seed=1)

    assert dark.mean() < picture.mean()
    assert haze.std() < picture.std()


def test_blur_takes_the_fine_detail() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (120, 160, 3), np.uint8)

    blurred = corrupt(_recipe("blur", 4), picture, seed=1)

    assert cv2.Laplacian(blurred, cv2.CV_64F).var() < (
        0.2 * cv2.Laplacian(picture, cv2.CV_64F).var()
    )


def test_corruptions_of_one_recipe_add_up() -> None:
    picture = _picture()

    both = corrupt(StressRecipe(dark=2, jpeg=3), picture, seed=1)
    dark = corrupt(_recipe("dark", 2), picture, seed=1)

    assert (both == corrupt(_recipe("jpeg", 3), dark, seed=1)).all()
