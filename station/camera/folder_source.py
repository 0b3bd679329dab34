"""A folder whose images may kill the decoder: such an image is refused, not the rest.

The child tells which image it begins. When it dies there, or stays there too long, the
image is refused by name and a new child goes on behind it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Self

from dataset.errors import CameraError

from .address import Address
from .child import OPEN_S, ChildSource
from .controls import ControlSetting, Readback
from .frames import (
    ANSWER_S,
    CameraEvent,
    Frame,
    OnEvent,
    Refusal,
    SourceInfo,
    ignore_event,
    no_control,
)
from .reader_process import ReaderDied
from .wishes import Wishes

KILLS = "the image kills the decoder"


class FolderSource:
    """All usable images of a folder, session by session."""

    def __init__(
        self,
        address: Address,
        *,
        timeout_s: float = OPEN_S,
        on_event: OnEvent = ignore_event,
        wishes: Wishes | None = None,
    ) -> None:
        """Start reading; `timeout_s` bounds the way to the first usable image."""
        self._address = address
        self._timeout_s = timeout_s
        self._on_event = on_event
        self._wishes = wishes
        self._refused: Counter[str] = Counter()
        self._skipped = 0
        self._index = 0
        self._info: SourceInfo | None = None
        self._is_closed = False
        self._source = self._start()

    @property
    def info(self) -> SourceInfo:
        """What is known of the source; the size is that of the first image."""
        return self._info or self._source.info

    @property
    def refused(self) -> Mapping[str, int]:
        """How many images were not passed on so far, by reason."""
        return dict(self._refused + Counter(self._source.refused))

    def wait_open(self) -> SourceInfo:
        """Wait for the first usable image.

        Raises:
            CameraError: there is none.
        """
        while self._info is None:
            try:
                self._info = self._source.wait_open()
            except ReaderDied as death:
                self._go_on_behind(death)
        return self._info

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next usable image (see `CameraSource.read`)."""
        while not self._is_closed:
            try:
                frame = self._source.read(timeout_s)
            except ReaderDied as death:
                self._go_on_behind(death)
                continue
            if frame is None:
                return None
            self._index += 1
            return replace(frame, index=self._index - 1)
        return None

    def age_s(self) -> float:
        """Return the age of the newest frame in seconds."""
        return self._source.age_s()

    def set_control(
        self,
        name: str,
        setting: ControlSetting,
        *,
        timeout_s: float = ANSWER_S,  # noqa: ARG002  (never waits)
    ) -> Readback:
        """Say that a folder has no controls."""
        return no_control(name, setting)

    def close(self) -> None:
        """End the child; a second call is free."""
        self._is_closed = True
        self._source.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close."""
        self.close()

    def _start(self) -> ChildSource:
        return ChildSource(
            self._address,
            timeout_s=self._timeout_s,
            on_event=self._on_event,
            skip=self._skipped,
            wishes=self._wishes,
        )

    def _go_on_behind(self, death: ReaderDied) -> None:
        """Refuse the image that the child died on, and start another child."""
        number, name = self._source.last_attempt
        if number <= self._skipped or self._is_closed:
            raise CameraError(death.message, hint=death.hint)
        self._refused += Counter(self._source.refused)
        self._refused[KILLS] += 1
        self._skipped = number
        self._source.close()
        self._source = self._start()
        self._on_event(_refusal(name))


def _refusal(name: str) -> CameraEvent:
    return Refusal(at_us=time.time_ns() // 1000, reason=KILLS, name=name)
