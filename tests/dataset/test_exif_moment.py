"""When a picture was taken, as far as its EXIF block says so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.images import exif
from dataset.images.exif_moment import Moment, moment
from dataset.images.image_format import inspect, without_gps
from tests.dataset.picture_bytes import (
    encoded,
    exif_taken,
    jpeg_with,
    png_chunk,
    png_with,
    scene,
    webp_with,
)

TAKEN = "2024:05:06 07:08:09"
TAKEN_US = int(datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize("order", ["<", ">"])
def test_time_and_camera_are_read(order: str) -> None:
    block = exif_taken(TAKEN, part="25", model="Field 1", order=order)

    found = moment([block])

    assert found == Moment(captured_us=TAKEN_US + 250_000, device="Field 1")


def test_an_offset_from_utc_counts() -> None:
    block = exif_taken(TAKEN, offset="+02:00")

    assert moment([block]).captured_us == TAKEN_US - 7_200_000_000


@pytest.mark.parametrize(
    "taken",
    ["", "0000:00:00 00:00:00", "    :  :     :  :  ", "1912:01:01 00:00:00"],
)
def test_a_time_that_is_none_is_not_stated(taken: str) -> None:
    assert moment([exif_taken(taken or " ")]).captured_us == 0


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_every_format_tells_its_time(suffix: str) -> None:
    block, data = exif_taken(TAKEN), encoded(suffix, scene())
    files = {
        "jpg": lambda: jpeg_with(data, exif.PREFIX + block),
        "png": lambda: png_with(data, png_chunk(b"eXIf", block)),
        "webp": lambda: webp_with(data, 48, 32, block),
    }

    found = inspect(files[suffix]())

    assert found.captured_us == TAKEN_US
    assert inspect(data).captured_us == 0


def test_dropping_the_place_keeps_the_time() -> None:
    data = jpeg_with(encoded("jpg", scene()), exif.PREFIX + exif_taken(TAKEN))

    assert inspect(without_gps(data)).captured_us == TAKEN_US


@given(st.binary(max_size=80))
def test_bytes_of_strangers_never_raise(data: bytes) -> None:
    moment([data, b"II*\x00\x08\x00\x00\x00" + data, b"MM\x00*\x00\x00\x00\x08" + data])
