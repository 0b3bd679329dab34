"""Cuts a `multipart/x-mixed-replace` stream of JPEGs into its parts, byte for byte.

OpenCV's own reader hands the bytes over too, but says nothing of a part that was cut
short, so the stream is parsed here. Written after RFC 2046 section 5.1 and after what
cameras really send: boundaries announced with or without their leading dashes, quoted,
or not the ones that are used; missing Content-Length; bare line feeds; no first
delimiter. A part counts only when it is one whole JPEG (end marker reached by walking
its segments); with a Content-Length it has exactly that length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from dataset.errors import BadImage, CameraError
from dataset.images.jpeg import picture_end

HALF: Final = "half a JPEG"
NOT_JPEG: Final = "not a JPEG"
WRONG_LENGTH: Final = "a wrong Content-Length"
_PART_LIMIT = 64 << 20
_HEADER_LIMIT = 16 << 10
_START = b"\xff\xd8"
_END = b"\xff\xd9"
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the stream: `data` as sent, or `fault` saying why there is none.

    `stamp_s` is the sender's own time (`X-Timestamp`, seconds), where it gives one.
    """

    data: bytes = b""
    fault: str = ""
    stamp_s: float | None = None


class _State(Enum):
    SEEK = auto()
    HEADERS = auto()
    BODY = auto()


class MultipartParser:
    """Takes the stream in pieces of any size and gives back the parts it completes."""

    def __init__(self, content_type: str = "") -> None:
        """Begin with the response's `Content-Type`; it may be wrong or empty."""
        self._delimiter = _announced(content_type)
        self._sniffed = False
        self._buffer = bytearray()
        self._state = _State.SEEK
        self._length: int | None = None
        self._stamp_s: float | None = None
        self._searched = 0

    def feed(self, data: bytes) -> list[Part]:
        """Return the parts that are complete now, oldest first.

        Raises:
            CameraError: this is no multipart stream.
        """
        self._buffer += data
        parts: list[Part] = []
        while self._step(parts):
            pass
        return parts

    def end(self) -> list[Part]:
        """Return what the stream's end left unfinished, as a fault."""
        if self._state is _State.BODY and self._buffer:
            return [Part(fault=HALF)]
        return []

    def _step(self, parts: list[Part]) -> bool:
        """Do one step; False when more data is needed."""
        if self._state is _State.SEEK:
            return self._seek()
        if self._state is _State.HEADERS:
            return self._read_headers()
        part = self._whole_part() if self._length is None else self._measured_part()
        if part is None:
            if len(self._buffer) > _PART_LIMIT:
                raise CameraError("The stream holds a picture without end")
            return False
        parts.append(part)
        self._go(_State.SEEK)
        return True

    def _seek(self) -> bool:
        if not self._sniffed:
            return self._sniff()
        at = self._buffer.find(self._delimiter)
        if at < 0:
            del self._buffer[: max(0, len(self._buffer) - len(self._delimiter) - 2)]
            return False
        line_end = self._buffer.find(b"\n", at)
        if line_end < 0:
            return False
        del self._buffer[: line_end + 1]
        self._go(_State.HEADERS)
        return True

    def _sniff(self) -> bool:
        """Learn the delimiter that is really used from the first line."""
        start = len(self._buffer) - len(self._buffer.lstrip(b"\r\n"))
        line_end = self._buffer.find(b"\n", start)
        if line_end < 0:
            if len(self._buffer) > _HEADER_LIMIT:
                raise CameraError("The stream is not multipart: no line in it")
            return False
        line = bytes(self._buffer[start:line_end]).rstrip()
        self._sniffed = True
        if line.lower().startswith((b"content-", b"x-")):
            self._go(_State.HEADERS)
            return True
        is_bare = bool(line) and line == self._delimiter[2:]
        if is_bare or (line.startswith(b"--") and len(line) > 2):
            self._delimiter = line
        elif not self._delimiter:
            raise CameraError("The stream is not multipart: its first line differs")
        return True

    def _read_headers(self) -> bool:
        if self._buffer.startswith((b"\r\n", b"\n")):
            self._length = self._stamp_s = None
            del self._buffer[: self._buffer.index(b"\n") + 1]
            self._go(_State.BODY)
            return True
        found = _HEADERS_END.search(self._buffer, 0, _HEADER_LIMIT + 4)
        if found is None:
            if len(self._buffer) > _HEADER_LIMIT:
                raise CameraError("The stream is not multipart: headers without end")
            return False
        headers = bytes(self._buffer[: found.start()]).decode("latin-1")
        self._length = _number(headers, "content-length")
        self._stamp_s = _seconds(headers)
        del self._buffer[: found.end()]
        self._go(_State.BODY)
        return True

    def _measured_part(self) -> Part | None:
        """A part with a Content-Length: exactly so many bytes, and a whole JPEG."""
        length = self._length or 0
        if length > _PART_LIMIT:
            raise CameraError(f"The stream announces too large a picture: {length}")
        if len(self._buffer) < length:
            return None
        data = bytes(self._buffer[:length])
        fault = _measured_fault(data)
        cut = data.find(self._delimiter) if fault and self._delimiter else -1
        if fault and cut < 0:  # the next delimiter may have begun already
            cut = max(0, length - len(self._delimiter))
        del self._buffer[: cut if fault else length]
        return self._part(data, fault)

    def _whole_part(self) -> Part | None:
        """A part without Content-Length: up to its JPEG end, or the next delimiter."""
        buffer = self._buffer
        starts_well = buffer.startswith(_START)
        if starts_well and buffer.find(_END, max(0, self._searched - 1)) >= 0:
            data = bytes(buffer)
            end = _end(data)
            if end is not None:
                del buffer[:end]
                return self._part(data[:end], "")
        cut = -1
        if self._delimiter:
            cut = buffer.find(
                self._delimiter, max(0, self._searched - len(self._delimiter))
            )
        self._searched = len(buffer)
        if cut < 0:
            return None
        data = bytes(buffer[:cut])
        del buffer[:cut]
        return self._part(data, _fault(data) or HALF)

    def _part(self, data: bytes, fault: str) -> Part:
        kept = b"" if fault else data
        return Part(data=kept, fault=fault, stamp_s=self._stamp_s)

    def _go(self, state: _State) -> None:
        self._state = state
        self._searched = 0


def _end(data: bytes) -> int | None:
    """Where the whole JPEG in `data` ends; None where there is none."""
    try:
        return picture_end(data)
    except BadImage:
        return None


def _fault(data: bytes) -> str:
    """What keeps `data` from being one whole JPEG; "" when nothing does."""
    if not data.startswith(_START):
        return NOT_JPEG
    return HALF if _end(data) is None else ""


def _measured_fault(data: bytes) -> str:
    """As `_fault`; behind the picture's end cameras may pad, and nothing else."""
    if not data.startswith(_START):
        return NOT_JPEG
    end = _end(data)
    if end is None:
        return HALF
    return "" if not data[end:].strip(b"\0\r\n") else WRONG_LENGTH


def _announced(content_type: str) -> bytes:
    found = _BOUNDARY.search(content_type)
    if found is None:
        return b""
    name = (found[1] or found[2]).strip()
    return b"--" + name.removeprefix("--").encode("latin-1", "replace")


def _field(headers: str, name: str) -> str | None:
    for line in headers.splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip().lower() == name:
            return value.strip()
    return None


def _number(headers: str, name: str) -> int | None:
    value = _field(headers, name)
    return int(value) if value and value.isascii() and value.isdigit() else None


def _seconds(headers: str) -> float | None:
    value = _field(headers, "x-timestamp") or ""
    return float(value) if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", value) else None
