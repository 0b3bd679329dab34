from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from station.shutter.preview import exposure_level, focus_peaks, luma_histogram

SHAPES = st.tuples(st.integers(1, 60), st.integers(1, 60))


def flat(level: int, height: int = 40, width: int = 60) -> NDArray[np.uint8]:
    return np.full((height, width, 3), level, np.uint8)


def test_focus_peaks_are_where_the_picture_is_sharp() -> None:
    picture = flat(60, 200, 400)
    stripes = np.where(np.arange(200) % 8 < 4, 40, 200).astype(np.uint8)
    picture[:, :200] = stripes[None, :, None]
    soft = np.asarray(cv2.GaussianBlur(picture, (0, 0), 6), np.uint8)
    picture[:, 200:] = soft[:, :200]

    peaks = focus_peaks(picture)

    assert peaks.shape == (200, 400)
    assert set(np.unique(peaks)) == {0, 255}
    assert peaks[:, :195].mean() > 60
    assert peaks[:, 210:].max() == 0


def test_noise_alone_has_no_focus_peaks() -> None:
    noise = np.random.default_rng(2).normal(90, 4, (300, 400, 3))

    assert focus_peaks(noise.clip(0, 255).astype(np.uint8)).mean() < 1


def test_mask_of_a_large_picture_is_small() -> None:
    assert focus_peaks(flat(9, 1080, 1920)).shape == (360, 640)


@given(SHAPES, st.integers(0, 255), st.integers(1, 256))
def test_histogram_of_a_flat_picture_is_one_bin(
    shape: tuple[int, int], level: int, bins: int
) -> None:
    shares = luma_histogram(flat(level, *shape), bins)

    assert len(shares) == bins
    assert shares[level * bins // 256] == pytest.approx(1.0)


@pytest.mark.parametrize("bins", [0, 257, -1])
def test_histogram_has_a_bin_a_level_at_most(bins: int) -> None:
    with pytest.raises(ValueError, match="bins"):
        luma_histogram(flat(1), bins)


def test_level_of_middle_grey_is_even_and_of_twice_the_light_a_stop() -> None:
    middle = exposure_level(flat(117))
    brighter = exposure_level(flat(round(117 * 2 ** (1 / 2.2))))

    assert middle.stops == pytest.approx(0.0, abs=0.05)
    assert brighter.stops == pytest.approx(1.0, abs=0.05)
    assert exposure_level(flat(0)).stops == -8.0


def test_level_says_what_is_lost_at_both_ends() -> None:
    picture = flat(100, 100, 100)
    picture[:20] = 0
    picture[90:] = 255

    level = exposure_level(picture)

    assert (level.blocked, level.blown) == (pytest.approx(0.2), pytest.approx(0.1))
    assert level.low == 0.0
    assert level.high == 1.0
    assert 0.3 < level.mean < 0.5
