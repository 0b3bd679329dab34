"""Brings a lost live camera back: patient, with growing pauses, and on record.

A state machine inside `read`, without a thread of its own: a source is open, or opening
in its child process, or waited for. What happened is told through `on_event`, from
inside `read`: a `Gap` when pictures come again.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Self

from dataset.errors import CameraError

from .address import parse_address
from .child import OPEN_S
from .controls import ControlSetting, Readback
from .frames import (
    ANSWER_S,
    AccessRefused,
    CameraSource,
    Frame,
    Gap,
    NoAnswer,
    NoPicture,
    OnEvent,
    SourceInfo,
    ignore_event,
)
from .modes import Mode
from .source import open_source, start_source
from .stable_path import stable_address
from .wishes import NOTHING_ASKED, Wishes

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 1.0
REFUSED_PAUSE_S = 30.0
PATIENCE_S = 60.0
_JITTER = 0.25
_HEALTHY_S = 2.0

Opener = Callable[[Wishes], CameraSource]


class Backoff:
    """Pauses between attempts: doubling from 0.25 s to 1 s, each up to 25 % off.

    The longest is short because an attempt at a camera that is away costs little: its
    process only knocks until somebody is there.

    The jitter keeps several stations from knocking at one camera in step; it comes
    from a seeded generator, so that a run can be repeated.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        first_s: float = FIRST_PAUSE_S,
        longest_s: float = LONGEST_PAUSE_S,
    ) -> None:
        self._random = random.Random(seed)
        self._first_s = first_s
        self._longest_s = longest_s
        self._attempts = 0

    def next_s(self) -> float:
        """Return the pause before the next attempt, in seconds."""
        plain_s = min(self._longest_s, self._first_s * 2.0 ** min(self._attempts, 30))
        self._attempts += 1
        return plain_s * self._random.uniform(1.0 - _JITTER, 1.0 + _JITTER)

    def reset(self) -> None:
        """Begin with the shortest pause again."""
        self._attempts = 0


