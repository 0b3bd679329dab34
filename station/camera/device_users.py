"""Which programs have a device open, as far as this user may see (Linux)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_READER = b"station.camera.reader"
_OURS = "fieldset"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceUser:
    """A running program: its process id and its name."""

    pid: int
    name: str

    def __str__(self) -> str:
        """As a sentence names it."""
        return f"{self.name} (process {self.pid})"


def users_of(device: Path, processes: Path = Path("/proc")) -> tuple[DeviceUser, ...]:
    """Return the other programs that have `device` open, by process id.

    A reading process of fieldset is told as the fieldset that started it. Where the
    system keeps no such list the answer is empty.
    """
    target = os.path.realpath(device)
    found = {
        user.pid: user
        for folder in _folders(processes)
        if int(folder.name) != os.getpid() and _has_open(folder, target)
        for user in [_user(folder)]
    }
    return tuple(found[pid] for pid in sorted(found))


def _folders(processes: Path) -> Iterator[Path]:
    try:
        yield from (one for one in processes.iterdir() if one.name.isdigit())
    except OSError:
        return


def _has_open(folder: Path, target: str) -> bool:
    try:
        return any(str(one.readlink()) == target for one in (folder / "fd").iterdir())
    except OSError:  # it ended meanwhile, or belongs to somebody else
        return False


def _user(folder: Path) -> DeviceUser:
    try:
        if _READER in (folder / "cmdline").read_bytes().split(b"\0"):
            status = (folder / "stat").read_text()
            parent = int(status.rpartition(")")[2].split()[1])
            return DeviceUser(pid=parent, name=_OURS)
        name = (folder / "comm").read_text().strip()
    except (OSError, ValueError, IndexError):
        name = "a program"
    return DeviceUser(pid=int(folder.name), name=name)
