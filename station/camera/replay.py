"""A source that plays given pictures: for tests and for showing the program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dataset.images import image_file

from .controls import ControlSetting, Readback
from .frames import ANSWER_S, Frame, SourceInfo, SourceKind, no_control

Picture = bytes | NDArray[np.uint8]


class ReplaySource:
    """Plays pictures at a stated rate on a clock of its own; never waits.

    A picture is the bytes of an image file, handed on as `encoded`, or an array
    (H, W, 3) uint8 BGR.
    """

    def __init__(
        self,
        pictures: Sequence[Picture],
        *,
        fps: float = 10.0,
        start_us: int = 0,
        address: str = "replay",
        live: bool = False,
    ) -> None:
        """Take the pictures; the first one was taken at `start_us`.

        Raises:
            BadImage: the first picture's bytes are no image.
            ValueError: there is no picture, or `fps` is not above 0.
        """
        if not pictures or fps <= 0:
            raise ValueError("a replay has a picture and a rate above 0")
        self._pictures = tuple(pictures)
        self._fps = fps
        self._start_us = start_us
        self._index = 0
        self._is_closed = False
        first = self._frame(0)
        self._info = SourceInfo(
            address=address,
            kind=SourceKind.REPLAY,
            width=first.width,
            height=first.height,
            fps=fps,
            live=live,
        )

    @property
    def info(self) -> SourceInfo:
        """What is played."""
        return self._info

    @property
    def refused(self) -> Mapping[str, int]:
        """Nothing is ever refused."""
        return {}

    def read(self, timeout_s: float) -> Frame | None:  # noqa: ARG002  (never waits)
        """Return the next picture at once; None after the last one.

        Raises:
            BadImage: its bytes are no image.
        """
        if self._is_closed or self._index >= len(self._pictures):
            return None
        frame = self._frame(self._index)
        self._index += 1
        return frame

    def age_s(self) -> float:
        """Return 0: the newest picture is always now."""
        return 0.0

    def set_control(
        self,
        name: str,
        setting: ControlSetting,
        *,
        timeout_s: float = ANSWER_S,  # noqa: ARG002  (never waits)
    ) -> Readback:
        """Say that a replay has no controls."""
        return no_control(name, setting)

    def close(self) -> None:
        """Play nothing any more."""
        self._is_closed = True

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close."""
        self.close()

    def _frame(self, index: int) -> Frame:
        picture = self._pictures[index]
        encoded = picture if isinstance(picture, bytes) else None
        pixels = image_file.decode(encoded) if encoded is not None else picture
        owned = np.array(pixels, np.uint8)
        owned.flags.writeable = False
        elapsed_s = index / self._fps
        suffix = image_file.inspect(encoded).suffix if encoded is not None else ""
        return Frame(
            index=index,
            captured_us=self._start_us + round(elapsed_s * 1e6),
            elapsed_s=elapsed_s,
            pixels=owned,
            encoded=encoded,
            suffix=suffix,
        )
