"""A camera's mode: picture size, rate and pixel format, as asked for and as granted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dataset.errors import CameraError, UsageError

_WRITTEN = re.compile(
    r"(?P<width>[1-9][0-9]{0,4})x(?P<height>[1-9][0-9]{0,4})"
    r"(?:@(?P<fps>[0-9]{1,4}(?:\.[0-9]{1,3})?))?"
    r"(?:/(?P<pixel_format>[A-Za-z0-9]{1,4}))?"
)
_RATE_SLACK = 0.01  # 29.97 is asked for as 30 often enough, but not the other way


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mode:
    """Width and height in pixels, pictures a second, and V4L2's four-letter format.

    `fps` 0.0 and `pixel_format` "" mean any where a mode is asked for, and not told
    where it was read back.
    """

    width: int
    height: int
    fps: float = 0.0
    pixel_format: str = ""

    def __post_init__(self) -> None:
        """Refuse sizes without a pixel, and rates below 0."""
        if self.width < 1 or self.height < 1 or not 0.0 <= self.fps < 10_000.0:
            raise ValueError(f"no camera has such a mode: {self}")

    def __str__(self) -> str:
        """As a person writes it: `1280x720@30/MJPG`."""
        rate = f"@{self.fps:g}" if self.fps else ""
        kind = f"/{self.pixel_format}" if self.pixel_format else ""
        return f"{self.width}x{self.height}{rate}{kind}"

    def grants(self, asked: Mode) -> bool:
        """Whether this mode, read back, is what was asked for."""
        return (
            (self.width, self.height) == (asked.width, asked.height)
            and (not asked.fps or abs(self.fps - asked.fps) <= _RATE_SLACK * asked.fps)
            and asked.pixel_format in ("", self.pixel_format)
        )


def parse_mode(text: str) -> Mode:
    """Return the mode that `text` asks for: `1280x720`, `1280x720@30`, `640x480/YUYV`.

    Raises:
        UsageError: it is not written so.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise UsageError(
            f"This is no mode of a camera: {text}",
            hint="write it as WIDTHxHEIGHT@RATE, such as 1280x720@30",
        )
    return Mode(
        width=int(found["width"]),
        height=int(found["height"]),
        fps=float(found["fps"] or 0.0),
        pixel_format=(found["pixel_format"] or "").upper(),
    )


def best_mode(asked: Mode, offered: Sequence[Mode]) -> Mode | None:
    """Return the offered mode that is what was asked for; None where there is none.

    Of several the fastest one counts, then Motion JPEG before raw pixels: it is kept
    as the camera compressed it.
    """
    fitting = [mode for mode in offered if mode.grants(asked)]
    return max(
        fitting,
        key=lambda mode: (mode.fps, mode.pixel_format == "MJPG", mode.pixel_format),
        default=None,
    )


def no_such_mode(
    asked: Mode, offered: Sequence[Mode], granted: Mode | None, shown: str
) -> CameraError:
    """Return the sentence on a mode that the camera does not have."""
    sizes = ", ".join(dict.fromkeys(f"{one.width}x{one.height}" for one in offered))
    hint = f"`fieldset camera probe {shown}` shows its modes"
    if sizes:
        hint = f"its sizes are {sizes}; {hint}"
    elif granted is not None:
        hint = f"it would give {granted}"
    return CameraError(f"The camera {shown} has no such mode: {asked}", hint=hint)
