from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QFont, QImage, QPainter
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
from station.theme import DARK
from station.views.canvas.canvas_paint import CanvasPainter, Picture
from station.views.canvas.canvas_view import View
from tests.gestures import LONG_WAIT_MS, wait_until

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


def jpeg_file(folder: Path, width: int, height: int) -> Path:
    """A JPEG with a bright square in its middle."""
    pixels = np.full((height, width, 3), 60, np.uint8)
    pixels[height // 2 - 40 : height // 2 + 40, width // 2 - 40 : width // 2 + 40] = 220
    path = folder / f"{width}x{height}.jpg"
    cv2.imwrite(str(path), pixels)
    return path


def loaded(
    qtbot: QtBot, runner: Runner, request: PictureRequest
) -> tuple[Picture, Picture]:
    """The picture as it is shown first, and as it is in the end."""
    loader = PictureLoader(runner)
    came: list[Picture] = []
    loader.picture_loaded.connect(lambda _id, picture: came.append(picture))
    loader.want([request])
    wait_until(qtbot, lambda: runner.is_idle and len(came) > 1, LONG_WAIT_MS)
    return came[0], came[-1]


@pytest.mark.parametrize(("width", "height"), [(4000, 3000), (10_000, 10_000)])
def test_a_large_picture_is_shown_from_a_smaller_decoding_and_then_in_full(
    qtbot: QtBot, runner: Runner, tmp_path: Path, width: int, height: int
) -> None:
    path = jpeg_file(tmp_path, width, height)
    scale = 600 / height
    size = (width, height)

    first, last = loaded(
        qtbot,
        runner,
        PictureRequest(sample_id="a", path=path, scale=scale, size=size),
    )

    assert first.full is None
    assert first.fitted is not None
    assert first.fitted.height() == 600
    assert last.full is not None
    assert (last.full.width(), last.full.height()) == size
    assert last.full.pixelColor(width // 2, height // 2).red() > 200
    assert last.full.pixelColor(9, 9).red() < 80


def test_a_huge_picture_is_painted_from_three_bytes_a_pixel(
    tmp_path: Path,
) -> None:
    pixels = np.full((6000, 6000, 3), 60, np.uint8)
    pixels[3000:3002, 3000:3002] = (10, 20, 230)
    picture = full_picture(pixels)
    del pixels
    assert picture.full is not None
    held = [image.sizeInBytes() for image in (picture.full, *picture.halves)]

    screen = QImage(200, 200, QImage.Format.Format_RGB32)
    painter = QPainter(screen)
    brush = CanvasPainter(DARK, QFont())
    brush.paint_image(painter, picture, View(1.0, -2900, -2900), screen.rect())
    painter.end()

    assert sum(held) < 6000 * 6000 * 3 * 1.34
    assert screen.pixelColor(101, 101).getRgb()[:3] == (230, 20, 10)


def test_neighbours_of_a_large_picture_keep_what_fits_only(
    qtbot: QtBot, runner: Runner, tmp_path: Path
) -> None:
    loader = PictureLoader(runner)
    path = jpeg_file(tmp_path, 4000, 3000)
    requests = [
        PictureRequest(sample_id=name, path=path, scale=0.2) for name in ("a", "b", "c")
    ]

    loader.want(requests)
    wait_until(qtbot, lambda: runner.is_idle, LONG_WAIT_MS)

    held = {name: loaded.size_bytes for name, loaded in loader._cache.items()}
    assert held["b"] == held["c"] == 800 * 600 * 4
    assert held["a"] > 4000 * 3000 * 4


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"size": (81, 60)}, "another size"),
        ({"digest": "0" * 64}, "changed on the disk"),
    ],
)
def test_an_image_that_is_not_the_recorded_one_is_not_shown(
    qtbot: QtBot,
    runner: Runner,
    tmp_path: Path,
    facts: dict[str, object],
    words: str,
) -> None:
    loader = PictureLoader(runner)
    path = picture_file(tmp_path, "a", 9)

    with qtbot.waitSignal(loader.picture_failed) as caught:
        loader.want([PictureRequest(sample_id="a", path=path, scale=0.5, **facts)])

    assert words in str(caught.args[1])
    assert loader.get("a") is None


def test_too_little_memory_is_a_sentence(
    qtbot: QtBot, runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def starve(_data: bytes, **_how: object) -> None:
        raise MemoryError

    monkeypatch.setattr("station.pictures.decode", starve)
    loader = PictureLoader(runner)
    path = picture_file(tmp_path, "a", 9)

    with qtbot.waitSignal(loader.picture_failed) as caught:
        loader.want([PictureRequest(sample_id="a", path=path, scale=0.5)])

    assert "memory" in str(caught.args[1])
    assert "80 x 60" in str(caught.args[1])
