"""Images as files: sizes, orientation, wholeness, place, and hostile bytes."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.errors import BadImage
from dataset.images import image_file
from dataset.images.image_file import ImageInfo
from tests.dataset.picture_bytes import (
    encoded,
    exif,
    jpeg_with,
    png_chunk,
    png_with,
    scene,
    webp_with,
)

ODD = Path(__file__).resolve().parents[1] / "data" / "formats" / "odd-images"
EXIF = b"Exif\x00\x00"
XMP = b"http://ns.adobe.com/xap/1.0/\x00"
ORIENTATIONS = range(1, 9)
# What EXIF 4.6.4 asks for, said in another way than the code does.
UPRIGHT = {
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2),
    6: lambda p: np.rot90(p, -1),
    7: lambda p: np.rot90(p, 2).transpose(1, 0, 2),
    8: lambda p: np.rot90(p),
}
LARGE = {
    "bmp": b"BM" + bytes(8) + struct.pack("<IIiiHH", 54, 40, 40_000, 10, 1, 24)
    + bytes(24),
    "png": b"\x89PNG\r\n\x1a\n"
    + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)),
}  # fmt: skip


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp"])
def test_inspect_tells_format_and_size(suffix: str) -> None:
    data = encoded(suffix, scene(48, 32))

    info = image_file.inspect(data)

    assert info == ImageInfo(
        suffix=suffix, width=48, height=32, orientation=1, channels=3, bits=8
    )
    assert image_file.check(data) == info


@pytest.mark.parametrize("suffix", ["png", "bmp"])
def test_decode_gives_back_what_was_encoded(suffix: str) -> None:
    pixels = scene()

    found = image_file.decode(encoded(suffix, pixels))

    assert np.array_equal(found, pixels)
    assert found.flags["C_CONTIGUOUS"]


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("order", ["<", ">"])
def test_jpeg_orientation_is_applied_once(orientation: int, order: str) -> None:
    plain = encoded("jpg", scene())
    data = jpeg_with(plain, EXIF + exif(orientation, order=order))

    info = image_file.check(data)
    found = image_file.decode(data)

    assert info.orientation == orientation
    assert (info.height, info.width) == found.shape[:2]
    assert np.array_equal(found, UPRIGHT[orientation](image_file.decode(plain)))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_png_and_webp_orientation_is_applied_once(orientation: int) -> None:
    block = exif(orientation)
    plain = encoded("png", scene())
    webp = encoded("webp", scene(), cv2.IMWRITE_WEBP_QUALITY, 101)

    for data in (png_with(plain, png_chunk(b"eXIf", block)),
                 webp_with(webp, 48, 32, block)):  # fmt: skip
        assert image_file.check(data).orientation == orientation
        assert np.array_equal(image_file.decode(data), UPRIGHT[orientation](scene()))


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_orientation_outside_1_to_8_counts_as_1(orientation: int) -> None:
    data = jpeg_with(encoded("jpg", scene()), EXIF + exif(orientation))

    assert image_file.inspect(data).orientation == 1


def test_xmp_orientation_counts_only_where_exif_is_silent() -> None:
    xmp = XMP + b'<x tiff:Orientation="6"/>'
    plain = encoded("jpg", scene())

    assert image_file.inspect(jpeg_with(plain, xmp)).orientation == 6
    assert image_file.inspect(jpeg_with(plain, EXIF + exif(), xmp)).orientation == 6
    assert image_file.inspect(jpeg_with(plain, xmp, EXIF + exif(3))).orientation == 3


@pytest.mark.parametrize("reduce", [1, 2, 4, 8])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_decode_shrinks_upright_and_rounds_up(reduce: int, suffix: str) -> None:
    pixels = scene(101, 67)
    data = encoded(suffix, pixels)

    found = image_file.decode(data, reduce=reduce)

    assert found.shape == (-(-67 // reduce), -(-101 // reduce), 3)


def test_decode_refuses_another_reduction() -> None:
    with pytest.raises(ValueError, match="3"):
        image_file.decode(encoded("png", scene()), reduce=3)


def test_sixteen_bit_grey_and_alpha_become_8_bit_bgr() -> None:
    deep = scene().astype(np.uint16) * 257
    alpha = np.dstack([scene(), np.full((32, 48), 9, np.uint8)])

    assert image_file.inspect(encoded("png", deep)).bits == 16
    assert np.array_equal(image_file.decode(encoded("png", deep)), scene())
    assert image_file.inspect(encoded("png", alpha)).channels == 4
    assert np.array_equal(image_file.decode(encoded("png", alpha)), scene())
    assert image_file.decode(encoded("jpg", scene()[:, :, 0])).shape == (32, 48, 3)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.999])
def test_cut_images_are_refused(suffix: str, share: float) -> None:
    data = encoded(suffix, scene(160, 120))

    with pytest.raises(BadImage):
        image_file.check(data[: int(len(data) * share)])


@pytest.mark.parametrize("share", [0.4, 0.7, 0.9])
def test_jpeg_cut_and_closed_with_an_end_marker_is_refused(share: float) -> None:
    data = encoded("jpg", scene(320, 240))
    half = data[: int(len(data) * share)].rstrip(b"\xff") + b"\xff\xd9"

    with pytest.raises(BadImage, match="cut short"):
        image_file.check(half)


def test_jpeg_filled_up_with_zeros_is_refused() -> None:
    data = encoded("jpg", scene(320, 240))
    half = len(data) // 2

    with pytest.raises(BadImage, match="cut short"):
        image_file.check(data[:half] + bytes(len(data) - half))


def test_truly_grey_image_is_no_half_empty_one() -> None:
    grey = np.full((64, 64, 3), 128, np.uint8)

    assert image_file.check(encoded("jpg", grey)).width == 64


def test_bytes_behind_the_end_are_left_alone() -> None:
    data = encoded("jpg", scene())

    assert image_file.check(data + b"maker's trailer" + data).suffix == "jpg"


def test_png_with_a_wrong_checksum_is_refused() -> None:
    data = bytearray(encoded("png", scene()))
    at = data.index(b"IDAT") + 20
    data[at] ^= 1

    with pytest.raises(BadImage, match="checksum"):
        image_file.check(bytes(data))


def test_png_with_too_few_rows_is_refused() -> None:
    head = struct.pack(">IIBBBBB", 48, 32, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(100))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        (png_chunk(b"IHDR", head), png_chunk(b"IDAT", rows), png_chunk(b"IEND", b""))
    )

    with pytest.raises(BadImage, match="cut short"):
        image_file.check(data)


@pytest.mark.parametrize("suffix", sorted(LARGE))
def test_too_many_pixels_are_refused_before_decoding(suffix: str) -> None:
    with pytest.raises(BadImage, match="million pixels"):
        image_file.inspect(LARGE[suffix])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "has bytes"),
        (b"GIF89a" + bytes(20), "GIF"),
        (b"II*\x00" + bytes(20), "TIFF"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(20), "HEIF"),
        (b"\x00\x00\x00\x18ftypavif" + bytes(20), "AVIF"),
        (b"hello, I am text", "begins with"),
        (b"\xff\xd8\xff", "cut short"),
    ],
)
def test_other_files_are_refused_with_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(BadImage, match=words):
        image_file.inspect(data)


def test_animated_images_are_refused() -> None:
    frames = png_chunk(b"acTL", struct.pack(">II", 3, 0))

    with pytest.raises(BadImage, match="animated"):
        image_file.inspect(png_with(encoded("png", scene()), frames))


@pytest.mark.parametrize("order", ["<", ">"])
def test_place_is_dropped_and_nothing_else(order: str) -> None:
    plain = encoded("jpg", scene())
    data = jpeg_with(plain, EXIF + exif(6, gps=True, order=order))

    clean = image_file.without_gps(data)

    assert len(clean) == len(data)
    assert struct.pack(f"{order}I", 2965) not in clean
    assert struct.pack(f"{order}H", 0x8825) not in clean[: -len(plain) + 2]
    assert clean.endswith(plain[2:])
    assert image_file.check(clean) == image_file.check(data)
    assert image_file.without_gps(clean) is clean


def test_place_is_dropped_from_png_webp_and_xmp() -> None:
    block = exif(6, gps=True)
    packet = b'<x exif:GPSLatitude="48,51N" drone:GpsLongitude="2,2E" a:b="kept"/>'
    text = b"XML:com.adobe.xmp\x00\x00\x00\x00\x00" + packet
    files = [
        png_with(encoded("png", scene()), png_chunk(b"eXIf", block)),
        png_with(encoded("png", scene()), png_chunk(b"iTXt", text)),
        webp_with(encoded("webp", scene()), 48, 32, block),
        jpeg_with(encoded("jpg", scene()), XMP + packet),
    ]

    for data in files:
        clean = image_file.without_gps(data)

        assert clean is not data
        assert b"48,51N" not in clean
        assert b"2,2E" not in clean
        assert struct.pack("<I", 2965) not in clean
        assert image_file.check(clean) == image_file.check(data)
        assert (b"kept" in clean) == (b"kept" in data)


def test_place_of_a_thumbnail_and_of_a_picture_within_the_exif_is_dropped() -> None:
    inner = exif(1, gps=True)
    # The first directory's link leads to a second one, of the thumbnail.
    second = struct.pack("<HHHII", 1, 0x8825, 4, 1, 26 + 18) + bytes(4)
    place = struct.pack("<HHHII", 1, 2, 5, 3, 44 + 18) + bytes(4)
    chained = b"II*\x00" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 26)
    chained += second + place + struct.pack("<6I", 48, 1, 51, 1, 2965, 100)
    nested = exif(6, gps=True) + jpeg_with(encoded("jpg", scene(8, 8)), EXIF + inner)

    for block in (chained, nested):
        data = jpeg_with(encoded("jpg", scene()), EXIF + block)
        clean = image_file.without_gps(data)

        assert struct.pack("<I", 2965) in data
        assert struct.pack("<I", 2965) not in clean
        assert image_file.check(clean) == image_file.check(data)
        assert image_file.without_gps(clean) is clean


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp"])
def test_image_without_place_comes_back_as_the_same_object(suffix: str) -> None:
    data = encoded(suffix, scene())

    assert image_file.without_gps(data) is data
    assert image_file.without_gps(b"no image") == b"no image"


def test_hostile_place_cannot_change_the_orientation() -> None:
    block = bytearray(exif(6, gps=True))
    # The GPS value claims to lie on the orientation's own entry.
    at = block.rindex(struct.pack("<HHI", 2, 5, 3)) + 8
    block[at : at + 4] = struct.pack("<I", 10)
    data = jpeg_with(encoded("jpg", scene()), EXIF + bytes(block))

    clean = image_file.without_gps(data)

    assert clean is not data
    assert image_file.inspect(clean).orientation == 6


@pytest.mark.parametrize("path", sorted(ODD.iterdir()), ids=lambda path: path.name)
def test_odd_files_are_taken_or_refused_but_never_crash(path: Path) -> None:
    _judge(path.read_bytes())


def test_every_odd_file_of_the_shared_set_is_taken_or_refused(
    shared_data: Path,
) -> None:
    for path in sorted((shared_data / "images-odd-pillow").rglob("*")):
        if path.is_file():
            _judge(path.read_bytes())


def test_eight_orientations_of_one_photo_look_alike(shared_data: Path) -> None:
    folder = shared_data / "images-exif-orientation"
    small = [
        cv2.resize(image_file.decode((folder / f"Landscape_{n}.jpg").read_bytes(),
                                     reduce=8), (90, 60))
        for n in range(9)
    ]  # fmt: skip

    for picture in small[1:]:
        assert np.abs(picture.astype(int) - small[0].astype(int)).mean() < 12


@given(
    data=st.sampled_from(["jpg", "png", "webp", "bmp"]).map(
        lambda suffix: encoded(suffix, scene(20, 14))
    ),
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), max_size=6),
    cut=st.floats(0.1, 1),
)
def test_flipped_bytes_never_raise_anything_but_bad_image(
    data: bytes, flips: list[tuple[float, int]], cut: float
) -> None:
    broken = bytearray(data[: max(1, int(len(data) * cut))])
    for place, mask in flips:
        broken[int(place * (len(broken) - 1))] ^= mask

    _judge(bytes(broken))


@given(
    block=st.binary(max_size=80),
    flips=st.lists(st.tuples(st.integers(0, 71), st.integers(0, 255)), max_size=4),
)
def test_flipped_exif_never_changes_size_or_raises(
    block: bytes, flips: list[tuple[int, int]]
) -> None:
    own = bytearray(exif(6, gps=True))
    for at, value in flips:
        own[at] = value

    for tiff in (bytes(own), b"II*\x00\x08\x00\x00\x00" + block):
        data = jpeg_with(encoded("jpg", scene(16, 16)), EXIF + tiff)
        clean = image_file.without_gps(data)

        assert len(clean) == len(data)
        assert image_file.inspect(clean) == image_file.inspect(data)


def _judge(data: bytes) -> None:
    """Either a sentence, or a size that the pixels have."""
    clean = image_file.without_gps(data)
    refusal = ""
    try:
        info = image_file.check(data)
    except BadImage as error:
        refusal = error.message
    if refusal:
        assert refusal[0].isupper()
    else:
        assert image_file.inspect(clean) == info
        assert image_file.decode(data).shape == (info.height, info.width, 3)
