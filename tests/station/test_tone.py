from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage

from station.pictures import image_of
from station.tone import NIGHT, PLAIN, Tone, apply, curve

ends = st.integers(-100, 100).map(lambda hundredth: hundredth / 100)
tones = st.builds(Tone, brightness=ends, contrast=ends)


def grey(value: int) -> QImage:
    return image_of(np.full((6, 8, 3), value, np.uint8))


@given(tones)
def test_a_darker_pixel_is_never_shown_brighter_than_a_brighter_one(
    tone: Tone,
) -> None:
    assert (np.diff(curve(tone).astype(int)) >= 0).all()


@given(tones)
def test_a_tone_goes_no_further_than_its_ends(tone: Tone) -> None:
    after = tone.changed(brightness=0.7, contrast=-0.7)

    assert -1.0 <= after.contrast <= after.brightness + 2.0 <= 3.0


def test_a_plain_tone_shows_every_value_as_it_is() -> None:
    assert curve(PLAIN).tolist() == list(range(256))


def test_the_night_tone_opens_the_dark_and_clips_nothing() -> None:
    shown = curve(NIGHT)

    assert shown[20] > 60
    assert (shown[0], shown[255]) == (0, 255)
    assert np.count_nonzero(shown == 255) < 5


def test_contrast_spreads_the_middle() -> None:
    shown = curve(Tone(contrast=0.5)).astype(int)

    assert shown[148] - shown[108] > 60


def test_only_the_part_is_changed() -> None:
    image = grey(40)

    apply(image, NIGHT, QRect(2, 0, 3, 6))

    row = [image.pixelColor(x, 3).red() for x in range(8)]
    assert row == [40, 40, *[int(curve(NIGHT)[40])] * 3, 40, 40, 40]


@pytest.mark.parametrize("part", [QRect(), QRect(50, 50, 9, 9), QRect(-9, -9, 4, 4)])
def test_a_part_outside_the_image_changes_nothing(part: QRect) -> None:
    image = grey(40)

    apply(image, NIGHT, part)

    assert image == grey(40)


@pytest.mark.parametrize("value", [-1.1, 1.1, float("nan")])
def test_a_tone_beyond_its_ends_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="between -1 and 1"):
        Tone(brightness=value)


def test_an_image_of_another_depth_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bit"):
        apply(QImage(4, 4, QImage.Format.Format_RGB888), NIGHT, QRect(0, 0, 4, 4))
