"""Blocks of the demo's clip, each played as a short session of its own.

The blocks lie apart in the clip and none is used twice, so that no two sessions share
a frame. Dusk and night are the same camera with less light: the picture is darkened
by a gamma curve, which is what the drift statistics then have to find.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from station.camera.controls import ControlSetting, Readback
from station.camera.source import ANSWER_S, CameraSource, Frame, SourceInfo

BLOCK_FRAMES = 22
GAP_FRAMES = 6
FIRST_DAY = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
# Captured on or after this day: the test set `test-time`.
TIME_SPLIT_DAY = "2026-11-19"
_GAMMA = {"day": 1.0, "dusk": 1.5, "night": 2.4}
_HOURS = {"day": 0, "dusk": 9, "night": 13}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One session: where in the clip, on which day, under which light."""

    index: int
    light: str
    day: int

    @property
    def start(self) -> int:
        """Its first frame in the clip, from 0."""
        return self.index * (BLOCK_FRAMES + GAP_FRAMES)

    @property
    def name(self) -> str:
        """The session's name."""
        return f"{self.began:%Y-%m-%d} {self.light}"

    @property
    def began(self) -> datetime:
        """When the session is said to have begun."""
        return FIRST_DAY + timedelta(days=self.day, hours=_HOURS[self.light])


def _blocks(lights: str, first_index: int, first_day: int) -> tuple[Block, ...]:
    words = {"d": "day", "u": "dusk", "n": "night"}
    return tuple(
        Block(index=first_index + i, light=words[letter], day=first_day + i)
        for i, letter in enumerate(lights)
    )


FIRST_BLOCKS = _blocks("dddddudddndd", 0, 0)
LATER_BLOCKS = _blocks("uunuuunu", 12, 12)


def clip_path() -> Path:
    """Where the clip lies."""
    return Path(str(files(__package__).joinpath("traffic_camera.mp4")))


def darkened(frame: Frame, light: str) -> Frame:
    """The frame under less light; by day it is the frame itself."""
    gamma = _GAMMA[light]
    if gamma == 1.0:
        return frame
    curve = (255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)
    dark = np.asarray(cv2.LUT(frame.pixels, curve), np.uint8)
    return replace(frame, pixels=dark, encoded=None, suffix="")


class BlockSource:
    """The frames of one block of an open clip; the clip stays open for the next."""

    def __init__(self, clip: CameraSource, block: Block) -> None:
        self._clip = clip
        self._block = block
        self._is_closed = False

    @property
    def info(self) -> SourceInfo:
        """The clip's own facts, under a name that is the same on every machine."""
        return replace(self._clip.info, address=clip_path().name)

    @property
    def refused(self) -> Mapping[str, int]:
        """What the clip's decoder refused."""
        return self._clip.refused

    def read(self, timeout_s: float) -> Frame | None:
        """The next frame of the block; None at its end."""
        while not self._is_closed:
            frame = self._clip.read(timeout_s)
            if frame is None or frame.index >= self._block.start + BLOCK_FRAMES:
                return None
            if frame.index >= self._block.start:
                return self._stamped(darkened(frame, self._block.light))
        return None

    def age_s(self) -> float:
        """The age of the clip's newest frame."""
        return self._clip.age_s()

    def set_control(
        self,
        name: str,
        setting: ControlSetting,
        *,
        timeout_s: float = ANSWER_S,
    ) -> Readback:
        """Say that a clip has no controls."""
        return self._clip.set_control(name, setting, timeout_s=timeout_s)

    def close(self) -> None:
        """End the block."""
        self._is_closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _stamped(self, frame: Frame) -> Frame:
        seconds = (frame.index - self._block.start) / (self._clip.info.fps or 25.0)
        began_us = int(self._block.began.timestamp() * 1e6)
        return replace(frame, captured_us=began_us + int(seconds * 1e6))
