"""Images checked in child processes: as strict as here, and nothing takes us down."""

from __future__ import annotations

import struct
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest

from dataset.errors import BadImage
from dataset.images import image_file, sandbox
from dataset.images.image_header import ImageInfo
from dataset.images.sandbox import ImageChecker
from tests.dataset.picture_bytes import encoded, png_chunk, scene

ODD = Path(__file__).resolve().parents[1] / "data" / "formats" / "odd-images"


# The real child, but with a decoder that two files can abort or stop.
ODD_DECODER = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
from dataset.images import image_file, sandbox_child

def check(data, real=image_file.check):
    if data == b"KILL":
        os.abort()
    if data == b"HANG":
        time.sleep(600)
    return real(data)

image_file.check = check
sys.exit(sandbox_child.main(int(sys.argv[2])))
"""


def large_png() -> bytes:
    """A whole PNG of 60 million pixels in a few kilobytes."""
    head = struct.pack(">IIBBBBB", 10_000, 6_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(30_001 * 6_000), 1)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (png_chunk(b"IHDR", head), png_chunk(b"IDAT", rows), png_chunk(b"IEND", b""))
    )


def test_child_says_what_the_parent_would_say() -> None:
    files = sorted(ODD.iterdir())

    with ImageChecker() as checker:
        found = list(checker.check_all(files))

    for path, result in zip(files, found, strict=True):
        try:
            expected: ImageInfo | str = image_file.check(path.read_bytes())
        except BadImage as error:
            expected = error.message
        assert (result.message if isinstance(result, BadImage) else result) == expected


def test_bytes_and_paths_are_taken(tmp_path: Path) -> None:
    data = encoded("png", scene())
    path = tmp_path / "ä picture.png"
    path.write_bytes(data)

    with ImageChecker() as checker:
        assert checker.check(data) == checker.check(path) == checker.check(str(path))


def test_decoded_pixels_come_across_whole() -> None:
    data = encoded("png", scene())

    with ImageChecker() as checker:
        found = checker.decode(data)
        small = checker.decode(data, reduce=4)

    assert np.array_equal(found, scene())
    assert found.flags.writeable
    assert np.array_equal(small, image_file.decode(data, reduce=4))


def test_answers_keep_the_order_of_the_files() -> None:
    files = [encoded("bmp", scene(8 + i, 8)) for i in range(30)]

    with ImageChecker(workers=3) as checker:
        found = list(checker.check_all(files))

    widths = [result.width for result in found if isinstance(result, ImageInfo)]
    assert widths == [8 + i for i in range(30)]


def test_file_that_takes_too_long_is_refused_and_work_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sandbox, "_PROGRAM", ODD_DECODER)

    with ImageChecker(seconds=1) as checker:
        with pytest.raises(BadImage, match="busy"):
            checker.check(b"HANG")

        assert checker.check(encoded("bmp", scene(8, 8))).width == 8


def test_file_that_needs_too_much_memory_is_refused_and_work_goes_on() -> None:
    with ImageChecker(memory_bytes=500 << 20) as checker:
        with pytest.raises(BadImage):
            checker.check(large_png())

        assert checker.check(encoded("jpg", scene())).width == 48


def test_file_that_kills_the_child_is_refused_and_work_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sandbox, "_PROGRAM", ODD_DECODER)

    with ImageChecker() as checker:
        with pytest.raises(BadImage, match="kills the decoder"):
            checker.check(b"KILL")

        assert checker.check(encoded("jpg", scene())).width == 48


def test_damage_that_only_the_decoder_notices_is_refused() -> None:
    data = bytearray(encoded("jpg", scene(320, 240)))
    middle = len(data) // 2
    data[middle : middle + 40] = bytes(40)

    with ImageChecker() as checker, pytest.raises(BadImage):
        checker.check(bytes(data))


def test_missing_file_is_refused_with_its_name(tmp_path: Path) -> None:
    with ImageChecker() as checker, pytest.raises(BadImage, match=r"gone\.jpg"):
        checker.check(tmp_path / "gone.jpg")


def test_one_checker_serves_several_threads() -> None:
    data = encoded("jpg", scene())
    found: list[ImageInfo] = []

    with ImageChecker(workers=2) as checker:
        threads = [
            threading.Thread(target=lambda: found.append(checker.check(data)))
            for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(found) == 6


def test_checker_without_a_worker_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="worker"):
        ImageChecker(workers=0)
