"""Holds the trigger of a run: gets it ready, changes it, lets go of it."""

from __future__ import annotations

import threading
from contextlib import suppress

from dataset.errors import FieldsetError

from ..camera.frames import Frame, SourceInfo
from ..camera.triggers import BurstTrigger, PreparedTrigger, Trigger, inner_of


class TriggerSlot:
    """One trigger at a time; frames are offered by one thread, the rest by any.

    A trigger that needs preparing gets ready beside a live camera, which goes on being
    read; nothing is kept until it is. A clip or folder waits, so that no frame of it is
    passed over.
    """

    def __init__(self, trigger: Trigger) -> None:
        self._lock = threading.Lock()
        self._next: Trigger | None = trigger
        self._current: Trigger | None = None
        self._preparing: _Preparing | None = None
        self._closed = False

    def put(self, trigger: Trigger) -> None:
        """Use another trigger from the next frame on; never waits."""
        with self._lock:
            unused, self._next = self._next, trigger
        _close(unused)

    @property
    def current(self) -> Trigger | None:
        """The trigger that is offered frames; None while one gets ready."""
        return self._current

    @property
    def is_burst(self) -> bool:
        """Whether pictures are wanted that follow each other closely and look alike."""
        current = self._current
        return current is not None and isinstance(inner_of(current), BurstTrigger)

    def offer(self, frame: Frame, info: SourceInfo) -> tuple[Frame, ...]:
        """The frames to keep now; `info` is of the source that gave the frame.

        Raises:
            FieldsetError: the trigger could not be got ready.
        """
        self._adopt(info)
        preparing = self._preparing
        if preparing is not None and preparing.is_done:
            self._preparing = None
            self._current = preparing.prepared()
        return () if self._current is None else self._current.offer(frame)

    def close(self) -> None:
        """Let go of every trigger, and end what one of them waits for."""
        with self._lock:
            self._closed = True
            waiting, self._next = self._next, None
        preparing, current = self._preparing, self._current
        _close(waiting)
        _close(current)
        if preparing is not None:
            preparing.give_up()

    def _adopt(self, info: SourceInfo) -> None:
        with self._lock:
            new, self._next = self._next, None
            if new is None or self._closed:
                return
            before, self._current = self._current, None
            dropped, self._preparing = self._preparing, None
            if isinstance(inner_of(new), PreparedTrigger):
                self._preparing = _Preparing(new, info)
            else:
                self._current = new
        _close(before)
        if dropped is not None:
            dropped.give_up()
        if self._preparing is not None:
            self._preparing.start(waits=not info.live)


class _Preparing:
    """Gets one trigger ready in a thread of its own."""

    def __init__(self, trigger: Trigger, info: SourceInfo) -> None:
        self._trigger = trigger
        self._info = info
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._prepare, name="trigger-prepare")

    @property
    def is_done(self) -> bool:
        """Whether it is ready, or failed."""
        return self._thread.ident is not None and not self._thread.is_alive()

    def start(self, *, waits: bool) -> None:
        """Begin; with `waits` come back when it is done."""
        self._thread.start()
        if waits:
            self._thread.join()

    def prepared(self) -> Trigger:
        """The trigger that is ready; raises what went wrong."""
        if self._error is not None:
            raise self._error
        return self._trigger

    def give_up(self) -> None:
        """Close the trigger and wait for the thread."""
        _close(self._trigger)
        if self._thread.ident is not None:
            self._thread.join()

    def _prepare(self) -> None:
        inner = inner_of(self._trigger)
        assert isinstance(inner, PreparedTrigger)
        try:
            inner.prepare(self._info)
        except Exception as error:  # noqa: BLE001  (raised again by `prepared`)
            self._error = error


def _close(trigger: Trigger | None) -> None:
    if trigger is None:
        return
    inner = inner_of(trigger)
    if isinstance(inner, PreparedTrigger):
        # What fails while it is let go of was told, or is nobody's business any more.
        with suppress(FieldsetError):
            inner.close()
