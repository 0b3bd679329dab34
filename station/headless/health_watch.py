"""Watches a capture and writes down how it is, every so often."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

from dataset.errors import FieldsetError
from dataset.project import now_us

from ..camera.address import redact
from ..camera.source import Frame, Gap
from ..recorder import Ended, RecorderEvent, RecorderStatus
from ..recording import Refused
from .health import Health, RunState, free_bytes, write_health
from .service_manager import ALIVE, READY, STOPPING, ServiceManager

log = logging.getLogger(__name__)

# A camera is looked at again and again; so long without a frame, and it is away.
_AWAY_S: Final = 3.0
TellHealth = Callable[[dict[str, Any]], None]


class Watched(Protocol):
    """A recorder, as far as its health goes."""

    def status(self) -> RecorderStatus:
        """How the run stands."""

    def newest(self) -> Frame | None:
        """The newest frame; None before the first."""


def tell_nobody(_health: dict[str, Any]) -> None:
    """Where nobody wants the health as a line."""


class HealthWatch:
    """Gives the health of one capture to a file, a line of JSON, the service manager.

    Call `note` with every event, `step` several times a second and `end` once. A file
    that cannot be written stops no capture: it goes stale, and that is seen.
    """

    def __init__(
        self,
        recorder: Watched,
        *,
        source: str,
        folder: Path,
        every_s: float,
        path: Path | None = None,
        tell: TellHealth = tell_nobody,
        manager: ServiceManager | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._recorder = recorder
        self._source = redact(source)
        self._folder = folder
        self._every_s = every_s
        self._path = path
        self._tell = tell
        self._manager = ServiceManager({}) if manager is None else manager
        self._clock = clock
        self._began_s = clock()
        self._due_s = self._alive_due_s = self._began_s
        self._reconnects = 0
        self._last_error = ""
        self._is_up = False

    def note(self, event: RecorderEvent) -> None:
        """Remember what an event says of the camera."""
        if isinstance(event, Gap):
            self._reconnects += 1
        if isinstance(event, Gap | Refused):
            self._last_error = redact(event.reason)
        elif isinstance(event, Ended) and event.error is not None:
            self._last_error = _sentence(event.error)

    def step(self) -> None:
        """Give the health, where it is time."""
        now_s, status = self._clock(), self._recorder.status()
        if not self._is_up and status.age_s is not None:
            self._is_up = True
            self._manager.tell(READY)
            self._due_s = now_s
        if now_s >= self._alive_due_s:
            self._alive_due_s = now_s + self._manager.alive_every_s
            self._manager.tell(ALIVE)
        if now_s >= self._due_s:
            self._due_s = now_s + self._every_s
            self._give(status, _state(status))

    def end(self) -> None:
        """Give the last health: the capture is over."""
        self._manager.tell(STOPPING)
        self._give(self._recorder.status(), RunState.ENDED)

    def _health(self, status: RecorderStatus, state: RunState) -> Health:
        info, now_s, newest = status.info, self._clock(), self._recorder.newest()
        return Health(
            state=state,
            source=self._source if info is None else redact(info.address),
            live=info is not None and info.live,
            frame_age_s=status.age_s,
            frames=0 if newest is None else newest.index + 1,
            kept=status.kept,
            known=status.known,
            refused=status.refused,
            dropped=status.dropped,
            reconnects=self._reconnects,
            queue=status.waiting,
            free_bytes=free_bytes(self._folder),
            session=None if status.session is None else status.session.name,
            uptime_s=now_s - self._began_s,
            last_error=self._last_error,
            written_us=now_us(),
            written_s=now_s,
            every_s=self._every_s,
        )

    def _give(self, status: RecorderStatus, state: RunState) -> None:
        health = self._health(status, state)
        self._tell(health.to_json())
        if self._path is None:
            return
        try:
            write_health(self._path, health)
        except OSError as error:
            log.info("the health cannot be written: %s", error)


def _state(status: RecorderStatus) -> RunState:
    if status.age_s is None:
        return RunState.STARTING
    is_live = status.info is not None and status.info.live
    is_away = is_live and status.age_s > _AWAY_S
    return RunState.AWAY if is_away else RunState.CAPTURING


def _sentence(error: Exception) -> str:
    """What an error says without its secrets."""
    if isinstance(error, FieldsetError):
        return redact(error.message)
    return redact(repr(error))
