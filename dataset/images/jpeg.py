"""JPEG as a row of marker segments: size, orientation, end and place.

Source: ITU-T T.81 annex B for the markers, CIPA DC-008 (EXIF) and the XMP
specification part 3 for the APP1 segments. Decoders forgive junk between segments, so
this parser looks for the next marker, too. Of a multi-picture file (MPO) the first
picture counts; the bytes behind its end marker are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from ..errors import BadImage
from . import exif
from .exif_moment import Moment, moment
from .image_header import CONVERT_HINT, ImageInfo, cut_short, damaged, image_info

MAGIC = b"\xff\xd8"
_XMP = b"http://ns.adobe.com/xap/"
_APP1, _SOS, _EOI, _SOI, _DNL = 0xE1, 0xDA, 0xD9, 0xD8, 0xDC
_DQT = 0xDB
_FRAMES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF}
_BARE = {0x01, _SOI, *range(0xD0, 0xD8)}
_MARKER = re.compile(rb"\xff+([\x01-\xfe])")
# In entropy-coded data FF 00 is a stuffed byte and FF D0..D7 a restart.
_SCAN_END = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")
_APP1_ANYWHERE = re.compile(
    rb"\xff\xe1(..)(?=Exif\x00\x00|http://ns\.adobe)", re.DOTALL
)
_SEGMENT_LIMIT = 10_000
_TABLE = 64


def _zigzag() -> tuple[int, ...]:
    """Where the coefficients of a block stand, in the order they are stored in.

    T.81, figure A.6: along the diagonals, up and down in turn; rows first.
    """
    cells = [(row, column) for row in range(8) for column in range(8)]
    cells.sort(key=lambda c: (sum(c), c[0] if sum(c) % 2 else c[1]))
    return tuple(8 * row + column for row, column in cells)


_ZIGZAG = _zigzag()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Segment:
    """One marker segment; its payload is data[start:end]."""

    marker: int
    start: int
    end: int


def read(data: bytes) -> ImageInfo:
    """What the header of a JPEG says.

    Raises:
        BadImage: no frame header, or one that nobody decodes to 8 bit pixels.
    """
    frame: bytes | None = None
    exif_blocks: list[bytes] = []
    xmp_packets: list[bytes] = []
    for segment in _segments(data):
        payload = data[segment.start : segment.end]
        if segment.marker == _APP1 and payload.startswith(exif.PREFIX):
            exif_blocks.append(payload)
        elif segment.marker == _APP1 and payload.startswith(_XMP):
            xmp_packets.append(payload)
        elif segment.marker in _OTHER_FRAMES:
            raise BadImage(
                "The image uses a kind of JPEG that is not taken in (lossless or "
                f"hierarchical): SOF{segment.marker - 0xC0}",
                hint=CONVERT_HINT,
            )
        elif segment.marker in _FRAMES and frame is None:
            frame = payload
    if frame is None or len(frame) < 6:
        raise cut_short("JPEG")
    orientation = exif.upright_orientation(exif_blocks, xmp_packets)
    return _info(frame, orientation, moment(exif_blocks))


def taken(data: bytes) -> Moment:
    """When and with what a JPEG was taken, from its first bytes; never raises.

    64 KB and a few more are enough for what cameras write.
    """
    blocks = []
    if data.startswith(MAGIC):
        with suppress(BadImage):
            for segment in _segments(data):
                payload = data[segment.start : segment.end]
                if segment.marker == _APP1 and payload.startswith(exif.PREFIX):
                    blocks.append(payload)
    return moment(blocks)


def luminance_table(data: bytes) -> tuple[int, ...] | None:
    """The 64 divisors of the first component, rows first; None where none is told.

    T.81, B.2.4.1; the first component is the luminance of all that cameras write.
    """
    tables: dict[int, tuple[int, ...]] = {}
    wanted = 0
    with suppress(BadImage):
        for segment in _segments(data):
            payload = data[segment.start : segment.end]
            if segment.marker == _DQT:
                tables |= _tables(payload)
            elif segment.marker in _FRAMES and len(payload) > 8:
                wanted = payload[8]
    return tables.get(wanted)


# A camera writes the same tables into each of its pictures.
@lru_cache(maxsize=64)
def _tables(payload: bytes) -> dict[int, tuple[int, ...]]:
    """The tables of one segment by their number, each rows first."""
    found: dict[int, tuple[int, ...]] = {}
    position = 0
    while position < len(payload):
        size = 2 if payload[position] >> 4 else 1
        end = position + 1 + size * _TABLE
        if end > len(payload):
            break
        stored = payload[position + 1 : end]
        table = [0] * _TABLE
        for place, cell in enumerate(_ZIGZAG):
            divisor = stored[size * place : size * (place + 1)]
            table[cell] = int.from_bytes(divisor, "big")
        found[payload[position] & 15] = tuple(table)
        position = end
    return found


def picture_end(data: bytes) -> int:
    """The offset behind the end marker of the (first) picture.

    Raises:
        BadImage: the picture has no pixels or no end marker.
    """
    scans = 0
    position = len(MAGIC)
    for segment in _segments(data):
        position = segment.end
        scans += segment.marker == _SOS
    while scans:
        found = _SCAN_END.search(data, position)
        if found is None:
            break
        marker = found.group(1)[0]
        if marker == _EOI:
            return found.end()
        if marker == _SOI:
            break
        position = _after(data, marker, found.end())
    raise cut_short("JPEG")


def without_place(data: bytes) -> bytes:
    """The same JPEG without GPS in any EXIF or XMP segment, as long as before.

    Segments of further pictures (MPO, appended previews, thumbnails inside of EXIF)
    are cleared, too. The very same object comes back where nothing is to be dropped.
    """
    while (cleared := _cleared_once(data)) is not data:
        # A segment may lie within one that was just cleared.
        data = cleared
    return data


def _cleared_once(data: bytes) -> bytes:
    pieces: list[bytes] = []
    done = 0
    for found in _APP1_ANYWHERE.finditer(data):
        start = found.end()
        end = min(found.start() + 2 + int.from_bytes(found.group(1), "big"), len(data))
        if found.start() < done or end <= start:
            continue
        payload = data[start:end]
        is_exif = payload.startswith(exif.PREFIX)
        clear = exif.without_place if is_exif else exif.xmp_without_place
        cleared = clear(payload)
        if cleared is not payload and cleared != payload:
            pieces += (data[done:start], cleared)
            done = end
    return b"".join((*pieces, data[done:])) if pieces else data


def _segments(data: bytes) -> Iterator[_Segment]:
    """The segments up to and with the first scan header."""
    position = len(MAGIC)
    for _ in range(_SEGMENT_LIMIT):
        found = _MARKER.search(data, position)
        if found is None:
            raise cut_short("JPEG")
        marker = found.group(1)[0]
        if marker == _EOI:
            return
        end = _after(data, marker, found.end())
        yield _Segment(marker=marker, start=min(found.end() + 2, end), end=end)
        if marker == _SOS:
            return
        position = end
    raise damaged("JPEG", "too many segments")


def _after(data: bytes, marker: int, position: int) -> int:
    """Where the segment ends whose marker ends at `position`."""
    if marker in _BARE:
        return position
    if position + 2 > len(data):
        raise cut_short("JPEG")
    length = int.from_bytes(data[position : position + 2], "big")
    if length < 2:
        raise damaged("JPEG", "a segment without a length")
    if position + length > len(data):
        raise cut_short("JPEG")
    return position + length


def _info(frame: bytes, orientation: int, taken: Moment) -> ImageInfo:
    bits, channels = frame[0], frame[5]
    if bits != 8:
        raise BadImage(
            f"A JPEG is taken in with 8 bits a channel: {bits}", hint=CONVERT_HINT
        )
    if channels not in (1, 3, 4):
        raise BadImage(
            f"A JPEG is taken in with 1, 3 or 4 channels: {channels}",
            hint=CONVERT_HINT,
        )
    height = int.from_bytes(frame[1:3], "big")
    width = int.from_bytes(frame[3:5], "big")
    return image_info(
        suffix="jpg",
        stored=(width, height),
        orientation=orientation,
        channels=channels,
        bits=bits,
        moment=taken,
    )
