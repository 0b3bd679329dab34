"""The child process that decodes one source: started, asked, ended, mourned."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from io import RawIOBase
from pathlib import Path
from typing import IO, cast

from dataset.errors import CameraError

from .address import Address
from .frames import SourceKind
from .slots import Slots, make_memory
from .wire import PIXEL_LIMIT, widen
from .wishes import Wishes, wishes_to_json

log = logging.getLogger(__name__)

FROZEN_FLAG = "--camera-reader"
_LEAVE_S = 0.7
_TAIL_BYTES = 4000
_ROOT = str(Path(__file__).resolve().parents[2])
_LIMITS = {
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "protocol_whitelist;file",
    "OPENCV_IO_MAX_IMAGE_PIXELS": str(PIXEL_LIMIT),
    "OPENCV_LOG_LEVEL": "ERROR",
    "OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS": "0",
    "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "3",
}
_CREATION_FLAGS = 0
if sys.platform == "win32":
    _CREATION_FLAGS = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
# Probing would take a second and then hand out that second's pictures as new ones.
_RTSP_OPTIONS = (
    "rtsp_transport;tcp|protocol_whitelist;rtsp,rtp,tcp,udp"
    "|fpsprobesize;0|fflags;nobuffer"
)


class ReaderDied(CameraError):
    """The child process aborted, was killed or did not answer in time."""


class ReaderProcess:
    """The process, its two pipes and the file of its standard error."""

    def __init__(
        self,
        address: Address,
        timeout_s: float,
        *,
        skip: int,
        wishes: Wishes,
        patience_s: float,
    ) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._address = address
        memory, self.slots = _shared_memory()
        try:
            self._process = self._start(memory)
        finally:
            if memory is not None:
                os.close(memory)
        widen(self.output.fileno())
        request = {
            "kind": address.kind.value,
            "target": address.target,
            "shown": address.shown,
            "timeout_s": timeout_s,
            "skip": skip,
            "patience_s": patience_s,
            "memory": memory,
            "wishes": wishes_to_json(wishes),
        }
        self._asking = threading.Lock()
        self.ask(request)
        if sys.platform != "win32":
            os.set_blocking(self._input.fileno(), False)

    def _start(self, memory: int | None) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            _command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
            env=_environment(self._address),
            # Keep Ctrl+C away from the child: the program decides when it ends.
            start_new_session=sys.platform != "win32",
            creationflags=_CREATION_FLAGS,
            pass_fds=() if memory is None else (memory,),
        )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def output(self) -> RawIOBase:
        """The pipe that messages come from."""
        return cast("RawIOBase", self._process.stdout)

    @property
    def _input(self) -> RawIOBase:
        return cast("RawIOBase", self._process.stdin)

    def ask(self, command: Mapping[str, object]) -> None:
        """Send a command; one that the process does not take is lost, never waited for.

        A command is shorter than what a pipe takes as a whole, so none is cut.
        """
        line = json.dumps(command).encode() + b"\n"
        with self._asking, contextlib.suppress(BrokenPipeError, ValueError):
            self._input.write(line)

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()

    def leave(self) -> None:
        """Ask the process to end, and end it when it does not."""
        with self._asking:
            self._input.close()
        try:
            self._process.wait(_LEAVE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def close_files(self) -> None:
        """Close what is left open; the process and its receiver are gone."""
        self.output.close()
        self._errors.close()
        self.slots = None  # unmapped as soon as nobody copies out of them

    def death(self, frames: int) -> ReaderDied:
        """Say how the process ended; waits for it."""
        try:
            code = self._process.wait(_LEAVE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        log.info("camera reader ended with %s: %s", code, self._tail())
        how = f"ended with exit code {code}"
        if code < 0:
            with contextlib.suppress(ValueError):
                how = f"was killed by {signal.Signals(-code).name}"
        where = f"after {frames} pictures" if frames else "before the first picture"
        hint = (
            "convert the clip with another program, then try again"
            if self._address.kind is SourceKind.VIDEO
            else ""
        )
        return ReaderDied(
            f"The decoder {how} {where}: {self._address.shown}", hint=hint
        )

    def _tail(self) -> str:
        """The end of what the libraries printed, without secrets."""
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - _TAIL_BYTES))
        return self._address.redact(self._errors.read().decode("utf-8", "replace"))


def _shared_memory() -> tuple[int | None, Slots | None]:
    """Memory to hand on and our view of it; None where pixels must take the pipe."""
    memory = make_memory(PIXEL_LIMIT)
    if memory is None:
        return None, None
    try:
        return memory, Slots(memory, PIXEL_LIMIT)
    except (OSError, OverflowError):  # no room for it in this process's addresses
        os.close(memory)
        return None, None


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, FROZEN_FLAG]
    # -P: a `cv2.py` in the person's current folder is not ours to import.
    return [sys.executable, "-P", "-m", "station.camera.reader"]


def _environment(address: Address) -> dict[str, str]:
    paths = [_ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, **_LIMITS, "PYTHONPATH": os.pathsep.join(paths)}
    if address.kind is SourceKind.RTSP:
        environment["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = _RTSP_OPTIONS
    return environment
