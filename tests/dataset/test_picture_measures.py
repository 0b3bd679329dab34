"""Blocks, quality, tiles, size and hour: measures outside of the default family."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dataset.drift_statistics.practical_limits import LIMITS
from dataset.drift_statistics.set_shift import SET_METRICS
from dataset.images import jpeg
from dataset.measures import (
    EVERY_METRIC,
    FILE_METRICS,
    PIXEL_METRICS,
    TIME_METRICS,
    embed,
    measure_bytes,
    measure_image,
    measure_time,
)
from tests.dataset import picture_bytes
from tests.small_projects import pixels

HOUR_US = 3_600_000_000


def coded(image: NDArray[np.generic], suffix: str = ".png", quality: int = 95) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, quality] if suffix == ".jpg" else []
    done, data = cv2.imencode(suffix, image, options)
    assert done
    return data.tobytes()


def turned(data: bytes, orientation: int) -> bytes:
    return picture_bytes.jpeg_with(
        data, b"Exif\x00\x00" + picture_bytes.exif(orientation)
    )


def numbers(
    image: NDArray[np.generic], suffix: str = ".png", quality: int = 95
) -> dict:
    return measure_bytes(coded(image, suffix, quality))[0]


def test_every_metric_has_a_practical_limit_with_a_reason() -> None:
    names = {metric.name for metric in (*EVERY_METRIC, *SET_METRICS)}

    assert set(LIMITS) == names
    assert all(limit.reason and limit.step > 0 for limit in LIMITS.values())


def test_a_file_gives_exactly_the_metrics_of_pixels_and_files() -> None:
    values, vector = measure_bytes(coded(pixels(1), ".jpg"))

    assert list(values) == [m.name for m in (*PIXEL_METRICS, *FILE_METRICS)]
    assert vector.dtype == np.float32
    assert all(m.low <= values[m.name] <= m.high for m in FILE_METRICS)


@pytest.mark.parametrize(
    "size",
    [(1, 1), (40, 30), (127, 64), (128, 128), (250, 300), (260, 256), (640, 517)],
)
def test_numbers_and_vector_of_a_file_are_those_of_its_pixels(
    size: tuple[int, int],
) -> None:
    image = pixels(4, *size)

    values, vector = measure_bytes(coded(image))

    plain = measure_image(image)
    assert {name: values[name] for name in plain} == pytest.approx(plain, nan_ok=True)
    assert np.array_equal(vector, embed(image))


@pytest.mark.parametrize("quality", [1, 7, 24, 49, 50, 75, 90, 95, 99, 100])
def test_the_quality_of_a_jpeg_is_the_one_it_was_written_with(quality: int) -> None:
    assert numbers(pixels(1), ".jpg", quality)["jpeg_quality"] == quality


def test_a_grey_and_a_progressive_jpeg_tell_their_quality_too() -> None:
    image = pixels(1)
    grey = coded(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), ".jpg", 63)
    options = [cv2.IMWRITE_JPEG_QUALITY, 63, cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    progressive = cv2.imencode(".jpg", image, options)[1].tobytes()

    assert measure_bytes(grey)[0]["jpeg_quality"] == 63
    assert measure_bytes(progressive)[0]["jpeg_quality"] == 63


def test_tables_of_a_cameras_own_give_the_nearest_quality() -> None:
    data = coded(pixels(1), ".jpg", 80)
    place = data.index(b"\xff\xdb") + 5
    other = bytes([data[place] + 1])

    changed = data[:place] + other + data[place + 1 :]

    assert measure_bytes(changed)[0]["jpeg_quality"] == 80


def test_tables_of_sixteen_bits_are_read_and_a_cut_one_is_none() -> None:
    data = coded(pixels(1), ".jpg", 80)
    place = data.index(b"\xff\xdb")
    length = int.from_bytes(data[place + 2 : place + 4], "big")
    narrow = data[place + 5 : place + 5 + 64]
    wide = b"\xff\xdb" + (3 + 128).to_bytes(2, "big") + b"\x10"
    wide += b"".join(bytes([0, value]) for value in narrow)
    rest = data[place + 2 + length :]

    read = jpeg.luminance_table(data[:place] + wide + rest)

    assert read == jpeg.luminance_table(data)
    short = b"\xff\xdb" + (3 + 20).to_bytes(2, "big") + b"\x00" + bytes(20)
    assert jpeg.luminance_table(data[:place] + short + rest) is None
    assert jpeg.luminance_table(data[:place]) is None


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".webp"])
def test_what_is_no_jpeg_has_no_quality(suffix: str) -> None:
    values = numbers(pixels(1), suffix)

    assert math.isnan(values["jpeg_quality"])
    assert math.isfinite(values["blockiness"])


def test_blocks_grow_as_quality_falls_and_are_none_without_compression() -> None:
    image = pixels(3, 320, 240)

    found = [numbers(image, ".jpg", quality)["blockiness"] for quality in (90, 50, 10)]

    assert abs(numbers(image)["blockiness"]) < 0.1
    assert found == sorted(found)
    assert found[-1] > 3


def test_blocks_are_found_where_turning_put_them() -> None:
    """66 x 51 pixels: after a half turn no block begins at the first pixel."""
    stored = coded(pixels(3, 66, 51), ".jpg", 10)
    upright = numbers(pixels(3, 66, 51), ".jpg", 10)["blockiness"]

    for orientation in range(1, 9):
        value = measure_bytes(turned(stored, orientation))[0]["blockiness"]
        assert value == pytest.approx(upright, rel=0.5), orientation


def test_a_checkerboard_of_single_pixels_has_no_blocks() -> None:
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)

    values = measure_image(np.repeat(board[..., None], 3, axis=2))

    assert values["blockiness"] == pytest.approx(0.0)


def test_dirt_on_one_part_moves_the_least_tile_and_not_the_middle_one() -> None:
    rng = np.random.default_rng(5)
    clean = rng.integers(0, 256, (360, 480, 3), dtype=np.uint8)
    dirty = clean.copy()
    dirty[:120, :160] = cv2.GaussianBlur(clean[:120, :160], (0, 0), 4)

    before, after = measure_image(clean), measure_image(dirty)

    for least, middle in (
        ("sharpness_least", "sharpness_middle"),
        ("edge_least", "edge_middle"),
    ):
        assert before[least] - after[least] > 10
        assert before[middle] - after[middle] < 0.5


def test_darkest_and_brightest_tones_leave_one_pixel_of_a_hundred_out() -> None:
    image = np.full((100, 100, 3), 128, np.uint8)
    image[0, :30], image[1, :30] = 0, 255
    few = measure_image(image[:60, :60])
    image[0:2], image[2:4] = 0, 255
    many = measure_image(image[:60, :60])

    assert few["black_point"] == many["white_point"] - 127 / 255 == 128 / 255
    assert (many["black_point"], many["white_point"]) == (0, 1)


def test_size_shape_and_bytes_are_those_of_the_upright_file() -> None:
    data = turned(coded(pixels(1, 128, 64), ".jpg"), 6)

    values, _ = measure_bytes(data)

    assert values["megapixels"] == pytest.approx(128 * 64 / 1e6)
    assert values["aspect"] == -1.0
    assert values["file_bytes"] == len(data)


@pytest.mark.parametrize(
    "image",
    [
        np.full((1, 1, 3), 90, np.uint8),
        np.full((1, 1), 90, np.uint8),
        np.full((1, 1), 23_130, np.uint16),
        np.full((1, 1, 4), 90, np.uint8),
        np.full((40, 30), 90, np.uint8),
        np.full((40, 30), 23_130, np.uint16),
        np.full((40, 30, 3), 23_130, np.uint16),
        np.full((40, 30, 4), 90, np.uint8),
        np.full((40, 30, 4), 23_130, np.uint16),
    ],
    ids=lambda image: f"{image.shape}-{image.dtype}",
)
def test_grey_deep_and_see_through_pictures_are_measured_as_their_upright_pixels(
    image: NDArray[np.generic],
) -> None:
    values, vector = measure_bytes(coded(image))
    plain, _ = measure_bytes(coded(np.full((*image.shape[:2], 3), 90, np.uint8)))

    size = {"file_bytes"}
    assert {n: v for n, v in values.items() if n not in size} == pytest.approx(
        {n: v for n, v in plain.items() if n not in size}, nan_ok=True
    )
    assert values["saturation"] == 0
    assert np.isfinite(vector).all()


@pytest.mark.parametrize(
    ("hour", "noon", "morning"), [(0, -1, 0), (6, 0, 1), (12, 1, 0), (18, 0, -1)]
)
def test_the_hour_is_an_arrow(hour: int, noon: float, morning: float) -> None:
    values = measure_time(86_400_000_000 * 20_000 + hour * HOUR_US)

    assert list(values) == [metric.name for metric in TIME_METRICS]
    assert values["hour_noon"] == pytest.approx(noon, abs=1e-9)
    assert values["hour_morning"] == pytest.approx(morning, abs=1e-9)


def test_an_hour_before_and_after_midnight_are_as_near_as_any_two_hours() -> None:
    def apart(first: int, second: int) -> float:
        a, b = (measure_time(HOUR_US * (48 + hour)) for hour in (first, second))
        return math.dist(list(a.values()), list(b.values()))

    assert apart(-1, 1) == pytest.approx(apart(11, 13))


def test_a_time_that_is_not_known_has_no_hour() -> None:
    assert all(math.isnan(value) for value in measure_time(0).values())
