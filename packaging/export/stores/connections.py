"""HTTP connections that can be broken off while others wait on them."""

from __future__ import annotations

import socket
import threading
import weakref
from contextlib import suppress
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter


class Sockets:
    """A session whose connections can be broken off while others wait on them."""

    def __init__(self, size: int) -> None:
        self._open: weakref.WeakSet[Any] = weakref.WeakSet()
        self._lock = threading.Lock()
        self.session = requests.Session()
        adapter = _Adapter(self, pool_connections=size, pool_maxsize=size)
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, adapter)

    def note(self, connection: object) -> None:
        """Remember a connection for as long as it lives."""
        with self._lock:
            self._open.add(connection)

    def abort(self) -> None:
        """Break them all."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            if connection.sock is not None:
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)


class _Adapter(HTTPAdapter):
    """Makes connections that are known to their `Sockets`."""

    def __init__(
        self, sockets: Sockets, pool_connections: int, pool_maxsize: int
    ) -> None:
        self._known = sockets
        super().__init__(pool_connections, pool_maxsize, max_retries=0)

    def init_poolmanager(self, *args: Any, **named: Any) -> None:  # noqa: ANN401
        """Have the pools of this adapter make noted connections."""
        super().init_poolmanager(*args, **named)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _pool(urllib3.HTTPConnectionPool, self._known),
            "https": _pool(urllib3.HTTPSConnectionPool, self._known),
        }


def _pool(kind: Any, sockets: Sockets) -> Any:  # noqa: ANN401  (classes made here)
    class Noted(kind.ConnectionCls):  # type: ignore[misc]
        def connect(self) -> None:
            super().connect()
            sockets.note(self)

    return type("NotedPool", (kind,), {"ConnectionCls": Noted})
