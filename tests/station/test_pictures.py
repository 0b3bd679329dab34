from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from dataset.errors import FieldsetError
from station.jobs import Runner
from station.pictures import (
    PictureLoader,
    PictureRequest,
    crop,
    fitted_picture,
    full_picture,
    image_of,
    load_thumbnail,
    read_bytes,
    reduction_for,
    shrunk_image,
    thumbnail,
)
from tests.gestures import wait_until

WIDTH, HEIGHT = 3400, 1000


def picture_file(folder: Path, name: str, value: int) -> Path:
    path = folder / f"{name}.png"
    cv2.imwrite(str(path), np.full((60, 80, 3), value, np.uint8))
    return path


def test_an_image_owns_its_memory() -> None:
    pixels = np.zeros((7, 5, 3), np.uint8)
    pixels[2, 3] = (10, 20, 30)

    image = image_of(pixels)
    pixels[:] = 255

    assert image.pixelColor(3, 2).getRgb()[:3] == (30, 20, 10)
    assert image.pixelColor(0, 0).getRgb()[:3] == (0, 0, 0)


def test_a_grey_image_is_shown_grey() -> None:
    assert image_of(np.full((3, 4), 77, np.uint8)).pixelColor(1, 1).red() == 77


def test_a_full_picture_is_halved_down_to_a_screen() -> None:
    picture = full_picture(np.zeros((HEIGHT, WIDTH, 3), np.uint8))

    assert [half.width() for half in picture.halves] == [1700, 850]


def test_a_fitted_picture_is_ready_at_its_zoom() -> None:
    picture = fitted_picture(np.zeros((HEIGHT, WIDTH, 3), np.uint8), 0.25, 2.0)

    assert picture.fitted is not None
    assert (picture.fitted.width(), picture.fitted.height()) == (850, 250)
    assert picture.fitted.devicePixelRatio() == 2.0


def test_a_thumbnail_fills_its_frame() -> None:
    for shape in ((100, 400, 3), (400, 100, 3), (1, 1, 3)):
        image = thumbnail(np.zeros(shape, np.uint8), QSize(112, 63))
        assert (image.width(), image.height()) == (112, 63)


def test_a_live_picture_keeps_its_shape() -> None:
    image = shrunk_image(np.zeros((1080, 1920, 3), np.uint8), QSize(960, 960))

    assert (image.width(), image.height()) == (960, 540)


def test_a_crop_at_the_border_holds_the_whole_box() -> None:
    image, inner = crop(
        np.zeros((100, 100, 3), np.uint8), (80.0, 80.0, 100.0, 100.0), QSize(110, 80)
    )

    assert (image.width(), image.height()) == (110, 80)
    assert inner[2] <= 111
    assert inner[3] <= 81


@pytest.mark.parametrize(
    ("longest", "wanted", "reduce"), [(4000, 112, 8), (500, 112, 4), (200, 112, 1)]
)
def test_a_picture_is_never_reduced_below_what_is_shown(
    longest: int, wanted: int, reduce: int
) -> None:
    assert reduction_for(longest, wanted) == reduce


def test_a_file_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FieldsetError, match=r"gone\.png"):
        read_bytes(tmp_path / "gone.png")


def test_a_thumbnail_is_read_from_a_file(tmp_path: Path) -> None:
    path = picture_file(tmp_path, "a", 90)

    image = load_thumbnail(path, QSize(40, 30), 80)

    assert image.pixelColor(20, 15).red() == 90


def test_the_first_wish_is_loaded_in_full_and_its_neighbours_fitted(
    qtbot: QtBot, runner: Runner, tmp_path: Path
) -> None:
    loader = PictureLoader(runner)
    requests = [
        PictureRequest(sample_id=name, path=picture_file(tmp_path, name, 9), scale=0.5)
        for name in ("here", "next")
    ]

    loader.want(requests)
    wait_until(qtbot, lambda: runner.is_idle)

    here, beside = loader.get("here"), loader.get("next")
    assert here is not None
    assert here.full is not None
    assert beside is not None
    assert beside.full is None
    assert beside.fitted is not None


def test_what_cannot_be_read_is_announced(
    qtbot: QtBot, runner: Runner, tmp_path: Path
) -> None:
    loader = PictureLoader(runner)
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")

    with qtbot.waitSignal(loader.picture_failed) as caught:
        loader.want([PictureRequest(sample_id="bad", path=bad, scale=0.5)])

    assert caught.args[0] == "bad"
    assert isinstance(caught.args[1], FieldsetError)
