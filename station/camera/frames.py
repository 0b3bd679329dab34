"""The values that a camera hands over, and the one interface of every source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dataset.errors import CameraError
from dataset.provenance.record import Zone

from .controls import ControlSetting, Readback, unsupported
from .modes import Mode
from .readback import NOTHING_READ, CameraReadback

ANSWER_S: Final = 2.0
"""How long a camera may take to set a control."""


class SourceKind(StrEnum):
    """What stands behind an address."""

    USB = "usb"
    RTSP = "rtsp"
    HTTP = "http"
    VIDEO = "video"
    FOLDER = "folder"
    REPLAY = "replay"
    SIMULATED = "simulated"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One picture before it is stored; equal only to itself.

    `pixels` is (H, W, 3) uint8 BGR, upright, read-only and owned by this frame
    alone, so it may cross threads. `elapsed_s` is the source's own clock in seconds:
    media time for clips and folders, the machine's monotonic clock for live cameras
    (it runs on through a reconnect). `captured_us` is wall-clock time: of arrival for
    live cameras, the file's time (plus media time) for clips and folders.
    `encoded` holds the camera's or file's own bytes where they were handed over
    unchanged, and `suffix` their format ("jpg"); else None and "".
    `session` and `name` say which sub-folder and file of a folder it is. `masks` are
    the zones that were filled in `pixels` (`privacy_mask`). `readback` is what the
    camera said of its mode and controls last before it.
    """

    index: int
    captured_us: int
    elapsed_s: float
    pixels: NDArray[np.uint8]
    encoded: bytes | None = None
    suffix: str = ""
    session: str = ""
    name: str = ""
    masks: tuple[Zone, ...] = ()
    readback: CameraReadback = NOTHING_READ

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """What is known of an open source; `address` never shows a password.

    Width and height are those of the first frame. `fps` is what the source says of
    itself (0.0: nothing). `readback` is the newest one: it changes while it runs.
    `modes` are those that the camera offers; none where it does not tell.
    """

    address: str
    kind: SourceKind
    width: int
    height: int
    fps: float
    live: bool
    readback: CameraReadback = NOTHING_READ
    modes: tuple[Mode, ...] = ()

    @property
    def controls(self) -> Mapping[str, float]:
        """The values of the controls as read back, not as asked for."""
        return self.readback.values


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A picture that came and was not passed on; `name` is its file, if it has one."""

    at_us: int
    reason: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeChange:
    """From the next frame on the pictures have another (width, height)."""

    at_us: int
    old: tuple[int, int]
    new: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A live source was lost and came back; wall-clock microseconds.

    `away_s` is how long it was away by the steady clock: the wall clock may have been
    set meanwhile.
    """

    lost_us: int
    back_us: int
    reason: str
    away_s: float = 0.0


CameraEvent = Refusal | SizeChange | Gap
OnEvent = Callable[[CameraEvent], None]


def ignore_event(event: CameraEvent) -> None:
    """Take no notice."""


class NoPicture(CameraError):
    """No picture came within the asked time; a later read may still give one."""


class AccessRefused(CameraError):
    """The camera takes no such name or password; asking again soon may lock us out."""


class NoAnswer(CameraError):
    """The camera did not say what became of a control; its pictures may still come."""


def no_control(name: str, setting: ControlSetting) -> Readback:
    """Return what becomes of a wish at a source that has no controls."""
    return Readback(asked=setting, reading=unsupported(name))


@runtime_checkable
class ComingBack(Protocol):
    """A source that brings itself back when it is lost."""

    @property
    def retry_in_s(self) -> float | None:
        """Seconds until it is tried again, 0.0 while it is; None while it is there."""


def retry_of(source: object) -> float | None:
    """Return in how many seconds a source is tried again; None while it is there."""
    return source.retry_in_s if isinstance(source, ComingBack) else None


class CameraSource(Protocol):
    """Pictures from one address, read by one thread; `close` may come from another."""

    @property
    def info(self) -> SourceInfo:
        """What is known of the source."""

    @property
    def refused(self) -> Mapping[str, int]:
        """How many pictures were not passed on so far, by reason."""

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame; None at the end of a clip or folder, or when closed.

        A live source gives its newest frame that was not read yet and drops older
        ones; a clip or folder loses none. Events are told from inside this call.

        Raises:
            NoPicture: none came within `timeout_s`; the source may still give one.
            CameraError: the source is lost; each further read says so again.
        """

    def age_s(self) -> float:
        """Return the age of the newest frame in seconds: the only sign of life."""

    def set_control(
        self, name: str, setting: ControlSetting, *, timeout_s: float = ANSWER_S
    ) -> Readback:
        """Set one of `CONTROL_NAMES` and return what was read back afterwards.

        May come from any thread; the camera is asked in its own process. A control that
        the camera does not have is no error: the reading says `supported=False`.

        Raises:
            NoAnswer: the camera did not answer within `timeout_s`.
            CameraError: the source is lost.
        """

    def close(self) -> None:
        """Let go of the camera, its process and its thread; a second call is free."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...
