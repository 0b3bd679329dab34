"""Which frames of a source are kept.

A trigger is offered every frame in order and gives back those to keep. It has no clock
of its own: `frame.elapsed_s` is the only time, so a clip gives the same frames at any
speed. When that time runs backwards (another clip) the schedule starts anew.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from dataset.errors import UsageError

from .frames import Frame, SourceInfo
from .motion_trigger import MotionTrigger
from .ring import FrameRing
from .seconds import SLACK_S, not_negative, positive

__all__ = [
    "TRIGGER_NAMES",
    "BurstTrigger",
    "IntervalTrigger",
    "ManualTrigger",
    "MotionTrigger",
    "PreRollTrigger",
    "PreparedTrigger",
    "Trigger",
    "inner_of",
    "make_trigger",
]

TRIGGER_NAMES = ("interval", "burst", "motion", "manual")


class Trigger(Protocol):
    """Chooses frames."""

    def offer(self, frame: Frame) -> tuple[Frame, ...]:
        """Return the frames to keep now, oldest first; mostly none."""


@runtime_checkable
class PreparedTrigger(Trigger, Protocol):
    """A trigger that needs something first, and holds on to it."""

    def prepare(self, info: SourceInfo) -> None:
        """Get ready for frames of that source; may take long, on any thread.

        Raises:
            FieldsetError: what is needed is not there, or cannot be used.
        """

    def close(self) -> None:
        """Let go of everything, and end a `prepare` or `offer` that waits.

        Callable from any thread, and more than once; frames are offered no more.
        """


class IntervalTrigger:
    """The first frame, then one every `every_s` seconds, on a fixed grid."""

    def __init__(self, every_s: float) -> None:
        self._every_s = positive("every_s", every_s)
        self._start_s = 0.0
        self._last_s = -math.inf
        self._slot = -1

    def offer(self, frame: Frame) -> tuple[Frame, ...]:
        """Return the frame when it is the first one in its slot of the grid."""
        if frame.elapsed_s < self._last_s or self._slot < 0:
            self._start_s = frame.elapsed_s
            self._slot = -1
        self._last_s = frame.elapsed_s
        slot = int((frame.elapsed_s - self._start_s + SLACK_S) / self._every_s)
        if slot <= self._slot:
            return ()
        self._slot = slot
        return (frame,)


class BurstTrigger:
    """`count` frames, `spacing_s` apart; again every `every_s`, or on `fire`."""

    def __init__(
        self, count: int, spacing_s: float = 0.0, *, every_s: float | None = None
    ) -> None:
        if count < 1:
            raise UsageError(f"A burst has one frame or more: {count}")
        self._count = count
        self._spacing_s = not_negative("spacing_s", spacing_s)
        self._every_s = None if every_s is None else positive("every_s", every_s)
        self._lock = threading.Lock()
        self._is_fired = True
        self._left = 0
        self._start_s = 0.0
        self._taken_s = -math.inf
        self._last_s = -math.inf

    @property
    def is_done(self) -> bool:
        """Whether nothing comes any more unless `fire` is called."""
        return self._every_s is None and self._left == 0 and not self._is_fired

    def fire(self) -> None:
        """Begin a burst with the next frame; callable from any thread."""
        with self._lock:
            self._is_fired = True

    def offer(self, frame: Frame) -> tuple[Frame, ...]:
        """Return the frame when it belongs to a burst."""
        now_s = frame.elapsed_s
        if now_s < self._last_s:
            self._taken_s = -math.inf
            self._start_s = now_s
        self._last_s = now_s
        if self._begins(now_s):
            self._left = self._count
            self._start_s = now_s
            self._taken_s = -math.inf
        if self._left == 0 or now_s - self._taken_s + SLACK_S < self._spacing_s:
            return ()
        self._left -= 1
        self._taken_s = now_s
        return (frame,)

    def _begins(self, now_s: float) -> bool:
        with self._lock:
            is_fired, self._is_fired = self._is_fired, False
        if is_fired:
            return True
        is_due = (
            self._every_s is not None
            and now_s - self._start_s + SLACK_S >= self._every_s
        )
        return is_due and self._left == 0


class ManualTrigger:
    """The shutter: each `fire` keeps the next frame."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending = 0

    def fire(self) -> None:
        """Keep one frame more; callable from any thread."""
        with self._lock:
            self._pending += 1

    def offer(self, frame: Frame) -> tuple[Frame, ...]:
        """Return the frame when the shutter was pressed."""
        with self._lock:
            if self._pending == 0:
                return ()
            self._pending -= 1
        return (frame,)


class PreRollTrigger:
    """Another trigger, and what was seen in the seconds before it fired."""

    def __init__(self, trigger: Trigger, pre_s: float, spacing_s: float = 0.5) -> None:
        self._trigger = trigger
        self._ring = FrameRing(pre_s, spacing_s)

    @property
    def inner(self) -> Trigger:
        """The other trigger."""
        return self._trigger

    def offer(self, frame: Frame) -> tuple[Frame, ...]:
        """Return the frames before, oldest first, and those of the other trigger."""
        kept = self._trigger.offer(frame)
        if kept:
            return self._ring.take(frame.elapsed_s) + kept
        self._ring.add(frame)
        return ()


def inner_of(trigger: Trigger) -> Trigger:
    """The trigger that decides: the one in a `PreRollTrigger`, any other itself."""
    return trigger.inner if isinstance(trigger, PreRollTrigger) else trigger


def make_trigger(name: str, options: Mapping[str, Any] | None = None) -> Trigger:
    """Return the trigger called `name`; options that are None are left out.

    interval: every_s (2.0) · burst: count (5), spacing_s (0.2), every_s (none) ·
    motion: sensitivity (0.5), cool_down_s (2.0), zones, warm_up_s (1.0) · manual: none.
    `pre_s` above 0 gives any of them the frames before. Those that look at the project
    too (`uncertain`, `drift`) are made by `station.shutter.trigger_choice`.

    Raises:
        UsageError: no such trigger, no such option, or a value that does not fit.
    """
    given = {key: value for key, value in (options or {}).items() if value is not None}
    pre_s = given.pop("pre_s", None)
    if name not in _MAKERS:
        raise UsageError(
            f"There is no such trigger: {name}",
            hint=f"use one of {', '.join(TRIGGER_NAMES)}",
        )
    make, defaults = _MAKERS[name]
    unknown = sorted(set(given) - set(defaults))
    if unknown:
        raise UsageError(
            f"The trigger `{name}` has no option of this name: {unknown[0]}",
            hint=f"it has {', '.join([*defaults, 'pre_s'])}",
        )
    values = {key: value for key, value in defaults.items() if value is not None}
    trigger = make(**{**values, **given})
    return PreRollTrigger(trigger, pre_s) if pre_s else trigger


_MAKERS: Mapping[str, tuple[Callable[..., Trigger], Mapping[str, Any]]] = {
    "interval": (IntervalTrigger, {"every_s": 2.0}),
    "burst": (BurstTrigger, {"count": 5, "spacing_s": 0.2, "every_s": None}),
    "motion": (
        MotionTrigger,
        {"sensitivity": 0.5, "cool_down_s": 2.0, "zones": None, "warm_up_s": 1.0},
    ),
    "manual": (ManualTrigger, {}),
}
