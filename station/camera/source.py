"""Opens a source by its address: the way in for recorder, window and command line.

with open_source("rtsp://10.0.0.7/stream") as source:
    while (frame := source.read(timeout_s=1.0)) is not None:
        ...
"""

from __future__ import annotations

from collections.abc import Mapping

from .address import Address, parse_address
from .child import OPEN_S, ChildSource
from .controls import ControlSetting
from .folder import FolderSession, sessions_of
from .folder_source import FolderSource
from .frames import (
    ANSWER_S,
    AccessRefused,
    CameraEvent,
    CameraSource,
    Frame,
    Gap,
    NoAnswer,
    NoPicture,
    OnEvent,
    Refusal,
    SizeChange,
    SourceInfo,
    SourceKind,
    ignore_event,
    retry_of,
)
from .modes import Mode
from .stable_path import stable_address
from .wishes import NOTHING_ASKED, Wishes

__all__ = [
    "ANSWER_S",
    "AccessRefused",
    "CameraEvent",
    "CameraSource",
    "FolderSession",
    "Frame",
    "Gap",
    "NoAnswer",
    "NoPicture",
    "OnEvent",
    "Refusal",
    "SizeChange",
    "SourceInfo",
    "SourceKind",
    "ignore_event",
    "open_source",
    "retry_of",
    "sessions_of",
]


def open_source(
    address: str,
    *,
    timeout_s: float = OPEN_S,
    on_event: OnEvent = ignore_event,
    mode: Mode | None = None,
    controls: Mapping[str, ControlSetting] = NOTHING_ASKED,
) -> CameraSource:
    """Return an open source that has shown its first picture.

    Addresses: a camera index (`0`), `/dev/video2`, `rtsp://`, `http://`, `https://`, a
    clip, a folder. A live source that is lost stays lost: `reconnect` brings it back.
    `mode` and `controls` (`parse_mode`, `parse_controls`) are set before the first
    picture; `info.readback` says what the camera does, and `Wishes.unmet` where that
    is not what was asked.

    Raises:
        UsageError: no source can have this address.
        CameraError: nothing there gives a picture within `timeout_s`, or the source
            does not have this mode.
    """
    source = start_source(
        stable_address(parse_address(address)),
        timeout_s=timeout_s,
        on_event=on_event,
        wishes=Wishes(mode=mode, controls=controls),
    )
    try:
        source.wait_open()
    except BaseException:
        source.close()
        raise
    return source


def start_source(
    address: Address,
    *,
    timeout_s: float,
    on_event: OnEvent,
    wishes: Wishes,
    patience_s: float = 0.0,
) -> ChildSource | FolderSource:
    """Return a source that is only being opened; its `read` waits for a picture.

    `patience_s` is how long a live one may be away before `timeout_s` begins.
    """
    if address.kind is SourceKind.FOLDER:
        return FolderSource(
            address, timeout_s=timeout_s, on_event=on_event, wishes=wishes
        )
    return ChildSource(
        address,
        timeout_s=timeout_s,
        on_event=on_event,
        wishes=wishes,
        patience_s=patience_s,
    )
