"""Judges chosen frames against the gates, and remembers the samples of the session."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from dataset.capture_settings import GateSettings

from .frame_queue import Chosen
from .gate_reading import GateReading, first_fault
from .gates import Judgement, Recent, judge

_LIKENESSES: Final = 6
_SHARPNESSES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """A chosen frame with its readings; `fault` is the one that refuses it."""

    chosen: Chosen
    readings: tuple[GateReading, ...]
    fault: GateReading | None


class Gatekeeper:
    """Remembers what the last frames that it let pass look like.

    One thread judges; `readings` may be asked from any. Files of a folder pass: nobody
    pressed a shutter, and who gives a folder wants what is in it.
    """

    def __init__(self, settings: GateSettings) -> None:
        self._settings = settings
        self._recent = Recent()

    def forget(self) -> None:
        """Begin anew, for another session."""
        self._recent = Recent()

    def readings(self, chosen: Chosen) -> tuple[GateReading, ...]:
        """The readings of a frame, which is not remembered; from any thread."""
        return self._judgement(chosen).readings

    def judge(self, chosen: Chosen) -> Judged:
        """The readings of a frame; one that passes is remembered."""
        if chosen.frame.name:
            return Judged(chosen=chosen, readings=(), fault=None)
        found = self._judgement(chosen)
        fault = first_fault(found.readings)
        if chosen.by_hand and self._settings.by_hand == "warn":
            fault = None
        if fault is None:
            self._remember(found)
        return Judged(chosen=chosen, readings=found.readings, fault=fault)

    def _judgement(self, chosen: Chosen) -> Judgement:
        recent = self._recent
        if chosen.is_burst:
            recent = replace(recent, thumbs=())
        return judge(
            chosen.frame.pixels, self._settings, sight=chosen.sight, recent=recent
        )

    def _remember(self, found: Judgement) -> None:
        # A new value each time: another thread may be reading the last one.
        before = self._recent
        sharpness = before.sharpness
        if found.sharpness is not None:
            sharpness = (*sharpness, found.sharpness)[-_SHARPNESSES:]
        self._recent = Recent(
            thumbs=(*before.thumbs, found.thumb)[-_LIKENESSES:], sharpness=sharpness
        )
