"""How a capture without a window is, as a value and as JSON.

A file with this is what a container's health check and a person on the phone go by.
Ages are taken from the monotonic clock, which every process of the machine shares and
which begins anew with a reboot: a wall clock that jumps makes nothing look fresh or
stale. No secret is in it; addresses and errors come redacted.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from dataset.durable import temporary_beside
from dataset.errors import BadFile

# Written so often, a single slow write must not look like a death.
_MISSED_WRITES: Final = 3
_LEAST_PATIENCE_S: Final = 5.0
_FILE_LIMIT: Final = 1 << 20


class RunState(StrEnum):
    """What a capture is doing."""

    STARTING = "starting"
    CAPTURING = "capturing"
    AWAY = "away"  # the camera, that is; it is tried again
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a capture was at one moment.

    Attributes:
        state: what it is doing.
        source: the camera's address without its secrets.
        live: whether the source is a camera, and not a clip or a folder.
        frame_age_s: the age of the newest frame; None before the first.
        frames: given by the source.
        kept, known, refused: samples, pictures that were here, refusals by reason.
        dropped: chosen pictures for which there was no room in the queue.
        reconnects: how often the camera came back.
        queue: chosen pictures that are not stored yet.
        free_bytes: on the project's disk; None where that cannot be told.
        session: the name of the running session.
        uptime_s: since the command began.
        last_error: the newest reason why something did not work, "" for none.
        written_us: the wall clock, microseconds since the epoch.
        written_s: the monotonic clock.
        every_s: the time from one writing to the next.
    """

    state: RunState
    source: str
    live: bool = False
    frame_age_s: float | None = None
    frames: int = 0
    kept: int = 0
    known: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    dropped: int = 0
    reconnects: int = 0
    queue: int = 0
    free_bytes: int | None = None
    session: str | None = None
    uptime_s: float = 0.0
    last_error: str = ""
    written_us: int = 0
    written_s: float = 0.0
    every_s: float = 10.0

    def to_json(self) -> dict[str, Any]:
        """The same as JSON keeps it, seconds to the millisecond."""
        return {
            name: round(value, 3) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def write_health(path: Path, health: Health) -> None:
    """Put the file there whole: who reads it finds this health or the one before.

    Not flushed to the disk: what it says is of no use after a power cut.

    Raises:
        OSError: it cannot be written.
    """
    temporary = temporary_beside(path)
    try:
        temporary.write_text(json.dumps(health.to_json()) + "\n", encoding="utf-8")
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def read_health(path: Path) -> Health:
    """The health in that file.

    Raises:
        BadFile: it cannot be read, or is none.
    """
    try:
        with path.open("rb") as file:
            raw = json.loads(file.read(_FILE_LIMIT))
        return _health(raw)
    except OSError as error:
        raise BadFile(
            f"There is no health to be read ({error.strerror}): {path}",
            hint="start `fieldset capture --health FILE`",
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadFile(f"This file holds no health of a capture: {path}") from error


def fault_of(health: Health, *, now_s: float, patience_s: float) -> str:
    """Why that capture needs somebody, in one sentence; "" where it is well.

    Args:
        health: as it was written.
        now_s: the monotonic clock of now.
        patience_s: how old the newest frame of a live camera may be, and how long a
            capture may take to start.
    """
    since_s = now_s - health.written_s
    if health.state is RunState.ENDED:
        return f"The capture has ended: {health.last_error or 'it was asked to'}"
    # Below 0: the file is of the time before the machine was started again.
    if not 0 <= since_s <= max(_MISSED_WRITES * health.every_s, _LEAST_PATIENCE_S):
        return f"Nothing was heard of the capture since: {_moment(health.written_us)}"
    age_s = health.uptime_s if health.frame_age_s is None else health.frame_age_s
    if (health.live or health.frame_age_s is None) and age_s + since_s > patience_s:
        why = f" ({health.last_error})" if health.last_error else ""
        return f"No picture has come for {age_s + since_s:.0f} s{why}: {health.source}"
    return ""


def free_bytes(folder: Path) -> int | None:
    """The free space of the folder's disk; None where that cannot be told."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _health(raw: Mapping[str, Any]) -> Health:
    known = {one.name: raw[one.name] for one in fields(Health)}
    for name in ("uptime_s", "written_s", "every_s"):
        known[name] = float(known[name])
        if not math.isfinite(known[name]):
            raise ValueError(name)
    if known["frame_age_s"] is not None:
        known["frame_age_s"] = float(known["frame_age_s"])
    known["written_us"] = int(known["written_us"])
    known["state"] = RunState(known["state"])
    return Health(**known)


def _moment(at_us: int) -> str:
    try:
        when = datetime.fromtimestamp(at_us / 1e6, UTC)
    except (OverflowError, ValueError, OSError):
        return "an impossible time"
    return when.strftime("%Y-%m-%d %H:%M:%S UTC")
