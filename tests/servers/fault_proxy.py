"""A bad line on loopback: an HTTP proxy before a blob service, with faults to order.

Each request goes over a connection of its own. What comes back is untouched, unless
the `plan` says otherwise; `stored` names the blobs whose bytes the service took, each
time that it said so; `resent` those whose bytes came once more after that.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Self

JOIN_S = 10.0
_HEAD_LIMIT = 1 << 16
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_KEEP = re.compile(rb"\r\nconnection: *[^\r]*", re.IGNORECASE)


class Fault(Enum):
    """What happens to one request."""

    CUT = "the line breaks before the service hears of it"
    HALF_SENT = "the line breaks in the middle of the body"
    LOST = "the service does it, and its answer is lost"
    TRUNCATED = "the answer breaks off in the middle"
    REFUSED = "the service answers with `status` and `code`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A fault to order, and how long the line is silent before."""

    fault: Fault | None = None
    status: int = 503
    code: str = "ServerBusy"
    delay_s: float = 0.0

    def __str__(self) -> str:
        name = self.fault.name.lower() if self.fault else "slow"
        return f"{name}-{self.status}" if self.fault is Fault.REFUSED else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it came: method, path with query, number from 0."""

    method: str
    path: str
    number: int


Plan = Callable[[Asked], Trouble | None]


class FaultProxy:
    """Stands between a client and a service on loopback until the block ends."""

    def __init__(self, service: tuple[str, int], plan: Plan | None = None) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._sockets: set[socket.socket] = set()
        self.plan: Plan = plan or (lambda _asked: None)
        self.requests = 0
        self.stored: list[str] = []
        self.resent: list[str] = []
        self.bodies_bytes = 0

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._start(self._accept)
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            sockets, threads = list(self._sockets), list(self._threads)
        for one in sockets:
            _break(one)
        for thread in threads:
            thread.join(JOIN_S)

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        with self._lock:
            self._threads = [t for t in self._threads if t.is_alive()] + [thread]
            thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with self._lock:
            self._sockets.add(client)
        try:
            with contextlib.suppress(OSError):
                self._answer(client)
        finally:
            _break(client)
            with self._lock:
                self._sockets.discard(client)

    def _answer(self, client: socket.socket) -> None:
        head, body = _request(client)
        if not head:
            return
        method, path = head.split(b" ", 2)[:2]
        with self._lock:
            asked = Asked(
                method=method.decode(), path=path.decode(), number=self.requests
            )
            self.requests += 1
            self.bodies_bytes += len(body)
        trouble = self.plan(asked) or Trouble()
        time.sleep(trouble.delay_s)
        if trouble.fault is Fault.CUT:
            return
        if trouble.fault is Fault.REFUSED:
            client.sendall(_refusal(trouble, method))
            return
        whole = body
        if trouble.fault is Fault.HALF_SENT:
            whole = body[: len(body) // 2]
        self._look(asked, body)
        answer = self._asked(head + whole, is_whole=len(whole) == len(body))
        self._note(asked, answer)
        if trouble.fault is Fault.LOST or not answer:
            return
        if trouble.fault is Fault.TRUNCATED:
            answer = answer[: len(answer) // 2]
        client.sendall(answer)

    def _asked(self, request: bytes, *, is_whole: bool) -> bytes:
        with socket.create_connection(self._service, 30) as service:
            service.sendall(request)
            if not is_whole:
                return b""
            pieces = []
            while piece := service.recv(1 << 16):
                pieces.append(piece)
            return b"".join(pieces)

    def _look(self, asked: Asked, body: bytes) -> None:
        place = asked.path.partition("?")[0]
        with self._lock:
            if asked.method == "PUT" and body and place in self.stored:
                self.resent.append(place)

    def _note(self, asked: Asked, answer: bytes) -> None:
        place, _, query = asked.path.partition("?")
        is_whole = "comp=" not in query or "comp=blocklist" in query
        if asked.method == "PUT" and is_whole and answer[9:12] == b"201":
            with self._lock:
                self.stored.append(place)


def _request(client: socket.socket) -> tuple[bytes, bytes]:
    """Head (told to close afterwards) and body of one request; empty at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = client.recv(1 << 16)
        if not piece or len(data) > _HEAD_LIMIT:
            return b"", b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    match = _LENGTH.search(head)
    length = int(match[1]) if match else 0
    if b"100-continue" in head.lower():
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    while len(body) < length:
        piece = client.recv(1 << 16)
        if not piece:
            return b"", b""
        body += piece
    return _KEEP.sub(b"", head) + b"\r\nConnection: close\r\n\r\n", body


def _refusal(trouble: Trouble, method: bytes) -> bytes:
    text = (
        '<?xml version="1.0" encoding="utf-8"?><Error>'
        f"<Code>{trouble.code}</Code><Message>ordered by the test</Message></Error>"
    ).encode()
    body = b"" if method == b"HEAD" else text
    return (
        f"HTTP/1.1 {trouble.status} Trouble\r\nx-ms-error-code: {trouble.code}\r\n"
        f"Content-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    ).encode() + body


def _break(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
