"""Whether a live source is there again, at the price of a glance.

A camera that went away may be back any second. Opening it anew each time would start
a decoder for nothing, so its process first knocks: at the port of a network camera, at
the device file of a USB camera.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from .address import Address
from .frames import SourceKind

_PORTS = {"http": 80, "https": 443, "rtsp": 554}
_KNOCK_S = 1.0
_PAUSE_S = 0.25


def is_there(address: Address) -> bool:
    """Whether opening the source could succeed now; takes up to a second."""
    if address.kind in (SourceKind.HTTP, SourceKind.RTSP):
        return _answers(address.target)
    if address.kind is SourceKind.USB and sys.platform == "linux":
        target = address.target
        return Path(f"/dev/video{target}" if target.isdigit() else target).exists()
    return True


def wait_until_there(
    address: Address, patience_s: float, stop: threading.Event
) -> bool:
    """Wait for the source; False when it did not come, or when `stop` was set."""
    until_s = time.monotonic() + patience_s
    while not is_there(address):
        if time.monotonic() >= until_s or stop.wait(_PAUSE_S):
            return False
    return not stop.is_set()


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    port = parts.port or _PORTS[parts.scheme.lower()]
    try:
        with socket.create_connection((parts.hostname, port), timeout=_KNOCK_S):
            return True
    except (OSError, UnicodeError):  # nobody there, or no such name
        return False
