"""The modes of a camera that is not opened yet, to choose one of them."""

from __future__ import annotations

import sys
from pathlib import Path

from dataset.errors import FieldsetError

from .address import parse_address
from .frames import SourceKind
from .modes import Mode
from .simulated_device import MODES
from .v4l2_device import KernelDevice
from .v4l2_modes import modes_of


def offered_modes(
    address: str, devices: Path = Path("/dev")
) -> tuple[Mode, ...] | None:
    """Return the modes that a camera says it has, smallest first, each once.

    None where no mode can be asked for: network cameras, clips and folders, what is no
    address. () where one can and nobody tells them before it is open: cameras that are
    away or may not be opened, other systems than Linux. Takes no picture; whoever
    captures with the camera meanwhile is not disturbed.
    """
    try:
        known = parse_address(address)
    except FieldsetError:
        return None
    if known.kind is SourceKind.SIMULATED:
        return tuple(sorted(MODES))
    if known.kind is not SourceKind.USB:
        return None
    if sys.platform != "linux":
        return ()
    target = known.target
    path = devices / f"video{target}" if target.isdecimal() else Path(target)
    try:
        device = KernelDevice(path)
    except OSError:
        return ()
    try:
        return modes_of(device)
    finally:
        device.close()
