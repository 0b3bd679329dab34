"""What the system knows of a camera before it is opened: maker, model, serial (sysfs).

The files under /sys are the kernel's own; no udev library and no daemon is asked, so
this works in a container, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_DEPTH = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """Of a camera's USB device; each is "" where the system does not tell it.

    `vendor` and `product` are the four hexadecimal digits that the USB forum gives out;
    `port` is the socket it is plugged into, such as `1-1.2`.
    """

    maker: str = ""
    model: str = ""
    serial: str = ""
    vendor: str = ""
    product: str = ""
    port: str = ""


def facts_of(device: Path, system: Path = Path("/sys")) -> DeviceFacts:
    """Return what is known of `/dev/videoN`, or of a link to it."""
    node = system / "class" / "video4linux" / device.resolve().name / "device"
    try:
        folder = node.resolve(strict=True)
    except OSError:
        return DeviceFacts()
    # The node hangs at an interface of the USB device, which is one or two up.
    for _ in range(_DEPTH):
        if (folder / "idVendor").is_file():
            return DeviceFacts(
                maker=_read(folder / "manufacturer"),
                model=_read(folder / "product"),
                serial=_read(folder / "serial"),
                vendor=_read(folder / "idVendor"),
                product=_read(folder / "idProduct"),
                port=folder.name,
            )
        folder = folder.parent
    return DeviceFacts()


def _read(path: Path) -> str:
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return ""
    return "".join(c for c in text if c.isprintable()).strip()
