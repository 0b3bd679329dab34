"""The child process that opens and decodes one source: `-m station.camera.reader`.

Decoders abort the whole process on some clips and block for ever on some cameras, so
they run here. The request (with its password) comes over the standard input, never as
an argument that other users can see; messages go out over the standard output, which is
first taken away from every library that might print to it. Later commands follow the
request (`reader_commands`).
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from dataset.errors import CameraError, FieldsetError, UsageError

from .address import Address
from .feed import Attempt, Feed, FeedInfo, Picture, Rejected, trim_messages
from .folder_feed import FolderFeed
from .frames import AccessRefused, SourceKind
from .freshness import Freshness
from .http_feed import HttpFeed
from .presence import wait_until_there
from .readback import readback_to_json
from .reader_commands import Commands
from .reader_output import Output
from .simulated_feed import SimulatedFeed
from .slots import Slots
from .usb_feed import UsbFeed
from .video_feed import VideoFeed
from .wire import PIXEL_LIMIT, widen
from .wishes import Wishes, wishes_from_json

if sys.platform != "win32":
    import resource

STALE = "a picture from before"
TOO_LARGE = "too large a picture"
_MEMORY_BYTES = 8 << 30


def main() -> int:
    """Serve one request; the exit code is 0 unless this process is at fault."""
    pipe = _take_output()
    _limit_process()
    request = json.loads(sys.stdin.buffer.readline())
    address = Address(
        kind=SourceKind(request["kind"]),
        target=request["target"],
        shown=request["shown"],
    )
    output = Output(pipe, _slots(request), live=address.live)
    commands = Commands(output)
    with contextlib.suppress(BrokenPipeError):
        try:
            _serve(request, address, output, commands)
        except FieldsetError as error:
            output.tell(
                {
                    "type": "error",
                    "message": error.message,
                    "hint": error.hint,
                    "is_refusal": isinstance(error, AccessRefused),
                }
            )
    sys.stderr.flush()
    os._exit(0)  # a draining thread or a library's own must not hold us


def _serve(
    request: dict[str, Any], address: Address, output: Output, commands: Commands
) -> None:
    """Open the source and tell what comes from it, to its end."""
    _await(address, float(request["patience_s"]), output, commands)
    feed = make_feed(
        address,
        float(request["timeout_s"]),
        skip=int(request["skip"]),
        wishes=wishes_from_json(request["wishes"]),
    )
    try:
        _Playing(output, commands, address).play(feed)
    finally:
        feed.close()


def _await(
    address: Address, patience_s: float, output: Output, commands: Commands
) -> None:
    """Wait until a source that went away is there again, and say so."""
    if patience_s > 0 and not wait_until_there(address, patience_s, commands.stop):
        raise CameraError(f"The camera is away: {address.shown}")
    output.tell({"type": "there"})


def make_feed(
    address: Address, timeout_s: float, *, skip: int = 0, wishes: Wishes | None = None
) -> Feed:
    """The feed for a checked address; `skip` leaves out a folder's first images."""
    asked = wishes or Wishes()
    if address.kind is SourceKind.USB:
        return UsbFeed(address, timeout_s, asked)
    if address.kind is SourceKind.SIMULATED:
        return SimulatedFeed(address, asked)
    if asked.mode is not None:
        raise CameraError(
            f"The mode of this source cannot be set from here: {address.shown}",
            hint="set size and rate at the camera itself, and leave the mode out here",
        )
    if address.kind is SourceKind.HTTP:
        return HttpFeed(address, timeout_s)
    if address.kind in (SourceKind.VIDEO, SourceKind.RTSP):
        return VideoFeed(address, timeout_s)
    if address.kind is SourceKind.FOLDER:
        return FolderFeed(address, skip)
    raise UsageError(f"A source of this kind is not opened: {address.kind}")


class _Playing:
    """Sends what a feed yields and keeps the little that must be remembered."""

    def __init__(self, output: Output, commands: Commands, address: Address) -> None:
        self._output = output
        self._commands = commands
        self._live = address.live
        self._has_sizes = address.kind is SourceKind.FOLDER
        self._freshness = Freshness()
        self._size: tuple[int, int] | None = None
        self._index = 0

    def play(self, feed: Feed) -> None:
        info = feed.open()
        for item in _until(feed.pictures(), self._commands.stop):
            if isinstance(item, Attempt):
                self._output.tell(
                    {"type": "at", "number": item.number, "name": item.name}
                )
            elif isinstance(item, Rejected):
                self._refuse(item.reason, item.name)
            elif self._live and not self._freshness.is_fresh(
                item.arrived_s, item.media_s
            ):
                self._refuse(STALE)
            elif item.pixels.shape[0] * item.pixels.shape[1] > PIXEL_LIMIT:
                self._refuse(TOO_LARGE, item.name)
            else:
                self._note_size(item, info, feed)
                self._send_frame(item)
            trim_messages()
        self._output.tell({"type": "end"})

    def _refuse(self, reason: str, name: str = "") -> None:
        self._output.tell(
            {"type": "refused", "at_us": _now_us(), "reason": reason, "name": name}
        )

    def _note_size(self, picture: Picture, info: FeedInfo, feed: Feed) -> None:
        height, width = picture.pixels.shape[:2]
        size = (width, height)
        if self._size is None:
            self._send_info(size, info, feed)
        elif size != self._size and not self._has_sizes:
            self._output.tell(
                {"type": "size", "at_us": _now_us(), "old": self._size, "new": size}
            )
        self._size = size

    def _send_info(self, size: tuple[int, int], info: FeedInfo, feed: Feed) -> None:
        readback = feed.controls.read()
        self._output.tell(
            {
                "type": "info",
                "width": size[0],
                "height": size[1],
                "fps": info.fps,
                "readback": readback_to_json(readback),
                "modes": [asdict(mode) for mode in feed.controls.modes()],
            }
        )
        self._commands.serve(feed.controls, readback)

    def _send_frame(self, picture: Picture) -> None:
        age_s = time.monotonic() - picture.arrived_s
        wall_us = picture.wall_us
        media_s = picture.arrived_s if self._live else picture.media_s
        header = {
            "type": "frame",
            "index": self._index,
            "captured_us": _now_us(age_s) if wall_us is None else wall_us,
            "elapsed_s": media_s,
            "arrived_s": picture.arrived_s,
            "suffix": picture.suffix,
            "session": picture.session,
            "name": picture.name,
        }
        self._output.give(header, picture.pixels, picture.encoded)
        self._index += 1


def _until(
    pictures: Iterator[Picture | Rejected | Attempt], stop: threading.Event
) -> Iterator[Picture | Rejected | Attempt]:
    for picture in pictures:
        if stop.is_set():
            return
        yield picture


def _now_us(ago_s: float = 0.0) -> int:
    # A clock that was never set stands at 1970, and no time lies before that.
    return max(0, time.time_ns() // 1000 - round(ago_s * 1e6))


def _take_output() -> int:
    """Keep the standard output for messages; what libraries print goes to stderr."""
    pipe = os.dup(1)
    os.dup2(2, 1)
    widen(pipe)
    return pipe


def _slots(request: dict[str, Any]) -> Slots | None:
    """The memory that the program shares with us, where it does."""
    descriptor = request["memory"]
    if descriptor is None:
        return None
    slots = Slots(descriptor, PIXEL_LIMIT)
    os.close(descriptor)
    return slots


def _limit_process() -> None:
    """No core files, and no more memory than any honest picture takes."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = _MEMORY_BYTES if hard < 0 else min(hard, _MEMORY_BYTES)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


if __name__ == "__main__":
    sys.exit(main())
