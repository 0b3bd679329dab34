"""A network camera on loopback: MJPEG over HTTP, with the faults that cameras have."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Self

JOIN_S = 10.0


class MjpegServer:
    """Plays JPEGs in a circle to whoever connects; every fault is a method.

    `whole` holds each JPEG that was sent completely at least once. `stamp` makes what
    is sent from a JPEG and its number in the connection, at the moment of sending.
    """

    def __init__(
        self,
        frames: Sequence[bytes],
        *,
        fps: float = 30.0,
        has_length: bool = True,
        boundary: str = "frame",
        announced: str | None = None,
        login: tuple[str, str] | None = None,
        stamp: Callable[[bytes, int], bytes] | None = None,
    ) -> None:
        self._stamp = stamp
        self._frames = tuple(frames)
        self._pause_s = 1.0 / fps
        self._has_length = has_length
        self._boundary = boundary.encode()
        self._announced = boundary if announced is None else announced
        self._login = login
        self._state = threading.Condition()
        self._is_stalled = False
        self._is_stopped = False
        self._halves = 0
        self._backlog = 0
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self._port = 0
        self.connections = 0
        self.whole: set[bytes] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/stream"

    def url_with(self, user: str, password: str) -> str:
        return f"http://{user}:{password}@127.0.0.1:{self._port}/stream"

    def __enter__(self) -> Self:
        self.come_back()
        return self

    def __exit__(self, *exc: object) -> None:
        with self._state:
            self._is_stopped = True
            self._state.notify_all()
        self.go_away()
        for thread in self._threads:
            thread.join(JOIN_S)

    def stall(self) -> None:
        """Send nothing more, and keep the connections."""
        with self._state:
            self._is_stalled = True

    def resume(self, backlog: int = 0) -> None:
        """Send again; `backlog` frames at once first, as after a network's stall."""
        with self._state:
            self._is_stalled = False
            self._backlog = backlog
            self._state.notify_all()

    def send_half(self, count: int = 1) -> None:
        """Cut the next frames in the middle and go on with the next part."""
        with self._state:
            self._halves += count

    def use(self, frames: Sequence[bytes]) -> None:
        """Play other frames from now on, say of another size."""
        with self._state:
            self._frames = tuple(frames)

    def drop(self) -> None:
        """Break every connection; new ones are welcome."""
        with self._state:
            sockets, self._sockets = self._sockets, set()
        for connection in sockets:
            _break(connection)

    def go_away(self) -> None:
        """Break every connection and refuse new ones."""
        if self._listener is not None:
            _break(self._listener)
            self._listener = None
        self.drop()

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
            with self._state:
                self._sockets.add(connection)
                self.connections += 1
                self._state.notify_all()
            self._run(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            request = b""
            while b"\r\n\r\n" not in request:
                piece = connection.recv(4096)
                if not piece:
                    return
                request += piece
            if not self._is_let_in(request):
                connection.sendall(
                    b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n"
                    b'WWW-Authenticate: Basic realm="camera"\r\n'
                    b"Connection: close\r\n\r\n"
                )
                return
            connection.sendall(
                b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; "
                b"boundary=" + self._announced.encode() + b"\r\n\r\n"
            )
            self._stream(connection)

    def _stream(self, connection: socket.socket) -> None:
        number = 0
        due_s = time.monotonic()
        while True:
            with self._state:
                self._state.wait_for(lambda: self._is_stopped or not self._is_stalled)
                if self._is_stopped:
                    return
                frame = self._frames[number % len(self._frames)]
                is_half = self._halves > 0
                self._halves -= is_half
                in_haste = self._backlog > 0
                self._backlog -= in_haste
            sent = frame if self._stamp is None else self._stamp(frame, number)
            connection.sendall(self._part(sent, is_half=is_half))
            if not is_half:
                self.whole.add(frame)
            number += 1
            now_s = time.monotonic()
            due_s = now_s if in_haste else max(due_s + self._pause_s, now_s)
            with self._state:
                self._state.wait_for(lambda: self._is_stopped, due_s - now_s)

    def _part(self, frame: bytes, *, is_half: bool) -> bytes:
        length = f"Content-Length: {len(frame)}\r\n" if self._has_length else ""
        body = frame[: len(frame) // 2] if is_half else frame
        head = f"Content-Type: image/jpeg\r\n{length}\r\n".encode()
        return b"--" + self._boundary + b"\r\n" + head + body + b"\r\n"

    def _is_let_in(self, request: bytes) -> bool:
        if self._login is None:
            return True
        token = base64.b64encode(":".join(self._login).encode())
        return b"Authorization: Basic " + token in request


def _break(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
