"""A window's hold on the samples before it, so that two windows get different ones.

Freed on exit. After a crash it ends at once where the same machine can see that the
process is gone, and else when the holder's beats have stood still for `LIFETIME_S` on
the watcher's own monotonic clock: wall clocks are set and differ between machines, and
a monotonic one means nothing in another process's boot. A laptop that sleeps stops the
clock and the beats together.
"""

from __future__ import annotations

import os
import platform
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from dataset.catalog import Catalog, Holder

LIFETIME_S = 90.0
BEAT_S = 20.0
# Enough to work on while the next block is sought, few enough to leave some to others.
BLOCK = 20
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_MACHINE = Path("/etc/machine-id")


def this_machine() -> str:
    """What tells this machine, and the processes it can see, from others."""
    number = _text(_MACHINE) or f"{uuid.getnode():x}"
    return f"{platform.node()} {number} {_namespace()}".strip()


def this_process() -> str:
    """What tells this process from all others of the machine, also of other boots."""
    return f"{_text(_BOOT)} {os.getpid()} {_started(os.getpid())}"


def has_ended(process: str) -> bool:
    """Whether a process of this machine is gone for certain.

    Its number alone says little: after a restart another one has it.
    """
    boot, number, started = process.rsplit(" ", 2)
    if not boot or not started:
        return False  # no such facts on this system: its beats tell
    return boot != _text(_BOOT) or started != _started(int(number))


class Hold:
    """One window at the queue of a project. Beat now and then, and leave at the end."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        machine: str = "",
        process: str = "",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalog = catalog
        self._monotonic = monotonic
        self._self = Holder(
            id=str(uuid.uuid4()),
            machine=machine or this_machine(),
            process=process or this_process(),
        )
        self._watched: dict[str, tuple[int, float]] = {}

    @property
    def id(self) -> str:
        """The window's own id."""
        return self._self.id

    def beat(self) -> None:
        """Say that the window is there, and free what dead ones held."""
        claims = self._catalog.claims
        with self._catalog.writing():
            claims.beat(self._self)
            claims.leave([h.id for h in claims.holders() if self._is_dead(h)])
        self._catalog.journal.holder = self.id

    def others(self) -> frozenset[str]:
        """Ids of the samples that other windows hold."""
        return self._catalog.claims.held_by_others(self.id)

    def holds(self, sample_id: str) -> bool:
        """Whether this window holds a sample."""
        return sample_id in self._catalog.claims.held_by(self.id)

    def take(self, ahead: Sequence[str]) -> None:
        """Hold the next ones of these samples that are free, and no other.

        At most half of them, so that a small queue has work for two.
        """
        others = self.others()
        free = [each for each in ahead if each not in others]
        self._catalog.claims.take(self.id, free[: _block(len(free))])

    def release(self) -> None:
        """Let go of the samples, as when the person does something else."""
        self._catalog.claims.release(self.id)

    def leave(self) -> None:
        """Let go of everything at the end."""
        self._catalog.claims.leave([self.id])

    def _is_dead(self, other: Holder) -> bool:
        if other.id == self.id:
            return False
        if other.machine == self._self.machine and has_ended(other.process):
            return True
        now = self._monotonic()
        beats, since = self._watched.get(other.id, (-1, now))
        if beats != other.beats:
            since = now
        self._watched[other.id] = (other.beats, since)
        return now - since > LIFETIME_S


def _block(free: int) -> int:
    return min(BLOCK, -(-free // 2))


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


def _namespace() -> str:
    """Which processes are seen from here: those of a container are others."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _started(number: int) -> str:
    """When a process began, in ticks since the boot; "" where nobody can tell."""
    told = _text(Path(f"/proc/{number}/stat"))
    # The name, in brackets, may hold anything. A zombie has ended.
    facts = told.rpartition(")")[2].split()
    return facts[19] if len(facts) > 19 and facts[0] not in "ZX" else ""
