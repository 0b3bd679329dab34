"""A network camera on loopback: RTSP 1.0 with RTP/JPEG interleaved in the same TCP.

Sources: RFC 2326 (RTSP; 10.12 for the interleaving), RFC 3550 (RTP), RFC 2435 (JPEG;
quantisation tables in-band, Q = 255). It takes baseline JPEGs, 4:2:0 or 4:2:2, with
the typical Huffman tables, whose sides are multiples of 8.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

JOIN_S = 10.0
_CLOCK = 90_000
_PAYLOAD = 1400
_JPEG = 26
_SSRC = 0x0F1E2D3C
_SAMPLING = {0x21: 0, 0x22: 1}  # 4:2:2, 4:2:0


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpJpeg:
    """A JPEG taken apart for RFC 2435."""

    type: int
    width: int
    height: int
    tables: bytes
    scan: bytes


def take_apart(jpeg: bytes) -> RtpJpeg:
    """The parts of a baseline JPEG that travel."""
    position, tables = 2, b""
    kind = width = height = 0
    while True:
        marker = jpeg[position + 1]
        length = int.from_bytes(jpeg[position + 2 : position + 4], "big")
        payload = jpeg[position + 4 : position + 2 + length]
        position += 2 + length
        if marker == 0xDB:
            tables += b"".join(
                payload[at + 1 : at + 65] for at in range(0, len(payload), 65)
            )
        elif marker == 0xC0:
            height, width = struct.unpack("!HH", payload[1:5])
            kind = _SAMPLING[payload[7]]
        elif marker == 0xDA:
            return RtpJpeg(
                type=kind,
                width=width,
                height=height,
                tables=tables,
                scan=jpeg[position : jpeg.rindex(b"\xff\xd9")],
            )


def packets(jpeg: bytes, first_sequence: int, stamp: int) -> Iterator[bytes]:
    """The RTP packets of one picture."""
    parts = take_apart(jpeg)
    offset = 0
    sequence = first_sequence
    while offset < len(parts.scan):
        head = struct.pack(
            "!B3sBBBB",
            0,
            offset.to_bytes(3, "big"),
            parts.type,
            255,
            parts.width // 8,
            parts.height // 8,
        )
        if offset == 0:
            head += struct.pack("!BBH", 0, 0, len(parts.tables)) + parts.tables
        piece = parts.scan[offset : offset + _PAYLOAD - len(head)]
        offset += len(piece)
        marker = 0x80 if offset == len(parts.scan) else 0
        yield (
            struct.pack("!BBHII", 0x80, marker | _JPEG, sequence & 0xFFFF, stamp, _SSRC)
            + head
            + piece
        )
        sequence += 1


class RtspServer:
    """Plays JPEGs in a circle; `stall`, `resume` and `drop` are its faults."""

    def __init__(self, frames: Sequence[bytes], *, fps: float = 25.0) -> None:
        self._frames = tuple(frames)
        self._fps = fps
        self._is_stopped = threading.Event()
        self._is_stalled = threading.Event()
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self._port = 0
        self.methods: list[str] = []

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self._port}/live"

    def __enter__(self) -> Self:
        self.come_back()
        return self

    def __exit__(self, *exc: object) -> None:
        self._is_stopped.set()
        self.go_away()
        for thread in self._threads:
            thread.join(JOIN_S)

    def stall(self) -> None:
        """Send no more pictures, and keep the connections."""
        self._is_stalled.set()

    def resume(self) -> None:
        """Send pictures again."""
        self._is_stalled.clear()

    def go_away(self) -> None:
        """Break every connection and refuse new ones."""
        listener, self._listener = self._listener, None
        for connection in [*([listener] if listener else []), *self._sockets]:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()
        if listener is not None:
            listener.close()

    def come_back(self) -> None:
        """Listen, on the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]
        self._run(self._accept, self._listener)

    def _run(
        self, work: Callable[[socket.socket], None], connection: socket.socket
    ) -> None:
        thread = threading.Thread(target=work, args=(connection,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._sockets.add(connection)
            self._run(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            player = _Player(self._frames, self._fps)
            pending = b""
            while not self._is_stopped.is_set():
                readable, _, _ = select.select([connection], [], [], player.wait_s())
                if readable:
                    piece = connection.recv(4096)
                    if not piece:
                        return
                    pending = self._answer(connection, pending + piece, player)
                if player.is_due() and not self._is_stalled.is_set():
                    connection.sendall(player.next())

    def _answer(self, connection: socket.socket, data: bytes, player: _Player) -> bytes:
        """Answer every whole request; return what is left of the data."""
        while data:
            if data[:1] == b"$":  # an RTCP report of the client
                size = 4 + int.from_bytes(data[2:4], "big")
                if len(data) < size:
                    break
                data = data[size:]
                continue
            text, end, rest = data.partition(b"\r\n\r\n")
            if not end:
                break
            data = rest
            lines = text.decode().splitlines()
            method, target = lines[0].split()[:2]
            self.methods.append(method)
            numbers = [line for line in lines if line.lower().startswith("cseq:")]
            connection.sendall(_reply(method, target, numbers[0], self._fps))
            if method == "PLAY":
                player.start()
        return data


class _Player:
    def __init__(self, frames: Sequence[bytes], fps: float) -> None:
        self._frames = frames
        self._fps = fps
        self._number = 0
        self._sequence = 0
        self._due_s: float | None = None

    def start(self) -> None:
        self._due_s = time.monotonic()

    def wait_s(self) -> float:
        if self._due_s is None:
            return 0.1
        return min(0.1, max(0.0, self._due_s - time.monotonic()))

    def is_due(self) -> bool:
        return self._due_s is not None and time.monotonic() >= self._due_s

    def next(self) -> bytes:
        assert self._due_s is not None
        self._due_s = max(self._due_s + 1 / self._fps, time.monotonic())
        jpeg = self._frames[self._number % len(self._frames)]
        stamp = round(self._number * _CLOCK / self._fps) & 0xFFFFFFFF
        self._number += 1
        sent = list(packets(jpeg, self._sequence, stamp))
        self._sequence += len(sent)
        return b"".join(b"$\0" + struct.pack("!H", len(p)) + p for p in sent)


def _reply(method: str, target: str, number: str, fps: float) -> bytes:
    head, body = [], ""
    if method == "OPTIONS":
        head = ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"]
    elif method == "DESCRIBE":
        body = (
            "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 127.0.0.1\r\n"
            f"t=0 0\r\nm=video 0 RTP/AVP {_JPEG}\r\na=control:track0\r\n"
            f"a=framerate:{fps:g}\r\n"
        )
        head = [
            "Content-Type: application/sdp",
            f"Content-Base: {target}/",
            f"Content-Length: {len(body)}",
        ]
    elif method == "SETUP":
        head = ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 7"]
    elif method in ("PLAY", "TEARDOWN", "GET_PARAMETER"):
        head = ["Session: 7"]
    return (
        "\r\n".join(["RTSP/1.0 200 OK", number, *head]) + "\r\n\r\n" + body
    ).encode()
