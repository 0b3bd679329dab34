"""The address of a USB camera that stays when it is plugged in again (Linux).

`/dev/video0` may come back as `/dev/video2`; udev's link by the camera's serial does
not change. Where it has made no such link, the address stays what it was.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from .address import Address
from .frames import SourceKind


def stable_paths(devices: Path) -> Mapping[Path, Path]:
    """Return the links by serial in a folder laid out like /dev, by their devices."""
    folder = devices / "v4l" / "by-id"
    if not folder.is_dir():
        return {}
    return {path.resolve(): path for path in sorted(folder.iterdir(), reverse=True)}


def stable_address(address: Address, devices: Path = Path("/dev")) -> Address:
    """Return the same camera's address by serial; what is shown does not change."""
    if address.kind is not SourceKind.USB or sys.platform != "linux":
        return address
    target = address.target
    device = devices / f"video{target}" if target.isdigit() else Path(target)
    link = stable_paths(devices).get(device.resolve())
    return address if link is None else replace(address, target=str(link))
