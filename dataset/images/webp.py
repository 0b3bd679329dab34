"""WebP as RIFF chunks: size, orientation, wholeness and place.

Source: RFC 9649 (WebP container, VP8L) and RFC 6386 section 9.1 (VP8 frame header).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import BadImage
from . import exif
from .exif_moment import moment
from .image_header import ImageInfo, cut_short, damaged, image_info

MAGIC = b"RIFF"
FORM = b"WEBP"
_ANIMATION = 0x02
_CHUNK_LIMIT = 10_000
_VP8_START = b"\x9d\x01\x2a"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    """One RIFF chunk; its payload is data[start:end]."""

    kind: bytes
    start: int
    end: int


def read(data: bytes) -> ImageInfo:
    """What the chunks of a WebP say.

    Raises:
        BadImage: no picture chunk, an animation, or a header that is not WebP.
    """
    exif_blocks: list[bytes] = []
    xmp_packets: list[bytes] = []
    picture: tuple[int, int, int] | None = None
    has_alpha = False
    for chunk in _chunks(data):
        payload = data[chunk.start : chunk.end]
        if chunk.kind in (b"ANIM", b"ANMF") or (
            chunk.kind == b"VP8X" and payload[:1] and payload[0] & _ANIMATION
        ):
            raise BadImage(
                "The image is animated: WebP",
                hint="take the frames apart first, or capture from it as a clip",
            )
        if chunk.kind == b"EXIF":
            exif_blocks.append(payload)
        elif chunk.kind == b"ALPH":
            has_alpha = True
        elif chunk.kind == b"XMP ":
            xmp_packets.append(payload)
        elif chunk.kind in (b"VP8 ", b"VP8L") and picture is None:
            picture = _picture(chunk.kind, payload)
    if picture is None:
        raise cut_short("WebP")
    width, height, channels = picture
    return image_info(
        suffix="webp",
        stored=(width, height),
        orientation=exif.upright_orientation(exif_blocks, xmp_packets),
        channels=4 if has_alpha else channels,
        bits=8,
        moment=moment(exif_blocks),
    )


def prove_whole(data: bytes) -> None:
    """Check that the file is as long as its container and its chunks say.

    Raises:
        BadImage: bytes are missing.
    """
    size = int.from_bytes(data[4:8], "little")
    if len(data) < size + 8 and len(data) + 1 != size + 8:
        raise cut_short("WebP")


def without_place(data: bytes) -> bytes:
    """The same WebP without GPS in its EXIF and XMP chunks, as long as before."""
    pieces: list[bytes] = []
    done = 0
    for chunk in _chunks(data):
        if chunk.kind not in (b"EXIF", b"XMP "):
            continue
        old = data[chunk.start : chunk.end]
        is_exif = chunk.kind == b"EXIF"
        new = exif.without_place(old) if is_exif else exif.xmp_without_place(old)
        if new is not old and new != old:
            pieces += (data[done : chunk.start], new)
            done = chunk.end
    return b"".join((*pieces, data[done:])) if pieces else data


def _chunks(data: bytes) -> Iterator[_Chunk]:
    position = 12
    for _ in range(_CHUNK_LIMIT):
        if position + 8 > len(data):
            return
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        start = position + 8
        yield _Chunk(
            kind=data[position : position + 4],
            start=start,
            end=min(start + size, len(data)),
        )
        position = start + size + size % 2
    raise damaged("WebP", "too many chunks")


def _picture(kind: bytes, payload: bytes) -> tuple[int, int, int]:
    """Width, height and channels of a VP8 or VP8L payload."""
    if len(payload) < 10:
        raise cut_short("WebP")
    if kind == b"VP8 ":
        if payload[3:6] != _VP8_START:
            raise damaged("WebP", "frame header")
        width = int.from_bytes(payload[6:8], "little") & 0x3FFF
        height = int.from_bytes(payload[8:10], "little") & 0x3FFF
        return width, height, 3
    if payload[0] != 0x2F:
        raise damaged("WebP", "frame header")
    packed = int.from_bytes(payload[1:5], "little")
    has_alpha = bool(packed >> 28 & 1)
    return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1, 4 if has_alpha else 3
