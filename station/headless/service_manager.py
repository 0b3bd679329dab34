"""What the service manager is told: the capture is up, it lives, it ends.

The protocol of `sd_notify`: datagrams of `NAME=VALUE` lines to the socket that
NOTIFY_SOCKET names (systemd, and what imitates it). Without that variable nothing is
sent, and a manager that does not listen stops nothing.
"""

from __future__ import annotations

import math
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

READY: Final = "READY=1"
ALIVE: Final = "WATCHDOG=1"
STOPPING: Final = "STOPPING=1"


class ServiceManager:
    """Tells the manager that started this process; a quiet one where there is none."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        address = environment.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the null byte of Linux's abstract names.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address

    @property
    def alive_every_s(self) -> float:
        """How often `ALIVE` is waited for, halved as the protocol advises; else inf."""
        wanted = self._environment.get("WATCHDOG_USEC", "")
        return int(wanted) / 2e6 if wanted.isdecimal() and int(wanted) else math.inf

    def tell(self, *words: str) -> None:
        """Send these words; whether somebody listens does not matter."""
        if not self._address or not hasattr(socket, "AF_UNIX"):
            return
        with suppress(OSError), _datagrams() as outlet:
            outlet.sendto("\n".join(words).encode(), self._address)


def _datagrams() -> socket.socket:
    outlet = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    # A manager whose queue is full must not hold the capture.
    outlet.setblocking(False)
    return outlet
