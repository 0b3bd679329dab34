from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.policies.preprocess import apply
from dataset.policies.recipes import COLOURS, DENOISERS, PreprocessRecipe
from tests.dataset.picture_bytes import scene


def _picture() -> np.ndarray:
    return np.asarray(scene(64, 48, seed=5), np.uint8)


@given(
    st.builds(
        PreprocessRecipe,
        denoise=st.sampled_from(DENOISERS),
        strength=st.integers(1, 9),
        brightness=st.floats(-1, 1),
        contrast=st.floats(0, 4),
        equalise=st.floats(0, 40),
        colour=st.sampled_from(COLOURS),
    )
)
def test_every_recipe_gives_the_same_shape_each_time(recipe: PreprocessRecipe) -> None:
    picture = _picture()
    before = picture.copy()

    found = apply(recipe, picture)

    assert found.shape == picture.shape
    assert found.dtype == np.uint8
    assert (found == apply(recipe, picture)).all()
    assert (picture == before).all()


def test_the_default_recipe_changes_nothing_and_shares_no_memory() -> None:
    picture = _picture()

    found = apply(PreprocessRecipe(), picture)

    assert (found == picture).all()
    assert not np.shares_memory(found, picture)


def test_brightness_is_added_and_contrast_turns_around_mid_grey() -> None:
    picture = np.full((4, 4, 3), 100, np.uint8)

    brighter = apply(PreprocessRecipe(brightness=0.1), picture)
    flatter = apply(PreprocessRecipe(contrast=0.0), picture)

    assert (brighter == 126).all()
    assert (flatter == 128).all()


def test_values_are_cut_at_the_ends() -> None:
    picture = _picture()

    assert (apply(PreprocessRecipe(brightness=1.0), picture) == 255).all()
    assert (apply(PreprocessRecipe(brightness=-1.0), picture) == 0).all()


def test_grey_fills_three_equal_channels() -> None:
    found = apply(PreprocessRecipe(colour="grey"), _picture())

    assert (found[..., 0] == found[..., 1]).all()
    assert (found[..., 1] == found[..., 2]).all()


def test_rgb_turns_the_channels_around() -> None:
    picture = _picture()

    assert (apply(PreprocessRecipe(colour="rgb"), picture) == picture[..., ::-1]).all()


@pytest.mark.parametrize("denoise", ["median", "bilateral", "nlm"])
def test_denoising_comes_nearer_to_the_picture_without_noise(denoise: str) -> None:
    clean = np.asarray(cv2.GaussianBlur(_picture(), (0, 0), 3), np.uint8)
    noise = np.random.default_rng(1).normal(0, 12, clean.shape)
    noisy = np.clip(clean + noise, 0, 255).astype(np.uint8)

    found = apply(PreprocessRecipe(denoise=denoise, strength=9), noisy)

    def off(one: np.ndarray) -> float:
        return float(np.abs(one.astype(np.float64) - clean).mean())

    assert off(found) < off(noisy)


def test_pixels_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="8 bit"):
        apply(PreprocessRecipe(), np.zeros((4, 4), np.uint8))
