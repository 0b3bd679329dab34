"""Opens a source by its address: the way in for recorder, window and command line.

with open_source("rtsp://10.0.0.7/stream") as source:
    while (frame := source.read(timeout_s=1.0)) is not None:
        ...
"""

from __future__ import annotations

from .address import parse_address
from .child import OPEN_S, ChildSource
from .folder import FolderSession, sessions_of
from .folder_source import FolderSource
from .frames import (
    CameraEvent,
    CameraSource,
    Frame,
    Gap,
    NoPicture,
    OnEvent,
    Refusal,
    SizeChange,
    SourceInfo,
    SourceKind,
    ignore_event,
)

__all__ = [
    "CameraEvent",
    "CameraSource",
    "FolderSession",
    "Frame",
    "Gap",
    "NoPicture",
    "OnEvent",
    "Refusal",
    "SizeChange",
    "SourceInfo",
    "SourceKind",
    "ignore_event",
    "open_source",
    "sessions_of",
]


def open_source(
    address: str, *, timeout_s: float = OPEN_S, on_event: OnEvent = ignore_event
) -> CameraSource:
    """Return an open source that has shown its first picture.

    Addresses: a camera index (`0`), `/dev/video2`, `rtsp://`, `http://`, `https://`, a
    clip, a folder. A live source that is lost stays lost: `reconnect` brings it back.

    Raises:
        UsageError: no source can have this address.
        CameraError: nothing there gives a picture within `timeout_s`.
    """
    checked = parse_address(address)
    kind = FolderSource if checked.kind is SourceKind.FOLDER else ChildSource
    source = kind(checked, timeout_s=timeout_s, on_event=on_event)
    try:
        source.wait_open()
    except BaseException:
        source.close()
        raise
    return source
