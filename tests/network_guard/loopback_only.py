"""Keeps a Python process on loopback, and notes each attempt to leave it.

An audit hook sees every look-up and every connection that goes through Python's own
socket module, from whatever library; sockets opened by C code (FFmpeg, Qt) pass it by.
It cannot be removed, so it asks the environment each time.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from contextlib import suppress

LOG = "FIELDSET_TEST_NETWORK_LOG"
_LOOK_UPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
_SENDS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_installed = False


class LeftLoopback(OSError):
    """The process was about to look beyond its own machine."""


def install() -> None:
    """Watches this process from here on; once is enough."""
    global _installed
    if not _installed:
        _installed = True
        sys.addaudithook(_watch)


def _watch(event: str, args: tuple[object, ...]) -> None:
    if event in _LOOK_UPS:
        host = args[0]
    elif event in _SENDS and isinstance(args[1], tuple):
        host = args[1][0]
    else:
        return
    log = os.environ.get(LOG)
    if log is None or is_loopback(host):
        return
    with open(log, "a", encoding="utf-8") as file:  # noqa: PTH123 - pathlib may be half imported
        file.write(f"{event} {host!r} in process {os.getpid()}\n")
    raise LeftLoopback(f"only loopback is allowed here: {host!r}")


def is_loopback(host: object) -> bool:
    """Whether a host, given as Python's socket calls take it, is this machine's own."""
    # None is the wildcard of a server about to bind.
    if host is None:
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if name in {"", "localhost", "0.0.0.0", "::"}:
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    return False
