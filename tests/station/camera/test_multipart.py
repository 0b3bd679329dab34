from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.errors import CameraError
from station.camera.multipart import (
    HALF,
    NOT_JPEG,
    WRONG_LENGTH,
    MultipartParser,
    Part,
)

TYPE = "multipart/x-mixed-replace; boundary=frame"


def jpeg(filling: bytes = b"pixels", thumbnail: bool = False) -> bytes:
    """A JPEG in shape; a thumbnail has an end marker of its own."""
    inner = b"\xff\xd8thumb\xff\xd9" if thumbnail else b"x"
    app1 = b"\xff\xe1" + (len(inner) + 2).to_bytes(2, "big") + inner
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
    return (
        b"\xff\xd8" + app1 + scan + filling.replace(b"\xff", b"\xff\x00") + b"\xff\xd9"
    )


def part(
    data: bytes, length: int | None = None, delimiter: bytes = b"--frame"
) -> bytes:
    head = delimiter + b"\r\nContent-Type: image/jpeg\r\n"
    if length is not None:
        head += f"Content-Length: {length}\r\n".encode()
    return head + b"\r\n" + data + b"\r\n"


def parsed(stream: bytes, content_type: str = TYPE, step: int = 1 << 20) -> list[Part]:
    parser = MultipartParser(content_type)
    parts = []
    for at in range(0, len(stream), step):
        parts += parser.feed(stream[at : at + step])
    return parts


@given(
    fillings=st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=5),
    step=st.integers(1, 50),
    has_length=st.booleans(),
    thumbnail=st.booleans(),
)
def test_parts_are_cut_byte_for_byte_however_they_arrive(
    fillings: list[bytes], step: int, has_length: bool, thumbnail: bool
) -> None:
    sent = [jpeg(filling, thumbnail) for filling in fillings]
    stream = b"".join(part(data, len(data) if has_length else None) for data in sent)

    parts = parsed(stream, step=step)

    assert [p.data for p in parts] == sent


@pytest.mark.parametrize(
    ("content_type", "delimiter"),
    [
        ('multipart/x-mixed-replace; boundary="--frame"', b"--frame"),
        ("multipart/x-mixed-replace;boundary=frame; x=1", b"--frame"),
        ("multipart/x-mixed-replace; boundary=frame", b"frame"),
        ("multipart/x-mixed-replace; boundary=announced", b"--used"),
        ("multipart/x-mixed-replace", b"--used"),
        ("", b"--used"),
    ],
)
def test_boundary_is_the_one_that_is_used(content_type: str, delimiter: bytes) -> None:
    sent = [jpeg(b"a"), jpeg(b"b")]
    stream = b"\r\n".join(part(data, None, delimiter) for data in sent)

    parts = parsed(stream, content_type)

    assert [p.data for p in parts] == sent


def test_bare_line_feeds_and_a_missing_first_delimiter_are_read() -> None:
    sent = [jpeg(b"a"), jpeg(b"b")]
    stream = b"Content-Type: image/jpeg\n\n" + sent[0] + b"\n--frame\n\n" + sent[1]

    assert [p.data for p in parsed(stream)] == sent


@pytest.mark.parametrize("announces_length", [True, False])
def test_half_a_jpeg_is_refused_and_the_next_one_kept(announces_length: bool) -> None:
    whole = jpeg(b"0123456789" * 40)
    length = len(whole) if announces_length else None
    stream = part(whole[: len(whole) // 2], length) + part(whole, length) * 3

    parts = parsed(stream, step=7)

    assert [p.fault for p in parts] == [HALF, "", "", ""]
    assert {p.data for p in parts[1:]} == {whole}


@pytest.mark.parametrize(
    ("off_by", "fault"),
    [(-9, HALF), (-1, HALF), (4, WRONG_LENGTH), (9, WRONG_LENGTH), (400, WRONG_LENGTH)],
)
def test_wrong_content_length_never_gives_a_wrong_picture(
    off_by: int, fault: str
) -> None:
    whole = jpeg(b"0123456789" * 20)
    stream = part(whole, len(whole) + off_by) + part(whole, len(whole)) * 2

    parts = parsed(stream)

    kept = [p.data for p in parts if not p.fault]
    assert kept
    assert set(kept) == {whole}
    assert [p.fault for p in parts if p.fault] == [fault]


def test_part_that_is_no_jpeg_is_refused() -> None:
    stream = part(b"<html>busy</html>", 17) + part(jpeg())

    parts = parsed(stream)

    assert [p.fault for p in parts] == [NOT_JPEG, ""]


def test_stream_that_ends_in_a_picture_says_so() -> None:
    parser = MultipartParser(TYPE)
    parser.feed(part(jpeg(b"0123456789"), 40)[:-15])

    assert [p.fault for p in parser.end()] == [HALF]


def test_sender_time_is_read() -> None:
    data = jpeg()
    head = f"--frame\r\nX-Timestamp: 12.500000\r\nContent-Length: {len(data)}\r\n\r\n"

    parts = parsed(head.encode() + data)

    assert parts[0].stamp_s == 12.5


@pytest.mark.parametrize(
    "stream",
    [
        b"<html>\r\n<body>not a stream</body>\r\n",
        b"x" * 70_000,
        b"--frame\r\n" + b"A: b\r\n" * 5000,
        b"--frame\r\nContent-Length: 99999999999\r\n\r\n",
    ],
)
def test_what_is_no_multipart_stream_is_refused(stream: bytes) -> None:
    with pytest.raises(CameraError):
        parsed(stream, "")


@given(st.binary(max_size=400), st.integers(1, 100))
def test_any_bytes_are_survived(stream: bytes, step: int) -> None:
    try:
        parts = parsed(b"--frame\r\n" + stream, step=step)
    except CameraError:
        return

    assert all(p.fault or p.data.startswith(b"\xff\xd8") for p in parts)
