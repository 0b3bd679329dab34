"""The border to the kernel: one open camera that answers V4L2 requests.

A second descriptor beside the one that streams: V4L2 lets several programs look at a
camera and set its controls, one alone take pictures. That one is marked by an advisory
lock on the device itself, which ends with the process that holds it.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Protocol

from dataset.errors import CameraError

from .device_users import users_of

if sys.platform != "win32":
    import fcntl


class Device(Protocol):
    """Answers V4L2 requests: the kernel, or the stand-in that ships with fieldset."""

    def ask(self, request: int, data: bytearray) -> None:
        """Do a request; `data` is its structure and holds the answer afterwards.

        Raises:
            OSError: the camera refuses it, has no such thing, or is gone.
        """

    def close(self) -> None:
        """Let go of it; a second call is free."""


class KernelDevice:
    """A device file of V4L2, such as `/dev/video0`."""

    def __init__(self, path: str | Path) -> None:
        """Open it.

        Raises:
            OSError: it is not there, or this user may not open it.
        """
        self._path = str(path)
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def ask(self, request: int, data: bytearray) -> None:
        """Do a request (see `Device`)."""
        if self._descriptor < 0 or sys.platform == "win32":
            raise OSError(errno.ENODEV, "No such device")
        fcntl.ioctl(self._descriptor, request, data)

    def take(self, shown: str) -> None:
        """Be the one that takes pictures from it, until `close`.

        Raises:
            CameraError: somebody else is; the sentence names the program.
        """
        if sys.platform == "win32":
            return
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise in_use(self._path, shown) from error

    def close(self) -> None:
        """Let go of it; a second call is free."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def in_use(path: str, shown: str) -> CameraError:
    """Return the sentence on a camera that another program holds, with its name."""
    users = " and ".join(map(str, users_of(Path(path)))) or "another program"
    return CameraError(
        f"The camera is in use by {users}: {shown}",
        hint="end the other capture, or choose another camera",
    )