class ReconnectingSource:
    """A live source that is opened again, and again, when it is lost.

    Frames are numbered on over reconnects. The size may be another one afterwards;
    the frames say so themselves.
    """

    def __init__(
        self,
        first: CameraSource,
        reopen: Opener,
        *,
        backoff: Backoff | None = None,
        on_event: OnEvent = ignore_event,
        wishes: Wishes | None = None,
    ) -> None:
        """Wrap an open source.

        Args:
            first: the source as it was opened first; owned from now on.
            reopen: starts the source anew, as wished for, and returns at once; its
                `read` waits for the first picture, and raises `CameraError` when there
                is none.
            backoff: the pauses between attempts.
            on_event: told of gaps, from inside `read`.
            wishes: what `first` was asked for; controls set later are added.
        """
        self._source: CameraSource | None = first
        self._reopen = reopen
        self._backoff = backoff or Backoff()
        self._on_event = on_event
        self._wishes = wishes or Wishes()
        self._info = first.info
        self._refused: Counter[str] = Counter()
        self._closed = threading.Event()
        self._swap = threading.Lock()
        self._index = 0
        self._lost_us: int | None = None
        self._reason = ""
        self._due_s = 0.0
        self._newest_s = self._since_s = time.monotonic()

    @property
    def info(self) -> SourceInfo:
        """What is known of the source since it was opened last."""
        source = self._source
        if source is None or self.is_lost:
            return self._info
        return source.info

    @property
    def refused(self) -> Mapping[str, int]:
        """How many pictures were not passed on, by reason, over all connections."""
        source = self._source
        return dict(self._refused + Counter(source.refused if source else {}))

    @property
    def is_lost(self) -> bool:
        """Whether the camera is away at the moment."""
        return self._lost_us is not None

    @property
    def retry_in_s(self) -> float | None:
        """Seconds until it is tried again, 0.0 while it is; None while it is there."""
        if not self.is_lost:
            return None
        return max(0.0, self._due_s - time.monotonic())

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame; None only when closed (see `CameraSource.read`).

        Raises:
            NoPicture: none came within `timeout_s`; the camera may be away.
        """
        deadline_s = time.monotonic() + timeout_s
        while not self._closed.is_set():
            source = self._source or self._start(deadline_s)
            if source is None:
                continue
            try:
                frame = source.read(max(0.0, deadline_s - time.monotonic()))
            except NoPicture:
                raise
            except CameraError as error:
                self._lose(error.message.partition(":")[0])
                if isinstance(error, AccessRefused):
                    self._due_s = time.monotonic() + REFUSED_PAUSE_S
                continue
            if frame is None:
                self._lose("The camera ended the stream")
                continue
            return self._accept(source, frame)
        return None

    def age_s(self) -> float:
        """Return the age of the newest frame in seconds, through gaps as well."""
        source = self._source
        if source is None or self.is_lost:
            return time.monotonic() - self._newest_s
        return source.age_s()

    def set_control(
        self, name: str, setting: ControlSetting, *, timeout_s: float = ANSWER_S
    ) -> Readback:
        """Set a control, and set it again whenever the camera comes back."""
        with self._swap:
            self._wishes = self._wishes.with_control(name, setting)
        source = self._source
        if source is None or self.is_lost:
            raise NoAnswer(f"The camera is away: {self._info.address}")
        return source.set_control(name, setting, timeout_s=timeout_s)

    def close(self) -> None:
        """Let go of the camera; a second call is free."""
        self._closed.set()
        with self._swap:
            if self._source is not None:
                self._source.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close."""
        self.close()

    def _start(self, deadline_s: float) -> CameraSource | None:
        """Open anew when the pause is over; None when it is not, or we are closed."""
        pause_s = min(self._due_s, deadline_s) - time.monotonic()
        if pause_s > 0 and self._closed.wait(pause_s):
            return None
        if time.monotonic() < self._due_s:
            raise NoPicture(f"The camera is away: {self._info.address}")
        with self._swap:
            if self._closed.is_set():
                return None
            self._source = self._reopen(self._wishes)
            return self._source

    def _lose(self, reason: str) -> None:
        """Note the loss and let go of the source."""
        if self._closed.is_set():
            return
        now_s = time.monotonic()
        if self._lost_us is None:
            away_s = self._source.age_s() if self._source else 0.0
            self._newest_s = now_s - away_s
            self._lost_us = max(0, time.time_ns() // 1000 - round(away_s * 1e6))
            self._reason = reason
            if now_s - self._since_s > _HEALTHY_S:
                self._backoff.reset()
        with self._swap:
            if self._source is not None:
                self._refused += Counter(self._source.refused)
                self._source.close()
                self._source = None
        self._due_s = now_s + self._backoff.next_s()

    def _accept(self, source: CameraSource, frame: Frame) -> Frame:
        if self._lost_us is not None:
            gap = Gap(
                lost_us=self._lost_us,
                back_us=frame.captured_us,
                reason=self._reason,
                away_s=max(0.0, time.monotonic() - self._newest_s),
            )
            self._lost_us = None
            self._info = source.info
            self._since_s = time.monotonic()
            self._on_event(gap)
        self._index += 1
        return replace(frame, index=self._index - 1)


def open_steady_source(
    address: str,
    *,
    timeout_s: float = OPEN_S,
    seed: int = 0,
    on_event: OnEvent = ignore_event,
    mode: Mode | None = None,
    controls: Mapping[str, ControlSetting] = NOTHING_ASKED,
) -> CameraSource:
    """Return an open source; a live one is brought back whenever it is lost.

    The first opening must succeed: who mistyped an address shall know at once.

    Raises:
        UsageError: no source can have this address.
        CameraError: nothing there gives a picture within `timeout_s`, or the source
            does not have this mode.
    """
    # Before it is opened: the link by serial is gone while the camera is.
    checked = stable_address(parse_address(address))
    first = open_source(
        address, timeout_s=timeout_s, on_event=on_event, mode=mode, controls=controls
    )
    if not checked.live:
        return first

    def reopen(wishes: Wishes) -> CameraSource:
        return start_source(
            checked,
            timeout_s=timeout_s,
            on_event=on_event,
            wishes=wishes,
            patience_s=PATIENCE_S,
        )

    return ReconnectingSource(
        first,
        reopen,
        backoff=Backoff(seed),
        on_event=on_event,
        wishes=Wishes(mode=mode, controls=controls),
    )
