"""The one interface to what can be set at a camera; it lives in the source's process.

A control that never answers hangs a thread of the child process, never the program.
"""

from __future__ import annotations

from typing import Protocol

from .controls import ControlSetting, Readback, unsupported
from .modes import Mode
from .readback import NO_CONTROLS, CameraReadback


class CameraControls(Protocol):
    """Lists, sets and reads back what a camera lets itself be told."""

    def modes(self) -> tuple[Mode, ...]:
        """The modes that the camera offers, each once; none where it does not tell."""

    def read(self) -> CameraReadback:
        """What the camera does now; every known control is in it."""

    def set(self, name: str, setting: ControlSetting) -> Readback:
        """Set one control and read it back; refusals are told in it, never raised."""


class NoControls:
    """Of a network camera, a clip or a folder: nothing can be set."""

    def modes(self) -> tuple[Mode, ...]:
        """No mode is told."""
        return ()

    def read(self) -> CameraReadback:
        """Every control, unsupported."""
        return NO_CONTROLS

    def set(self, name: str, setting: ControlSetting) -> Readback:
        """Say that there is no such control."""
        return Readback(asked=setting, reading=unsupported(name))
