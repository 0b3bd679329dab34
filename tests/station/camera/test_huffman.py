from __future__ import annotations

import numpy as np

from dataset.images import image_file
from station.camera.huffman import with_huffman_tables
from station.camera.usb_feed import whole_jpeg


def _without_tables(jpeg: bytes) -> bytes:
    position, kept = 2, jpeg[:2]
    while jpeg[position + 1] != 0xDA:
        end = position + 2 + int.from_bytes(jpeg[position + 2 : position + 4], "big")
        kept += b"" if jpeg[position + 1] == 0xC4 else jpeg[position:end]
        position = end
    return kept + jpeg[position:]


def test_frame_without_tables_becomes_the_same_picture(
    traffic: tuple[bytes, ...],
) -> None:
    bare = _without_tables(traffic[0])

    completed = with_huffman_tables(bare)

    assert len(bare) < len(completed)
    expected = image_file.decode(traffic[0])
    found = image_file.decode(completed)
    assert np.array_equal(found, expected)


def test_frame_with_tables_is_left_alone(traffic: tuple[bytes, ...]) -> None:
    assert with_huffman_tables(traffic[0]) is traffic[0]


def test_bytes_that_are_no_jpeg_are_left_alone() -> None:
    for data in (b"", b"\xff", b"\xff\xd8", b"\xff\xd8\xff\xe0\x00", b"hello world"):
        assert with_huffman_tables(data) is data


def test_padding_of_a_drivers_buffer_is_cut_off(traffic: tuple[bytes, ...]) -> None:
    assert whole_jpeg(traffic[1] + b"\0" * 500) == traffic[1]


def test_half_a_buffer_is_handed_on_for_refusal(traffic: tuple[bytes, ...]) -> None:
    half = traffic[1][:2000]

    assert whole_jpeg(half) == half
