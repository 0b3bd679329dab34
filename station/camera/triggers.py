"""Which frames of a source are kept.

A trigger is offered every frame in order and gives back those to keep. It has no clock
of its own: `frame.elapsed_s` is the only time, so a clip gives the same frames at any
speed. When that time runs backwards (another clip) the schedule starts anew.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from dataset.errors import UsageError

from .frames import Frame
from .motion import MotionModel, Zone
from .ring import FrameRing
from .seconds import SLACK_S, not_negative, positive

TRIGGER_NAMES = ("interval", "burst", "motion", "manual")
_WARM_UP_FRAMES = 3


class Trigger(Protocol):
    """Chooses frames."""

    def offer(self, frame: Frame) -> tuple[Frame, ...]:
        """Return the frames to keep now, oldest first; mostly none."""


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


class MotionTrigger:
    """A frame in which something moves, then none for `cool_down_s`."""

    def __init__(
        self,
        sensitivity: float = 0.5,
        cool_down_s: float = 2.0,
        zone: Zone | None = None,
        warm_up_s: float = 1.0,
    ) -> None:
        """Choose how easily it fires.

        Args:
            sensitivity: 0 to 1. At 0 a twentieth of the zone must change clearly, at
                1 a two-thousandth faintly; in between on a logarithmic scale.
            cool_down_s: seconds without a further frame.
            zone: where to look: corners (x, y) as shares of width and height.
            warm_up_s: how long the background is learned before anything counts.
        """
        if not 0.0 <= sensitivity <= 1.0:
            raise UsageError(f"A sensitivity lies between 0 and 1: {sensitivity}")
        self._least_share = 0.05 * math.pow(0.01, sensitivity)
        self._cool_down_s = not_negative("cool_down_s", cool_down_s)
        self._warm_up_s = not_negative("warm_up_s", warm_up_s)
        self._model = MotionModel(24.0 - 14.0 * sensitivity, _checked_zone(zone))
        self._fired_s: float | None = None
        self._share = 0.0

    @property
    def share(self) -> float:
        """The share of the zone that moved in the last frame; for a meter."""
        return self._share

    @property
    def least_share(self) -> float:
        """The share that must move."""
        return self._least_share

    def offer(self, frame: Frame) -> tuple[Frame, ...]:
        """Return the frame when enough of it moves and the pause is over."""
        now_s = frame.elapsed_s
        self._share = self._model.moving_share(frame.pixels, now_s)
        if self._fired_s is not None and now_s < self._fired_s:
            self._fired_s = None
        is_warm = (
            self._model.seen >= _WARM_UP_FRAMES
            and self._model.age_s + SLACK_S >= self._warm_up_s
        )
        if not is_warm or self._share < self._least_share:
            return ()
        if (
            self._fired_s is not None
            and now_s - self._fired_s + SLACK_S < self._cool_down_s
        ):
            return ()
        self._fired_s = now_s
        return (frame,)


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

    def offer(self, frame: Frame) -> tuple[Frame, ...]:
        """Return the frames before, oldest first, and those of the other trigger."""
        kept = self._trigger.offer(frame)
        if kept:
            return self._ring.take(frame.elapsed_s) + kept
        self._ring.add(frame)
        return ()


def make_trigger(name: str, options: Mapping[str, Any] | None = None) -> Trigger:
    """Return the trigger called `name`; options that are None are left out.

    interval: every_s (2.0) · burst: count (5), spacing_s (0.2), every_s (none) ·
    motion: sensitivity (0.5), cool_down_s (2.0), zone, warm_up_s (1.0) · manual: none.
    `pre_s` gives any of them the frames before.

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
    return trigger if pre_s is None else PreRollTrigger(trigger, pre_s)


_MAKERS: Mapping[str, tuple[Callable[..., Trigger], Mapping[str, Any]]] = {
    "interval": (IntervalTrigger, {"every_s": 2.0}),
    "burst": (BurstTrigger, {"count": 5, "spacing_s": 0.2, "every_s": None}),
    "motion": (
        MotionTrigger,
        {"sensitivity": 0.5, "cool_down_s": 2.0, "zone": None, "warm_up_s": 1.0},
    ),
    "manual": (ManualTrigger, {}),
}


def _checked_zone(zone: Zone | None) -> Zone | None:
    if zone is None:
        return None
    if len(zone) < 3 or not all(0.0 <= v <= 1.0 for corner in zone for v in corner):
        raise UsageError(
            f"A zone has three corners or more, each from 0 to 1: {list(zone)}"
        )
    return zone
